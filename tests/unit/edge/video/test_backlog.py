"""What waits for the label reader: bounded, the newest wins, and only whole runs of pictures."""

from hypothesis import given
from hypothesis import strategies as st

from edge.video.backlog import WAITING_MAX, Backlog


def test_nothing_waits_before_the_first_key_frame() -> None:
    backlog: Backlog[int] = Backlog()
    assert [backlog.put(1, is_key=False), backlog.put(2, is_key=True)] == [0, 0]
    assert backlog.put(3, is_key=False) == 0
    assert [backlog.take(), backlog.take(), len(backlog)] == [2, 3, 0]


def test_when_full_all_that_waits_is_given_up_and_what_comes_until_a_key_frame() -> None:
    backlog: Backlog[int] = Backlog()
    for number in range(WAITING_MAX):
        assert backlog.put(number, is_key=number == 0) == 0
    assert backlog.put(100, is_key=False) == WAITING_MAX + 1
    assert (backlog.put(101, is_key=False), len(backlog)) == (1, 0)
    assert backlog.put(102, is_key=True) == 0
    assert backlog.take() == 102


def test_a_key_frame_that_finds_it_full_is_kept() -> None:
    backlog: Backlog[int] = Backlog()
    for number in range(WAITING_MAX):
        backlog.put(number, is_key=True)
    assert backlog.put(100, is_key=True) == WAITING_MAX
    assert (backlog.take(), len(backlog)) == (100, 0)


def test_what_is_cleared_goes_on_with_a_key_frame() -> None:
    backlog: Backlog[int] = Backlog()
    backlog.put(1, is_key=True)
    assert list(backlog.clear()) == [1]
    assert (backlog.put(2, is_key=False), backlog.put(3, is_key=True), len(backlog)) == (0, 0, 1)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=400))
def test_what_is_taken_never_skips_a_picture_since_its_key_frame(
    steps: list[tuple[bool, int]],
) -> None:
    backlog: Backlog[int] = Backlog()
    keys, taken, skipped = set(), [], 0
    steps = [(True, 0), *steps]
    for number, (is_key, takes) in enumerate(steps):
        keys |= {number} if is_key else set()
        skipped += backlog.put(number, is_key=is_key)
        assert len(backlog) <= WAITING_MAX
        taken += [backlog.take() for _ in range(min(takes, len(backlog)))]
    assert len(taken) + skipped + len(backlog) == len(steps)
    last = -2
    for each in taken:
        assert each == last + 1 or each in keys
        last = each
