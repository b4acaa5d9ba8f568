"""``custos-hub enrol``, ``revoke`` and ``broker``: who speaks for an edge, and to whom.

Done on the hub's own machine; who did it is on record as ``custos-hub`` with the account's name.
"""

import os
import pwd
from pathlib import Path
from typing import Annotated

import structlog
import typer

from hub.access.service import (
    REASON_CHARS_MAX,
    REASON_CHARS_MIN,
    make_enrol_secret,
    revoke,
)
from hub.broker_folder import BrokerOrder, Told, find_order, refresh_revocations, write_folder
from hub.config import MQTTS_PORT, ConfigError, MqttScheme
from hub.home import ConfigOption, Home, open_home, sentences
from hub.telemetry import start_logging
from ledger.keys import key_hash
from wire.names import is_name

HOSTS_MAX = 32

ReasonOption = Annotated[str, typer.Option(help="why; it stays on record")]

_log = structlog.get_logger()

_TOLD = {
    Told.NO_BROKER: "no broker's folder is known here: custos-hub broker DIR writes one",
    Told.CURRENT: "the broker's list names it already",
    Told.WRITTEN: "it is on the list: send mosquitto a SIGHUP (systemctl reload mosquitto)",
    Told.FAILED: "the broker's list could not be written; see the log",
}


def add_commands(app: typer.Typer) -> None:
    """Hang the three commands on the program."""
    for command in (enrol, revoke_edge, broker):
        app.command("revoke" if command is revoke_edge else None)(command)


def enrol(
    context: typer.Context,
    site: str,
    edge: str,
    replace: Annotated[
        bool, typer.Option("--replace", help="for a new disk: take the name over")
    ] = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
) -> None:
    """Print a token with which this edge may enrol, once, within an hour."""
    start_logging("enrol")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        _check_names(site, edge)
        if replace:
            _check_reason(reason)
        now = home.clock.now()
        with home.database.writing() as tx:
            secret = make_enrol_secret(
                tx,
                site,
                edge,
                now,
                home.clock.random_bytes,
                made_by=_who(),
                replaces_for=reason if replace else None,
            )
        _log.info("enrolment token made", site=site, edge=edge, replace=replace)
        typer.echo(f"{secret}.{key_hash(home.keys.statement.public_key)}")


def revoke_edge(
    context: typer.Context,
    site: str,
    edge: str,
    reason: ReasonOption = "",
    config: ConfigOption = None,
) -> None:
    """Take nothing more of an edge: its key and its certificate count no more, from now on."""
    start_logging("revoke")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        _check_names(site, edge)
        _check_reason(reason)
        with home.database.writing() as tx:
            is_new = revoke(tx, site, edge, _who(), reason, home.clock.now())
        _log.warning("edge revoked", site=site, edge=edge, is_new=is_new)
        told = refresh_revocations(
            home.settings.data_dir, home.database, home.keys.authority, home.clock
        )
        state = "is revoked" if is_new else "was revoked before"
        typer.echo(f"{site}/{edge} {state}; {_TOLD[told]}")


def broker(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Argument(help="none: the one written last")] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="name or address by which edges and hub reach it")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    bind: Annotated[str | None, typer.Option(help="address to listen on; none: all")] = None,
    user: Annotated[str | None, typer.Option(help="the account that mosquitto runs as")] = None,
    path: Annotated[str | None, typer.Option(help="the folder as mosquitto sees it")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the whole folder of a mosquitto that lets nobody in without our certificate."""
    start_logging("broker")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        order = _order(home, directory, host, port, bind, user, path)
        write_folder(home.settings.data_dir, order, home.database, home.keys.authority, home.clock)
        _log.info("broker folder written", directory=order.directory, hosts=order.hosts)
        typer.echo(f"mosquitto -c {order.path}/mosquitto.conf")


def _order(
    home: Home,
    directory: Path | None,
    host: list[str] | None,
    port: int | None,
    bind: str | None,
    user: str | None,
    path: str | None,
) -> BrokerOrder:
    """What is asked for; what is not named is as it was the last time in this folder."""
    before = find_order(home.settings.data_dir)
    if directory is None and before is None:
        raise ConfigError("broker: name the folder to write")
    folder = Path(before.directory) if directory is None and before else Path(directory or "")
    folder = folder.absolute()
    same = before if before is not None and before.directory == str(folder) else None
    hosts = tuple(dict.fromkeys(host)) if host else same.hosts if same else _own_hosts(home)
    if not hosts or len(hosts) > HOSTS_MAX:
        raise ConfigError(f"broker: name 1 to {HOSTS_MAX} hosts by which it is reached (--host)")
    order = BrokerOrder(
        directory=str(folder),
        path=path or (same.path if same else str(folder)),
        hosts=hosts,
        port=port or (same.port if same else _own_port(home)),
        bind=bind if bind is not None else same.bind if same else "",
        user=user or (same.user if same else _account()),
    )
    if not _is_account(order.user):
        raise ConfigError(f"broker: there is no account {order.user!r} on this machine")
    for text in (order.path, order.bind, *order.hosts):
        if not text.isprintable() or any(character.isspace() for character in text):
            raise ConfigError(f"broker: {text!r} holds a space or a control character")
    return order


def _own_hosts(home: Home) -> tuple[str, ...]:
    is_tls = home.settings.mqtt_scheme is MqttScheme.MQTTS
    return (home.settings.mqtt_address[0],) if is_tls else ()


def _own_port(home: Home) -> int:
    is_tls = home.settings.mqtt_scheme is MqttScheme.MQTTS
    return home.settings.mqtt_address[1] if is_tls else MQTTS_PORT


def _account() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _is_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _who() -> str:
    return f"custos-hub ({_account()})"


def _check_names(*names: str) -> None:
    for name in names:
        if not is_name(name):
            raise ConfigError(f"{name!r} is no name: 1 to 32 of A-Z a-z 0-9 _ -")


def _check_reason(reason: str) -> None:
    if not REASON_CHARS_MIN <= len(reason) <= REASON_CHARS_MAX or not reason.isprintable():
        raise ConfigError(
            f"--reason: say why in {REASON_CHARS_MIN} to {REASON_CHARS_MAX} characters"
        )
