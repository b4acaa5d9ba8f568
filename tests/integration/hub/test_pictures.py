"""Stills of cameras at the hub: by hash, within bounds, found by time. Source: design section 8."""

import hashlib
from datetime import timedelta

import httpx
import pytest

from hub.video import receiving
from hub.video.media import (
    newest_pictures,
    path_of,
    picture_near,
)
from tests.hub_parts import START, HubHome, SigningEdge
from tests.integration.hub.footage_uploads import (
    CAMERA,
    JPEG,
    JPEG_SHA256,
    sealed_picture,
)
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem

pytestmark = pytest.mark.anyio


@on_both_databases
async def test_pictures_are_kept_and_found_by_camera_and_time(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    taken = []
    for number in range(3):
        raw = JPEG + bytes([number])
        taken.append(hashlib.sha256(raw).hexdigest())
        picture = sealed_picture(hub, edge, raw, is_named=number == 0)
        answer = await stranger.post(f"{API}/edge/picture", content=picture)
        assert answer.status_code == 204
        assert path_of(hub.data_dir, taken[-1], ".jpg").read_bytes() == raw
        hub.clock.move(60)
    with hub.database.reading() as tx:
        assert [each.sha256 for each in newest_pictures(tx, None)] == [taken[2]]
        assert newest_pictures(tx, frozenset({"020W"})) == []
        near = [
            picture_near(tx, "755A", CAMERA, START + timedelta(minutes=each), timedelta(minutes=1))
            for each in (-1.1, 0.4, 1.4, 3.1)
        ]
    # The first is its event's own: it may be of a single label.
    assert [each.sha256 if each else None for each in near] == [None, taken[1], taken[1], None]


@on_both_databases
async def test_a_camera_shows_its_view_and_not_the_label_that_it_read_last(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    async def newest(raw: bytes, *, is_named: bool) -> list[str]:
        picture = sealed_picture(hub, edge, raw, is_named=is_named)
        assert (await stranger.post(f"{API}/edge/picture", content=picture)).status_code == 204
        hub.clock.move(1)
        with hub.database.reading() as tx:
            return [each.sha256 for each in newest_pictures(tx, None)]

    label, view, other = JPEG + b"1", JPEG + b"2", JPEG + b"3"
    assert await newest(label, is_named=True) == [hashlib.sha256(label).hexdigest()]
    assert await newest(view, is_named=False) == [hashlib.sha256(view).hexdigest()]
    assert await newest(other, is_named=True) == [hashlib.sha256(view).hexdigest()]


async def test_of_pictures_that_nobody_named_only_the_newest_are_kept(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "PLAIN_PICTURES_MAX", 2)
    for number in range(4):
        raw = JPEG + bytes([number])
        picture = sealed_picture(hub, edge, raw, is_named=number == 0)
        await stranger.post(f"{API}/edge/picture", content=picture)
        hub.clock.move(60)
    kept = {JPEG + bytes([number]) for number in (0, 2, 3)}
    folder = hub.data_dir / "footage"
    assert {path.read_bytes() for path in folder.rglob("*.jpg")} == kept
    assert hub.count("footage_picture") == 3


@on_both_databases
async def test_a_site_has_pictures_of_so_many_cameras_and_no_more(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "CAMERAS_PER_SITE_MAX", 2)

    async def give(camera: str, raw: bytes) -> int:
        picture = sealed_picture(hub, edge, raw, camera=camera)
        return (await stranger.post(f"{API}/edge/picture", content=picture)).status_code

    cameras = ("a", "b", "c", "a")
    taken = [await give(each, JPEG + bytes([number])) for number, each in enumerate(cameras)]
    assert taken == [204, 204, 404, 204]
    assert hub.count("footage_picture") == 3
    assert len(list((hub.data_dir / "footage").rglob("*.jpg"))) == 3


async def test_a_picture_from_the_future_is_no_newer_than_now(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    picture = sealed_picture(hub, edge, at="2099-01-01T00:00:00.000Z")
    await stranger.post(f"{API}/edge/picture", content=picture)
    with hub.database.reading() as tx:
        assert newest_pictures(tx, None)[0].at == START


@pytest.mark.parametrize(
    ("raw", "fields", "status"),
    [
        (JPEG, {"sha256": "ab" * 32}, 400),
        (JPEG, {"bytes": len(JPEG) + 1}, 400),
        (b"<html>", {}, 400),
        (JPEG, {"edge": "cage"}, 401),
    ],
)
async def test_what_is_no_picture_or_not_the_one_that_was_signed_is_refused(
    hub: HubHome,
    edge: SigningEdge,
    stranger: httpx.AsyncClient,
    raw: bytes,
    fields: dict[str, object],
    status: int,
) -> None:
    picture = sealed_picture(hub, edge, raw, **fields)
    problem(await stranger.post(f"{API}/edge/picture", content=picture), status)
    assert hub.count("footage_picture") == 0
    assert not list(hub.data_dir.rglob("*.jpg"))


async def test_the_same_picture_twice_is_one_and_stays_named(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    for is_named in (False, True, False):
        picture = sealed_picture(hub, edge, is_named=is_named)
        assert (await stranger.post(f"{API}/edge/picture", content=picture)).status_code == 204
    with hub.database.reading() as tx:
        rows = tx.exec_driver_sql("SELECT sha256, is_named FROM footage_picture").all()
    assert [(sha256, bool(named)) for sha256, named in rows] == [(JPEG_SHA256, True)]
