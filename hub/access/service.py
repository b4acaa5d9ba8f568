"""Enrol edges; the door to accounts, badges, bodies and looks. The caller owns the transaction.

Source: design section 4.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, inspect

from hub.access import account_store, identities, store
from hub.access.accounts import (
    AccountError,
    RandomBytes,
    add_account,
    adopt_admin_token,
    change_account,
    find_account,
    forget_expired,
    hash_password,
    list_accounts,
    make_console_link,
    open_session,
    set_password,
)
from hub.access.authority import (
    ENDING,
    HUB_USER,
    NoCertificateError,
    broker_ends_at,
    certify_broker,
    certify_edge,
    certify_hub,
    revocations,
    revocations_number,
)
from hub.access.badge_store import BadgeToken
from hub.access.badges import (
    UnknownBadgeError,
    people_of,
    person_of,
    print_badge,
    revoke_badge,
    tokens_of,
)
from hub.access.bodies import BodiesError, keep_bodies, read_bodies
from hub.access.grants import may
from hub.access.identities import (
    EdgeRecord,
    IdentityError,
    UnknownEdgeError,
    acts_of,
    close_in_record,
    record_of,
    revoke,
    rotate,
    rotating_key,
)
from hub.access.identity_store import IssuedCertificate, RecordedAct
from hub.access.look_store import Look
from hub.access.looks import (
    REASON_CHARS_MAX,
    REASON_CHARS_MIN,
    MayNotUnmaskError,
    list_looks,
    record_look,
    record_looks,
)
from hub.access.masking import (
    HIDDEN,
    mask_id,
    mask_name,
    mask_person,
    mask_phone,
    mask_text,
    unmasked_code,
)
from hub.access.rules import (
    CODE_ROLES,
    EDGES_MAX,
    UNMASKING_ROLES,
    WORTH_ROLES,
    Caller,
    EdgeAct,
    EdgeKey,
    EnrolAnswer,
    Enrolment,
    PasswordFault,
    Role,
    judge_enrolment,
    password_fault,
    secret_hash,
)
from hub.alerts.service import AlertKind, Finding, raise_alert
from ledger.signing import open_sealed
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Enrol, Enrolled

__all__ = [
    "CODE_ROLES",
    "ENDING",
    "HIDDEN",
    "HUB_USER",
    "REASON_CHARS_MAX",
    "REASON_CHARS_MIN",
    "UNMASKING_ROLES",
    "WORTH_ROLES",
    "AccountError",
    "BadgeToken",
    "BodiesError",
    "Caller",
    "EdgeAct",
    "EdgeKey",
    "EdgeRecord",
    "EnrolAnswer",
    "Enrolment",
    "IdentityError",
    "IssuedCertificate",
    "Look",
    "MayNotUnmaskError",
    "NoCertificateError",
    "PasswordFault",
    "RecordedAct",
    "Role",
    "UnknownBadgeError",
    "UnknownEdgeError",
    "acts_of",
    "add_account",
    "adopt_admin_token",
    "broker_ends_at",
    "certify_broker",
    "certify_edge",
    "certify_hub",
    "change_account",
    "close_in_record",
    "end_logins",
    "find_account",
    "forget_expired",
    "hash_password",
    "heard_edges",
    "keep_bodies",
    "list_accounts",
    "list_looks",
    "make_console_link",
    "mask_id",
    "mask_name",
    "mask_person",
    "mask_phone",
    "mask_text",
    "may",
    "open_session",
    "password_fault",
    "people_of",
    "person_of",
    "print_badge",
    "read_bodies",
    "record_look",
    "record_looks",
    "record_of",
    "revocations",
    "revocations_number",
    "revoke",
    "revoke_badge",
    "rotate",
    "rotating_key",
    "salt_of",
    "set_password",
    "tokens_of",
    "unmasked_code",
]

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class EnrolOutcome:
    """What became of an edge; ``site_salt`` (32 hex digits) is there when it was taken."""

    answer: EnrolAnswer
    site_salt: str | None


# ---------------------------------------------------------------- edges


def make_enrol_secret(
    tx: Connection,
    site: str,
    edge: str,
    now: datetime,
    random_bytes: RandomBytes,
    *,
    made_by: str = "custos-hub",
    replaces_for: str | None = None,
) -> str:
    """A secret with which this edge may enrol once; see :func:`identities.make_secret`."""
    return identities.make_secret(
        tx, site, edge, now, random_bytes, made_by=made_by, replaces_for=replaces_for
    )


def enrol_edge(
    tx: Connection,
    message: Enrol,
    mode: Enrolment,
    now: datetime,
    random_bytes: RandomBytes,
    hub_key: bytes | None = None,
) -> EnrolOutcome:
    """Take an edge's key, or say why not.

    ``message`` was signed by the key that it shows. The answer to the same key is always the same;
    another key under an enrolled name raises an alert, which the caller must commit. ``hub_key``:
    our public key, by which we know what we have signed before.
    """
    voucher = None if hub_key is None else read_voucher(message, hub_key)
    known = store.find_edge(tx, message.site, message.edge)
    shown = message.secret is not None
    secret = store.find_secret(tx, secret_hash(message.secret or "")) if shown else None
    answer = judge_enrolment(
        message.site,
        message.edge,
        message.public_key,
        known,
        mode,
        secret,
        shown,
        now,
        is_vouched=voucher is not None,
        is_over=identities.is_over(tx, message.site, message.edge, message.public_key),
    )
    if answer is EnrolAnswer.TAKEN and store.count_edges(tx) >= EDGES_MAX:
        answer = EnrolAnswer.FULL
    if answer is EnrolAnswer.TAKEN:
        identities.begin(tx, message.site, message.edge, message.public_key, now)
    elif answer is EnrolAnswer.REPLACED and known is not None and secret is not None:
        identities.replace(tx, known, message.public_key, secret, now)
    elif answer is EnrolAnswer.CONFLICT:
        subject = f"{message.site}/{message.edge}"
        raise_alert(tx, Finding(AlertKind.EDGE_CONFLICT, subject, now, site=message.site), now)
    if answer in (EnrolAnswer.TAKEN, EnrolAnswer.REPLACED) and secret is not None:
        store.use_secret(tx, secret.id, now)
    if answer not in (EnrolAnswer.TAKEN, EnrolAnswer.REPLACED, EnrolAnswer.KNOWN):
        return EnrolOutcome(answer, None)
    if voucher is not None and store.salt_of(tx, message.site) is None:
        # Badges were made into pseudonyms with it in lines that come again.
        store.set_salt(tx, message.site, voucher.site_salt)
    return EnrolOutcome(answer, salt_of(tx, message.site, random_bytes))


def read_voucher(message: Enrol, hub_key: bytes) -> Enrolled | None:
    """Our own word that we took this very key under this name; ``None``: it is not."""
    if not isinstance(message.enrolled, str):
        return None
    try:
        shown = message.enrolled.encode()
        found = open_sealed(shown, Enrolled, hub_key, MESSAGE_BYTES_MAX).message
    except ValueError:
        return None
    told = (found.site, found.edge, found.public_key)
    return found if told == (message.site, message.edge, message.public_key) else None


def end_logins(tx: Connection, now: datetime) -> None:
    """In a restored database: end every session, link and enrolment secret.

    Some were ended or used after the backup, and nobody knows which. The schema may be an older
    one: a table that is not there has nothing to end.
    """
    tables = set(inspect(tx).get_table_names())
    if account_store.credential.name in tables:
        account_store.drop_short_lived(tx)
    if store.enrol_secret.name in tables:
        store.void_secrets(tx, now)


def find_edge(tx: Connection, site: str, edge: str) -> EdgeKey | None:
    """Who is enrolled under a name."""
    return store.find_edge(tx, site, edge)


def find_edges(
    tx: Connection, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], EdgeKey]:
    """Who is enrolled under some names, each a site and an edge."""
    return store.find_edges(tx, names)


def list_edges(tx: Connection) -> list[EdgeKey]:
    """All enrolled edges, by site and name; the revoked ones, too."""
    return store.every_edge(tx)


def heard_edges(tx: Connection) -> list[EdgeKey]:
    """The edges that the hub speaks with: those that are not revoked."""
    return [edge for edge in store.every_edge(tx) if edge.revoked_at is None]


def salt_of(tx: Connection, site: str, random_bytes: RandomBytes) -> str:
    """The salt (32 hex digits) that makes a site's badges into pseudonyms; made once."""
    salt = store.salt_of(tx, site)
    if salt is None:
        salt = random_bytes(SALT_BYTES).hex()
        store.set_salt(tx, site, salt)
    return salt
