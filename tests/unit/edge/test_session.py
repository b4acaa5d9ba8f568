"""The session: a fold over badge and command labels."""

import hashlib
import hmac
from datetime import timedelta

import pytest

from devices.frames import Frame
from devices.symbology import CommandLabel, Verb, read_label
from edge.session import (
    BUILT_VERBS,
    EMPTY,
    FixedSession,
    Session,
    current,
    encode_session,
    obey,
    parse_session,
    pseudonym,
    touch,
    with_fixed,
)
from tests.unit.edge.fakes import POLICY, SALT, START_AT
from wire.names import Step

FULL = Session(by="a" * 16, step=Step.ARRIVE, place="dock1", container="bag-9")


def label(text: str) -> CommandLabel:
    found = read_label(Frame(text.encode(), "C0", False, len(text)), POLICY)
    assert isinstance(found, CommandLabel)
    return found


def test_a_badge_becomes_a_keyed_hash_and_never_stands_for_itself() -> None:
    hashed = hashlib.sha256(b"t0k3n").digest()
    expected = hmac.new(bytes.fromhex(SALT), hashed, hashlib.sha256).hexdigest()[:16]
    assert pseudonym("t0k3n", SALT) == expected
    assert pseudonym("t0k3n", "cd" * 16) != expected


def test_before_enrolment_nobody_can_be_named() -> None:
    assert pseudonym("t0k3n", None) is None
    assert obey(FULL, label("CX:BY:t0k3n"), None).by is None


def test_each_built_label_sets_its_own_field_only() -> None:
    assert obey(EMPTY, label("CX:BY:t0k3n"), SALT) == Session(by=pseudonym("t0k3n", SALT))
    assert obey(EMPTY, label("CX:STEP:load"), SALT) == Session(step=Step.LOAD)
    assert obey(EMPTY, label("CX:PLACE:cage1"), SALT) == Session(place="cage1")
    assert obey(EMPTY, label("CX:BAG:b-1"), SALT) == Session(container="b-1")


def test_end_clears_everything() -> None:
    assert obey(FULL, label("CX:END"), SALT) == EMPTY


@pytest.mark.parametrize("verb", sorted(set(Verb) - BUILT_VERBS))
def test_labels_that_are_not_built_yet_change_nothing(verb: Verb) -> None:
    assert obey(FULL, label(f"CX:{verb}:x1"), SALT) == FULL


def test_a_session_ends_after_thirty_idle_minutes_and_not_at_them() -> None:
    used = touch(FULL, START_AT)
    assert current(used, 30, START_AT + timedelta(minutes=30)) == used
    assert current(used, 30, START_AT + timedelta(minutes=30, milliseconds=1)) == EMPTY


def test_a_clock_set_back_never_lets_a_session_live_for_long() -> None:
    used = touch(FULL, START_AT)
    assert current(used, 30, START_AT - timedelta(minutes=30)) == used
    assert current(used, 30, START_AT - timedelta(hours=2)) == EMPTY


def test_an_empty_session_stays_empty_when_touched() -> None:
    assert touch(EMPTY, START_AT) == EMPTY


def test_fixed_values_apply_where_the_session_has_none() -> None:
    fixed = FixedSession(badge="t0k3n", step=Step.SORT, place="belt")
    assert with_fixed(EMPTY, fixed, SALT) == Session(
        by=pseudonym("t0k3n", SALT), step=Step.SORT, place="belt"
    )
    assert with_fixed(FULL, fixed, SALT) == FULL


def test_a_kept_session_is_read_back() -> None:
    used = touch(FULL, START_AT)
    assert parse_session(encode_session(used)) == used


@pytest.mark.parametrize("bad", [b"", b"{", b'{"step":"fly"}', b'{"used_at":"2026-13-01"}', b"[]"])
def test_a_kept_session_that_is_none_is_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_session(bad)
