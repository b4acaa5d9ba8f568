"""Which key speaks for an edge: begun, changed, revoked, replaced. The caller owns the transaction.

Each act is a row that says who did it and why. Source: design section 4, docs/adr/0032.

    IdentityError         it cannot be done; the sentence says why
    UnknownEdgeError      no edge of this name is enrolled
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.access import identity_store, store
from hub.access.accounts import RandomBytes
from hub.access.identity_store import IssuedCertificate, KeySpan, RecordedAct
from hub.access.rules import (
    ENROL_SECRET_LIFE,
    SECRET_BYTES,
    EdgeAct,
    EdgeKey,
    EnrolSecret,
    KeyEnd,
    secret_hash,
)
from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from ledger.keys import is_signed_by
from ledger.signing import rotation_proof
from wire.messages import Rotate
from wire.topics import user_of

RECORDED_MAX = 200
"""Keys, certificates and acts of an edge that are shown, of each the newest."""


class IdentityError(Exception):
    """It cannot be done; the sentence says why."""


class UnknownEdgeError(IdentityError):
    """No edge of this name is enrolled."""


@dataclass(frozen=True, slots=True)
class EdgeRecord:
    """All that is on record of who speaks for an edge, the newest first."""

    keys: tuple[KeySpan, ...]
    certificates: tuple[IssuedCertificate, ...]
    acts: tuple[RecordedAct, ...]


def make_secret(
    tx: Connection,
    site: str,
    edge: str,
    now: datetime,
    random_bytes: RandomBytes,
    *,
    made_by: str,
    replaces_for: str | None,
) -> str:
    """A secret with which an edge may enrol once, within ``ENROL_SECRET_LIFE``.

    ``replaces_for`` is the reason why it may take an enrolled name over; None: it may not.

    Raises:
        UnknownEdgeError: there is no edge whose name could be taken over.
    """
    if replaces_for is not None:
        _find(tx, site, edge)
        _record(tx, site, edge, EdgeAct.REPLACEMENT_ALLOWED, made_by, now, reason=replaces_for)
    secret = random_bytes(SECRET_BYTES).hex()
    row: dict[str, object] = {
        "secret_hash": secret_hash(secret),
        "site": site,
        "edge": edge,
        "made_at": now,
        "expires_at": now + ENROL_SECRET_LIFE,
        "made_by": made_by,
        "replaces": replaces_for is not None,
        "reason": replaces_for or "",
    }
    store.add_secret(tx, row)
    return secret


def begin(tx: Connection, site: str, edge: str, public_key: str, now: datetime) -> None:
    """A new edge's first key."""
    store.add_edge(tx, site, edge, public_key, now)
    identity_store.begin_key(tx, site, edge, public_key, now)
    _record(tx, site, edge, EdgeAct.ENROLLED, user_of(site, edge), now, detail=public_key)


def is_over(tx: Connection, site: str, edge: str, public_key: str) -> bool:
    """Say whether a key counted for an edge once and was ended: it never comes back."""
    known = identity_store.find_key(tx, site, edge, public_key)
    return known is not None and known.until is not None


def replace(
    tx: Connection, known: EdgeKey, public_key: str, secret: EnrolSecret, now: datetime
) -> None:
    """Let a new key take a name over; the one before is revoked, with its certificates."""
    site, edge = known.site, known.edge
    if known.revoked_at is None:
        identity_store.end_key(tx, site, edge, KeyEnd.REPLACED, now)
    _revoke_certificates(tx, site, edge, secret.made_by, secret.reason, now)
    identity_store.begin_key(tx, site, edge, public_key, now)
    store.set_key(tx, known.id, public_key)
    close_alert(tx, AlertKind.EDGE_REVOKED, user_of(site, edge), now)
    _record(
        tx,
        site,
        edge,
        EdgeAct.REPLACED,
        secret.made_by,
        now,
        reason=secret.reason,
        detail=public_key,
    )


