"""The edge's own key and certificate for the broker: kept on disk, renewed in time, never shown.

The certificate and the CA's come from the hub, in messages that it signed. Each file is whole or
not there, and what does not fit together counts as missing: it is asked for anew.
Source: design section 4, docs/adr/0031.

    TlsIdentityError    there is no certificate to come with yet, or it cannot be read: try later
"""

import ssl
from datetime import datetime
from pathlib import Path

from edge.data_dir import read_file, write_file
from edge.seams import Clock
from ledger.certificates import SEED_BYTES, Certificate, TlsKey, read_certificate
from wire.limits import CERTIFICATE_CHARS_MAX
from wire.topics import user_of

KEY_NAME = "edge-tls.key"
PAIR_NAME = "edge-tls.pem"
"""Certificate and key, as TLS libraries read them."""
AUTHORITY_NAME = "hub-ca.crt"
NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for."""
_PAIR_BYTES_MAX = CERTIFICATE_CHARS_MAX + 4096


class TlsIdentityError(Exception):
    """There is nothing to come to the broker with; the sentence says why."""


def forget_key(directory: Path) -> None:
    """Give up key and certificate; the next start makes a key anew.

    Raises:
        OSError: the disk refused.
    """
    for name in (PAIR_NAME, KEY_NAME):
        (directory / name).unlink(missing_ok=True)


class TlsIdentity:
    """For any thread: what is kept changes by whole files, and is read anew each time."""

    def __init__(self, directory: Path, site: str, edge: str, clock: Clock) -> None:
        """Read the key, or make it: on disk before anybody hears of it.

        Raises:
            OSError: the disk refused.
            ValueError: the kept key has another length.
        """
        self._directory = directory
        self._name = user_of(site, edge)
        seed = read_file(directory / KEY_NAME, SEED_BYTES)
        if seed is None:
            seed = clock.random_bytes(SEED_BYTES)
            write_file(directory / KEY_NAME, seed)
        self._key = TlsKey(seed)

    @property
    def point(self) -> str:
        """The public key, as the wire has it."""
        return self._key.point

    def certificate(self) -> Certificate | None:
        """The kept certificate; None: there is none of this key and name with its CA's."""
        try:
            pair = read_file(self._directory / PAIR_NAME, _PAIR_BYTES_MAX)
            authority = read_file(self._directory / AUTHORITY_NAME, CERTIFICATE_CHARS_MAX)
            if pair is None or authority is None:
                return None
            read_certificate(authority)
            return self._check(pair)
        except (OSError, ValueError):
            return None

    def is_due(self, now: datetime) -> bool:
        """Say whether a certificate has to be asked for."""
        kept = self.certificate()
        return kept is None or kept.is_due(now)

    def keep(self, certificate: str, authority: str) -> None:
        """Keep what the hub issued.

        Raises:
            ValueError: it is not for this key and name.
            OSError: the disk refused.
        """
        pem, ca = certificate.encode(), authority.encode()
        self._check(pem)
        read_certificate(ca)
        write_file(self._directory / AUTHORITY_NAME, ca)
        write_file(self._directory / PAIR_NAME, pem + self._key.pem())

    def context(self) -> ssl.SSLContext:
        """For one connection: TLS 1.3, and a broker that the hub's CA knows by its host name.

        Raises:
            TlsIdentityError: no certificate yet, or the files cannot be used.
        """
        if self.certificate() is None:
            raise TlsIdentityError("there is no certificate yet: the hub is asked for one")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # An edge whose clock was lost learns the time from the hub, so it has to get there first.
        context.verify_flags |= NO_CHECK_TIME
        try:
            context.load_verify_locations(cafile=self._directory / AUTHORITY_NAME)
            context.load_cert_chain(self._directory / PAIR_NAME)
        except OSError as error:
            raise TlsIdentityError(f"the certificate cannot be used: {error}") from error
        return context

    def _check(self, pem: bytes) -> Certificate:
        read = read_certificate(pem)
        if (read.name, read.point) != (self._name, self._key.point):
            raise ValueError("a certificate for another key or another edge")
        return read
