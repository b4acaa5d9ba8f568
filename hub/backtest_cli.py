"""``custos-hub backtest``: a carrier's own scan history, judged, and what it tells who calls.

The answer is on stdout; progress, and what is wrong with rows, on stderr. Exit 0: judged; 1: the
history is too thin to say anything; 2: no such file, or no scans in it.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from hub.clock import SystemClock
from hub.config import ConfigError, load_network
from hub.home import sentences
from hub.web.choice import Language

if TYPE_CHECKING:
    from hub.missing.service.backtests import Backtest, Heard, RowFinding, Tongue

FINDINGS_SHOWN = 20
FINDINGS_SHOWN_MAX = 100_000
TELL_EVERY_NS = 2_000_000_000
_LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def backtest(
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="CSV: docs/backtest.md")],
    network: Annotated[
        Path | None, typer.Option(metavar="FILE", help="network.toml: sites and their zones")
    ] = None,
    split: Annotated[str, typer.Option(help="what is judged: time or parcels")] = "time",
    lang: Annotated[Language | None, typer.Option(help="of the answer")] = None,
    errors: Annotated[
        int, typer.Option(min=0, max=FINDINGS_SHOWN_MAX, help="rows told one by one")
    ] = FINDINGS_SHOWN,
    out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="all figures, as JSON")
    ] = None,
) -> None:
    """Judge the early warning of lost parcels by a carrier's own scan history; change nothing."""
    # The rooms count, and whoever serves says where before they are imported.
    from hub.missing.service import backtests

    tongue = backtests.Tongue((lang or _language()) is Language.ZH)
    with sentences():
        if split not in list(backtests.Split):
            raise ConfigError(f"--split: {split}; there are {', '.join(backtests.Split)}")
        zones = None
        if network is not None:
            sites = load_network(network)
            zones = {code: sites.zone_of(code) for code in sites.sites}
        if out is not None:
            _check_out(out, data)
        clock = SystemClock()
        heard, shown = _listener(tongue, clock, errors)
        checks = backtests.Checks(clock.now(), zones)
        try:
            found = backtests.backtest(data, checks, backtests.Split(split), heard)
        except backtests.NoScansError as error:
            raise ConfigError(tongue.file_fault(error.what, error.value, error.more)) from error
        finally:
            _tell_counts(heard, tongue)
        for line in _lines(found, tongue):
            typer.echo(line)
        if out is not None:
            _write(out, msgspec.json.format(_figures(found, heard, shown), indent=1))
    sys.exit(1 if isinstance(found.verdict, backtests.Reason) else 0)


def _language() -> Language:
    told = next((os.environ[name] for name in _LANGUAGE_VARIABLES if os.environ.get(name)), "")
    return Language.ZH if told.lower().startswith("zh") else Language.EN


def _listener(
    tongue: "Tongue", clock: SystemClock, shown_max: int
) -> tuple["Heard", list["RowFinding"]]:
    """Tells the first findings one by one, and that the reading goes on, every other second."""
    from hub.missing.service.backtests import Heard

    shown: list[RowFinding] = []
    told_ns = clock.mono_ns()

    def finding(found: "RowFinding") -> None:
        if len(shown) < shown_max:
            shown.append(found)
            typer.echo(tongue.finding(found), err=True)

    def rows(count: int) -> None:
        nonlocal told_ns
        if clock.mono_ns() - told_ns >= TELL_EVERY_NS:
            told_ns = clock.mono_ns()
            typer.echo(tongue.reading(count), err=True)

    def part(done: int, of: int) -> None:
        typer.echo(tongue.learning(done, of), err=True)

    return Heard(finding, rows, part), shown


def _tell_counts(heard: "Heard", tongue: "Tongue") -> None:
    for what, count in heard.counts.most_common():
        typer.echo(tongue.counted(what, count), err=True)


def _lines(found: "Backtest", tongue: "Tongue") -> Iterator[str]:
    from hub.missing.service.backtests import Reason

    yield from tongue.past(found.past, found.rows, found.unread)
    if isinstance(found.verdict, Reason):
        yield tongue.reason(found.verdict)
    else:
        yield from tongue.verdict(found.verdict)


def _figures(found: "Backtest", heard: "Heard", shown: list["RowFinding"]) -> bytes:
    past = found.past
    return msgspec.json.encode(
        {
            "rows": found.rows,
            "silences": past.of_all,
            "drawn": len(past.silences),
            "open": past.open,
            "gone": past.gone,
            "lost": len(past.lost),
            "planned_share": past.planned_share,
            "columns_not_used": found.unread,
            "findings": dict(heard.counts),
            "first_findings": [asdict(each) for each in shown],
            "verdict": asdict(found.verdict),
        }
    )


def _check_out(path: Path, data: Path) -> None:
    """Before the work, not behind it; raises ConfigError: nothing can be written there."""
    if path.exists() and data.exists() and path.samefile(data):
        raise ConfigError("--json: that is the file of scans")
    place = path if path.exists() else path.parent
    if path.is_dir() or not os.access(place, os.W_OK):
        raise ConfigError(f"--json: {path} cannot be written")


def _write(path: Path, data: bytes) -> None:
    """Raises ConfigError: it cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"--json: {path} cannot be written: {error.strerror}") from error
