"""What past silences teach: how late the next scan of a parcel comes that is not lost. Pure.

One way for the data: silences (``silences``) -> the usual lateness of their lane (``lanes``) -> one
figure a silence, its risk (``score``) -> a curve S(t) for each risk (``hazard``) -> the deadline
that costs least (``deadlines``), at a price of a false alarm that keeps the budget. Source: design
section 7, docs/adr/0041.
"""
