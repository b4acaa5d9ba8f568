"""A carrier's own scan history as a trial of early warnings: what would have been told, and when.

One way for the data: lines of a file (``reading``) -> scans, or what is wrong with them (``rows``)
-> silences (``history``) -> a trial against the rules that people use (``judging``) -> words
(``words``). Source: interface (custos-hub backtest), docs/backtest.md.
"""
