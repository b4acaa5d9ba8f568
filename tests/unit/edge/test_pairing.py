"""The one-time code that pairs a handheld: short-lived, one use, few tries."""

import pytest

from edge.handheld_talk import PairRefusal
from edge.pairing import CODE_TTL_MS, PAUSE_MS, TRIES_MAX, Pairing, make_code

CODE, WRONG = "042917", "000000"


def begun() -> Pairing:
    pairing = Pairing()
    pairing.begin("hht-1", CODE, 0)
    return pairing


def test_without_a_code_on_the_page_nothing_pairs() -> None:
    assert Pairing().redeem(CODE, 0) is PairRefusal.NO_CODE


def test_the_shown_code_names_the_handheld_and_counts_once() -> None:
    pairing = begun()
    assert pairing.redeem(CODE, 1) == "hht-1"
    pairing.end()
    assert pairing.redeem(CODE, 2) is PairRefusal.NO_CODE


def test_a_code_counts_two_minutes() -> None:
    pairing = begun()
    assert pairing.shown(CODE_TTL_MS - 1) is not None
    assert pairing.redeem(CODE, CODE_TTL_MS) is PairRefusal.NO_CODE
    assert pairing.shown(CODE_TTL_MS) is None


def test_each_wrong_try_doubles_the_pause_and_the_last_one_voids_the_code() -> None:
    pairing, now_ms = begun(), 0
    for tried in range(TRIES_MAX - 1):
        assert pairing.redeem(WRONG, now_ms) is PairRefusal.WRONG
        pause_ms = PAUSE_MS * 2**tried
        # In the pause not even the right one is read, and asking does not prolong it.
        assert pairing.redeem(CODE, now_ms + pause_ms - 1) is PairRefusal.TOO_SOON
        now_ms += pause_ms
    assert pairing.redeem(WRONG, now_ms) is PairRefusal.WRONG
    assert pairing.redeem(CODE, now_ms + 60_000) is PairRefusal.NO_CODE


def test_a_new_code_makes_the_old_one_void() -> None:
    pairing = begun()
    pairing.begin("hht-2", "111111", 5)
    assert pairing.redeem(CODE, 6) is PairRefusal.WRONG
    assert pairing.redeem("111111", 6 + PAUSE_MS) == "hht-2"


@pytest.mark.parametrize(
    ("random", "code"), [(b"\0" * 8, "000000"), ((7).to_bytes(8, "big"), "000007")]
)
def test_a_code_has_six_digits_always(random: bytes, code: str) -> None:
    assert make_code(random) == code
