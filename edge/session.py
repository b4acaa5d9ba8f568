"""Who works at a scanner, at which step, where, with which container: a fold over its labels.

Pure. The session is stored in the same transaction as the scan that changed it, so that after a
crash the two agree. Source: design sections 3 and 6, interface ("Labels"), HV-R1.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec import Struct

from devices.symbology import CommandLabel, Label, Verb, WaybillLabel
from edge import handover as handovers
from edge.acts import ActDraft, ActHint
from edge.handover import NOT_BEGUN, Handover, Item
from edge.shifts import Shifts
from wire import badges
from wire.events import ContainerKind
from wire.names import At, Hex16, Name, Step, format_at, parse_at

_CONTAINERS = {
    Verb.BAG: ContainerKind.BAG,
    Verb.VEH: ContainerKind.VEHICLE,
    Verb.FLT: ContainerKind.FLIGHT,
    Verb.PAL: ContainerKind.PALLET,
}
_UNITS = frozenset({Verb.BAG, Verb.PAL})
"""Containers that are moved like parcels: into a vehicle, over a dock, from hand to hand."""
_UNIT_STEPS = frozenset({Step.ARRIVE, Step.DEPART, Step.HANDOVER})
_LOADING_STEPS = frozenset({Step.LOAD, Step.UNLOAD})
_LOADED = frozenset({ContainerKind.VEHICLE, ContainerKind.FLIGHT})


class Session(Struct, frozen=True, kw_only=True):
    """What a scanner's command labels have set; null is "nobody", "no step" and so on."""

    by: Hex16 | None = None
    step: Step | None = None
    place: Name | None = None
    container: Name | None = None
    container_kind: ContainerKind | None = None
    handover: Handover | None = None
    """Only at the step handover, from the first parcel or badge on."""
    began_at: At | None = None
    """When the person's badge, or else the first label, was scanned: the shift counts from here."""
    used_at: At | None = None
    """The last scan, kept only while anything is set: idle time counts from here."""


EMPTY = Session()

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Session)


@dataclass(frozen=True, slots=True)
class FixedSession:
    """What the config fixes for one scanner; it applies where the session has nothing."""

    badge: str | None = None
    step: Step | None = None
    place: str | None = None


class Outcome(NamedTuple):
    """What one label does: ``line`` is the session its scan belongs to, ``after`` the next one's.

    ``act`` is what the label completed; ``hint`` says why it changed less than expected.
    """

    line: Session
    after: Session
    act: ActDraft | None = None
    hint: ActHint | None = None


def pseudonym(badge: str, site_salt: str | None) -> str | None:
    """A badge as it may stand in a line, see :mod:`wire.badges`.

    Args:
        badge: the token of a ``CX:BY:`` label.
        site_salt: 32 hex from the hub; None before enrolment, and then nobody can be named.
    """
    if site_salt is None:
        return None
    return badges.pseudonym(badges.badge_sha256(badge), site_salt)


def current(session: Session, idle_min: int, shifts: Shifts, now: datetime) -> Session:
    """The session as it is now: empty after ``idle_min`` minutes without a scan, or its shift.

    A wall clock that was set back by more than that ends it too: nobody is named for longer than
    the policy allows because of a clock. A handover under way outlives the shift, because the
    change of shifts is when people hand over.
    """
    if session.used_at is None:
        return EMPTY
    if abs(now - parse_at(session.used_at)) > timedelta(minutes=idle_min):
        return EMPTY
    if session.began_at is None or session.handover is not None:
        return session
    end = shifts.end_of(parse_at(session.began_at))
    return EMPTY if end is not None and now >= end else session


def follow(
    session: Session, label: Label, seq: int, fixed: FixedSession, site_salt: str | None
) -> Outcome:
    """What a label that is recorded as ``seq`` does to the session of its scanner.

    Args:
        session: as it is now (:func:`current`).
        label: any label; what is neither command nor waybill changes nothing.
        seq: where the label's scan will stand in the spool.
        fixed: the config's values for this scanner.
        site_salt: see :func:`pseudonym`.
    """
    shown = with_fixed(session, fixed, site_salt)
    match label:
        case CommandLabel():
            return _obey(session, label, seq, shown, site_salt)
        case WaybillLabel() if shown.step is Step.HANDOVER:
            return _hand_over(session, Item(seq, label.waybill, is_parcel=True), shown.by)
        case _:
            return Outcome(session, session)


