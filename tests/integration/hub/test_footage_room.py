"""People hear that the hub's disk runs out of room for footage before it takes no more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alerts.service import Alert, AlertKind, AlertState
from hub.video.media_shelf import DiskRoom, MediaShelf, NoRoomError
from hub.video.room import AMPLE_FROM, EVERY, SHORT_BELOW, RoomDuty, subject_for
from tests.hub_parts import HubHome
from tests.postgres_parts import on_both_databases

GIB = 2**30
RESERVE = 4 * GIB


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Says how many GiB are free from now on; 4 are left to the database."""

    def has(free_gib: float) -> None:
        room = DiskRoom(int(free_gib * GIB), RESERVE)
        monkeypatch.setattr(MediaShelf, "room", lambda _: room)

    has(100)
    return has


@pytest.fixture
def duty(hub: HubHome) -> RoomDuty:
    return RoomDuty(hub.data_dir)


def after(hub: HubHome, duty: RoomDuty, wait: timedelta = EVERY) -> list[Alert]:
    """What stands once the duty had its turn."""
    hub.clock.move(wait.total_seconds())
    with hub.database.writing() as tx:
        duty.run(tx, hub.clock.now())
    found = hub.alerts(AlertKind.FOOTAGE_ROOM)
    return [each for each in found if each.state is not AlertState.CLOSED]


@on_both_databases
def test_short_then_full_then_ample_is_told_once_each(
    hub: HubHome, duty: RoomDuty, disk: Callable[[float], None]
) -> None:
    assert after(hub, duty) == []
    disk(7.9)
    (short,) = after(hub, duty)
    assert short.text_en == (
        "The hub is running out of room for footage: 7.9 GiB are free, "
        "below 4.0 GiB it takes none; add disk space"
    )
    assert "剩余 7.9 GiB" in short.text_zh
    disk(6)
    assert [each.id for each in after(hub, duty)] == [short.id]
    disk(3.9)
    (full,) = after(hub, duty)
    assert "takes no more" in full.text_en
    disk(9)
    # A little more than it was is not yet ample.
    (again,) = after(hub, duty)
    assert "running out" in again.text_en
    disk(10)
    assert after(hub, duty) == []
    assert [each.count for each in hub.alerts(AlertKind.FOOTAGE_ROOM)] == [1, 1, 1]


def test_a_hub_that_starts_again_says_nothing_twice(
    hub: HubHome, duty: RoomDuty, disk: Callable[[float], None]
) -> None:
    disk(5)
    (told,) = after(hub, duty)
    (still,) = after(hub, RoomDuty(hub.data_dir))
    assert (still.id, still.count) == (told.id, 1)


def test_it_looks_once_a_minute(
    hub: HubHome, duty: RoomDuty, disk: Callable[[float], None]
) -> None:
    assert after(hub, duty) == []
    disk(1)
    assert after(hub, duty, EVERY - timedelta(seconds=1)) == []
    assert len(after(hub, duty, timedelta(seconds=1))) == 1


def test_a_disk_that_does_not_say_changes_nothing(
    hub: HubHome,
    duty: RoomDuty,
    disk: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk(1)
    told = after(hub, duty)

    def refuse(_: MediaShelf) -> DiskRoom:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(MediaShelf, "room", refuse)
    assert after(hub, duty) == told


@given(free=st.integers(0, 20 * RESERVE), was_told=st.booleans())
def test_full_is_said_exactly_when_no_footage_is_taken(free: int, was_told: bool) -> None:
    room = DiskRoom(free, RESERVE)
    subject = subject_for(room, was_told=was_told)
    assert (subject == "hub/full") == (free < RESERVE)
    assert (subject is None) == (free >= (AMPLE_FROM if was_told else SHORT_BELOW) * RESERVE)


def test_the_shelf_takes_nothing_below_its_reserve(
    hub: HubHome, disk: Callable[[float], None]
) -> None:
    shelf = MediaShelf(hub.data_dir)
    disk(4)
    shelf.check_room()
    disk(3.99)
    with pytest.raises(NoRoomError):
        shelf.check_room()
