"""Enrol edges, keep private bodies; the room's door to accounts. The caller owns the transaction.

Source: design section 4, section 3 ("Personal data never stands in a line").

    BodiesError     the lines are not what the signed header says
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from hub.access import store
from hub.access.accounts import (
    adopt_admin_token,
    caller_by_session,
    caller_by_token,
    forget_expired,
    make_console_link,
    open_session,
)
from hub.access.grants import may
from hub.access.rules import (
    EDGES_MAX,
    ENROL_SECRET_LIFE,
    SECRET_BYTES,
    UNMASKING_ROLES,
    Caller,
    EdgeKey,
    EnrolAnswer,
    Enrolment,
    Role,
    judge_enrolment,
    secret_hash,
)
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.keys import NONCE_BYTES, BodyCipher
from hub.network import Network, Staff
from wire.badges import badge_sha256, pseudonym
from wire.envelope import EnvelopeError, split_lines
from wire.limits import BODIES_PER_MESSAGE_MAX, BODY_BYTES_MAX
from wire.messages import Bodies, CodeBody, Enrol, PrivateBody

__all__ = [
    "UNMASKING_ROLES",
    "Caller",
    "EdgeKey",
    "EnrolAnswer",
    "Enrolment",
    "Role",
    "adopt_admin_token",
    "caller_by_session",
    "caller_by_token",
    "forget_expired",
    "make_console_link",
    "may",
    "open_session",
]

SALT_BYTES = 16

_body_decoder = msgspec.json.Decoder(PrivateBody)
_code_decoder = msgspec.json.Decoder(CodeBody)

RandomBytes = Callable[[int], bytes]


class BodiesError(Exception):
    """The lines are not what the signed header says; nothing of them was kept."""


@dataclass(frozen=True, slots=True)
class EnrolOutcome:
    """What became of an edge; ``site_salt`` (32 hex digits) is there when it was taken."""

    answer: EnrolAnswer
    site_salt: str | None


# ---------------------------------------------------------------- edges


def make_enrol_secret(
    tx: Connection, site: str, edge: str, now: datetime, random_bytes: RandomBytes
) -> str:
    """A secret with which this edge may enrol once, within ``ENROL_SECRET_LIFE``."""
    secret = random_bytes(SECRET_BYTES).hex()
    store.add_secret(tx, secret_hash(secret), site, edge, now, now + ENROL_SECRET_LIFE)
    return secret


def enrol_edge(
    tx: Connection, message: Enrol, mode: Enrolment, now: datetime, random_bytes: RandomBytes
) -> EnrolOutcome:
    """Take an edge's key, or say why not.

    ``message`` was signed by the key that it shows. The answer to the same key is always the same;
    another key under an enrolled name raises an alert, which the caller must commit.
    """
    known = store.find_edge(tx, message.site, message.edge)
    shown = message.secret is not None
    secret = store.find_secret(tx, secret_hash(message.secret or "")) if shown else None
    answer = judge_enrolment(
        message.site, message.edge, message.public_key, known, mode, secret, shown, now
    )
    if answer is EnrolAnswer.TAKEN and store.count_edges(tx) >= EDGES_MAX:
        answer = EnrolAnswer.FULL
    if answer is EnrolAnswer.TAKEN:
        store.add_edge(tx, message.site, message.edge, message.public_key, now)
        if secret is not None:
            store.use_secret(tx, secret.id, now)
    elif answer is EnrolAnswer.CONFLICT:
        subject = f"{message.site}/{message.edge}"
        raise_alert(tx, Finding(AlertKind.EDGE_CONFLICT, subject, now, site=message.site), now)
    if answer not in (EnrolAnswer.TAKEN, EnrolAnswer.KNOWN):
        return EnrolOutcome(answer, None)
    return EnrolOutcome(answer, _salt_of(tx, message.site, random_bytes))


def find_edge(tx: Connection, site: str, edge: str) -> EdgeKey | None:
    """Who is enrolled under a name."""
    return store.find_edge(tx, site, edge)


def list_edges(tx: Connection) -> list[EdgeKey]:
    """All enrolled edges, by site and name."""
    return store.every_edge(tx)


def _salt_of(tx: Connection, site: str, random_bytes: RandomBytes) -> str:
    salt = store.salt_of(tx, site)
    if salt is None:
        salt = random_bytes(SALT_BYTES).hex()
        store.set_salt(tx, site, salt)
    return salt


# ---------------------------------------------------------------- people


def people_of(tx: Connection, network: Network, site: str) -> dict[str, Staff]:
    """Who works at a site, by the pseudonym that the badge has in the site's lines."""
    salt = store.salt_of(tx, site)
    if salt is None:
        return {}
    mine = (person for person in network.staff if person.site == site)
    return {pseudonym(badge_sha256(person.badge), salt): person for person in mine}


# ---------------------------------------------------------------- private bodies


def keep_bodies(
    tx: Connection,
    edge: EdgeKey,
    header: Bodies,
    lines: bytes,
    cipher: BodyCipher,
    now: datetime,
    random_bytes: RandomBytes,
) -> int:
    """Encrypt and keep private bodies under SHA-256(salt || body); return how many were new.

    Raises:
        BodiesError: another hash or count than signed, or a line that is no private body.
    """
    bodies = _read_bodies(header, lines)
    missing = bodies.keys() - store.known_bodies(tx, bodies).keys()
    encrypted = {
        sha256: cipher.encrypt(bodies[sha256], sha256, random_bytes(NONCE_BYTES))
        for sha256 in missing
    }
    store.add_bodies(tx, edge.id, encrypted, now)
    return len(encrypted)


def read_code_bodies(
    tx: Connection, hashes: Iterable[str], cipher: BodyCipher
) -> dict[str, CodeBody]:
    """The codes in those bodies that are there and hold one."""
    found = {}
    for sha256, encrypted in store.known_bodies(tx, hashes).items():
        plain = cipher.decrypt(encrypted, sha256)
        if plain is None:
            continue
        try:
            found[sha256] = _code_decoder.decode(_body_decoder.decode(plain).body)
        except ValueError:
            continue  # A body of another kind, or an edge's mistake: there is no code to show.
    return found


def _read_bodies(header: Bodies, lines: bytes) -> dict[str, bytes]:
    if hashlib.sha256(lines).hexdigest() != header.sha256:
        raise BodiesError("the lines hash to another value than the signed one")
    try:
        found = split_lines(lines, BODIES_PER_MESSAGE_MAX)
    except EnvelopeError as error:
        raise BodiesError(str(error)) from error
    if len(found) != header.count:
        raise BodiesError(f"{len(found)} lines came, {header.count} were signed")
    return {_body_sha256(line): line for line in found}


def _body_sha256(line: bytes) -> str:
    try:
        body = _body_decoder.decode(line)
        text = body.body.encode("utf-8")
    except ValueError as error:
        raise BodiesError(f"a line is no private body: {error}") from error
    if len(text) > BODY_BYTES_MAX:
        raise BodiesError(f"a body of {len(text)} bytes, at most {BODY_BYTES_MAX} are allowed")
    return hashlib.sha256(bytes.fromhex(body.salt) + text).hexdigest()
