"""Footage from edges: only what was ordered, only whole, and nothing that a kill could lose.

Source: design section 8; the order of disk, name and record is the promise.
"""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hub.video import media_shelf
from hub.video.media import (
    WRONG_MAX,
    FileState,
    FileStatus,
    open_orders,
    order_files,
    path_of,
    states_of,
)
from hub.video.media_shelf import MediaShelf
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge
from tests.integration.hub.footage_uploads import (
    FILM,
    FILM_SHA256,
    order,
    sealed_part,
    sealed_picture,
    send,
    state_of,
    tell_gone,
)
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem
from wire.limits import FOOTAGE_MESSAGE_BYTES_MAX, FOOTAGE_PART_BYTES_MAX

pytestmark = pytest.mark.anyio

HALF = len(FILM) // 2


def film_at(hub: HubHome, sha256: str = FILM_SHA256) -> Path:
    return path_of(hub.data_dir, sha256)


def footage_files(hub: HubHome) -> list[str]:
    folder = hub.data_dir / "footage"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# ---------------------------------------------------------------- in order


@on_both_databases
async def test_an_ordered_file_comes_in_parts_and_gets_its_name_when_it_is_whole(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    assert state_of(hub).status is FileStatus.NONE
    order(hub)
    assert state_of(hub) == FileState(FileStatus.ORDERED, 0, len(FILM))
    assert await send(stranger, edge, b"") == 0
    assert await send(stranger, edge, FILM[:HALF]) == HALF
    assert state_of(hub) == FileState(FileStatus.PARTIAL, HALF, len(FILM))
    assert not film_at(hub).exists()
    assert await send(stranger, edge, FILM[HALF:], HALF) == len(FILM)
    assert state_of(hub) == FileState(FileStatus.STORED, len(FILM), len(FILM))
    assert film_at(hub).read_bytes() == FILM
    assert footage_files(hub) == [f"{FILM_SHA256}.mp4"]


async def test_a_part_that_does_not_begin_where_the_hubs_copy_ends_is_not_taken(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    order(hub)
    await send(stranger, edge, FILM[:HALF])
    for offset in (0, HALF - 1, HALF + 1):
        assert await send(stranger, edge, b"other", offset) == HALF
    assert await send(stranger, edge, FILM[HALF:], HALF) == len(FILM)
    # Once it is stored nothing changes it any more.
    assert await send(stranger, edge, b"other", len(FILM)) == len(FILM)
    assert film_at(hub).read_bytes() == FILM


async def test_the_largest_part_that_the_wire_knows_is_taken(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    content = b"\n" * FOOTAGE_PART_BYTES_MAX
    wanted = order(hub, content)
    assert await send(stranger, edge, content, content=content) == len(content)
    assert state_of(hub, wanted.sha256).status is FileStatus.STORED
    too_long = b"x" * (FOOTAGE_MESSAGE_BYTES_MAX + 1)
    problem(await stranger.post(f"{API}/edge/footage", content=too_long), 413)


@on_both_databases
def test_an_order_is_made_once_and_what_is_stored_or_gone_is_not_asked_for_again(
    hub: HubHome,
) -> None:
    wanted = order(hub)
    order(hub)
    other = replace(wanted, sha256="ab" * 32)
    with hub.database.writing() as tx:
        order_files(tx, [other, other], START)
        orders = open_orders(tx, "755A", "dock", 9)
        assert [each.sha256 for each in orders] == [FILM_SHA256, "ab" * 32]
        assert open_orders(tx, "755A", "dock", 1) == orders[:1]
        assert open_orders(tx, "755A", "other", 9) == []
        assert states_of(tx, []) == {}


# ---------------------------------------------------------------- hostile


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"bytes": len(FILM) + 1}, 400),
        ({"bytes": len(FILM) - 1}, 400),
        ({"sha256": "ab" * 32}, 404),
        ({"part_sha256": "ab" * 32}, 400),
        ({"count": 7}, 400),
        ({"count": 9}, 400),
        ({"edge": "cage"}, 401),
    ],
)
async def test_what_does_not_fit_the_order_changes_nothing(
    hub: HubHome,
    edge: SigningEdge,
    stranger: httpx.AsyncClient,
    fields: dict[str, object],
    status: int,
) -> None:
    order(hub)
    part = sealed_part(edge, FILM[:8], **fields)
    problem(await stranger.post(f"{API}/edge/footage", content=part), status)
    assert state_of(hub) == FileState(FileStatus.ORDERED, 0, len(FILM))
    assert footage_files(hub) == []


