"""A disk that does not answer proves nothing of the footage on it, and stops nothing.

Source: design section 8.
"""

import errno
import os
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hub.alerts.service import AlertKind
from hub.video import scrub
from hub.video.media import FileStatus
from hub.video.media_shelf import FOLDER, MediaShelf
from hub.video.scrub import ScrubDuty
from hub.video.store import media_files
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.footage_uploads import order, send, state_of, tell_gone
from tests.integration.hub.scrub_parts import (
    CONTENTS,
    DAY_S,
    NAMES,
    change,
    night,
    remove,
    statuses,
    store_films,
    take_turns,
)
from tests.postgres_parts import on_both_databases

pytestmark = pytest.mark.anyio


@pytest.fixture
async def films(hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient) -> list[Path]:
    return await store_films(hub, edge, stranger)


@on_both_databases
@pytest.mark.parametrize("leaves_a_mount_point", [False, True])
async def test_a_disk_that_is_away_costs_no_footage_whatever_comes_meanwhile(
    hub: HubHome,
    edge: SigningEdge,
    stranger: httpx.AsyncClient,
    films: list[Path],
    leaves_a_mount_point: bool,
) -> None:
    folder, away = hub.data_dir / FOLDER, hub.data_dir / "away"
    folder.rename(away)
    if leaves_a_mount_point:
        folder.mkdir()
    night(hub)
    assert statuses(hub) == [FileStatus.STORED] * 3
    (alert,) = hub.alerts(AlertKind.FOOTAGE_UNREAD)
    assert (alert.count, alert.subject) == (1, "hub")
    assert "its disk is not there" in alert.text_en and "录像磁盘不在" in alert.text_zh
    if leaves_a_mount_point:
        # It lands below the mount point, and is right there: that makes it no shelf.
        order(hub, b"meanwhile")
        assert await send(stranger, edge, b"meanwhile", content=b"meanwhile") == 9
        night(hub)
        night(hub)
        assert statuses(hub) == [FileStatus.STORED] * 3
        assert hub.alerts(AlertKind.FOOTAGE_DAMAGED) == []
        folder.rename(hub.data_dir / "below")
    away.rename(folder)
    night(hub)
    assert statuses(hub) == [FileStatus.STORED] * 3
    assert len(hub.alerts(AlertKind.FOOTAGE_UNREAD)) == 1


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ESTALE, errno.EIO])
async def test_a_read_error_of_a_moment_is_told_once_and_costs_no_footage(
    hub: HubHome, films: list[Path], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    change(films[1], films[0])
    refused = {films[0], films[2]}
    real = Path.open

    def refuse(path: Path, *args: object) -> object:
        if path in refused:
            raise OSError(number, os.strerror(number))
        return real(path, *args)  # type: ignore[call-overload]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        night(hub)
    assert [path.exists() for path in films] == [True, False, True]
    # The others are looked at all the same.
    assert statuses(hub) == [FileStatus.STORED, FileStatus.DAMAGED, FileStatus.STORED]
    (alert,) = hub.alerts(AlertKind.FOOTAGE_UNREAD)
    assert (alert.count, os.strerror(number) in alert.text_en) == (1, True)
    # Both are looked at again the next night, and one of them is not what it was.
    change(films[2], films[0])
    night(hub)
    assert statuses(hub)[0::2] == [FileStatus.STORED, FileStatus.DAMAGED]


async def test_a_damaged_file_that_cannot_be_set_aside_is_told_and_stops_nothing(
    hub: HubHome, films: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = films[0].read_bytes()
    change(films[0], films[1])
    remove(films[2], films[1])
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse_to_write)
        night(hub)
    assert statuses(hub) == [FileStatus.DAMAGED, FileStatus.STORED, FileStatus.DAMAGED]
    assert [each.count for each in hub.alerts(AlertKind.FOOTAGE_DAMAGED)] == [2]
    # It stands at its name still: it is looked at each night, and counts again once it is right.
    night(hub)
    assert statuses(hub)[0] is FileStatus.DAMAGED
    films[0].write_bytes(right)
    night(hub)
    assert statuses(hub)[0] is FileStatus.STORED
    assert [each.count for each in hub.alerts(AlertKind.FOOTAGE_DAMAGED)] == [2]


async def test_a_lost_file_that_is_put_back_counts_again_though_its_edge_has_it_no_more(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, films: list[Path]
) -> None:
    right = films[0].read_bytes()
    remove(films[0], films[1])
    night(hub)
    await tell_gone(stranger, edge, NAMES[0])
    assert state_of(hub, NAMES[0]).is_gone
    films[0].write_bytes(right)
    night(hub)
    assert statuses(hub) == [FileStatus.STORED] * 3


async def test_a_good_copy_that_comes_while_the_damaged_file_is_read_stays_good(
    hub: HubHome,
    edge: SigningEdge,
    stranger: httpx.AsyncClient,
    films: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(films[0], films[1])
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse_to_write)
        night(hub)
    monkeypatch.setattr(scrub, "BYTES_PER_TURN", 2000)
    hub.clock.move(DAY_S)
    duty = ScrubDuty(hub.data_dir)
    # Two files of two turns and one in which each is judged; the third is half read.
    in_turn = [*sorted(set(NAMES) - {NAMES[0]}), NAMES[0]]
    with hub.database.writing() as tx:
        for nth, name in enumerate(in_turn):
            at = hub.clock.now() - timedelta(days=1, seconds=-nth)
            media_files.change(tx, name, checked_at=at)
    take_turns(hub, duty, 7)
    assert await send(stranger, edge, CONTENTS[0], content=CONTENTS[0]) == len(CONTENTS[0])
    take_turns(hub, duty, 12)
    assert statuses(hub) == [FileStatus.STORED] * 3
    assert [each.count for each in hub.alerts(AlertKind.FOOTAGE_DAMAGED)] == [1]


async def test_a_folder_of_an_older_hub_is_known_once_a_file_in_it_was_right(
    hub: HubHome, films: list[Path]
) -> None:
    remove(films[0], films[1])
    night(hub)
    MediaShelf(hub.data_dir).mark_path.rmdir()
    # What was missing before says nothing of the folder.
    night(hub)
    assert hub.alerts(AlertKind.FOOTAGE_UNREAD) == []
    remove(films[1], films[2])
    night(hub)
    assert statuses(hub) == [FileStatus.DAMAGED, FileStatus.DAMAGED, FileStatus.STORED]


def refuse_to_write(*_: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))