def revoke(tx: Connection, site: str, edge: str, who: str, reason: str, now: datetime) -> bool:
    """Take nothing more that an edge's key signs, from the commit on; False: so it is already.

    Raises:
        UnknownEdgeError: there is no such edge.
    """
    known = _find(tx, site, edge)
    if known.revoked_at is not None:
        return False
    store.set_revoked(tx, known.id, now)
    identity_store.end_key(tx, site, edge, KeyEnd.REVOKED, now)
    _revoke_certificates(tx, site, edge, who, reason, now)
    _record(tx, site, edge, EdgeAct.REVOKED, who, now, reason=reason, detail=known.public_key)
    return True


def rotate(tx: Connection, known: EdgeKey, message: Rotate, now: datetime) -> None:
    """Let an edge's new key count instead of the one that signed this message.

    Lines that were stored under the old one stay proven by it: its row says from when to when it
    counted. A person is told, since whoever had copied the old key could do this, too.

    Raises:
        IdentityError: the new key is not held by who asks, or was ended before.
    """
    site, edge, new = known.site, known.edge, message.public_key
    proof = rotation_proof(site, edge, bytes.fromhex(known.public_key), bytes.fromhex(new))
    if not is_signed_by(bytes.fromhex(new), proof, bytes.fromhex(message.proof)):
        raise IdentityError("the new key has not signed this change")
    if identity_store.find_key(tx, site, edge, new) is not None:
        raise IdentityError("the new key has counted for this edge before")
    name = user_of(site, edge)
    identity_store.end_key(tx, site, edge, KeyEnd.ROTATED, now)
    identity_store.begin_key(tx, site, edge, new, now)
    store.set_key(tx, known.id, new)
    _revoke_certificates(tx, site, edge, name, "another key", now)
    _record(tx, site, edge, EdgeAct.ROTATED, name, now, detail=new)
    raise_alert(tx, Finding(AlertKind.EDGE_KEY_CHANGED, name, now, site=site), now)


def rotating_key(tx: Connection, known: EdgeKey, message: Rotate) -> str:
    """Whose signature (64 hex digits) a request for a new key must bear.

    The key that counts; where it is the new one already, the answer was lost and the edge asks
    again with the one before.
    """
    if known.public_key != message.public_key:
        return known.public_key
    keys = identity_store.keys_of(tx, known.site, known.edge, 2)
    is_again = len(keys) == 2 and keys[1].ended_by is KeyEnd.ROTATED
    return keys[1].public_key if is_again else known.public_key


def close_in_record(
    tx: Connection, site: str, edge: str, spool: str, upto_seq: int, now: datetime
) -> None:
    """Put on record that what a spool held after ``upto_seq`` is lost."""
    detail = f"rest of spool {spool} after {upto_seq} is lost"
    _record(tx, site, edge, EdgeAct.SPOOL_CLOSED, "custos", now, detail=detail)


def record_of(tx: Connection, site: str, edge: str) -> EdgeRecord:
    """Keys, certificates and acts of an edge.

    Raises:
        UnknownEdgeError: there is no such edge.
    """
    _find(tx, site, edge)
    return EdgeRecord(
        keys=tuple(identity_store.keys_of(tx, site, edge, RECORDED_MAX)),
        certificates=tuple(identity_store.certificates_of(tx, site, edge, RECORDED_MAX)),
        acts=tuple(acts_of(tx, site, edge, RECORDED_MAX)),
    )


def acts_of(tx: Connection, site: str, edge: str, limit: int) -> list[RecordedAct]:
    """What was done to an edge's identity, the newest first."""
    return identity_store.acts_of(tx, site, edge, limit)


def _revoke_certificates(
    tx: Connection, site: str, edge: str, who: str, reason: str, now: datetime
) -> None:
    identity_store.revoke_certificates(tx, site, edge, None, who, reason, now)


def _find(tx: Connection, site: str, edge: str) -> EdgeKey:
    known = store.find_edge(tx, site, edge)
    if known is None:
        raise UnknownEdgeError(f"no edge {site}/{edge} is enrolled")
    return known


def _record(
    tx: Connection,
    site: str,
    edge: str,
    act: EdgeAct,
    who: str,
    now: datetime,
    *,
    reason: str = "",
    detail: str = "",
) -> None:
    identity_store.add_act(tx, site, edge, RecordedAct(now, act, who, reason, detail))
