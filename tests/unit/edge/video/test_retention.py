"""Which footage may go, and which must stay. Source: design section 8."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.video.footage import Hold, Kept
from edge.video.retention import (
    BELIEVED_FROM_MS,
    DAY_MS,
    HOLD_MARGIN_MS,
    RESERVE_BYTES_MIN,
    Doomed,
    KeepRule,
    Space,
    holds_of,
    is_held,
    to_delete,
)
from wire.names import format_at
from wire.site_pack import PackHold

NOW = BELIEVED_FROM_MS + 2_000 * DAY_MS
ROOM = Space(free=2**40, total=2**41)
RULE = KeepRule({"cage": 90}, 30)


def kept(camera: str, days_old: float, size: int = 100) -> Kept:
    ended = round(NOW - days_old * DAY_MS)
    return Kept(camera, ended - 10_000, ended, "0" * 64, size, f"{camera}-{ended}.mp4")


def files_of(found: list[Doomed]) -> list[Kept]:
    return [file for run in found for file in run.files]


def utc(at_ms: int) -> str:
    return format_at(datetime.fromtimestamp(at_ms / 1000, UTC))


def short_of(missing: int) -> Space:
    total = 100 * RESERVE_BYTES_MIN
    reserve = Space(0, total).reserve
    return Space(reserve - missing, total)


def test_each_camera_keeps_its_days_and_not_one_less() -> None:
    files = [kept("cage", 90.001), kept("dock", 90), kept("cage", 89.99), kept("dock", 29.99)]
    (first, second) = to_delete(files, (), RULE, NOW, ROOM)
    assert {first.files, second.files} == {(files[0],), (files[1],)}
    assert not first.is_early


def test_what_is_held_stays_whatever_its_age_and_however_full_the_disk_is() -> None:
    files = [kept("dock", 100), kept("dock", 40), kept("dock", 10)]
    hold = Hold("claim-1", "dock", files[1].ended_ms - 1, files[1].ended_ms + 5)
    gone = [
        file for run in to_delete(files, [hold], RULE, NOW, short_of(10**9)) for file in run.files
    ]
    assert gone == [files[0], files[2]]
    for other in (
        Hold("claim-1", "cage", 0, NOW),
        Hold("claim-1", "dock", files[1].ended_ms, NOW),
        Hold("claim-1", "dock", 0, files[1].began_ms),
    ):
        found = to_delete([files[1]], [other], RULE, NOW, ROOM)
        assert [run.files for run in found] == [(files[1],)]


def test_what_the_hub_waits_for_outlives_its_days_but_not_the_disks_room() -> None:
    files = [replace(kept("dock", 40), sha256="a" * 64), kept("dock", 40)]
    found = to_delete(files, (), RULE, NOW, ROOM, {"a" * 64})
    assert files_of(found) == [files[1]]
    (run,) = to_delete(files[:1], (), RULE, NOW, short_of(1), {"a" * 64})
    assert (run.files, run.is_early) == ((files[0],), True)


def test_what_the_hub_wants_held_is_held_by_whichever_clock_recorded_it() -> None:
    asked = [
        PackHold(
            id=name,
            camera="dock",
            since="2026-11-22T08:00:00.000Z",
            until="2026-11-22T08:10:00.000Z",
        )
        for name in ("h-2", "h-1")
    ]
    since, until = 1_795_334_400_000, 1_795_335_000_000

    def held(offset_ms: int | None) -> tuple[int, int]:
        first, second = holds_of(asked, offset_ms)
        assert (first.id, second.id, first.camera) == ("h-1", "h-2", "dock")
        return (first.since_ms + HOLD_MARGIN_MS, first.until_ms - HOLD_MARGIN_MS)

    assert held(None) == held(0) == (since, until)
    # An edge whose clock is an hour behind the hub's, and one whose clock is ahead.
    assert held(3_600_000) == (since - 3_600_000, until)
    assert held(-3_600_000) == (since, until + 3_600_000)


def test_the_oldest_goes_early_when_scans_need_the_room_and_no_more_than_that() -> None:
    files = [kept("dock", age, size=40) for age in (9, 8, 7, 6)]
    (run,) = to_delete(files, (), RULE, NOW, short_of(100))
    assert run.files == tuple(files[:3])
    assert run.is_early
    assert to_delete(files, (), RULE, NOW, short_of(0)) == []


def test_a_deletion_tells_of_nothing_that_stayed() -> None:
    files = [kept("dock", 100), kept("dock", 99), kept("dock", 98)]
    hold = Hold("x", "dock", files[1].began_ms, files[1].ended_ms)
    found = to_delete(files, [hold], RULE, NOW, ROOM)
    assert [run.files for run in found] == [(files[0],), (files[2],)]


def test_without_the_hubs_time_no_age_is_believed() -> None:
    files = [kept("dock", 1000)]
    assert to_delete(files, (), RULE, None, ROOM) == []
    assert len(to_delete(files, (), RULE, None, short_of(1))) == 1


def test_a_file_of_a_machine_that_had_forgotten_the_time_goes_only_for_room() -> None:
    at = 86_400_000
    lost = Kept("dock", at - 10_000, at, "0" * 64, 100, "lost.mp4")
    assert to_delete([lost], (), RULE, NOW, ROOM) == []
    assert len(to_delete([lost], (), RULE, NOW, short_of(1))) == 1


def test_a_small_disk_keeps_half_of_itself_free() -> None:
    assert Space(0, 1000).reserve == 500
    assert Space(249, 1000).is_full
    assert not Space(250, 1000).is_full
    assert Space(0, 10**15).reserve == 5 * 10**13


FILES = st.lists(
    st.builds(kept, st.sampled_from(["cage", "dock"]), st.floats(0, 200), st.integers(1, 50)),
    max_size=30,
)
HOLDS = st.lists(
    st.builds(
        lambda camera, since, length: Hold(
            "h", camera, round(NOW - since * DAY_MS), round(NOW - (since - length) * DAY_MS)
        ),
        st.sampled_from(["cage", "dock"]),
        st.floats(0, 200),
        st.floats(0, 100),
    ),
    max_size=4,
)


def test_what_is_held_stays_held_when_the_edge_s_clock_has_been_put_right() -> None:
    ahead_ms = 8 * 3_600_000
    file = kept("dock", 100)
    since, until = (utc(ms - ahead_ms) for ms in (file.began_ms, file.ended_ms))
    asked = [PackHold(id="h", camera="dock", since=since, until=until)]
    while_wrong, once_right = holds_of(asked, -ahead_ms), holds_of(asked, 0)
    assert is_held(file, while_wrong)
    told = replace(file, earlier_ms=ahead_ms)
    assert to_delete([told], once_right, RULE, NOW, short_of(10**9)) == []
    assert is_held(replace(file, ended_ms=file.ended_ms - ahead_ms, later_ms=ahead_ms), while_wrong)


def test_days_are_counted_from_the_latest_moment_at_which_a_file_may_have_ended() -> None:
    file = replace(kept("dock", 30), later_ms=5)
    assert not RULE.is_over(file, NOW + 4)
    assert RULE.is_over(file, NOW + 5)


@given(FILES, HOLDS, st.integers(0, 3000))
def test_held_footage_is_never_deleted_and_room_is_made_while_there_is_any_other(
    files: list[Kept], holds: list[Hold], missing: int
) -> None:
    found = [
        file for run in to_delete(files, holds, RULE, NOW, short_of(missing)) for file in run.files
    ]
    for file in found:
        assert not any(
            hold.camera == file.camera
            and max(hold.since_ms, file.began_ms) < min(hold.until_ms, file.ended_ms)
            for hold in holds
        )
    freed = sum(file.bytes for file in found)
    others = [file for file in files if file not in found]
    if freed < missing:
        assert all(any(hold.camera == file.camera for hold in holds) for file in others)
