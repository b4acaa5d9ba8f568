"""Signed returns: the signed paper's copy is uploaded after delivery, and checked by a person.

The caller owns the transaction. Source: HV-1.2.8, CS-D1.

    SignedReturnError    it does not fit the parcel or the copy as it stands
    UnknownCopyError     no such copy was uploaded
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.fact import Fact
from hub.keys import BodyCipher
from hub.network import Network
from hub.parcels import service, signed_return_store, store, trace_store
from hub.parcels.rules.attempts import delivery_of
from hub.parcels.rules.traces import ParcelState, Sighting, in_fold_order
from hub.parcels.signed_return_store import Check, SignedCopy
from wire.events import Act, Scan
from wire.policy import Policy

COPIES_MAX = 8
"""Of one parcel: each takes up to a document's bytes."""
TIMERS_PER_TURN_MAX = 100


class SignedReturnError(Exception):
    """It does not fit the parcel or the copy as it stands; nothing has changed."""


class UnknownCopyError(Exception):
    """No such copy was uploaded."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A copy as somebody uploads it."""

    name: str
    content: bytes
    note: str


class SignedReturnProjection:
    """Waits for a copy of each parcel that was delivered and has the service."""

    name = "signed returns"

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Look at those among the parcels of events that have the service: one query for all."""
        events = [fact.event for fact in facts]
        told = {each.waybill for each in events if isinstance(each, Scan | Act) and each.waybill}
        for waybill in sorted(store.with_signed_return(tx, told)) if told else ():
            renew(tx, waybill, self._policy, now)


def renew(tx: Connection, waybill: str, policy: Policy, now: datetime) -> None:
    """Begin or end the wait for a parcel's copy, as what is known of it now asks."""
    known = signed_return_store.find(tx, waybill)
    delivered = _awaited_since(tx, waybill)
    if known is not None and (delivered is None or delivered.at != known.delivered_at):
        signed_return_store.remove(tx, waybill)
        close_alert(tx, AlertKind.SIGNED_RETURN_MISSING, waybill, now)
        known = None
    if known is None and delivered is not None:
        alarm_at = delivered.at + timedelta(hours=policy.delivery.signed_return_h)
        signed_return_store.add(tx, waybill, delivered, alarm_at)


def upload(
    tx: Connection,
    waybill: str,
    paper: Paper,
    cipher: BodyCipher,
    nonce: bytes,
    who: str,
    now: datetime,
) -> SignedCopy:
    """Keep a copy, encrypted; the same bytes again are the same copy.

    Raises:
        SignedReturnError: nobody asked for one, the parcel is not delivered, or it has too many.
    """
    sha256 = hashlib.sha256(paper.content).hexdigest()
    copies = service.signed_copies(tx, waybill)
    known = next((each for each in copies if each.sha256 == sha256), None)
    if known is not None:
        return known
    if not store.with_signed_return(tx, [waybill]):
        raise SignedReturnError("the parcel was declared without the signed return")
    seen = trace_store.state_of(tx, waybill)
    if seen is None or seen.state is not ParcelState.DELIVERED:
        raise SignedReturnError("no delivery of the parcel is on record")
    if len(copies) >= COPIES_MAX:
        raise SignedReturnError(f"a parcel has at most {COPIES_MAX} copies")
    copy = SignedCopy(sha256, paper.name, paper.note, now, who, None)
    encrypted = cipher.encrypt(paper.content, _context(waybill, sha256), nonce)
    signed_return_store.add_copy(tx, waybill, copy, encrypted)
    return copy


def check(tx: Connection, waybill: str, sha256: str, said: Check, policy: Policy) -> SignedCopy:
    """A person has looked at a copy; accepted, nothing more is waited for.

    Raises:
        UnknownCopyError: no such copy.
        SignedReturnError: it was checked already: what somebody said of it stands.
    """
    if _find(tx, waybill, sha256).check is not None:
        raise SignedReturnError("the copy was checked already")
    signed_return_store.set_check(tx, waybill, sha256, said)
    renew(tx, waybill, policy, said.at)
    return _find(tx, waybill, sha256)


def read_copy(tx: Connection, waybill: str, sha256: str, cipher: BodyCipher) -> bytes | None:
    """A copy's content; null: there is none, or it is not readable with this hub's key."""
    encrypted = signed_return_store.content_of(tx, waybill, sha256)
    if encrypted is None:
        return None
    return cipher.decrypt(encrypted, _context(waybill, sha256))


@dataclass(frozen=True, slots=True)
class SignedReturnDuty:
    """Raises one alert for each delivery whose accepted copy did not come in time."""

    network: Network
    name = "signed returns"

    def run(self, tx: Connection, now: datetime) -> None:
        """What is due: alert and end of its timer are one transaction."""
        for each in signed_return_store.due(tx, now, TIMERS_PER_TURN_MAX):
            local = each.delivered_at.astimezone(self.network.zone_of(each.site))
            finding = Finding(
                AlertKind.SIGNED_RETURN_MISSING,
                each.waybill,
                each.delivered_at,
                waybill=each.waybill,
                site=each.site,
                words={"at": f"{local:%m-%d %H:%M}"},
            )
            raise_alert(tx, finding, now)
            signed_return_store.end_timer(tx, each.waybill)


def _awaited_since(tx: Connection, waybill: str) -> Sighting | None:
    if not store.with_signed_return(tx, [waybill]):
        return None
    checks = (copy.check for copy in service.signed_copies(tx, waybill))
    if any(each is not None and each.accepted for each in checks):
        return None
    return delivery_of(in_fold_order(trace_store.traces_of(tx, waybill)))


def _find(tx: Connection, waybill: str, sha256: str) -> SignedCopy:
    for each in service.signed_copies(tx, waybill):
        if each.sha256 == sha256:
            return each
    raise UnknownCopyError("no such copy")


def _context(waybill: str, sha256: str) -> str:
    return f"signed-return/{waybill}/{sha256}"
