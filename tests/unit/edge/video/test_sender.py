"""Ordered footage goes to the hub: in parts, from where it stands, no faster than allowed.

The hub here keeps its files in memory and checks every signature. Source: design section 8.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from edge.camera_side import NoCameras
from edge.footage_post import FOOTAGE_PATH, GONE_PATH, PICTURE_PATH, FootagePost, SenderError
from edge.hub_http import HubError, HubHttp, HubUnreachableError
from edge.metrics import Metrics
from edge.uplink_events import OrderFootage
from edge.video import sender as sending
from edge.video import upload_store
from edge.video.footage import Covered, Kept
from edge.video.sender import IDLE_S, FootageSender, SenderSetup
from edge.video.store import FootageStore
from edge.video.upload_store import UploadStore
from edge.video.wall import WallStill, WallStills
from ledger.keys import SigningKey
from ledger.signing import open_sealed
from tests import samples
from wire.events import Camera, CameraFact, Segment
from wire.limits import FOOTAGE_MESSAGE_BYTES_MAX
from wire.messages import FootageGone, FootageHave, FootagePart, Picture, encode

SEGMENT, FACT = samples.EVENTS["event-segment"], samples.EVENTS["event-camera"]
assert isinstance(SEGMENT, Segment)
assert isinstance(FACT, Camera)
KEY = SigningKey(b"e" * 32)
KBIT_S = 8
"""A thousand bytes a second."""
FILM = bytes(range(256)) * 10


@dataclass
class Hub:
    """What it holds; ``status`` other than 200 is what it answers instead."""

    files: dict[str, bytes] = field(default_factory=dict)
    gone: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[tuple[Picture, bytes]] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    status: int = 200
    is_deaf: bool = False

    def http(self) -> HubHttp:
        return HubHttp("http://hub", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.posts.append(request.url.path)
        if self.status != 200:
            return httpx.Response(self.status)
        content = request.read()
        if request.url.path == FOOTAGE_PATH:
            return httpx.Response(200, content=encode(FootageHave(have=self._take(content))))
        if request.url.path == GONE_PATH:
            gone = open_sealed(content, FootageGone, KEY.public_key, 4096).message
            self.gone.append((gone.sha256, gone.reason))
        else:
            opened = open_sealed(content, Picture, KEY.public_key, FOOTAGE_MESSAGE_BYTES_MAX)
            assert request.url.path == PICTURE_PATH
            self.pictures.append((opened.message, opened.lines[:-1]))
        return httpx.Response(204)

    def _take(self, content: bytes) -> int:
        opened = open_sealed(content, FootagePart, KEY.public_key, FOOTAGE_MESSAGE_BYTES_MAX)
        part, raw = opened.message, opened.lines[:-1]
        assert (part.site, part.edge) == ("755A", "dock")
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (part.count, part.part_sha256)
        have = self.files.setdefault(part.sha256, b"")
        if part.offset == len(have) and not self.is_deaf:
            self.files[part.sha256] = have + raw
        return len(self.files[part.sha256])


class House:
    """An edge with footage on its disk, and a sender; time stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.hub, self.metrics = folder / "footage", Hub(), Metrics()
        (self.folder / "cam" / "stills").mkdir(parents=True)
        self.store = FootageStore(folder / "footage.sqlite")
        self.wall = WallStills()
        self.http = self.hub.http()
        self.sender = self.new_sender()

    def new_sender(self) -> FootageSender:
        again = self.folder / "stills-again"
        setup = SenderSetup(self.folder, again, lambda: KBIT_S, lambda: 2_000, lambda: 50.0)
        store = UploadStore(self.folder.parent / "footage.sqlite")
        post = FootagePost("755A", "dock", KEY)
        return FootageSender(setup, store, self.wall, post, self.metrics)

    def keep(self, content: bytes = FILM) -> Kept:
        sha256 = hashlib.sha256(content).hexdigest()
        file = Kept("cam", 1_000, 9_000, sha256, len(content), f"{sha256[:8]}.mp4")
        (self.folder / "cam" / file.file).write_bytes(content)
        self.store.add(SEGMENT, Covered(9_000, 70, "ab" * 16), file)
        return file

    def order(self, *sha256s: str, is_urgent: bool = False) -> bool:
        return self.sender.order(OrderFootage(sha256s, is_urgent))

    def turns(self, count: int = 20) -> list[float]:
        return [self.sender.turn(self.http) for _ in range(count)]

    def close(self) -> None:
        self.sender.close()
        self.http.close()
        self.store.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.close()


def test_an_ordered_file_is_sent_in_parts_and_not_faster_than_the_policy_says(
    house: House,
) -> None:
    file = house.keep()
    assert house.order(file.sha256, file.sha256)
    waits = house.turns(5)
    # First it asks; then come a second's worth, as much again, and the rest.
    assert waits == pytest.approx([0.0, 1.0, 1.0, 0.56, IDLE_S])
    assert house.hub.files == {file.sha256: FILM}
    assert house.store.ordered() == frozenset()


