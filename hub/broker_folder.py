"""A mosquitto's whole configuration: TLS 1.3 with client certificates, and who may use which topic.

Written by ``custos-hub broker``; afterwards the hub keeps the list of revoked certificates in it.
Each option was measured against a real mosquitto. Source: design section 4, facts.md ("MQTT"),
docs/adr/0031.

    BrokerFolderError     the folder cannot be written: one sentence, exit 2
"""

import os
import pwd
from enum import StrEnum
from pathlib import Path

import msgspec
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.access.service import (
    HUB_USER,
    NoCertificateError,
    certify_broker,
    revocations,
    revocations_number,
)
from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.clock import Clock
from hub.db.engine import Database
from hub.keys import write_file
from ledger.certificates import SEED_BYTES, TlsKey, read_revocations
from wire.limits import BATCH_BYTES_MAX
from wire.topics import ANY_USER, BY_EDGES, TO_EDGES, channel_of

PACKET_BYTES_MAX = BATCH_BYTES_MAX + 8192
"""The largest batch with its topic and properties."""
CONNECTIONS_MAX = 2_100
"""As many edges as enrol, and some that come back before their old connection is given up."""
INFLIGHT_MAX = 64
QUEUED_MAX = 1_000
QUEUED_BYTES_MAX = 64 * 1024 * 1024
"""For each client that is slower than what is sent to it; more is dropped and sent again (P2)."""
KEEPALIVE_S_MAX = 120
ORDER_FILE = "broker.json"
"""In the hub's data directory: where the folder is, and what was ordered."""
CRL_NAME = "revoked.crl"
_ORDER_BYTES_MAX = 16 * 1024
_CRL_BYTES_MAX = 16 * 1024 * 1024

_log = structlog.get_logger()


class BrokerFolderError(Exception):
    """The folder cannot be written; the sentence says why."""


class BrokerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What ``custos-hub broker`` was told; ``path`` is the folder as the broker sees it."""

    directory: str
    path: str
    hosts: tuple[str, ...]
    port: int
    bind: str
    user: str


class Told(StrEnum):
    """What became of the broker's list of revoked certificates."""

    NO_BROKER = "no_broker"
    """None of our making is known here: nothing to tell."""
    CURRENT = "current"
    WRITTEN = "written"
    """The broker reads it at its next SIGHUP."""
    FAILED = "failed"
    """An alert says why."""


def write_folder(
    data_dir: Path, order: BrokerOrder, database: Database, authority: TlsKey, clock: Clock
) -> None:
    """Write everything that the broker needs, with a new key and certificate of its own.

    Raises:
        BrokerFolderError: a name is none, the account is unknown, or the disk refuses.
    """
    key = TlsKey(clock.random_bytes(SEED_BYTES))
    try:
        with database.writing() as tx:
            now, random_bytes = clock.now(), clock.random_bytes
            own, ca = certify_broker(
                tx, authority, key.point, order.hosts, HUB_USER, now, random_bytes
            )
            revoked = revocations(tx, authority, now, random_bytes)
    except NoCertificateError as error:
        raise BrokerFolderError(f"broker: {error}") from error
    folder = Path(order.directory)
    files = {
        "ca.crt": ca.pem,
        CRL_NAME: revoked,
        "acl": acl_text().encode(),
        # Key and certificate in one file: no crash leaves one without the other.
        "broker.pem": own.pem + key.pem(),
        "mosquitto.conf": conf_text(order).encode(),
    }
    try:
        mode = _open_to(folder, order.user)
        for name, data in files.items():
            write_file(folder / name, data, mode)
        write_file(data_dir / ORDER_FILE, msgspec.json.encode(order))
    except (OSError, KeyError) as error:
        raise BrokerFolderError(f"broker: {folder} cannot be written: {error}") from error


def find_order(data_dir: Path) -> BrokerOrder | None:
    """What the last ``custos-hub broker`` was told; None: there was none, or it is unreadable."""
    try:
        data = (data_dir / ORDER_FILE).read_bytes()[:_ORDER_BYTES_MAX]
        return msgspec.json.decode(data, type=BrokerOrder)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError):
        _log.exception("the broker's order cannot be read")
        return None


