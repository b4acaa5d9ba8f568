"""What past silences teach: how late the next scan of a parcel comes that is not lost. Pure.

One way for the data: silences (``silences``) -> the usual lateness of their lane (``lanes``) -> one
figure a silence, its risk (``score``) -> a curve S(t) for each risk (``hazard``) -> the deadline
that costs least (``deadlines``), at a price of a false alarm that keeps the budget. Two models go
this way: that of a file's silences (``model``, judged by ``trial`` and ``contest``), and that which
the hub learns each night from what it recorded (``rows``, ``fitting``, ``pricing``, ``assembling``,
judged by ``backtesting``). Source: design section 7, docs/adr/0041, docs/adr/0043.
"""
