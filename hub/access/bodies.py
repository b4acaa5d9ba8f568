"""Private bodies: what stands beside the lines, encrypted. The caller owns the transaction.

Source: design section 3 ("Personal data never stands in a line").

    BodiesError     the lines are not what the signed header says
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from hub.access import store
from hub.access.accounts import RandomBytes
from hub.access.rules import EdgeKey
from hub.keys import NONCE_BYTES, BodyCipher
from wire.bodies import ActBody, CodeBody, PrivateBody
from wire.envelope import EnvelopeError, split_lines
from wire.limits import BODIES_PER_MESSAGE_MAX, BODY_BYTES_MAX
from wire.messages import Bodies

_body_decoder = msgspec.json.Decoder(PrivateBody)
_code_decoder = msgspec.json.Decoder(CodeBody)
_act_decoder = msgspec.json.Decoder(ActBody)


class BodiesError(Exception):
    """The lines are not what the signed header says; nothing of them was kept."""


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


def read_bodies(
    tx: Connection, hashes: Iterable[str], cipher: BodyCipher
) -> dict[str, CodeBody | ActBody]:
    """What those bodies hold that are there: a scanned code, or what was typed at an act."""
    found: dict[str, CodeBody | ActBody] = {}
    for sha256, encrypted in store.known_bodies(tx, hashes).items():
        plain = cipher.decrypt(encrypted, sha256)
        if plain is None:
            continue
        try:
            found[sha256] = _content_of(_body_decoder.decode(plain).body)
        except ValueError:
            continue  # An edge's mistake: there is nothing to show.
    return found


def _content_of(body: str) -> CodeBody | ActBody:
    try:
        return _code_decoder.decode(body)
    except ValueError:
        return _act_decoder.decode(body)


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
