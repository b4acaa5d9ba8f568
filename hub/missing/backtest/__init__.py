"""A carrier's own scan history as a trial of early warnings: what would have been told, and when.

One way for the data: lines of a file (``reading``) -> scans, or what is wrong with them (``rows``)
-> silences (``history``) -> a trial against the rules that people use (``judging``) -> words
(``words``). What the hub learns by itself each night is tested elsewhere, on what it recorded:
``hub.missing.learning.backtesting``. Source: interface (custos-hub backtest), docs/backtest.md.
"""