def test_a_restart_goes_on_where_the_hub_stands(house: House) -> None:
    file = house.keep()
    house.order(file.sha256)
    house.turns(2)
    house.sender.close()
    house.sender = house.new_sender()
    assert house.hub.files[file.sha256] == FILM[:1000]
    house.turns(4)
    assert house.hub.files == {file.sha256: FILM}
    assert house.hub.posts == [FOOTAGE_PATH] * 5


def test_a_kill_before_the_hubs_yes_is_noted_costs_one_question(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.keep(b"short")
    house.order(file.sha256)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(UploadStore, "done", die)
        with pytest.raises(KeyboardInterrupt):
            house.turns(2)
    house.sender.close()
    house.sender = house.new_sender()
    house.turns(2)
    assert house.hub.posts == [FOOTAGE_PATH] * 3
    assert house.store.ordered() == frozenset()


def test_the_oldest_order_is_the_first(house: House) -> None:
    first, second = house.keep(b"first"), house.keep(b"second")
    house.order(second.sha256)
    house.order(first.sha256)
    house.turns(2)
    assert list(house.hub.files) == [second.sha256]


def test_what_somebody_waits_for_goes_before_all_and_the_other_goes_on_after_it(
    house: House,
) -> None:
    slow, other, looked_at = house.keep(), house.keep(b"other"), house.keep(b"looked at")
    house.order(slow.sha256, other.sha256)
    house.turns(2)
    assert house.hub.files == {slow.sha256: FILM[:1000]}
    house.order(looked_at.sha256, is_urgent=True)
    house.turns(2)
    assert house.hub.files == {slow.sha256: FILM[:1000], looked_at.sha256: b"looked at"}
    house.turns()
    assert list(house.hub.files) == [slow.sha256, looked_at.sha256, other.sha256]
    assert house.hub.files[slow.sha256] == FILM


def test_what_is_ordered_already_becomes_urgent_and_stays_so(house: House) -> None:
    first, second = house.keep(b"first"), house.keep(b"second")
    house.order(first.sha256, second.sha256)
    house.order(second.sha256, is_urgent=True)
    house.order(second.sha256)
    house.turns(2)
    assert list(house.hub.files) == [second.sha256]


def test_what_is_deleted_or_was_never_here_is_told_gone(house: House) -> None:
    file = house.keep()
    house.order(file.sha256, "ab" * 32)
    house.turns(2)
    house.store.doom([file], SEGMENT)
    (house.folder / "cam" / file.file).unlink()
    house.store.deleted([file])
    house.turns()
    assert house.hub.gone == [(file.sha256, "deleted"), ("ab" * 32, "not_kept")]
    assert house.store.ordered() == frozenset()


@pytest.mark.parametrize(("content", "damage"), [(None, "missing"), (FILM[:-1], "changed")])
def test_a_damaged_file_is_told_gone_and_looked_at_next(
    house: House, content: bytes | None, damage: str
) -> None:
    house.keep(b"other")
    file = house.keep()
    path = house.folder / "cam" / file.file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    house.order(file.sha256)
    house.turns(1)
    assert house.hub.gone == [(file.sha256, damage)]
    assert house.hub.files == {}
    oldest = house.store.checked_longest_ago()
    assert oldest is not None
    assert oldest.file == file


def test_a_damage_that_is_on_record_is_told_as_it_was_found(house: House) -> None:
    file = house.keep()
    house.store.found_damaged(file, "swapped", FACT)
    house.order(file.sha256)
    house.turns(1)
    assert house.hub.gone == [(file.sha256, "swapped")]


def test_a_file_that_is_cut_while_it_is_sent_is_told_gone(house: House) -> None:
    file = house.keep()
    house.order(file.sha256)
    house.turns(2)
    (house.folder / "cam" / file.file).write_bytes(b"")
    house.turns()
    assert house.hub.gone == [(file.sha256, "changed")]


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413])
def test_what_the_hub_will_never_take_is_not_sent_again(house: House, status: int) -> None:
    file = house.keep()
    house.order(file.sha256)
    house.hub.status = status
    assert house.turns(2) == [0.0, IDLE_S]
    assert house.store.ordered() == frozenset()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 507])
def test_what_the_hub_does_not_take_now_is_kept_for_later(house: House, status: int) -> None:
    file = house.keep()
    house.order(file.sha256)
    house.hub.status = status
    with pytest.raises(HubError):
        house.turns(1)
    house.hub.status = 200
    house.turns()
    assert house.hub.files == {file.sha256: FILM}


def test_a_hub_that_takes_nothing_is_left_alone_for_a_while(house: House) -> None:
    file = house.keep()
    house.order(file.sha256)
    house.hub.is_deaf = True
    with pytest.raises(HubUnreachableError, match="next part"):
        house.turns()
    assert len(house.hub.posts) == 1 + sending.STANDSTILLS_MAX


