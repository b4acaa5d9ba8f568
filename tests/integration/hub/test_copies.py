"""Converted copies for browsers: made once, kept within a bound, and never taken for a master."""

import asyncio
import os
from pathlib import Path
from threading import Thread
from typing import IO

import av
import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import Role
from hub.alerts.service import AlertKind
from hub.video import derived_shelf, workshop
from hub.video.jobs import ConvertJob, Job, Made, Master
from hub.video.media import FileStatus, path_of, states_of
from hub.video.media_shelf import MediaShelf, NoRoomError
from hub.video.processes import BusyError, Processes
from hub.video.scrub import ScrubDuty
from hub.video.workshop import CONVERSIONS_WAITING_MAX, FOLDER, Workshop
from tests.broker_parts import wait_for
from tests.hub_parts import HubHome
from tests.integration.hub.film_parts import film, opened, put_film
from tests.integration.hub.route_cases import make_account
from tests.rest_parts import client_of, problem
from tests.video_parts import frames_of

pytestmark = pytest.mark.anyio

DAY_S = 24 * 3600


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twelve seconds of H.265 in files of four."""
    return film(tmp_path_factory.mktemp("film"), codec="libx265")


def copies(hub: HubHome) -> list[str]:
    folder = hub.data_dir / FOLDER
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The masters that were really converted, in order."""
    done: list[str] = []
    work = Processes.work

    def noting(processes: Processes, job: Job, target: IO[bytes]) -> Made:
        assert isinstance(job, ConvertJob)
        done.append(job.master.sha256)
        return work(processes, job, target)

    monkeypatch.setattr(Processes, "work", noting)
    return done


