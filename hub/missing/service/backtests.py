"""What ``custos-hub backtest`` needs; apart, because only it needs what counts with numpy."""

from hub.missing.backtest.judging import Reason, Split, Verdict
from hub.missing.backtest.reading import NoScansError
from hub.missing.backtest.rows import Checks, Fault
from hub.missing.backtest.rows import Finding as RowFinding
from hub.missing.backtest.running import Backtest, Heard, backtest
from hub.missing.backtest.words import Tongue

__all__ = [
    "Backtest",
    "Checks",
    "Fault",
    "Heard",
    "NoScansError",
    "Reason",
    "RowFinding",
    "Split",
    "Tongue",
    "Verdict",
    "backtest",
]