def refresh_revocations(
    data_dir: Path, database: Database, authority: TlsKey, clock: Clock
) -> Told:
    """Bring the broker's list up to what is on record, after the commit; a failure is an alert."""
    order = find_order(data_dir)
    if order is None:
        return Told.NO_BROKER
    try:
        told = _refresh(Path(order.directory), order, database, authority, clock)
    except (OSError, KeyError, ValueError) as error:
        _log.exception("the list of revoked certificates is not written")
        _tell(database, clock, order.directory, str(error))
        return Told.FAILED
    if told is Told.WRITTEN:
        _tell(database, clock, order.directory, None)
    return told


def acl_text() -> str:
    """Who may use which topic: an edge its own, by its name in the certificate; the hub all."""
    lines = ["# Made by custos-hub broker from wire/topics.py."]
    lines += [f"pattern write {channel_of('%u', channel)}" for channel in BY_EDGES]
    lines += [f"pattern read {channel_of('%u', channel)}" for channel in TO_EDGES]
    lines += ["", f"user {HUB_USER}"]
    lines += [f"topic read {channel_of(ANY_USER, channel)}" for channel in BY_EDGES]
    lines += [f"topic write {channel_of(ANY_USER, channel)}" for channel in TO_EDGES]
    return "\n".join([*lines, ""])


def conf_text(order: BrokerOrder) -> str:
    """mosquitto.conf."""
    listener = f"{order.port} {order.bind}".strip()
    return _CONF.format(listener=listener, path=order.path, user=order.user)


def _refresh(
    folder: Path, order: BrokerOrder, database: Database, authority: TlsKey, clock: Clock
) -> Told:
    with database.reading() as tx:
        number = revocations_number(tx)
    known, _ = read_revocations((folder / CRL_NAME).read_bytes()[:_CRL_BYTES_MAX])
    if known == number:
        return Told.CURRENT
    if known > number:
        # A hub restored from yesterday must not give back what was revoked today.
        raise ValueError("the list there is newer than this hub's records")
    with database.writing() as tx:
        revoked = revocations(tx, authority, clock.now(), clock.random_bytes)
    write_file(folder / CRL_NAME, revoked, _mode_for(order.user))
    return Told.WRITTEN


def _tell(database: Database, clock: Clock, folder: str, why: str | None) -> None:
    now = clock.now()
    try:
        with database.writing() as tx:
            if why is None:
                close_alert(tx, AlertKind.REVOCATION_UNTOLD, folder, now)
            else:
                words = {"why": why}
                finding = Finding(AlertKind.REVOCATION_UNTOLD, folder, now, words=words)
                raise_alert(tx, finding, now)
    except (OperationalError, PoolTimeout):
        # The log has it, and the clock's duty tries again.
        _log.exception("database does not answer")


def _open_to(folder: Path, user: str) -> int:
    """Make the folder such that the broker's account can read it; the mode of its files."""
    mode = _mode_for(user)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if mode == 0o600:
        folder.chmod(0o700)
        return mode
    os.chown(folder, -1, pwd.getpwnam(user).pw_gid)
    # What is written here later belongs to the broker's group, too.
    folder.chmod(0o2750)
    return mode


def _mode_for(user: str) -> int:
    return 0o600 if pwd.getpwnam(user).pw_uid == os.geteuid() else 0o640


_CONF = f"""\
# Made by custos-hub broker: what it says again, it overwrites. What each line refuses is tested
# (tests/integration/test_closed_wire.py).
user {{user}}

listener {{listener}}
tls_version tlsv1.3
cafile {{path}}/ca.crt
certfile {{path}}/broker.pem
keyfile {{path}}/broker.pem
# SIGHUP makes mosquitto read this again; a connection that stands is not ended by it.
crlfile {{path}}/{CRL_NAME}
require_certificate true

# Who somebody is, and under which client id, says the certificate alone: site/edge.
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {{path}}/acl

# A pipe that may lose everything; edges keep what has no receipt (docs/adr/0001).
persistence false
retain_available false

# Without it a request waits for a delayed acknowledgement: 33 instead of 842 round trips a second.
set_tcp_nodelay true

max_packet_size {PACKET_BYTES_MAX}
max_connections {CONNECTIONS_MAX}
max_inflight_messages {INFLIGHT_MAX}
max_queued_messages {QUEUED_MAX}
max_queued_bytes {QUEUED_BYTES_MAX}
max_keepalive {KEEPALIVE_S_MAX}
persistent_client_expiration 1h

log_dest stderr
log_type error
log_type warning
log_type notice
"""