async def test_a_copy_shows_each_picture_at_its_time_and_says_that_it_is_no_evidence(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path
) -> None:
    (segment, *_) = put_film(hub, paths, codec="h265")
    path = f"{await opened(admin)}/files/{segment.sha256}"
    answer = await admin.get(path, params={"as": "h264"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["custos-derivative"] == "h264; not evidence"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "private, max-age=3600"
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(answer.content)
    assert frames_of(copy) == frames_of(paths[0])
    with av.open(str(copy)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert "NOT EVIDENCE / 转码副本，非证据" in container.metadata["title"]
        assert container.metadata["comment"].endswith(segment.sha256)
    master = await admin.get(path)
    assert master.content == paths[0].read_bytes()
    assert "custos-derivative" not in master.headers
    problem(await admin.get(path, params={"as": "av1"}), 422)


async def test_a_copy_is_made_once_and_given_from_then_on(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], jobs: list[str]
) -> None:
    segments = put_film(hub, paths, codec="h265")
    path = await opened(admin)
    answers = await asyncio.gather(
        *(
            admin.get(f"{path}/files/{each.sha256}", params={"as": "h264"})
            for each in (segments[0], segments[0], segments[1], segments[0])
        )
    )
    assert [each.status_code for each in answers] == [200] * 4
    assert answers[0].content == answers[1].content == answers[3].content != answers[2].content
    assert sorted(jobs) == sorted(each.sha256 for each in segments[:2])
    assert copies(hub) == sorted(f"{each.sha256}.h264-copy.mp4" for each in segments[:2])
    # All of it may go at any time.
    for name in copies(hub):
        (hub.data_dir / FOLDER / name).unlink()
    again = await admin.get(f"{path}/files/{segments[0].sha256}", params={"as": "h264"})
    assert (again.content, len(jobs)) == (answers[0].content, 3)


async def test_a_copy_is_given_to_whom_the_master_is_given_and_to_nobody_else(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    here, away = put_film(hub, paths[:2], away=[1], codec="h265")
    path = await opened(admin)
    asked = {"params": {"as": "h264"}}
    assert (await admin.get(f"{path}/files/{here.sha256}", **asked)).status_code == 200
    for sha256 in (away.sha256, "0" * 64):
        problem(await admin.get(f"{path}/files/{sha256}", **asked), 404)
    token = make_account(hub, "li", Role.MONITOR)
    async with client_of(app, Authorization=f"Bearer {token}") as other:
        problem(await other.get(f"{path}/files/{here.sha256}", **asked), 404)
    # Without its master a copy is no answer either.
    path_of(hub.data_dir, here.sha256).unlink()
    problem(await admin.get(f"{path}/files/{here.sha256}", **asked), 404)


async def test_beyond_the_bound_the_copies_go_that_were_used_longest_ago(
    hub: HubHome,
    admin: httpx.AsyncClient,
    paths: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    segments = put_film(hub, paths, codec="h265")
    path = await opened(admin)

    async def ask(number: int) -> int:
        url = f"{path}/files/{segments[number].sha256}"
        answer = await admin.get(url, params={"as": "h264"})
        assert answer.status_code == 200, answer.text
        return len(answer.content)

    def numbers() -> set[int]:
        return {n for n, each in enumerate(segments) if any(each.sha256 in c for c in copies(hub))}

    sizes = [await ask(0), await ask(1)]
    for age, number in ((20, 0), (10, 1)):
        file = hub.data_dir / FOLDER / f"{segments[number].sha256}.h264-copy.mp4"
        os.utime(file, (file.stat().st_atime - age, file.stat().st_mtime - age))
    await ask(0)  # used again: the other one is now the older
    monkeypatch.setattr(derived_shelf, "DERIVED_BYTES_MAX", int(2.5 * max(sizes)))
    await ask(2)
    assert numbers() == {0, 2}
    # One that alone is too much stays for who waits for it, and is the first to go.
    monkeypatch.setattr(derived_shelf, "DERIVED_BYTES_MAX", 10)
    await ask(1)
    assert numbers() == {1}


async def test_the_nightly_look_at_masters_meets_no_copy(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    segments = put_film(hub, paths, codec="h265")
    path = await opened(admin)
    await admin.get(f"{path}/files/{segments[0].sha256}", params={"as": "h264"})
    (name,) = copies(hub)
    (hub.data_dir / FOLDER / name).write_bytes(b"rotten")
    hub.clock.move(DAY_S)
    duty = ScrubDuty(hub.data_dir)
    for _ in range(12):
        with hub.database.writing() as tx:
            duty.run(tx, hub.clock.now())
    with hub.database.reading() as tx:
        found = states_of(tx, [each.sha256 for each in segments])
    assert {each.status for each in found.values()} == {FileStatus.STORED}
    assert hub.alerts(AlertKind.FOOTAGE_DAMAGED) == []
    assert copies(hub) == [name]


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("number", range(4))
async def test_torn_and_hostile_masters_are_a_problem_and_leave_no_copy(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path, number: int
) -> None:
    whole = paths[1].read_bytes()
    cases = [b"", b"x" * 5000, whole[:700], whole.replace(b"hvcC", b"hvcX")]
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(cases[number])
    (segment,) = put_film(hub, [bad], codec="h265")
    url = f"{await opened(admin)}/files/{segment.sha256}"
    problem(await admin.get(url, params={"as": "h264"}), 422)
    assert copies(hub) == []


async def test_a_torn_master_is_copied_as_far_as_it_goes_or_not_at_all(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path
) -> None:
    whole = paths[1].read_bytes()
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(whole[: len(whole) * 2 // 3])
    (segment,) = put_film(hub, [torn], codec="h265")
    url = f"{await opened(admin)}/files/{segment.sha256}"
    answer = await admin.get(url, params={"as": "h264"})
    if answer.status_code != 200:
        problem(answer, 422)
        return
    got = tmp_path / "got.mp4"
    got.write_bytes(answer.content)
    shown = frames_of(got)
    assert shown == frames_of(paths[1])[: len(shown)]


async def test_a_copy_is_made_only_of_what_the_masters_name_says(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    (segment,) = put_film(hub, paths[:1], codec="h265")
    file = path_of(hub.data_dir, segment.sha256)
    file.write_bytes(paths[1].read_bytes())
    url = f"{await opened(admin)}/files/{segment.sha256}"
    said = problem(await admin.get(url, params={"as": "h264"}), 409)
    assert said == f"{file.name} is not what its name says"
    assert copies(hub) == []


async def test_a_conversion_that_hangs_is_ended_in_time_and_the_next_one_is_made(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = put_film(hub, paths[:2], codec="h265")
    path = await opened(admin)
    file = path_of(hub.data_dir, segments[0].sha256)
    with monkeypatch.context() as short:
        short.setattr(workshop, "CONVERT_S_MAX", 0)
        answer = await admin.get(f"{path}/files/{segments[0].sha256}", params={"as": "h264"})
        assert "it took longer than 0 s" in problem(answer, 422)
    assert file.is_file()
    answer = await admin.get(f"{path}/files/{segments[1].sha256}", params={"as": "h264"})
    assert answer.status_code == 200


async def test_a_full_disk_is_said_and_heals(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (segment,) = put_film(hub, paths[:1], codec="h265")
    url = f"{await opened(admin)}/files/{segment.sha256}"

    def refuse(_shelf: MediaShelf, _more: int = 0) -> None:
        raise NoRoomError("the disk has no room left for footage")

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    for where, name, broken in (
        (MediaShelf, "check_room", refuse),
        (workshop, "COPY_BYTES_MAX", 2000),
        (derived_shelf.os, "fsync", fail),
        (derived_shelf.shutil, "copyfileobj", fail),
    ):
        with monkeypatch.context() as full:
            full.setattr(where, name, broken)
            problem(await admin.get(url, params={"as": "h264"}), 507)
        assert copies(hub) == []
    assert (await admin.get(url, params={"as": "h264"})).status_code == 200


async def test_one_is_made_at_a_time_and_only_so_many_wait_for_it(
    hub: HubHome,
    app: FastAPI,
    admin: httpx.AsyncClient,
    paths: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (segment,) = put_film(hub, paths[:1], codec="h265")
    url = f"{await opened(admin)}/files/{segment.sha256}"
    maker = app.state.workshop
    assert isinstance(maker, Workshop)
    monkeypatch.setattr(workshop, "CONVERT_WAIT_S", 0.05)
    with maker._turn():
        busy = await admin.get(url, params={"as": "h264"})
        problem(busy, 503)
        assert busy.headers["retry-after"] == "5"
        monkeypatch.setattr(workshop, "CONVERT_WAIT_S", 3600)
        for _ in range(CONVERSIONS_WAITING_MAX):
            assert maker._waiting.acquire(blocking=False)
        problem(await admin.get(url, params={"as": "h264"}), 503)
        for _ in range(CONVERSIONS_WAITING_MAX):
            maker._waiting.release()
    assert (await admin.get(url, params={"as": "h264"})).status_code == 200


def test_what_a_kill_left_unfinished_is_gone_after_the_start(
    hub: HubHome, app: FastAPI, port: int
) -> None:
    assert port
    Workshop(hub.data_dir).sweep()  # nothing there yet
    folder = hub.data_dir / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / f"{'ab' * 32}.h264-copy.part").write_bytes(b"half")
    (folder / f"{'cd' * 32}.h264-copy.mp4").write_bytes(b"whole")
    Workshop(hub.data_dir).sweep()
    assert copies(hub) == [f"{'cd' * 32}.h264-copy.mp4"]


async def test_the_application_sweeps_before_it_serves(hub: HubHome, app: FastAPI) -> None:
    folder = hub.data_dir / FOLDER
    folder.mkdir()
    (folder / f"{'ab' * 32}.h264-copy.part").write_bytes(b"half")
    async with app.router.lifespan_context(app):
        assert copies(hub) == []


def test_a_hub_that_stops_waits_for_no_conversion(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)  # nobody ever writes into it
    maker, found = Workshop(tmp_path), list[BaseException]()

    def ask() -> None:
        try:
            maker.converted(Master(str(fifo), "ab" * 32))
        except BusyError as error:
            found.append(error)

    asking = Thread(target=ask)
    asking.start()
    wait_for("the process", lambda: bool(maker._processes._running))
    maker.close()
    asking.join(10)
    assert [str(each) for each in found] == ["the hub is stopping"]
    with pytest.raises(BusyError):
        maker.converted(Master(str(fifo), "ab" * 32))