async def test_more_bytes_than_the_segments_line_told_are_refused(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    order(hub)
    await send(stranger, edge, FILM[:HALF])
    part = sealed_part(edge, FILM[HALF:] + b"x", HALF)
    problem(await stranger.post(f"{API}/edge/footage", content=part), 400)
    assert state_of(hub).have == HALF


async def test_an_edge_cannot_send_what_was_ordered_of_another(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    other = hub.enrol(SigningEdge(edge="cage", key=samples.HUB_KEY))
    order(hub)
    for raw in (b"", FILM[:8]):
        part = sealed_part(other, raw)
        problem(await stranger.post(f"{API}/edge/footage", content=part), 404)
    problem(await tell_gone(stranger, other, FILM_SHA256), 404)
    assert state_of(hub) == FileState(FileStatus.ORDERED, 0, len(FILM))


async def test_a_part_that_another_key_signed_or_that_was_altered_is_refused(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    order(hub)
    forged = sealed_part(SigningEdge(key=samples.HUB_KEY), FILM)
    right = sealed_part(edge, FILM)
    altered = right.replace(FILM, FILM[:-1] + b"!")
    problem(await stranger.post(f"{API}/edge/footage", content=forged), 401)
    problem(await stranger.post(f"{API}/edge/footage", content=altered), 400)
    problem(await stranger.post(f"{API}/edge/footage", content=right[:-1]), 400)
    assert state_of(hub).have == 0


async def test_a_file_that_is_not_what_was_ordered_is_asked_for_anew_and_then_given_up(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    order(hub)
    wrong = FILM[:-1] + b"!"
    for _ in range(WRONG_MAX):
        assert await send(stranger, edge, wrong) == 0
        assert footage_files(hub) == []
        assert state_of(hub) == FileState(FileStatus.ORDERED, 0, len(FILM))
    assert await send(stranger, edge, wrong) == 0
    assert state_of(hub) == FileState(FileStatus.GONE, 0, len(FILM), "changed")
    problem(await stranger.post(f"{API}/edge/footage", content=sealed_part(edge, FILM)), 404)
    with hub.database.reading() as tx:
        assert open_orders(tx, "755A", "dock", 9) == []


async def test_a_file_that_came_wrong_once_is_stored_when_it_comes_right(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    order(hub)
    await send(stranger, edge, FILM[:-1] + b"!")
    assert await send(stranger, edge, FILM) == len(FILM)
    assert film_at(hub).read_bytes() == FILM


async def test_what_its_edge_has_no_more_is_gone_and_what_is_stored_stays(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    order(hub)
    await send(stranger, edge, FILM[:HALF])
    assert (await tell_gone(stranger, edge, FILM_SHA256)).status_code == 204
    assert state_of(hub) == FileState(FileStatus.GONE, HALF, len(FILM), "deleted")
    assert footage_files(hub) == []
    other = order(hub, b"other")
    await send(stranger, edge, b"other", content=b"other")
    assert (await tell_gone(stranger, edge, other.sha256)).status_code == 204
    assert state_of(hub, other.sha256).status is FileStatus.STORED
    problem(await tell_gone(stranger, edge, "ab" * 32), 404)


async def test_a_disk_without_room_takes_nothing_and_says_so(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(hub)
    monkeypatch.setattr(media_shelf, "RESERVE_SHARE", 1.0)
    monkeypatch.setattr(media_shelf, "RESERVE_BYTES_MIN", 2**62)
    monkeypatch.setattr(media_shelf.os, "statvfs", lambda _path: FullDisk())
    problem(await stranger.post(f"{API}/edge/footage", content=sealed_part(edge, FILM)), 507)
    picture = sealed_picture(hub, edge)
    problem(await stranger.post(f"{API}/edge/picture", content=picture), 507)
    # To ask costs no room.
    assert await send(stranger, edge, b"") == 0
    assert (state_of(hub).have, hub.count("footage_picture")) == (0, 0)


class FullDisk:
    f_bavail, f_frsize, f_blocks = 49, 1, 100


async def test_while_one_request_writes_a_file_another_is_told_to_come_again(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    order(hub)
    with MediaShelf(hub.data_dir).open_part(FILM_SHA256):
        answer = await stranger.post(f"{API}/edge/footage", content=sealed_part(edge, FILM))
        problem(answer, 503)
    assert await send(stranger, edge, FILM) == len(FILM)
