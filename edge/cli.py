"""The program ``custos-edge``. Source: interface ("Programs")."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import apsw
import structlog
import typer

from edge.app import Edge, StartError, program_version
from edge.clock import SystemClock
from edge.config import OPEN_WIRE, ConfigError, EdgeConfig, load_config, settings_for_tests
from edge.data_dir import DataDir, DataDirError
from edge.enrolment import ENROLLED_NAME
from edge.log import set_up_logging
from edge.rotation import prepare
from edge.seams import SpoolUnusableError
from edge.spool import FILE_NAME
from edge.spool_schema import check_sqlite_version

app = typer.Typer(
    add_completion=False, help="The agent of one site: scanners in, durable facts out."
)

ConfigOption = Annotated[Path, typer.Option("--config", help="edge.toml", show_default=True)]
_DEFAULT = Path("edge.toml")

_logger = structlog.get_logger(__name__)


def main() -> None:
    """Run the program; wrong configuration is one sentence on stderr and exit 2."""
    app()


@app.callback(invoke_without_command=True)
def run(context: typer.Context, config: ConfigOption = _DEFAULT) -> None:
    """Run the edge until it is told to stop."""
    if context.invoked_subcommand is not None:
        return
    set_up_logging()
    try:
        found = load_config(config)
        if found.is_wire_open():
            _logger.warning(OPEN_WIRE, mqtt=found.hub.mqtt)
        edge = Edge(found)
    except (ConfigError, StartError) as error:
        _give_up(str(error))

    def end(_number: int, _frame: FrameType | None) -> None:
        edge.end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    edge.start()
    typer.echo(f"Station page: {edge.url}")
    sys.stdout.flush()
    exit_code, sentence = edge.wait()
    edge.stop()
    if sentence is not None:
        typer.echo(f"custos-edge: {sentence}", err=True)
    raise typer.Exit(exit_code)


@app.command()
def check(config: ConfigOption = _DEFAULT) -> None:
    """Read the configuration and say what was found; change nothing."""
    try:
        found = load_config(config)
        settings_for_tests(found)
        check_sqlite_version(apsw.sqlite_lib_version())
    except (ConfigError, SpoolUnusableError) as error:
        _give_up(str(error))
    for line in _describe(found):
        typer.echo(line)


@app.command("rotate-key")
def rotate_key(config: ConfigOption = _DEFAULT) -> None:
    """Make a new signing key; it takes over at the next start. The edge must be stopped."""
    try:
        found = load_config(config)
        data_dir = DataDir(found.data_dir)
        if not (found.data_dir / ENROLLED_NAME).exists():
            _give_up("this edge is not enrolled: it has no key yet that the hub knows")
        prepare(found.data_dir, SystemClock(None))
        data_dir.close()
    except (ConfigError, DataDirError, OSError) as error:
        _give_up(str(error))
    typer.echo("A new key waits: it counts once the edge has started and reached the hub.")


def _describe(config: EdgeConfig) -> list[str]:
    spool = config.data_dir / FILE_NAME
    state = f"{spool.stat().st_size} bytes" if spool.exists() else "not made yet"
    lines = [
        f"custos-edge {program_version()}, SQLite {apsw.sqlite_lib_version()}",
        f"edge {config.site}/{config.edge}, spool {spool}: {state}",
        f"hub {config.hub.mqtt} and {config.hub.http}, station page {config.station.listen}",
    ]
    if config.is_wire_open():
        lines.append(f"warning: {OPEN_WIRE}")
    for scanner in config.scanner:
        is_path = scanner.url.startswith("/")
        missing = " (not there now)" if is_path and not Path(scanner.url).exists() else ""
        lines.append(f"scanner {scanner.id}: {scanner.protocol} on {scanner.url}{missing}")
    return lines


def _give_up(sentence: str) -> NoReturn:
    typer.echo(f"custos-edge: {sentence}", err=True)
    raise typer.Exit(2)
