"""Who works at a scanner, at which step, where, with which bag: a fold over its command labels.

Pure. The session is stored in the same transaction as the scan that changed it, so that after a
crash the two agree. Source: design section 3, interface ("Labels"), HV-R1.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from devices.symbology import CommandLabel, Verb
from wire import badges
from wire.names import At, Hex16, Name, Step, format_at, parse_at

BUILT_VERBS = frozenset({Verb.BY, Verb.STEP, Verb.PLACE, Verb.BAG, Verb.END})
"""The other labels are stored and answered "not yet"."""


class Session(Struct, frozen=True, kw_only=True):
    """What a scanner's command labels have set; null is "nobody", "no step" and so on."""

    by: Hex16 | None = None
    step: Step | None = None
    place: Name | None = None
    container: Name | None = None
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


def pseudonym(badge: str, site_salt: str | None) -> str | None:
    """A badge as it may stand in a line, see :mod:`wire.badges`.

    Args:
        badge: the token of a ``CX:BY:`` label.
        site_salt: 32 hex from the hub; None before enrolment, and then nobody can be named.
    """
    if site_salt is None:
        return None
    return badges.pseudonym(badges.badge_sha256(badge), site_salt)


def current(session: Session, idle_min: int, now: datetime) -> Session:
    """The session as it is now: empty after ``idle_min`` minutes without a scan.

    A wall clock that was set back by more than that ends it too: nobody is named for longer than
    the policy allows because of a clock.
    """
    if session.used_at is None:
        return EMPTY
    is_idle = abs(now - parse_at(session.used_at)) > timedelta(minutes=idle_min)
    return EMPTY if is_idle else session


def obey(session: Session, label: CommandLabel, site_salt: str | None) -> Session:
    """The session after a command label; labels that are not built yet change nothing."""
    match label.verb:
        case Verb.BY:
            return msgspec.structs.replace(session, by=pseudonym(label.value, site_salt))
        case Verb.STEP:
            return msgspec.structs.replace(session, step=Step(label.value))
        case Verb.PLACE:
            return msgspec.structs.replace(session, place=label.value)
        case Verb.BAG:
            return msgspec.structs.replace(session, container=label.value)
        case Verb.END:
            return EMPTY
        case _:
            return session


def touch(session: Session, now: datetime) -> Session:
    """The session after a scan: its idle time starts again."""
    if msgspec.structs.replace(session, used_at=None) == EMPTY:
        return EMPTY
    return msgspec.structs.replace(session, used_at=format_at(now))


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
    if session.used_at is not None:
        parse_at(session.used_at)
    return session
