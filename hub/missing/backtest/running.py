"""A backtest from a file to a verdict: read, gather, judge; whoever calls is told as it goes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hub.missing.backtest.history import (
    ROWS_MAX,
    SITES_MAX,
    Gatherer,
    Past,
    TooManyRowsError,
    past_of,
)
from hub.missing.backtest.judging import Reason, Split, Verdict, judge
from hub.missing.backtest.reading import NoScansError, lines_of, open_scans
from hub.missing.backtest.rows import (
    Checks,
    Doubt,
    Fault,
    Finding,
    Layout,
    RowError,
    read_header,
    read_row,
)

TELL_EVERY = 10_000


@dataclass
class Heard:
    """Whom to tell: of each row's trouble, of rows read, and of parts learned from."""

    finding: Callable[[Finding], None]
    rows: Callable[[int], None]
    part: Callable[[int, int], None]
    counts: Counter[Fault | Doubt] = field(default_factory=Counter)

    def tell(self, finding: Finding) -> None:
        """Count it, and pass it on."""
        self.counts[finding.what] += 1
        self.finding(finding)


@dataclass(frozen=True)
class Backtest:
    """What came of it. ``rows``: scans that were taken."""

    rows: int
    unread: tuple[str, ...]
    past: Past
    verdict: Verdict | Reason


def backtest(path: Path, checks: Checks, way: Split, heard: Heard) -> Backtest:
    """Read a file of scans and judge.

    Raises:
        NoScansError: it is none.
    """
    gatherer, layout = Gatherer(), None
    with open_scans(path) as file:
        for row, line in lines_of(file):
            if layout is None:
                layout = _header(line)
            else:
                _take(row, line, layout, checks, gatherer, heard)
            if row % TELL_EVERY == 0:
                heard.rows(row)
    if layout is None or not len(gatherer):
        raise NoScansError("no_rows")
    history = gatherer.done()
    for finding in history.findings():
        heard.tell(finding)
    past = past_of(history)
    verdict = judge(past, way, heard.part)
    return Backtest(len(history.row), layout.unread, past, verdict)


def _header(line: bytes | None) -> Layout:
    try:
        return read_header((line or b"").decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        raise NoScansError("not_utf8") from error
    except RowError as error:
        found = error.at(1)
        what = "header" if error.what is Fault.FIELDS else "twice" if found.column else "no_csv"
        raise NoScansError(what, found.column or found.value, found.value) from error


def _take(
    row: int, line: bytes | None, layout: Layout, checks: Checks, gatherer: Gatherer, heard: Heard
) -> None:
    if line is None:
        heard.tell(Finding(row, "", Fault.LINE_LONG))
        return
    try:
        scan, findings = read_row(line.decode("utf-8").rstrip("\r\n"), row, layout, checks)
    except UnicodeDecodeError:
        heard.tell(Finding(row, "", Fault.NOT_UTF8))
        return
    except RowError as error:
        heard.tell(error.at(row))
        return
    for finding in findings:
        heard.tell(finding)
    try:
        odd = gatherer.add(scan)
    except TooManyRowsError as error:
        raise NoScansError("rows_max", f"{ROWS_MAX:,}", f"{SITES_MAX:,}") from error
    if odd:
        heard.tell(odd)
