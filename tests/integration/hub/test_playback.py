"""Playback over REST: a record first, then the footage, and only to who opened it (HV-2.11.3)."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import Role
from hub.video.media import FileStatus, states_of
from hub.video.service import looks_for_parcel, looks_of, spans_between
from tests.footage_index_parts import at, camera, gap, tell
from tests.hub_parts import START, HubHome, SigningEdge
from tests.integration.hub.playback_cases import (
    CAMERA,
    FINDING,
    film_of,
    order,
    put_picture,
    put_segment,
    store,
)
from tests.integration.hub.route_cases import make_account
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from wire.events import CameraFact
from wire.names import format_at

pytestmark = pytest.mark.anyio

SITE = "755A"
HV = "103000000001"


async def open_one(client: httpx.AsyncClient, **fields: object) -> dict[str, object]:
    answer = await client.post(f"{API}/playbacks", json=order(SITE, **fields))
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


@on_both_databases
async def test_opening_a_playback_is_a_look_and_orders_what_is_not_here(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    here, away = put_segment(hub, SITE, 0), put_segment(hub, SITE, 1, is_here=False)
    tell(hub, edge, gap(50, 30, CAMERA))
    found = await open_one(admin, waybill=HV)
    segments = found["segments"]
    assert isinstance(segments, list)
    assert [(each["sha256"], each["state"]) for each in segments] == [
        (here.sha256, "stored"),
        (away.sha256, "ordered"),
    ]
    assert segments[0] | {"sha256": ""} == {
        "sha256": "",
        "from": format_at(at(0)),
        "to": format_at(at(10)),
        "error_ms": 40,
        "length_ms": 10_000,
        "bytes": here.bytes,
        "codec": "h264",
        "state": "stored",
        "have": here.bytes,
    }
    assert found["gaps"] == [
        {"from": format_at(at(20)), "to": format_at(at(50)), "reason": "camera_lost"}
    ]
    assert found["clock"] is None
    with hub.database.reading() as tx:
        assert states_of(tx, [away.sha256])[away.sha256].status is FileStatus.ORDERED
        (look,) = looks_of(tx, SITE, START, START + timedelta(hours=1))
        assert looks_for_parcel(tx, HV) == [look]
        assert looks_of(tx, SITE, START + timedelta(seconds=1), START + timedelta(hours=1)) == []
        assert looks_of(tx, "020W", START, START + timedelta(hours=1)) == []
    assert (look.who, look.camera, look.since, look.until) == (
        "administrator",
        CAMERA,
        at(0),
        at(60),
    )
    assert (look.purpose, look.at, look.finding) == ("daily round", START, None)
    # It comes: the same playback tells so, and another look is none.
    store(hub, away, film_of(SITE, 1))
    again = (await admin.get(f"{API}/playbacks/{found['id']}")).json()
    assert [each["state"] for each in again["segments"]] == ["stored", "stored"]
    assert hub.count("footage_look") == 1


async def test_a_cameras_measured_clock_says_which_pictures_show_a_moment(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    segments = [put_segment(hub, SITE, number) for number in range(3)]
    tell(hub, edge, camera(CameraFact.CLOCK, 1, CAMERA, offset_ms=5000, error_ms=100))
    span = {"from": format_at(at(10)), "to": format_at(at(14))}
    found = await open_one(admin, **span)
    # Its clock is five seconds behind: what it says was taken from 5 to 9 s is looked for.
    assert found["clock"] == {"offset_ms": 5000, "error_ms": 100}
    told = found["segments"]
    assert isinstance(told, list)
    assert [each["sha256"] for each in told] == [segments[0].sha256]


async def test_a_file_is_given_whole_and_by_its_ranges(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    segment, content = put_segment(hub, SITE), film_of(SITE)
    found = await open_one(admin)
    path = f"{API}/playbacks/{found['id']}/files/{segment.sha256}"
    whole = await admin.get(path)
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["cache-control"] == "private, max-age=31536000, immutable"
    part = await admin.get(path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, content[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(content)}"


async def test_footage_is_given_only_inside_a_playback_that_shows_it_and_to_who_opened_it(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    segment, later = put_segment(hub, SITE), put_segment(hub, SITE, 9)
    away = put_segment(hub, SITE, 1, is_here=False)
    path = f"{API}/playbacks/{(await open_one(admin))['id']}"
    for sha256 in (later.sha256, away.sha256, "0" * 64):
        problem(await admin.get(f"{path}/files/{sha256}"), 404)
    problem(await admin.get(f"{API}/playbacks/999/files/{segment.sha256}"), 404)
    token = make_account(hub, "li", Role.MONITOR)
    async with client_of(app, Authorization=f"Bearer {token}") as other:
        for answer in (
            await other.get(path),
            await other.put(path, json=FINDING),
            await other.get(f"{path}/files/{segment.sha256}"),
        ):
            problem(answer, 404)
    assert (await admin.get(f"{path}/files/{segment.sha256}")).status_code == 200
    hub.clock.move(12 * 3600 + 1)
    problem(await admin.get(f"{path}/files/{segment.sha256}"), 404)


async def test_what_was_found_is_written_to_the_look_and_the_newer_word_counts(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    path = f"{API}/playbacks/{(await open_one(admin))['id']}"
    hub.clock.move(60)
    answer = await admin.put(path, json=FINDING)
    assert answer.json().items() >= {**FINDING, "found_at": format_at(at(60))}.items()
    second = {"safe_at_rest": False, "standard_placement": True, "note": "one lies loose"}
    await admin.put(path, json=second)
    with hub.database.reading() as tx:
        (look,) = looks_of(tx, SITE, START, START + timedelta(hours=1))
    assert look.finding is not None
    assert (look.finding.safe_at_rest, look.finding.note) == (False, "one lies loose")


@pytest.mark.parametrize(
    "fields",
    [
        {"to": format_at(at(0))},
        {"from": format_at(at(61))},
        {"to": format_at(at(1801))},
        {"purpose": ""},
        {"purpose": "a\nb"},
        {"camera": "../etc"},
        {"from": "2026-11-22T01:00:00"},
        {"more": 1},
    ],
)
async def test_what_is_no_playback_is_refused_and_no_look(
    hub: HubHome, admin: httpx.AsyncClient, fields: dict[str, object]
) -> None:
    problem(await admin.post(f"{API}/playbacks", json=order(SITE, **fields)), 422)
    assert hub.count("footage_look") == 0


async def test_a_still_is_shown_and_kept_by_the_browser(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    sha256 = put_picture(hub, SITE)
    answer = await admin.get(f"{API}/pictures/{sha256}")
    assert (answer.status_code, answer.content) == (200, b"\xff\xd8755A")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    problem(await admin.get(f"{API}/pictures/{'0' * 64}"), 404)


@on_both_databases
async def test_a_days_footage_is_read_as_spans_and_what_is_deleted_is_marked(
    hub: HubHome, edge: SigningEdge
) -> None:
    for number in (0, 1, 3):
        put_segment(hub, SITE, number, is_here=False)
    gone = {"since": format_at(at(0)), "until": format_at(at(10)), "segments": 1}
    tell(hub, edge, camera(CameraFact.DELETED, 60, CAMERA, **gone))
    with hub.database.reading() as tx:
        assert spans_between(tx, SITE, CAMERA, at(5), at(30)) == [
            (at(0), at(10), True),
            (at(10), at(20), False),
        ]
        assert spans_between(tx, SITE, CAMERA, at(20), at(30)) == []
