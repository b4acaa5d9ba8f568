"""Stored footage is looked at every night: a changed byte, a missing file, two that were swapped.

Source: design section 8. What edges find of their own is told the same way.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from hub.alerts.service import AlertKind
from hub.video import scrub
from hub.video.media import FileStatus, open_orders, path_of
from hub.video.scrub import ScrubDuty, last_night
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.footage_uploads import send, state_of, tell_gone
from tests.integration.hub.scrub_parts import (
    CONTENTS,
    DAY_S,
    NAMES,
    change,
    night,
    remove,
    statuses,
    store_films,
    swap,
    take_turns,
)
from tests.postgres_parts import on_both_databases
from tests.samples import EVENTS
from wire.events import Camera

pytestmark = pytest.mark.anyio


@pytest.fixture
async def films(hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient) -> list[Path]:
    return await store_films(hub, edge, stranger)


@on_both_databases
async def test_what_is_as_it_was_is_left_alone(hub: HubHome, films: list[Path]) -> None:
    night(hub)
    assert statuses(hub) == [FileStatus.STORED] * 3
    assert hub.alerts(AlertKind.FOOTAGE_DAMAGED) == []
    with hub.database.reading() as tx:
        checked = tx.exec_driver_sql("SELECT DISTINCT checked_at FROM footage_file").all()
    assert len(checked) == 1


@pytest.mark.parametrize(
    ("harm", "damaged", "says"),
    [
        (change, [0], "was changed"),
        (remove, [0], "is missing"),
        (swap, [0, 1], "was swapped"),
    ],
)
async def test_each_damage_is_found_told_and_ordered_anew(
    hub: HubHome,
    edge: SigningEdge,
    stranger: httpx.AsyncClient,
    films: list[Path],
    harm: Callable[[Path, Path], None],
    damaged: list[int],
    says: str,
) -> None:
    harm(films[0], films[1])
    night(hub)
    lost = [NAMES[each] for each in damaged]
    assert [state_of(hub, name).status for name in lost] == [FileStatus.DAMAGED] * len(lost)
    assert statuses(hub).count(FileStatus.STORED) == 3 - len(lost)
    (alert,) = hub.alerts(AlertKind.FOOTAGE_DAMAGED)
    assert says in alert.text_en
    assert alert.subject == "755A/dock/cage-cam"
    with hub.database.reading() as tx:
        assert sorted(each.sha256 for each in open_orders(tx, "755A", "dock", 9)) == sorted(lost)
    assert not any(path_of(hub.data_dir, name).exists() for name in lost)
    # Its edge still has it: it is whole again, and the alert stays for a person to see.
    for each in damaged:
        content = CONTENTS[each]
        assert await send(stranger, edge, b"", content=content) == 0
        assert await send(stranger, edge, content, content=content) == len(content)
    assert statuses(hub) == [FileStatus.STORED] * 3
    night(hub)
    assert statuses(hub) == [FileStatus.STORED] * 3
    assert len(hub.alerts(AlertKind.FOOTAGE_DAMAGED)) == 1


async def test_what_its_edge_has_no_more_stays_damaged(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, films: list[Path]
) -> None:
    change(films[0], films[1])
    night(hub)
    await tell_gone(stranger, edge, NAMES[0])
    state = state_of(hub, NAMES[0])
    assert (state.status, state.reason) == (FileStatus.DAMAGED, "deleted")
    with hub.database.reading() as tx:
        assert open_orders(tx, "755A", "dock", 9) == []
    # What was changed is kept beside, for whoever asks how.
    assert films[0].with_suffix(".damaged").exists()


async def test_a_file_is_read_a_little_at_a_time_and_once_a_night(
    hub: HubHome, films: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrub, "BYTES_PER_TURN", 1000)
    change(films[0], films[1])
    change(films[1], films[0])
    change(films[2], films[0])
    duty = ScrubDuty(hub.data_dir)
    # Three turns for its bytes, and one in which it is judged.
    hub.clock.move(DAY_S)
    for turns, found in ((3, 0), (1, 1), (3, 1), (1, 2), (4, 3)):
        take_turns(hub, duty, turns)
        assert statuses(hub).count(FileStatus.DAMAGED) == found


async def test_a_kill_between_setting_aside_and_the_record_is_found_the_next_time(
    hub: HubHome, films: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(films[0], films[1])

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(scrub, "tell_damage_here", die)
        with pytest.raises(KeyboardInterrupt):
            night(hub)
    assert statuses(hub) == [FileStatus.STORED] * 3
    night(hub)
    assert statuses(hub).count(FileStatus.DAMAGED) == 1


def test_the_night_begins_at_two_by_the_sites_clock() -> None:
    # 02:00 in China is 18:00 UTC of the day before.
    two = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    assert last_night(two) == two
    assert last_night(two + timedelta(hours=23)) == two
    assert last_night(two - timedelta(seconds=1)) == two - timedelta(days=1)


async def test_what_an_edge_finds_of_its_own_is_told(hub: HubHome, edge: SigningEdge) -> None:
    event = EVENTS["event-camera-damaged"]
    assert isinstance(event, Camera)
    hub.take(edge.batch([edge.line(event)]))
    (alert,) = hub.alerts(AlertKind.FOOTAGE_DAMAGED)
    assert alert.text_zh == "755A 摄像头 cage-cam 的录像内容被改动（保存于站点，文件 5e5e5e5e5e5e）"
    assert alert.text_en == (
        "Footage of camera cage-cam at 755A was changed (kept at its site, file 5e5e5e5e5e5e)"
    )
