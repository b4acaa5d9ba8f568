"""Signed messages against an attacker who owns the wire but no key."""

import base64

import pytest

from ledger.keys import SigningKey
from ledger.signing import ContentError, SignatureError, message_type, open_sealed, peek, seal
from tests import samples
from wire import messages as m
from wire.envelope import EnvelopeError, join, signing_bytes, split
from wire.limits import BATCH_BYTES_MAX, ERROR_TEXT_MAX, MESSAGE_BYTES_MAX

KEY = samples.EDGE_KEY
STATE = samples.MESSAGES["state"]
RECEIPT = samples.MESSAGES["receipt"]


def sealed_head(head: bytes, type_name: str, lines: list[bytes] | None = None) -> bytes:
    """Any line 1, rightly signed by the edge as a message of ``type_name``."""
    return join(head, KEY.sign(signing_bytes(type_name, head)), lines)


def refused(
    payload: bytes, error: type[EnvelopeError], expected: type[m.MessageBase] = m.State
) -> str:
    with pytest.raises(EnvelopeError) as caught:
        open_sealed(payload, expected, KEY.public_key, MESSAGE_BYTES_MAX)
    assert type(caught.value) is error, caught.value
    return str(caught.value)


def test_what_was_sealed_opens_under_its_key() -> None:
    opened = open_sealed(seal(STATE, KEY), m.State, KEY.public_key, MESSAGE_BYTES_MAX)
    assert opened.message == STATE


def test_another_key_does_not_open_it() -> None:
    refused(seal(STATE, samples.HUB_KEY), SignatureError)


@pytest.mark.parametrize("key", [b"", b"short", bytes(31), bytes(33)])
def test_a_key_of_a_wrong_length_opens_nothing(key: bytes) -> None:
    with pytest.raises(SignatureError):
        open_sealed(seal(STATE, KEY), m.State, key, MESSAGE_BYTES_MAX)


def test_any_one_bit_changed_in_head_or_signature_is_refused() -> None:
    payload = seal(samples.MESSAGES["gone"], KEY)
    for place in range(len(payload)):
        for bit in (1, 32, 128):
            changed = bytearray(payload)
            changed[place] ^= bit
            with pytest.raises(EnvelopeError):
                open_sealed(bytes(changed), m.Gone, KEY.public_key, MESSAGE_BYTES_MAX)


def test_a_signature_made_for_one_type_does_not_pass_as_another() -> None:
    batch = split(samples.batch(samples.chain(list(samples.EVENTS.values()))), BATCH_BYTES_MAX)
    for other in ("state", "gone", "receipt", ""):
        payload = join(batch.head, KEY.sign(signing_bytes(other, batch.head)))
        refused(payload, SignatureError, m.Batch)


def test_a_signature_over_the_bare_line_is_no_signature() -> None:
    head = m.encode(STATE)
    refused(join(head, KEY.sign(head)), SignatureError)


def test_a_message_in_the_place_of_another_is_refused() -> None:
    refused(seal(samples.MESSAGES["gone"], KEY), ContentError)
    refused(seal(RECEIPT, KEY), ContentError)


def test_the_signature_is_judged_before_the_type() -> None:
    refused(seal(RECEIPT, samples.HUB_KEY), SignatureError)


def test_lines_behind_a_message_that_carries_none_are_refused() -> None:
    assert "nothing signs" in refused(seal(STATE, KEY, [b"extra"]), ContentError)


@pytest.mark.parametrize("field", [b'"edge":"other"', b'"n":5', b'"type":"state"', b'"x":1,"x":1'])
def test_a_key_that_stands_twice_is_refused_though_rightly_signed(field: bytes) -> None:
    head = m.encode(STATE).removesuffix(b"}") + b"," + field + b"}"
    assert "twice" in refused(sealed_head(head, "state"), ContentError)


def test_a_field_of_a_later_version_is_ignored() -> None:
    head = m.encode(STATE).removesuffix(b"}") + b',"later":{"a":[1]}}'
    opened = open_sealed(sealed_head(head, "state"), m.State, KEY.public_key, MESSAGE_BYTES_MAX)
    assert (opened.message, opened.head) == (STATE, head)


@pytest.mark.parametrize(
    "head",
    [b"", b"null", b"[]", b"{}", b'{"type":"nothing"}', b"\xff", b"[" * 50_000, b'{"a":' * 9000,
     m.encode(STATE).replace(b'"v":1', b'"v":2'),
     m.encode(STATE).replace(b'"n":4', b'"n":4.0'),
     m.encode(STATE).replace(b'"n":4', b'"n":' + b"9" * 5000),
     m.encode(STATE).replace(b'"site":"755A"', b'"site":"755A\\n"'),
     m.encode(STATE).replace(b'"site":"755A"', b'"site":"\xff"'),
     m.encode(STATE).replace(b'"version":"0.1.0"', b'"version":"\\u0000"'),
     m.encode(STATE).replace(b'"at":"2026-11', b'"at":"2026-13'),
     m.encode(STATE).replace(b'"oldest_at":"2026-11-22', b'"oldest_at":"2026-02-30'),
     m.encode(STATE).replace(b'"head_at":"2026-11', b'"head_at":"2026-00'),
     m.encode(STATE).replace(b'"type":"state"', b'"type":"' + b"x" * 50_000 + b'"')],
    ids=lambda head: repr(head[:20]),
)  # fmt: skip
def test_a_signed_head_that_is_no_message_is_refused_in_a_short_sentence(head: bytes) -> None:
    assert head != m.encode(STATE)
    assert len(refused(sealed_head(head, "state"), ContentError)) <= ERROR_TEXT_MAX


@pytest.mark.parametrize(
    ("name", "field"),
    [("receipt", "received_at"), ("receipt", "sent_at"), ("fetch", "at"),
     ("wanted-delta", "expires_at"), ("wanted-head", "expires_at"), ("wanted-fetch", "expires_at")],
)  # fmt: skip
def test_no_message_holds_a_moment_that_does_not_exist(name: str, field: str) -> None:
    message = samples.MESSAGES[name]
    head = m.encode(message)
    at = f'"{field}":"{getattr(message, field)}"'.encode()
    changed = head.replace(at, at.replace(b"-22T", b"-31T"))
    assert changed != head
    payload = sealed_head(changed, message_type(message))
    assert "day" in refused(payload, ContentError, type(message))


def test_a_message_over_its_bound_is_refused_before_anything_is_read() -> None:
    payload = seal(STATE, KEY)
    opened = open_sealed(payload, m.State, KEY.public_key, len(payload))
    assert opened.message == STATE
    with pytest.raises(EnvelopeError, match="at most"):
        open_sealed(payload, m.State, KEY.public_key, len(payload) - 1)


def test_a_peek_reads_whose_key_is_needed_and_believes_nothing() -> None:
    forged = seal(STATE, SigningKey(bytes(32)))
    assert peek(forged, MESSAGE_BYTES_MAX) == STATE
    refused(forged, SignatureError)
    with pytest.raises(ContentError):
        peek(sealed_head(b"{}", "state"), MESSAGE_BYTES_MAX)


def test_every_message_type_has_a_name_of_its_own() -> None:
    names = [message_type(message) for message in samples.MESSAGES.values()]
    assert set(names) == {
        name.replace("-", "_").removesuffix("_problem").removesuffix("_tls")
        for name in samples.MESSAGES
    }


def test_the_second_line_is_the_plain_base64_of_the_signature() -> None:
    head, signature, rest = seal(STATE, KEY).split(b"\n")
    assert base64.b64decode(signature) == KEY.sign(b"custos/v1/state\n" + head)
    assert rest == b""
