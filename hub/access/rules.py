"""Who may come in: enrolment secrets, roles, sessions, passwords. Pure.

Source: design section 4, HV-R1.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SECRET_BYTES = 24
EDGES_MAX = 2_000
"""As many as the embedded broker lets in; each change of the wanted list goes to all of them."""
ENROL_SECRET_LIFE = timedelta(hours=1)
CONSOLE_LINK_LIFE = timedelta(hours=1)
SESSION_LIFE = timedelta(hours=12)
"""A session ends after this, however busy it was; like the next two it counts real time."""
SESSION_IDLE = timedelta(hours=1)
"""A session ends when nothing was asked in it for this long; an open wall asks all the time."""
SESSION_TOUCH = timedelta(minutes=1)
"""How coarsely a session's last use is kept: not every request writes."""
SITES_PER_ACCOUNT_MAX = 500
PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
PASSWORD_DIFFERENT_MIN = 5
ADMINISTRATOR = "administrator"
"""Who holds the admin token or a console link; no account can have this name."""
_ACCOUNT_NAME = re.compile("[a-z0-9][a-z0-9._-]{1,31}")


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
    REPLACED = "replaced"
    """An administrator lets this key take the name over: the one before counts no more."""
    OVER = "over"
    """This key was revoked, replaced or rotated away: it never comes back."""


class KeyEnd(StrEnum):
    """Why a signing key counts no more."""

    ROTATED = "rotated"
    REPLACED = "replaced"
    REVOKED = "revoked"


class EdgeAct(StrEnum):
    """What is on record of an edge's identity."""

    ENROLLED = "enrolled"
    CERTIFIED = "certified"
    ROTATED = "rotated"
    REVOKED = "revoked"
    REPLACEMENT_ALLOWED = "replacement_allowed"
    REPLACED = "replaced"
    SPOOL_CLOSED = "spool_closed"


class CertificateKind(StrEnum):
    """Whom a certificate is for."""

    AUTHORITY = "authority"
    BROKER = "broker"
    HUB = "hub"
    EDGE = "edge"


@dataclass(frozen=True, slots=True)
class EdgeKey:
    """An enrolled edge: site and name are its identity, ``public_key`` (hex) its proof."""

    id: int
    site: str
    edge: str
    public_key: str
    enrolled_at: datetime
    revoked_at: datetime | None = None
    """Since when nothing that its key signs is taken."""


@dataclass(frozen=True, slots=True)
class EnrolSecret:
    """A one-time secret as it is stored: only its hash, for one edge, for an hour."""

    id: int
    site: str
    edge: str
    expires_at: datetime
    used: bool
    made_by: str = ""
    replaces: bool = False
    """Its edge may take an enrolled name over; ``reason`` says why."""
    reason: str = ""


class Role(StrEnum):
    """What an account is for; which route each may use stands in :mod:`hub.access.grants`."""

    WAREHOUSE = "warehouse"
    MONITOR = "monitor"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


UNMASKING_ROLES = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR})
"""Who may see personal data, with a reason and on record (CS-P1)."""
WORTH_ROLES = frozenset(Role) - {Role.WAREHOUSE}
"""Whom it is told what suspects are worth: a list of missing parcels, the dearest first, is not for
those who handle them. Of a single parcel that is their business they see the declared value."""
CODE_ROLES = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Whom REST tells a scanned code that is no parcel's; each look is on record, too."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request; ``sites`` None: all of them.

    ``by_token``: a bearer token was shown, so a program calls and no person who logged in.
    """

    name: str
    role: Role
    sites: frozenset[str] | None
    by_token: bool = False

    def sees(self, site: str | None) -> bool:
        """Say whether what is of a site is this caller's business; None: of the whole hub."""
        return self.sites is None or site in self.sites

    def sees_any(self, sites: Iterable[str | None]) -> bool:
        """Say whether what is of several sites is this caller's business."""
        return self.sites is None or not self.sites.isdisjoint(sites)

    def knows_staff(self, site: str) -> bool:
        """Say whether the people of a site are named to this caller in full.

        On the floor only one's own colleagues are; who works with several sites has to ask people.
        """
        return self.role is not Role.WAREHOUSE or self.sees(site)


class PasswordFault(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    SIMPLE = "simple"
    """Nearly always the same few characters."""
    NAME = "name"
    """It holds the account's name."""
    SAME = "same"
    """It is the one that has to be changed."""


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
    *,
    is_vouched: bool = False,
    is_over: bool = False,
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
        is_vouched: this hub has signed before that it took this very key under this name; it does
            not remember, because it was restored from a backup that is older.
        is_over: the key counted under this name once, and was ended.
    """
    if is_over:
        return EnrolAnswer.OVER
    fits = secret is not None and (secret.site, secret.edge) == (site, edge)
    good = secret if secret is not None and fits and not secret.used else None
    if good is not None and good.expires_at <= now:
        good = None
    if known is not None:
        if known.public_key == public_key:
            return EnrolAnswer.KNOWN
        may_replace = good is not None and good.replaces
        return EnrolAnswer.REPLACED if may_replace else EnrolAnswer.CONFLICT
    if is_vouched:
        return EnrolAnswer.TAKEN
    if not shown:
        return EnrolAnswer.TAKEN if mode is Enrolment.FIRST_USE else EnrolAnswer.NO_SECRET
    return EnrolAnswer.BAD_SECRET if good is None else EnrolAnswer.TAKEN


def is_account_name(name: str) -> bool:
    """Say whether an account may have this name: 2 to 32 of a-z 0-9 . _ - and not reserved."""
    return _ACCOUNT_NAME.fullmatch(name) is not None and name != ADMINISTRATOR


def password_fault(password: str, name: str) -> PasswordFault | None:
    """What is wrong with a new password; the length counts most, so nothing else is prescribed."""
    if len(password) < PASSWORD_CHARS_MIN:
        return PasswordFault.SHORT
    if len(password) > PASSWORD_CHARS_MAX:
        return PasswordFault.LONG
    if len(set(password)) < PASSWORD_DIFFERENT_MIN:
        return PasswordFault.SIMPLE
    return PasswordFault.NAME if name.lower() in password.lower() else None


def is_session_over(
    made_at: datetime, used_at: datetime | None, now: datetime, rate: float = 1.0
) -> bool:
    """Say whether a session has ended by its age or by its idleness.

    ``rate`` is the clock's: a test clock that runs fast must not log people out in seconds.
    """
    idle_since = used_at or made_at
    return now - made_at >= SESSION_LIFE * rate or now - idle_since >= SESSION_IDLE * rate
