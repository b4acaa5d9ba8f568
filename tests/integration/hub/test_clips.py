"""A clip to take away: copied out of a playback, marked as a derivative, and on record."""

import hashlib
from datetime import timedelta
from pathlib import Path

import av
import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import Role
from hub.video import taking
from hub.video.looks import clips_at_camera, clips_for_parcel, clips_of
from hub.video.media import note_damaged, note_gone, note_have
from hub.video.workshop import Workshop
from tests.footage_index_parts import at, camera, gap, tell
from tests.hub_parts import START, HubHome, SetClock, SigningEdge
from tests.integration.hub.film_parts import (
    EACH_S,
    SITE,
    film,
    left_over,
    opened,
    put_film,
    save,
    span,
)
from tests.integration.hub.playback_cases import CAMERA, order, put_segment
from tests.integration.hub.route_cases import make_account
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from tests.video_parts import RATE, frames_of, packets_of
from wire.events import CameraFact
from wire.names import format_at

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twelve seconds in files of four, a key frame each second."""
    return film(tmp_path_factory.mktemp("film"))


@pytest.fixture
def workshop_there(app: FastAPI) -> Workshop:
    found = app.state.workshop
    assert isinstance(found, Workshop)
    return found


@on_both_databases
async def test_a_clip_is_the_masters_pictures_from_the_key_frame_before_and_on_record(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path
) -> None:
    put_film(hub, paths)
    path = await opened(admin)
    hub.clock.move(60)
    answer = await admin.get(f"{path}/clip", params=span(2.5, 9.5))
    got = save(answer, tmp_path)
    whole = [packet for each in paths for packet in packets_of(each)]
    assert packets_of(got) == whole[2 * RATE : int(9.5 * RATE) + 1]
    assert len(frames_of(got)) == len(packets_of(got))
    with hub.database.reading() as tx:
        (taken,) = clips_of(tx, SITE, START, START + timedelta(hours=1))
        assert clips_at_camera(tx, SITE, CAMERA, at(9), at(20)) == [taken]
        assert clips_at_camera(tx, SITE, CAMERA, at(9.5), at(20)) == []
        assert clips_of(tx, SITE, START, at(60)) == clips_of(tx, "020W", START, at(999)) == []
    assert (taken.who, taken.since, taken.until) == ("administrator", at(2.5), at(9.5))
    assert (taken.at, taken.purpose) == (at(60), "daily round")
    assert (taken.sha256, taken.bytes) == (
        hashlib.sha256(answer.content).hexdigest(),
        len(answer.content),
    )
    told = (await admin.get(path)).json()["clips"]
    assert told == [
        {
            **span(2.5, 9.5),
            "at": format_at(at(60)),
            "sha256": taken.sha256,
            "bytes": taken.bytes,
        }
    ]
    assert left_over(hub) == []


async def test_a_clip_says_everywhere_that_it_is_no_evidence_and_which_files_are(
    hub: HubHome, admin: httpx.AsyncClient, edge: SigningEdge, paths: list[Path], tmp_path: Path
) -> None:
    segments = put_film(hub, [paths[0], paths[1]])
    tell(hub, edge, gap(12, 4, CAMERA))
    answer = await admin.get(f"{await opened(admin)}/clip", params=span(1, 12))
    assert answer.headers["custos-derivative"] == "clip; not evidence"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "private, no-store"
    name = f"{SITE}_{CAMERA}_20261122-090001+0800_11s_copy-not-evidence.mp4"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    with av.open(str(save(answer, tmp_path))) as container:
        said = container.metadata
    assert said["title"] == (
        f"{SITE} {CAMERA} 2026-11-22 09:00:01–09:00:12 +0800 (COPY, NOT EVIDENCE / 副本，非证据)"
    )
    lines = said["comment"].splitlines()
    assert lines[0].startswith("COPY, NOT EVIDENCE / 副本，非证据")
    for number, each in enumerate(segments):
        since, until = format_at(at(number * EACH_S)), format_at(at((number + 1) * EACH_S))
        assert f"{each.sha256} {since} {until}" in lines
    assert f"missing {format_at(at(8))} {format_at(at(12))} camera_lost" in lines
    assert all(hashlib.sha256(answer.content).hexdigest() != each.sha256 for each in segments)


async def test_a_measured_clock_says_which_pictures_are_in_the_clip(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path
) -> None:
    put_film(hub, paths)
    tell(hub, edge, camera(CameraFact.CLOCK, 1, CAMERA, offset_ms=5000, error_ms=100))
    answer = await admin.get(f"{await opened(admin)}/clip", params=span(8.05, 9))
    # Its clock is five seconds behind: what it says was taken from 2.95 to 4.1 s.
    whole = [packet for each in paths for packet in packets_of(each)]
    assert packets_of(save(answer, tmp_path)) == whole[2 * RATE : int(4.1 * RATE) + 1]


async def test_under_a_test_clock_the_clip_is_of_the_pictures_that_its_time_means(
    hub: HubHome,
    admin: httpx.AsyncClient,
    paths: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rate = 60
    monkeypatch.setattr(SetClock, "rate", float(rate))
    for number, each in enumerate(paths):
        put_segment(hub, SITE, number, content=each.read_bytes(), length_s=EACH_S * rate)
    long = order(SITE, to=format_at(at(720)))
    path = f"{API}/playbacks/{(await admin.post(f'{API}/playbacks', json=long)).json()['id']}"
    answer = await admin.get(f"{path}/clip", params=span(2.5 * rate, 9.5 * rate))
    whole = [packet for each in paths for packet in packets_of(each)]
    assert packets_of(save(answer, tmp_path)) == whole[2 * RATE : int(9.5 * RATE) + 1]


async def test_what_has_not_come_is_waited_for_and_named_with_how_much_of_it_is_here(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    segments = put_film(hub, paths, away=[1, 2])
    path = await opened(admin)
    with hub.database.writing() as tx:
        note_have(tx, segments[1].sha256, 700)
    said = problem(await admin.get(f"{path}/clip", params=span(1, 11)), 409)
    total = segments[1].bytes + segments[2].bytes
    assert said == (
        f"footage between {format_at(at(4))} and {format_at(at(12))} is not here yet: 2 of 3 files "
        f"are on their way from the site, 700 of their {total} bytes have come"
    )
    assert (await admin.get(f"{path}/clip", params=span(1, 3))).status_code == 200
    assert hub.count("footage_clip") == 1


async def test_what_its_site_has_no_more_is_left_out_and_nothing_at_all_is_no_clip(
    hub: HubHome, admin: httpx.AsyncClient, edge: SigningEdge, paths: list[Path], tmp_path: Path
) -> None:
    segments = put_film(hub, paths, away=[1])
    tell(hub, edge, gap(60, 48, CAMERA))
    path = await opened(admin)
    with hub.database.writing() as tx:
        assert note_gone(tx, SITE, "dock", segments[1].sha256, "deleted", START)
    whole = await admin.get(f"{path}/clip", params=span(0, 12))
    got = save(whole, tmp_path)
    assert packets_of(got) == [*packets_of(paths[0]), *packets_of(paths[2])]
    shown = frames_of(got)
    assert shown[EACH_S * RATE] - shown[EACH_S * RATE - 1] == pytest.approx(EACH_S + 0.04, abs=0.01)
    with av.open(str(got)) as container:
        assert f"missing {format_at(at(4))} {format_at(at(8))}" in container.metadata["comment"]
    gone = problem(await admin.get(f"{path}/clip", params=span(5, 7)), 422)
    assert gone == "there is no footage of that time: its site has it no more"
    never = problem(await admin.get(f"{path}/clip", params=span(30, 40)), 422)
    assert never == "there is no footage of that time: none was recorded"


async def test_what_was_damaged_here_and_its_site_has_no_more_is_waited_for_no_longer(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path
) -> None:
    segments = put_film(hub, paths)
    path = await opened(admin)
    with hub.database.writing() as tx:
        note_damaged(tx, segments[1].sha256, "changed", START)
    assert "1 of 3 files" in problem(await admin.get(f"{path}/clip", params=span(0, 12)), 409)
    assert (await admin.get(path)).json()["segments"][1]["state"] == "damaged"
    with hub.database.writing() as tx:
        assert note_gone(tx, SITE, "dock", segments[1].sha256, "deleted", START)
    assert (await admin.get(path)).json()["segments"][1]["state"] == "gone"
    got = save(await admin.get(f"{path}/clip", params=span(0, 12)), tmp_path)
    assert packets_of(got) == [*packets_of(paths[0]), *packets_of(paths[2])]


@pytest.mark.parametrize(
    ("since_s", "until_s", "said"),
    [
        (5, 5, "a clip is of some time, at most 15 minutes"),
        (9, 5, "a clip is of some time"),
        (-1, 5, "this playback is from 2026-11-22T01:00:00.000Z to"),
        (5, 60.001, "a clip lies within"),
        (-901, 5, "a clip is of some time"),
    ],
)
async def test_a_clip_is_some_of_its_playbacks_own_time(
    hub: HubHome,
    admin: httpx.AsyncClient,
    paths: list[Path],
    since_s: float,
    until_s: float,
    said: str,
) -> None:
    put_film(hub, paths[:1])
    answer = await admin.get(f"{await opened(admin)}/clip", params=span(since_s, until_s))
    assert said in problem(answer, 422)
    assert hub.count("footage_clip") == 0


async def test_a_clip_has_a_longest_time_and_a_greatest_size(
    hub: HubHome,
    admin: httpx.AsyncClient,
    edge: SigningEdge,
    paths: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_film(hub, paths)
    hub.clock.move(1800)
    tell(hub, edge, gap(1800, 1788, CAMERA))
    long = order(SITE, to=format_at(at(1800)))
    path = f"{API}/playbacks/{(await admin.post(f'{API}/playbacks', json=long)).json()['id']}"
    assert (await admin.get(f"{path}/clip", params=span(0, 900))).status_code == 200
    problem(await admin.get(f"{path}/clip", params=span(0, 900.001)), 422)
    size = sum(each.stat().st_size for each in paths)
    monkeypatch.setattr(taking, "CLIP_BYTES_MAX", size)
    assert (await admin.get(f"{path}/clip", params=span(0, 12))).status_code == 200
    monkeypatch.setattr(taking, "CLIP_BYTES_MAX", size - 1)
    said = problem(await admin.get(f"{path}/clip", params=span(0, 12)), 422)
    assert said == f"that are {size} bytes: a clip has at most {size - 1}"


async def test_a_playback_gives_only_so_many_clips(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_film(hub, paths[:1])
    path = await opened(admin)
    monkeypatch.setattr(taking, "CLIPS_OF_LOOK_MAX", 2)
    for _ in range(2):
        assert (await admin.get(f"{path}/clip", params=span(0, 2))).status_code == 200
    said = problem(await admin.get(f"{path}/clip", params=span(0, 2)), 409)
    assert said == "2 clips were taken out of this playback: open another"
    assert (hub.count("footage_clip"), left_over(hub)) == (2, [])


async def test_a_clip_is_taken_by_who_opened_the_playback_and_while_it_is_open(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    put_film(hub, paths[:1])
    path = await opened(admin)
    token = make_account(hub, "li", Role.MONITOR)
    async with client_of(app, Authorization=f"Bearer {token}") as other:
        problem(await other.get(f"{path}/clip", params=span(0, 2)), 404)
    problem(await admin.get(f"{API}/playbacks/999/clip", params=span(0, 2)), 404)
    hub.clock.move(12 * 3600 + 1)
    problem(await admin.get(f"{path}/clip", params=span(0, 2)), 404)
    assert hub.count("footage_clip") == 0


async def test_clips_are_found_by_the_parcel_that_they_were_taken_for(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    put_film(hub, paths[:1])
    asked = await admin.post(f"{API}/playbacks", json=order(SITE, waybill="103000000001"))
    path = f"{API}/playbacks/{asked.json()['id']}/clip"
    assert (await admin.get(path, params=span(0, 2))).status_code == 200
    with hub.database.reading() as tx:
        assert [each.until for each in clips_for_parcel(tx, "103000000001")] == [at(2)]
        assert clips_for_parcel(tx, "103000000002") == []