def _obey(
    session: Session, label: CommandLabel, seq: int, shown: Session, site_salt: str | None
) -> Outcome:
    match label.verb:
        case Verb.BY:
            return _name(session, pseudonym(label.value, site_salt), shown)
        case Verb.STEP:
            return _set_step(session, Step(label.value), shown)
        case Verb.PLACE:
            return _set(session, place=label.value)
        case Verb.BAG | Verb.VEH | Verb.FLT | Verb.PAL:
            return _contain(session, label, seq, shown)
        case Verb.SEAL:
            return _in_handover(session, shown, handovers.check_seal, label.value)
        case Verb.REFUSE:
            return _in_handover(session, shown, handovers.refuse, label.value)
        case Verb.END:
            turn = handovers.end(session.handover or NOT_BEGUN, shown.by)
            # The label that ends a session still belongs to whom it ends.
            return Outcome(session, EMPTY, turn.act, turn.hint)


def _name(session: Session, by: str | None, shown: Session) -> Outcome:
    """A badge: who works from now on, or in a handover that has begun, who receives."""
    handover = session.handover
    if handover is None or not handover.has_begun or shown.by is None:
        return _set(session, by=by, began_at=None, handover=None)
    turn = handovers.receive(handover, by, shown.by)
    after = _set(session, handover=turn.handover).after
    # The badge's own line names whose badge it is.
    return Outcome(_set(session, by=by).line, after, hint=turn.hint)


def _set_step(session: Session, step: Step, shown: Session) -> Outcome:
    # The same label twice must not throw a handover away.
    keeps_handover = step is Step.HANDOVER and shown.step is Step.HANDOVER
    return _set(session, step=step, handover=session.handover if keeps_handover else None)


def _contain(session: Session, label: CommandLabel, seq: int, shown: Session) -> Outcome:
    is_loading = shown.step in _LOADING_STEPS and session.container_kind in _LOADED
    is_moved = shown.step in _UNIT_STEPS or is_loading
    if label.verb in _UNITS and is_moved:
        if shown.step is Step.HANDOVER:
            return _hand_over(session, Item(seq, label.text or "", is_parcel=False), shown.by)
        return Outcome(session, session)
    return _set(session, container=label.value, container_kind=_CONTAINERS[label.verb])


def _hand_over(session: Session, item: Item, giver: str | None) -> Outcome:
    turn = handovers.take(session.handover or NOT_BEGUN, item, giver)
    after = _set(session, handover=turn.handover).after
    return Outcome(session, after, turn.act, turn.hint)


def _in_handover(session: Session, shown: Session, rule: handovers.Rule, value: str) -> Outcome:
    if shown.step is not Step.HANDOVER:
        return Outcome(session, session, hint=ActHint.NO_HANDOVER)
    turn = rule(session.handover or NOT_BEGUN, value, shown.by)
    return Outcome(session, _set(session, handover=turn.handover).after, turn.act, turn.hint)


def _set(session: Session, **changes: object) -> Outcome:
    changed = msgspec.structs.replace(session, **changes)
    if changed.handover == NOT_BEGUN:
        changed = msgspec.structs.replace(changed, handover=None)
    return Outcome(changed, changed)


def touch(session: Session, now: datetime) -> Session:
    """The session after a scan: its idle time starts again."""
    if msgspec.structs.replace(session, began_at=None, used_at=None) == EMPTY:
        return EMPTY
    at = format_at(now)
    return msgspec.structs.replace(session, began_at=session.began_at or at, used_at=at)


def with_fixed(session: Session, fixed: FixedSession, site_salt: str | None) -> Session:
    """The session as events and screen show it, with the config's values where it has none."""
    by = session.by
    if by is None and fixed.badge is not None:
        by = pseudonym(fixed.badge, site_salt)
    return msgspec.structs.replace(
        session, by=by, step=session.step or fixed.step, place=session.place or fixed.place
    )


def encode_session(session: Session) -> bytes:
    """The session as the spool keeps it."""
    return _encoder.encode(session)


def parse_session(data: bytes) -> Session:
    """Read a kept session.

    Raises:
        ValueError: not a session.
    """
    session = _decoder.decode(data)
    for at in (session.began_at, session.used_at):
        if at is not None:
            parse_at(at)
    return session
