"""The hub's certificate authority: it issues, renews and revokes. The caller owns the transaction.

Each certificate is a row before anybody gets it. Source: design section 4, docs/adr/0031.

    NoCertificateError    this one is not issued: the sentence says why
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.access import identity_store as store
from hub.access.accounts import RandomBytes
from hub.access.identity_store import IssuedCertificate, RecordedAct
from hub.access.rules import CertificateKind, EdgeAct
from ledger.certificates import (
    SERIAL_BYTES,
    Order,
    Purpose,
    TlsKey,
    issue,
    make_authority,
    make_revocations,
    read_certificate,
    serial_of,
)
from wire.topics import user_of

AUTHORITY_NAME = "Custos hub CA"
HUB_USER = "custos-hub"
"""The hub's name at the broker; no edge's: those have a slash."""
AUTHORITY_LIFE = timedelta(days=20 * 365)
SERVER_LIFE = timedelta(days=397)
CLIENT_LIFE = timedelta(days=90)
"""Of edges and of the hub at its broker; each is renewed when a third of it is left."""
BACKDATED = timedelta(days=1)
"""A clock that is some hours behind must not refuse what was issued a moment ago."""
ISSUED_PER_DAY_MAX = 20
"""Certificates for one edge: whoever holds its key must not fill the hub's disk with them."""
ENDING = timedelta(days=45)
"""So long before the broker's certificate ends people are told: with it all edges are cut off."""


class NoCertificateError(Exception):
    """A certificate is not issued; the sentence says why."""


def authority_of(
    tx: Connection, key: TlsKey, now: datetime, random_bytes: RandomBytes
) -> IssuedCertificate:
    """The CA's own certificate, made once for its key."""
    found = store.newest_certificate(tx, CertificateKind.AUTHORITY, key.point)
    if found is not None and found.until > now:
        return found
    serial = serial_of(random_bytes(SERIAL_BYTES))
    pem = make_authority(key, AUTHORITY_NAME, serial, now - BACKDATED, now + AUTHORITY_LIFE)
    made = _row(pem, f"{serial:x}", CertificateKind.AUTHORITY, HUB_USER, now)
    store.add_certificate(tx, made)
    return made


def certify_edge(
    tx: Connection,
    key: TlsKey,
    site: str,
    edge: str,
    point: str,
    now: datetime,
    random_bytes: RandomBytes,
) -> tuple[IssuedCertificate, IssuedCertificate]:
    """An edge's certificate and the CA's; the same one again until it is due.

    Those of other keys of the edge are revoked: it has one key at a time.

    Raises:
        NoCertificateError: its name is too long, its key is none, or it had too many today.
    """
    ca = authority_of(tx, key, now, random_bytes)
    for known in store.certificates_of(tx, site, edge, ISSUED_PER_DAY_MAX):
        is_good = known.revoked_at is None and known.authority == ca.serial
        if is_good and known.point == point and not read_certificate(known.pem).is_due(now):
            return known, ca
    # Else whoever had kept an old request could send it again, and take the new key's from it.
    if store.was_given_up(tx, site, edge, point):
        raise NoCertificateError("a key for TLS that was given up gets no certificate again")
    if store.count_issued(tx, site, edge, now - timedelta(days=1)) >= ISSUED_PER_DAY_MAX:
        raise NoCertificateError(f"an edge gets at most {ISSUED_PER_DAY_MAX} certificates a day")
    name = user_of(site, edge)
    order = _order(name, point, CLIENT_LIFE, Purpose.CLIENT, now, random_bytes)
    made = _issue(order, CertificateKind.EDGE, name, key, ca, now)
    store.revoke_certificates(tx, site, edge, point, name, "another key", now)
    store.add_certificate(tx, made, site, edge)
    store.add_act(tx, site, edge, RecordedAct(now, EdgeAct.CERTIFIED, name, "", made.serial))
    return made, ca


def certify_hub(
    tx: Connection, key: TlsKey, point: str, now: datetime, random_bytes: RandomBytes
) -> tuple[IssuedCertificate, IssuedCertificate]:
    """The certificate by which the hub comes to its broker, and the CA's."""
    ca = authority_of(tx, key, now, random_bytes)
    found = store.newest_certificate(tx, CertificateKind.HUB, point)
    is_good = found is not None and found.authority == ca.serial
    if found is not None and is_good and not read_certificate(found.pem).is_due(now):
        return found, ca
    order = _order(HUB_USER, point, CLIENT_LIFE, Purpose.CLIENT, now, random_bytes)
    made = _issue(order, CertificateKind.HUB, HUB_USER, key, ca, now)
    store.add_certificate(tx, made)
    return made, ca


def certify_broker(
    tx: Connection,
    key: TlsKey,
    point: str,
    hosts: Sequence[str],
    who: str,
    now: datetime,
    random_bytes: RandomBytes,
) -> tuple[IssuedCertificate, IssuedCertificate]:
    """The broker's certificate for these names and addresses, and the CA's; the first names it.

    Raises:
        NoCertificateError: a host is no name.
    """
    ca = authority_of(tx, key, now, random_bytes)
    order = _order(hosts[0], point, SERVER_LIFE, Purpose.SERVER, now, random_bytes, tuple(hosts))
    made = _issue(order, CertificateKind.BROKER, who, key, ca, now)
    store.add_certificate(tx, made)
    return made, ca


def revocations(tx: Connection, key: TlsKey, now: datetime, random_bytes: RandomBytes) -> bytes:
    """The signed list of revoked certificates (CRL), PEM."""
    ca = authority_of(tx, key, now, random_bytes)
    revoked = store.revoked_certificates(tx, ca.serial, now)
    return make_revocations(revoked, store.count_revoked(tx), now, key, ca.pem)


def revocations_number(tx: Connection) -> int:
    """The number of the newest list."""
    return store.count_revoked(tx)


def broker_ends_at(tx: Connection) -> datetime | None:
    """When the newest broker's certificate ends; None: none was ever issued."""
    found = store.newest_certificate(tx, CertificateKind.BROKER)
    return None if found is None else found.until


def _order(
    name: str,
    point: str,
    life: timedelta,
    purpose: Purpose,
    now: datetime,
    random_bytes: RandomBytes,
    hosts: tuple[str, ...] = (),
) -> Order:
    serial = serial_of(random_bytes(SERIAL_BYTES))
    return Order(name, point, serial, now - BACKDATED, now + life, purpose, hosts)


def _issue(
    order: Order,
    kind: CertificateKind,
    who: str,
    key: TlsKey,
    ca: IssuedCertificate,
    now: datetime,
) -> IssuedCertificate:
    try:
        pem = issue(order, key, ca.pem)
    except ValueError as error:
        raise NoCertificateError(f"no certificate for {order.name}: {error}") from error
    return _row(pem, ca.serial, kind, who, now)


def _row(
    pem: bytes, authority: str, kind: CertificateKind, who: str, now: datetime
) -> IssuedCertificate:
    read = read_certificate(pem)
    return IssuedCertificate(
        serial=f"{read.serial:x}",
        authority=authority,
        kind=kind,
        name=read.name,
        point=read.point,
        pem=pem,
        since=read.since,
        until=read.until,
        issued_at=now,
        issued_by=who,
    )
