"""How the hub comes to a broker that wants certificates: its own, renewed in time.

TLS 1.3 at least; the broker's certificate must be of the hub's own CA and name the host.
Source: design section 4, docs/adr/0031.
"""

import ssl
from pathlib import Path

import structlog

from hub.access.service import certify_hub
from hub.clock import Clock
from hub.db.engine import Database
from hub.keys import HubKeys, write_file

PAIR_FILE = "mqtt.pem"
"""The hub's certificate and key, as TLS libraries read them."""
AUTHORITY_FILE = "ca.crt"

_log = structlog.get_logger()


def keep_certificate(data_dir: Path, database: Database, keys: HubKeys, clock: Clock) -> None:
    """Have a certificate that is not due on the disk.

    Raises:
        OSError: the disk refused.
    """
    with database.writing() as tx:
        own, ca = certify_hub(tx, keys.authority, keys.link.point, clock.now(), clock.random_bytes)
    pair = own.pem + keys.link.pem()
    for name, data in ((AUTHORITY_FILE, ca.pem), (PAIR_FILE, pair)):
        path = data_dir / name
        if not path.exists() or path.read_bytes() != data:
            write_file(path, data)
            _log.info("certificate kept", file=name, until=own.until.isoformat())


class BrokerIdentity:
    """A context for all connections of one client; :meth:`refresh` before each of them."""

    def __init__(self, data_dir: Path) -> None:
        self._pair = data_dir / PAIR_FILE
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_verify_locations(cafile=data_dir / AUTHORITY_FILE)
        self.refresh()

    def refresh(self) -> None:
        """Read the pair again: it may have been renewed since the last connection."""
        self.context.load_cert_chain(self._pair)
