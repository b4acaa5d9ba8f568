"""Who may come in: enrolment secrets, tokens, sessions. Pure. Source: design section 4."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SECRET_BYTES = 24
EDGES_MAX = 2_000
"""As many as the embedded broker lets in; each change of the wanted list goes to all of them."""
ENROL_SECRET_LIFE = timedelta(hours=1)
CONSOLE_LINK_LIFE = timedelta(hours=1)
SESSION_LIFE = timedelta(hours=12)


class Enrolment(StrEnum):
    """How an edge's first key is believed."""

    TOKEN = "token"
    FIRST_USE = "first-use"


class EnrolAnswer(StrEnum):
    """What becomes of an edge that shows its key."""

    TAKEN = "taken"
    KNOWN = "known"
    """The very key that is enrolled: the same answer again."""
    CONFLICT = "conflict"
    """Another key has this name."""
    NO_SECRET = "no_secret"
    BAD_SECRET = "bad_secret"
    """Unknown, for another edge, expired or used."""
    FULL = "full"
    """``EDGES_MAX`` edges are enrolled already."""


@dataclass(frozen=True, slots=True)
class EdgeKey:
    """An enrolled edge: site and name are its identity, ``public_key`` (hex) its proof."""

    id: int
    site: str
    edge: str
    public_key: str
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class EnrolSecret:
    """A one-time secret as it is stored: only its hash, for one edge, for an hour."""

    id: int
    site: str
    edge: str
    expires_at: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: an administrator by token or by console session, for now."""

    name: str


def secret_hash(secret: str) -> str:
    """How secrets are stored: they are long and random, so a plain SHA-256 keeps them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def judge_enrolment(
    site: str,
    edge: str,
    public_key: str,
    known: EdgeKey | None,
    mode: Enrolment,
    secret: EnrolSecret | None,
    shown: bool,
    now: datetime,
) -> EnrolAnswer:
    """Decide about an edge that shows a key, signed with that key.

    Args:
        site: the site in the message.
        edge: the edge's name in the message.
        public_key: 64 hex digits.
        known: who is enrolled under that name.
        mode: whether a secret is needed.
        secret: the stored one whose hash fits the secret that was shown.
        shown: a secret was shown at all.
        now: aware UTC.
    """
    if known is not None:
        return EnrolAnswer.KNOWN if known.public_key == public_key else EnrolAnswer.CONFLICT
    if not shown:
        return EnrolAnswer.TAKEN if mode is Enrolment.FIRST_USE else EnrolAnswer.NO_SECRET
    fits = secret is not None and (secret.site, secret.edge) == (site, edge)
    if secret is None or not fits or secret.used or secret.expires_at <= now:
        return EnrolAnswer.BAD_SECRET
    return EnrolAnswer.TAKEN
