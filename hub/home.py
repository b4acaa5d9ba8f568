"""A hub as the programs of its machine open it: settings, database, keys.

BackupError, BrokerFolderError, ConfigError, DatabaseError, IdentityError, KeyFileError, StartError
one sentence, exit 2
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer

from hub.access.service import IdentityError, adopt_admin_token
from hub.backup.before_upgrade import keep_before_upgrade
from hub.backup.contents import LOCK, UNFINISHED_RESTORE
from hub.backup.manifest import BackupError
from hub.broker_folder import BrokerFolderError
from hub.clock import ClockSetting, SystemClock, read_test_clock
from hub.config import (
    ConfigError,
    MqttScheme,
    Settings,
    load_network,
    load_policy_and_own_keys,
    load_settings,
)
from hub.db.engine import Database, DatabaseError, open_database, parse_url
from hub.db.upgrade import upgrade
from hub.failpoints import FAIL_POINT_VARIABLE, FailPoints, parse_fail_points
from hub.keys import ADMIN_TOKEN_FILE, HubKeys, KeyFileError, load_keys, load_secret
from hub.network import Network
from hub.supervisor import StartError
from hub.wanted.service import adopt_rules
from wire.policy import Policy

ConfigOption = Annotated[Path | None, typer.Option("--config", help="hub.toml")]
_TOKEN_BYTES = 32
_LOCK_TRIES = 60
_LOCK_RETRY_S = 0.05
"""A hub that was killed a moment ago is over when its last role is: three seconds at most."""


@dataclass(frozen=True)
class Home:
    """A hub's settings with its database open and its keys made."""

    settings: Settings
    policy: Policy
    own_policy_keys: frozenset[str]
    network: Network
    clock: SystemClock
    database: Database
    keys: HubKeys


@contextmanager
def open_home(
    config: Path | None, *, exclusive: bool, keeps_before_upgrade: bool = True
) -> Iterator[Home]:
    """The hub of a configuration: database upgraded, keys made, token and rules adopted.

    ``exclusive``: as the one running hub of its data directory. ``keeps_before_upgrade``: a backup
    is made before the database's schema is changed.

    Raises:
        ConfigError, DatabaseError, KeyFileError, BackupError: it cannot be opened; one sentence.
    """
    settings = load_settings(config)
    policy, own_keys = load_policy_and_own_keys(settings.policy)
    network = load_network(settings.network)
    clock = SystemClock(read_clock(settings))
    url = parse_url(settings.database, settings.data_dir)
    database = open_database(url)
    try:
        with hold_data_dir(settings.data_dir, exclusive=exclusive):
            check_restored(settings.data_dir)
            if keeps_before_upgrade:
                keep_before_upgrade(settings.data_dir, url, database, clock)
            upgrade(url, database)
            keys = load_keys(settings.data_dir, clock.random_bytes)
            token_path = settings.data_dir / ADMIN_TOKEN_FILE
            token = load_secret(token_path, lambda: clock.random_bytes(_TOKEN_BYTES).hex())
            with database.writing() as tx:
                adopt_admin_token(tx, token, clock.now())
                adopt_rules(tx, policy, clock.now())
            yield Home(settings, policy, own_keys, network, clock, database, keys)
    finally:
        database.close()


def check_restored(data_dir: Path) -> None:
    """See that no restore was cut short here.

    Raises:
        BackupError: one was; neither the old hub nor the new one is whole.
    """
    if (data_dir / UNFINISHED_RESTORE).exists():
        raise BackupError(
            f"a restore into {data_dir} was cut short: call custos-hub restore once more"
        )


@contextmanager
def hold_data_dir(path: Path, *, exclusive: bool) -> Iterator[None]:
    """The directory made, and held by one running hub alone.

    Raises:
        ConfigError: it cannot be used, or another hub runs there.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (path / LOCK).open("a")
    except OSError as error:
        raise ConfigError(f"data_dir: cannot use {path}: {error.strerror}") from error
    with lock:
        if exclusive and not _take_alone(lock):
            raise ConfigError(f"data_dir: another hub runs on {path}")
        yield


def _take_alone(lock: TextIO) -> bool:
    pause = threading.Event()
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pause.wait(_LOCK_RETRY_S)
        else:
            return True
    return False


def read_clock(settings: Settings) -> ClockSetting | None:
    """The test clock that the environment sets, if any.

    Raises:
        ConfigError: it cannot be read, or somebody else could reach the hub.
    """
    try:
        setting = read_test_clock()
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if setting is not None and not settings.is_all_loopback:
        raise ConfigError("CUSTOS_TEST_CLOCK is honoured only if every listener is loopback")
    if setting is not None and settings.mqtt_scheme is MqttScheme.MQTTS:
        raise ConfigError("CUSTOS_TEST_CLOCK does not go with mqtts://: TLS goes by the real time")
    return setting


def read_fail_points(settings: Settings) -> FailPoints:
    """The fail-points that the environment sets, if any.

    Raises:
        ConfigError: they cannot be read, or somebody else could reach the hub.
    """
    text = os.environ.get(FAIL_POINT_VARIABLE)
    try:
        fail_points = parse_fail_points(text)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if text is not None and not settings.is_all_loopback:
        raise ConfigError(f"{FAIL_POINT_VARIABLE} is honoured only if every listener is loopback")
    return fail_points


@contextmanager
def sentences() -> Iterator[None]:
    """What a person did wrong is one sentence on stderr and exit 2."""
    try:
        yield
    except (
        BackupError, BrokerFolderError, ConfigError, DatabaseError, IdentityError, KeyFileError,
        StartError,
    ) as error:  # fmt: skip
        _exit_with(str(error))


def _exit_with(sentence: str) -> NoReturn:
    typer.echo(f"custos-hub: {sentence}", err=True)
    raise typer.Exit(2)
