"""``custos-hub``: start the hub, check its configuration, enrol an edge, open the console.

What is wrong with a configuration is one sentence on stderr and exit 2.
"""

import gc
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import structlog
import typer
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.access.service import make_console_link
from hub.accounts_cli import accounts_app
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.backtest_cli import backtest
from hub.backup_cli import backup, restore, upgrade
from hub.config import OPEN_WIRE, ConfigError, load_network, load_policy, load_settings
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import check as check_database
from hub.edges_cli import add_commands
from hub.heartbeat import Role
from hub.home import (
    ConfigOption,
    Home,
    check_restored,
    open_home,
    read_clock,
    read_fail_points,
    sentences,
)
from hub.supervisor import RoleOrder, Supervisor
from hub.telemetry import keep_metrics, start_logging

app = typer.Typer(add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False)
app.add_typer(accounts_app, name="account")
app.command()(backtest)
app.command()(backup)
app.command()(restore)
app.command()(upgrade)
add_commands(app)

UntilOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="look at what was recorded until then, e.g. ...Z")
]
_PROBE_TIMEOUT_S = 1.0

_log = structlog.get_logger()


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    config: ConfigOption = None,
    roles: Annotated[str, typer.Option(help="which roles, comma-separated")] = ",".join(Role),
) -> None:
    """Run the hub."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    start_logging("supervisor")
    with sentences(), open_home(config, exclusive=True) as home:
        if home.settings.is_wire_open:
            _log.warning(OPEN_WIRE, mqtt=home.settings.mqtt)
        _serve(home, _parse_roles(roles))


@app.command()
def check(context: typer.Context, config: ConfigOption = None) -> None:
    """Check the configuration; change nothing."""
    with sentences():
        settings = load_settings(config or context.obj)
        load_policy(settings.policy)
        load_network(settings.network)
        read_clock(settings)
        read_fail_points(settings)
        check_restored(settings.data_dir)
        url = parse_url(settings.database, settings.data_dir)
        database = open_database(url)
        try:
            state = check_database(url, database)
        finally:
            database.close()
    typer.echo(f"data_dir {settings.data_dir}\ndatabase {url.render_as_string()}: {state}")
    typer.echo(f"mqtt {settings.mqtt}\nhttp {settings.http}")
    if settings.is_wire_open:
        typer.echo(f"warning: {OPEN_WIRE}")
    typer.echo(f"edges.enrolment {settings.edges.enrolment}\nconfiguration is good")


@app.command()
def link(context: typer.Context, config: ConfigOption = None) -> None:
    """Print a link that opens the console, once, within an hour."""
    start_logging("link")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        host, port = home.settings.http_address
        typer.echo(_console_line(home, host, port))


@app.command()
def refold(context: typer.Context, config: ConfigOption = None) -> None:
    """Try again every event that a part of the hub failed on; the hub may run meanwhile."""
    start_logging("refold")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        # The rooms count, and whoever serves says where before they are imported.
        from hub import app as rooms
        from hub.refold_cli import context_of, tell_refolded

        all_done = tell_refolded(rooms.refold(context_of(home)))
    sys.exit(0 if all_done else 1)


@app.command()
def train(
    context: typer.Context,
    config: ConfigOption = None,
    until: UntilOption = None,
    leash: Annotated[bool, typer.Option("--leash", help="end when standard input does")] = False,
) -> None:
    """Learn a new model from the hub's own past; it counts if a week's test bears it out."""
    start_logging("train")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        # The rooms count, and whoever serves says where before they are imported.
        from hub import app as rooms
        from hub.refold_cli import context_of
        from hub.train_cli import end_with_stdin, go_last, moment, tell_read, tell_trained

        go_last()
        if leash:
            threading.Thread(target=end_with_stdin, daemon=True).start()
        now = home.clock.now() if until is None else moment(until)
        is_live = tell_trained(rooms.train(context_of(home), now, tell_read))
    sys.exit(0 if is_live else 1)


def main() -> None:
    """The program's entry."""
    app()


def _serve(home: Home, roles: list[Role]) -> None:
    supervisor = Supervisor(
        home.settings,
        home.policy,
        home.own_policy_keys,
        home.network,
        roles,
        home.clock,
        on_broker_restart=lambda why: _tell_of_broker(home, why),
        fail_points=read_fail_points(home.settings),
    )
    supervisor.open()
    port = supervisor.http_port
    waiting = [port is not None]

    def announce_when_ready() -> None:
        # Asked over HTTP, as anyone would: the line means that the link works.
        if waiting[0] and port is not None and _is_ready(home.settings.http_address[0], port):
            waiting[0] = False
            typer.echo(_console_line(home, home.settings.http_address[0], port))
            sys.stdout.flush()

    home.database.close()
    supervisor.run(_import_rooms(home), announce_when_ready)


def _import_rooms(home: Home) -> Callable[[RoleOrder], None]:
    """All rooms, once for all roles: these are copies of this process, and start in no time."""
    keep_metrics(home.settings.data_dir)
    from hub.app import run_role

    # What is there now is never garbage; moved aside, its pages stay shared.
    gc.freeze()
    return run_role


@contextmanager
def _writing_briefly(home: Home) -> Iterator[Connection]:
    """A transaction of the supervisor's, which leaves no connection open for roles to inherit."""
    try:
        with home.database.writing() as tx:
            yield tx
    finally:
        home.database.close()


def _tell_of_broker(home: Home, why: str) -> None:
    now = home.clock.now()
    finding = Finding(AlertKind.ROLE_RESTARTED, "broker", now, words={"why": why})
    try:
        with _writing_briefly(home) as tx:
            raise_alert(tx, finding, now)
    except (OperationalError, PoolTimeout):
        # The log has it, and the roles must stay watched.
        _log.exception("no alert of the broker's restart: the database does not answer")


def _console_line(home: Home, host: str, port: int) -> str:
    with _writing_briefly(home) as tx:
        secret = make_console_link(tx, home.clock.now(), home.clock.random_bytes, home.clock.rate)
    return f"Console (one use): http://{_reachable(host)}:{port}/enter/{secret}"


def _is_ready(host: str, port: int) -> bool:
    url = f"http://{_reachable(host)}:{port}/readyz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PROBE_TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _parse_roles(text: str) -> list[Role]:
    try:
        return [Role(name) for name in dict.fromkeys(text.split(","))]
    except ValueError as error:
        raise ConfigError(f"--roles: {error}; there are {', '.join(Role)}") from error
