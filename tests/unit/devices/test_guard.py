"""The repeat guard: double deliveries are one scan, held triggers and odd clocks lose none."""

from devices.guard import CODES_REMEMBERED_MAX, RepeatGuard

A, B = b"755000000017", b"755000000018"


def test_the_same_bytes_within_the_window_are_one_scan() -> None:
    guard = RepeatGuard(300)
    assert [guard.is_repeat(A, now_ms) for now_ms in (1000, 1000, 1299, 1300)] == [
        False, True, True, True,
    ]  # fmt: skip


def test_the_same_bytes_after_the_window_are_a_scan_of_their_own() -> None:
    guard = RepeatGuard(300)
    assert not guard.is_repeat(A, 1000)
    assert not guard.is_repeat(A, 1301)
    assert guard.is_repeat(A, 1601)


def test_a_held_trigger_does_not_merge_for_ever() -> None:
    guard = RepeatGuard(300)
    accepted = [now_ms for now_ms in range(0, 2000, 100) if not guard.is_repeat(A, now_ms)]
    assert accepted == [0, 400, 800, 1200, 1600]


def test_other_bytes_are_never_a_repeat() -> None:
    guard = RepeatGuard(300)
    assert not guard.is_repeat(A, 0)
    assert not guard.is_repeat(B, 1)
    assert not guard.is_repeat(A + b" ", 2)


def test_a_double_delivery_of_two_codes_is_two_scans() -> None:
    guard = RepeatGuard(300)
    assert [guard.is_repeat(code, 10) for code in (A, B, A, B)] == [False, False, True, True]


def test_a_clock_going_backwards_does_not_block() -> None:
    guard = RepeatGuard(300)
    assert not guard.is_repeat(A, 1_000_000)
    assert not guard.is_repeat(A, 500)
    assert guard.is_repeat(A, 600)


def test_a_full_memory_forgets_the_oldest_code_and_stays_bounded() -> None:
    guard = RepeatGuard(300)
    codes = [str(n).encode() for n in range(CODES_REMEMBERED_MAX)]
    assert not any(guard.is_repeat(code, 0) for code in codes)
    assert guard.is_repeat(codes[0], 1)
    assert not guard.is_repeat(A, 2)
    assert guard.is_repeat(codes[1], 3)
    assert not guard.is_repeat(codes[0], 4)