def test_an_answer_that_is_none_is_no_hubs(house: House) -> None:
    file = house.keep(b"12345")
    house.order(file.sha256)
    house.hub.files[file.sha256] = b"more than there is"
    with pytest.raises(HubUnreachableError, match="more of a file"):
        house.turns(1)


def test_orders_beyond_the_bounds_are_left_to_be_told_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ORDERS_WAITING_MAX", 3)
    monkeypatch.setattr(upload_store, "UPLOADS_MAX", 2)
    names = [f"{number:064x}" for number in range(3)]
    assert house.order(*names)
    assert not house.order(*names[:1])
    house.hub.status = 503
    with pytest.raises(HubError):
        house.turns(1)
    assert house.store.ordered() == frozenset(names[:2])
    assert house.metrics.dropped_messages._value.get() == 1


def test_what_somebody_waits_for_finds_room_behind_all_others_up_to_a_bound(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_store, "UPLOADS_MAX", 2)
    monkeypatch.setattr(upload_store, "URGENT_MORE_MAX", 1)
    names = [f"{number:064x}" for number in range(4)]
    house.hub.status = 503
    house.order(*names[:2])
    house.order(*names[2:], is_urgent=True)
    with pytest.raises(HubError):
        house.turns(1)
    assert house.store.ordered() == frozenset(names[:3])
    assert house.metrics.dropped_messages._value.get() == 1


def test_a_disk_that_refuses_is_tried_again_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.order("ab" * 32)
    monkeypatch.setattr(upload_store, "_COUNT", "SELECT nonsense")
    with pytest.raises(SenderError, match="not readable"):
        house.turns(1)
    monkeypatch.undo()
    house.turns(2)
    assert house.hub.gone == [("ab" * 32, "not_kept")]


# ---------------------------------------------------------------- pictures


def still(house: House, raw: bytes = b"\xff\xd8\xff a still") -> str:
    sha256 = hashlib.sha256(raw).hexdigest()
    (house.folder / "cam" / "stills" / f"{sha256}.jpg").write_bytes(raw)
    at = "2026-11-22T08:00:00.000Z"
    house.store.add(replace(FACT, fact=CameraFact.BLACK, picture=sha256, device="cam", at=at))
    return sha256


def test_a_named_still_goes_before_footage_by_the_hubs_time(house: House) -> None:
    file = house.keep(b"film")
    house.order(file.sha256)
    sha256 = still(house)
    house.turns(1)
    ((told, raw),) = house.hub.pictures
    assert (told.sha256, told.camera, told.is_named) == (sha256, "cam", True)
    assert (told.at, raw) == ("2026-11-22T08:00:02.000Z", b"\xff\xd8\xff a still")
    assert house.hub.files == {}
    house.turns(3)
    assert house.hub.files == {file.sha256: b"film"}
    assert len(house.hub.pictures) == 1


def test_a_still_waits_for_its_hub_and_one_that_is_gone_does_not_hold_up_the_rest(
    house: House,
) -> None:
    lost, kept = still(house, b"lost"), still(house)
    (house.folder / "cam" / "stills" / f"{lost}.jpg").write_bytes(b"another")
    house.hub.status = 503
    house.turns(1)  # the damaged one is let go of without a word
    with pytest.raises(HubError):
        house.turns(1)
    house.hub.status = 200
    house.turns(2)
    assert [told.sha256 for told, _ in house.hub.pictures] == [kept]


def test_a_still_of_the_wall_is_sent_now_or_never(house: House) -> None:
    house.wall._waiting["cam"] = WallStill("cam", 1_000, b"\xff\xd8\xff")
    house.hub.status = 503
    with pytest.raises(HubError):
        house.turns(1)
    house.hub.status = 200
    assert house.turns(1) == [IDLE_S]
    house.wall._waiting["cam"] = WallStill("cam", 1_000, b"\xff\xd8\xff")
    house.turns(1)
    ((told, _),) = house.hub.pictures
    assert (told.at, told.is_named) == ("1970-01-01T00:00:03.000Z", False)


# ---------------------------------------------------------------- without cameras


def test_an_edge_without_cameras_says_so_to_each_order() -> None:
    hub = Hub()
    http, sender = hub.http(), NoCameras().sender(FootagePost("755A", "dock", KEY))
    assert sender.order(OrderFootage(("a" * 64, "b" * 64)))
    hub.status = 503
    with pytest.raises(HubError):
        sender.turn(http)
    hub.status = 200
    assert [sender.turn(http) for _ in range(3)] == [0.0, 0.0, IDLE_S]
    assert hub.gone == [("a" * 64, "no_cameras"), ("b" * 64, "no_cameras")]
    sender.close()
    http.close()
