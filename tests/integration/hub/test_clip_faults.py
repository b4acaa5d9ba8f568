"""What goes wrong with a clip: it is a clear problem, nothing is given away, nothing is left."""

import hashlib
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import IO, cast

import anyio
import av
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.types import Message

from hub.video import clip_api, workshop
from hub.video.clip_api import ClipResponse, sent_within_s
from hub.video.jobs import Job, Made, Master, Why
from hub.video.media import path_of
from hub.video.media_shelf import DiskRoom, MediaShelf, NoRoomError, hash_of
from hub.video.processes import Processes
from hub.video.workshop import (
    CLIP_BYTES_MAX,
    CLIPS_AT_ONCE,
    CLIPS_WAITING_MAX,
    FOLDER,
    BusyError,
    Cut,
    CutFile,
    Workshop,
)
from tests.broker_parts import wait_for
from tests.hub_parts import HubHome
from tests.integration.hub.film_parts import film, left_over, opened, put_film, save, span
from tests.rest_parts import problem
from tests.video_parts import packets_of

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


async def test_a_master_that_is_not_what_its_hash_says_is_in_no_clip(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    segments = put_film(hub, paths)
    path = await opened(admin)
    file = path_of(hub.data_dir, segments[1].sha256)
    content = bytearray(file.read_bytes())
    content[-500] ^= 1
    file.write_bytes(content)
    said = problem(await admin.get(f"{path}/clip", params=span(1, 11)), 409)
    assert said == f"{file.name} is not what its name says"
    file.unlink()
    assert file.name in problem(await admin.get(f"{path}/clip", params=span(1, 11)), 409)
    assert (hub.count("footage_clip"), left_over(hub)) == (0, [])


HOSTILE = [
    b"",
    b"no footage at all" * 100,
    b"\x00\x00\x00\x18ftypisom" + b"\xff" * 2000,
    b"\x00\x00\x00\x01mdat" + b"\xff" * 8 + b"\x00" * 500,
]


@pytest.mark.parametrize("number", range(len(HOSTILE) + 3))
async def test_torn_and_hostile_masters_are_a_problem_and_no_clip(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path, number: int
) -> None:
    whole = paths[1].read_bytes()
    torn = [whole[:300], whole[: len(whole) // 2], whole.replace(b"avcC", b"avcX")]
    bad = tmp_path / "bad.mp4"
    bad.write_bytes([*HOSTILE, *torn][number])
    put_film(hub, [bad])
    answer = await admin.get(f"{await opened(admin)}/clip", params=span(0, 3))
    if answer.status_code == 200:
        # What is whole of a torn one is still what was recorded.
        got = save(answer, tmp_path)
        assert packets_of(got) == packets_of(bad)[: len(packets_of(got))]
    else:
        problem(answer, 422)
        assert hub.count("footage_clip") == 0
    assert left_over(hub) == []


async def test_a_camera_that_was_coded_otherwise_is_two_clips(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path
) -> None:
    others = film(tmp_path / "hevc", 2, codec="libx265")
    put_film(hub, [paths[0], others[0]])
    path = await opened(admin)
    assert "take two clips" in problem(await admin.get(f"{path}/clip", params=span(1, 7)), 422)
    got = save(await admin.get(f"{path}/clip", params=span(4.1, 7)), tmp_path)
    with av.open(str(got)) as container:
        assert container.streams.video[0].codec_context.name == "hevc"


async def test_without_the_record_nothing_is_given_away(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_film(hub, paths[:1])
    path = await opened(admin)

    def refuse(*_args: object) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(clip_api, "note_taken", refuse)
        problem(await admin.get(f"{path}/clip", params=span(0, 2)), 503)
    assert (hub.count("footage_clip"), left_over(hub)) == (0, [])
    for _ in range(CLIPS_AT_ONCE + 1):
        assert (await admin.get(f"{path}/clip", params=span(0, 2))).status_code == 200


async def test_a_full_disk_is_said_and_heals(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_film(hub, paths[:1])
    path = await opened(admin)

    def refuse(_shelf: MediaShelf, _more: int = 0) -> None:
        raise NoRoomError("the disk has no room left for footage")

    with monkeypatch.context() as full:
        full.setattr(MediaShelf, "check_room", refuse)
        problem(await admin.get(f"{path}/clip", params=span(0, 2)), 507)
    with monkeypatch.context() as full:
        # The disk refuses in the middle of it: the process that writes may write no more.
        full.setattr(workshop, "_OWN_BYTES", 8000 - paths[0].stat().st_size)
        said = problem(await admin.get(f"{path}/clip", params=span(0, 4)), 507)
    assert said == "the hub's disk does not take it"
    assert (hub.count("footage_clip"), left_over(hub)) == (0, [])
    assert (await admin.get(f"{path}/clip", params=span(0, 4))).status_code == 200


def test_what_others_are_making_has_its_room_already(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, reserve, each = Workshop(tmp_path), 2_000_000, 1_000_000
    room = DiskRoom(free=reserve + 2 * each - 1, reserve=reserve)
    monkeypatch.setattr(MediaShelf, "room", lambda _shelf: room)
    order = Cut((Master(str(paths[0]), hash_of(paths[0])),), 0, 4000, each, {})
    work, refused = Processes.work, list[NoRoomError]()

    def meanwhile(processes: Processes, job: Job, target: IO[bytes]) -> Made:
        with monkeypatch.context() as once:
            once.setattr(Processes, "work", work)
            try:
                maker.cut(order).close()
            except NoRoomError as error:
                refused.append(error)
        return work(processes, job, target)

    with monkeypatch.context() as two:
        two.setattr(Processes, "work", meanwhile)
        maker.cut(order).close()
    assert [str(error) for error in refused] == ["the disk has no room left for footage"]
    # What is whole stands on the disk and is no promise any more.
    first = maker.cut(order)
    maker.cut(order).close()
    first.close()


async def test_only_so_many_are_made_at_once_and_the_next_is_told_when_to_come_again(
    hub: HubHome,
    admin: httpx.AsyncClient,
    workshop_there: Workshop,
    paths: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_film(hub, paths[:1])
    path = await opened(admin)
    monkeypatch.setattr(workshop, "WAIT_S", 0.05)
    for _ in range(CLIPS_AT_ONCE):
        assert workshop_there._clips.acquire(timeout=0)
    busy = await admin.get(f"{path}/clip", params=span(0, 2))
    problem(busy, 503)
    assert busy.headers["retry-after"] == "5"
    workshop_there._clips.release()
    assert (await admin.get(f"{path}/clip", params=span(0, 2))).status_code == 200


class Taken:
    """All places are taken until ``over``; counts who waits for one."""

    def __init__(self) -> None:
        self.over, self.waiting = Event(), list[float]()

    def acquire(self, timeout: float) -> bool:
        self.waiting.append(timeout)
        assert self.over.wait(30)
        return False


def test_only_so_many_wait_for_a_place_and_hold_a_thread_of_the_web(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, places, refused = Workshop(tmp_path), Taken(), list[BusyError]()
    monkeypatch.setattr(maker, "_clips", places)

    def ask() -> None:
        try:
            maker.cut(Cut((), 0, 1, 1, {}))
        except BusyError as error:
            refused.append(error)

    asking = [Thread(target=ask) for _ in range(CLIPS_WAITING_MAX + 3)]
    for each in asking:
        each.start()
    try:
        wait_for("all to ask", lambda: len(places.waiting) + len(refused) == len(asking))
        assert (len(places.waiting), len(refused)) == (CLIPS_WAITING_MAX, 3)
    finally:
        places.over.set()
        for each in asking:
            each.join(10)
    assert len(refused) == len(asking)


async def test_a_job_that_hangs_is_ended_in_time(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (segment,) = put_film(hub, paths[:1])
    path = await opened(admin)
    file = path_of(hub.data_dir, segment.sha256)
    file.unlink()
    os.mkfifo(file)  # nobody ever writes into it
    monkeypatch.setattr(workshop, "CUT_S_MAX", 1)
    assert "longer than 1 s" in problem(await admin.get(f"{path}/clip", params=span(0, 2)), 422)


async def test_whoever_goes_away_in_the_middle_leaves_nothing_behind(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient, paths: list[Path], port: int
) -> None:
    put_film(hub, paths)
    path = await opened(admin)
    headers = dict(admin.headers)
    maker = app.state.workshop
    for _ in range(CLIPS_AT_ONCE + 1):
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client,
            client.stream("GET", f"{path}/clip", params=span(0, 12)) as answer,
        ):
            assert answer.status_code == 200
    assert hub.count("footage_clip") == CLIPS_AT_ONCE + 1
    assert isinstance(maker, Workshop)
    assert left_over(hub) == []


async def test_whoever_takes_a_clip_too_slowly_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clip_api, "SENT_S_MIN", 0.05)
    let_go: list[bool] = []
    made = CutFile(BytesIO(b"x" * 9), 9, "ab" * 32, cast("Made", None), lambda: let_go.append(True))
    sent: list[str] = []

    async def send(message: Message) -> None:
        sent.append(message["type"])
        if len(sent) > 1:
            await anyio.sleep_forever()

    with anyio.fail_after(10):
        await ClipResponse(made, "clip.mp4")({"type": "http"}, anyio.sleep_forever, send)
    assert sent == ["http.response.start", "http.response.body"]
    assert (let_go, made.file.closed) == ([True], True)


@pytest.mark.parametrize(
    ("size", "within_s"), [(0, 120), (15_000_000, 120), (15_000_001, 120), (CLIP_BYTES_MAX, 1800)]
)
def test_a_large_clip_may_take_longer_and_none_longer_than_half_an_hour(
    size: int, within_s: float
) -> None:
    assert sent_within_s(size) == pytest.approx(within_s, abs=1e-4)
    assert sent_within_s(60_000_000) == 480


def test_the_process_that_reads_footage_dies_with_its_time_even_alone(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    job = (
        '{"type":"cut","fd":1,"masters":[{"path":"%s","sha256":"00"}],"since_ms":0,"until_ms":1,'
        '"words":{},"limits":{"seconds":1,"bytes":1000,"niceness":0}}'
    )
    program = "import hub.video.derive as d; d.LATE_S = 0; d.main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=(job % fifo).encode(),
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == -14  # SIGALRM


def test_the_web_role_itself_reads_no_footage() -> None:
    program = (
        "import sys, hub.app as app; app._room_routers(); app._plain_routers();"
        "import hub.video.workshop; assert 'av' not in sys.modules"
    )
    env = {"PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "-c", program], env=env, check=True, timeout=30)


def test_a_process_that_cannot_be_started_is_for_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Workshop(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    order_ = workshop.Cut((), 0, 1, 10, {})
    for _ in range(CLIPS_AT_ONCE + 1):
        with pytest.raises(BusyError):
            maker.cut(order_)


def test_a_clip_has_no_name_on_the_disk_so_no_kill_leaves_one(
    paths: list[Path], tmp_path: Path
) -> None:
    sha256 = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    size = paths[0].stat().st_size
    order_ = workshop.Cut((Master(str(paths[0]), sha256),), 0, 4000, size, {"title": "t"})
    made = Workshop(tmp_path).cut(order_)
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert len(made.file.read()) == made.bytes > 0
    made.close()
    made.close()


def test_nothing_of_nothing_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(workshop.UnmakeableError) as found:
        Workshop(tmp_path).cut(workshop.Cut((), 0, 1, 10, {}))
    assert found.value.why is Why.NOTHING
