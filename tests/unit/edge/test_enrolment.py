"""Enrolment and the errands over HTTP, against a hub in memory."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from edge.data_dir import DataDir, DataDirError, read_file, write_file
from edge.enrolment import (
    Enrolment,
    EnrolmentError,
    EnrolmentRefusedError,
    Membership,
    Token,
    load_or_make_key,
)
from edge.errands import DeliverBodies, Enrol, FetchSigned
from edge.failpoints import NO_FAIL_POINTS
from edge.hub_http import PACK_PATH, WANTED_PATH, HubHttp, HubRefusedError, HubUnreachableError
from edge.station_events import BodiesDelivered
from ledger.keys import SigningKey, key_hash
from ledger.signing import open_sealed, seal
from tests.unit.edge.fakes import FakeClock
from wire.bodies import PrivateBody
from wire.envelope import split_lines
from wire.limits import BODIES_BYTES_MAX, BODIES_PER_MESSAGE_MAX, MESSAGE_BYTES_MAX
from wire.messages import Bodies, Enrolled, encode
from wire.messages import Enrol as EnrolMessage

HUB, STRANGER = SigningKey(b"h" * 32), SigningKey(b"s" * 32)
SALT = "ab" * 16
RUN = "d" * 32
TOKEN = Token("s3cret", key_hash(HUB.public_key))
Handler = Callable[[httpx.Request], httpx.Response]


def hub(handler: Handler) -> HubHttp:
    return HubHttp("http://hub", transport=httpx.MockTransport(handler))


def takes(key: SigningKey = HUB, **changes: str) -> Handler:
    """A hub that enrols whoever asks."""

    def handler(request: httpx.Request) -> httpx.Response:
        asked = open_own(request.content)
        values = {"site": asked.site, "edge": asked.edge, "public_key": asked.public_key}
        message = Enrolled(
            **(values | {"hub_key": key.public_key.hex(), "site_salt": SALT} | changes)
        )
        return httpx.Response(200, content=seal(message, key))

    return handler


def open_own(payload: bytes) -> EnrolMessage:
    head = payload.split(b"\n")[0]
    key = bytes.fromhex(head.split(b'"public_key":"')[1][:64].decode())
    return open_sealed(payload, EnrolMessage, key, MESSAGE_BYTES_MAX).message


class Applicant:
    def __init__(self, directory: Path, token: Token | None = TOKEN) -> None:
        self.key = load_or_make_key(directory, FakeClock())
        self.enrolment = Enrolment(directory, "755A", "dock", self.key, token)


def test_the_key_is_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    first, second = Applicant(tmp_path), Applicant(tmp_path)
    assert first.key.public_key == second.key.public_key
    assert (tmp_path / "edge.key").stat().st_mode & 0o777 == 0o600


def test_a_key_of_another_length_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "edge.key").write_bytes(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        Applicant(tmp_path)
    assert (tmp_path / "edge.key").read_bytes() == b"short"


def test_the_hubs_answer_is_kept_and_read_again(tmp_path: Path) -> None:
    applicant = Applicant(tmp_path)
    assert applicant.enrolment.load() is None
    expected = Membership(HUB.public_key, SALT)
    assert applicant.enrolment.ask(hub(takes()), RUN) == expected
    assert Applicant(tmp_path, token=None).enrolment.load() == expected


def test_a_crash_before_the_answer_was_kept_repeats_the_same_request(tmp_path: Path) -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        if len(asked) == 1:
            raise httpx.ReadTimeout("the answer was lost")
        return takes()(request)

    with pytest.raises(HubUnreachableError):
        Applicant(tmp_path).enrolment.ask(hub(handler), RUN)
    again = Applicant(tmp_path)
    assert again.enrolment.load() is None
    again.enrolment.ask(hub(handler), RUN)
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    "handler",
    [
        takes(site="755W"),
        takes(edge="other"),
        takes(public_key=STRANGER.public_key.hex()),
        takes(hub_key=STRANGER.public_key.hex()),
        lambda _: httpx.Response(200, content=b"garbage"),
        lambda request: httpx.Response(200, content=request.content),
    ],
)
def test_an_answer_that_is_not_the_hubs_or_not_for_us_changes_nothing(
    tmp_path: Path, handler: Handler
) -> None:
    applicant = Applicant(tmp_path)
    with pytest.raises(EnrolmentError):
        applicant.enrolment.ask(hub(handler), RUN)
    assert applicant.enrolment.load() is None


@pytest.mark.parametrize(
    ("status", "says"), [(401, "token"), (403, "token"), (409, "two edges must not share a name")]
)
def test_a_refusal_is_one_sentence(tmp_path: Path, status: int, says: str) -> None:
    with pytest.raises(EnrolmentRefusedError, match=says):
        Applicant(tmp_path).enrolment.ask(hub(lambda _: httpx.Response(status)), RUN)


def test_another_hub_than_the_tokens_is_one_sentence_and_nothing_is_kept(tmp_path: Path) -> None:
    applicant = Applicant(tmp_path)
    with pytest.raises(EnrolmentRefusedError, match="token of 755A/dock names another hub's key"):
        applicant.enrolment.ask(hub(takes(STRANGER)), RUN)
    assert applicant.enrolment.load() is None


def test_an_unexpected_refusal_is_asked_again_later(tmp_path: Path) -> None:
    with pytest.raises(HubRefusedError):
        Applicant(tmp_path).enrolment.ask(hub(lambda _: httpx.Response(422)), RUN)


def test_a_kept_answer_that_was_altered_is_refused(tmp_path: Path) -> None:
    applicant = Applicant(tmp_path)
    applicant.enrolment.ask(hub(takes()), RUN)
    path = tmp_path / "enrolled"
    path.write_bytes(path.read_bytes().replace(SALT.encode(), b"00" * 16))
    with pytest.raises(EnrolmentError):
        applicant.enrolment.load()


def test_the_enrol_errand_is_done_once(tmp_path: Path) -> None:
    told: list[Membership] = []
    errand = Enrol(Applicant(tmp_path).enrolment, RUN, told.append)
    assert errand.is_due()
    errand.run(hub(takes()))
    assert not errand.is_due()
    assert told == [Membership(HUB.public_key, SALT)]


# ---------------------------------------------------------------- HTTP


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_hubs_own_trouble_is_no_refusal(status: int) -> None:
    with pytest.raises(HubUnreachableError):
        hub(lambda _: httpx.Response(status)).post("/x", b"m", 10)


def test_an_answer_longer_than_allowed_is_not_read_to_its_end() -> None:
    client = hub(lambda _: httpx.Response(200, content=b"x" * 11))
    assert client.post("/x", b"m", 11) == b"x" * 11
    with pytest.raises(HubUnreachableError, match="longer"):
        client.post("/x", b"m", 10)


def test_a_redirect_is_not_followed() -> None:
    client = hub(lambda _: httpx.Response(307, headers={"location": "http://elsewhere/"}))
    with pytest.raises(HubRefusedError):
        client.post("/x", b"m", 10)


# ---------------------------------------------------------------- bodies and the list


class Shelf:
    def __init__(self, count: int) -> None:
        body = PrivateBody(salt="a" * 32, body='{"code_hex":"00","text":null}')
        self.kept = {f"{n:064d}": body for n in range(count)}

    def bodies(self, count_max: int, bytes_max: int) -> dict[str, PrivateBody]:
        assert (count_max, bytes_max < BODIES_BYTES_MAX) == (BODIES_PER_MESSAGE_MAX, True)
        return dict(list(self.kept.items())[:count_max])


def deliver(shelf: Shelf, told: list[BodiesDelivered]) -> DeliverBodies:
    return DeliverBodies("755A", "dock", STRANGER, shelf, told.append, NO_FAIL_POINTS)


def test_bodies_are_signed_counted_and_hashed() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(204)

    told: list[BodiesDelivered] = []
    shelf = Shelf(3)
    deliver(shelf, told).run(hub(handler))
    opened = open_sealed(seen[0], Bodies, STRANGER.public_key, BODIES_BYTES_MAX)
    lines = split_lines(opened.lines, BODIES_PER_MESSAGE_MAX)
    assert lines == [encode(body) for body in shelf.kept.values()]
    assert opened.message.sha256 == hashlib.sha256(opened.lines).hexdigest()
    assert told == [BodiesDelivered(tuple(shelf.kept))]


@pytest.mark.parametrize(
    "answer", [httpx.Response(503), httpx.Response(200, content=b"<title>Please log in</title>")]
)
def test_bodies_stay_due_until_the_hub_has_them(answer: httpx.Response) -> None:
    told: list[BodiesDelivered] = []
    errand = deliver(Shelf(1), told)
    with pytest.raises(HubUnreachableError):
        errand.run(hub(lambda _: answer))
    assert errand.is_due()
    assert told == []


def test_bodies_that_could_not_be_read_are_due_all_the_same() -> None:
    class SickShelf(Shelf):
        def bodies(self, count_max: int, bytes_max: int) -> dict[str, PrivateBody]:
            raise OSError("the disk cannot be read")

    errand = deliver(SickShelf(1), [])
    with pytest.raises(OSError, match="cannot be read"):
        errand.run(hub(lambda _: httpx.Response(204)))
    assert errand.is_due()


def test_delivered_bodies_that_the_disk_does_not_let_go_are_not_sent_without_end() -> None:
    told: list[BodiesDelivered] = []
    shelf = Shelf(1)
    errand = deliver(shelf, told)
    errand.run(hub(lambda _: httpx.Response(204)))
    assert not errand.is_due()
    errand.ask()
    assert errand.is_due()
    shelf.kept.clear()
    errand.run(hub(lambda _: httpx.Response(500)))  # nobody is asked
    assert not errand.is_due()
    assert len(told) == 1


@pytest.mark.parametrize("path", [WANTED_PATH, PACK_PATH])
def test_list_and_pack_are_fetched_once_for_any_number_of_requests(path: str) -> None:
    told: list[bytes] = []
    errand = FetchSigned(path, 10, told.append)
    errand.ask(b"one")
    errand.ask(b"two")
    with pytest.raises(HubUnreachableError):
        errand.run(hub(lambda _: httpx.Response(500)))
    assert errand.is_due()
    with pytest.raises(HubUnreachableError):
        errand.run(hub(lambda _: httpx.Response(200, content=b"longer than ten")))
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=request.content)

    errand.run(hub(answer))
    assert (told, asked) == ([b"two"], [path])
    assert not errand.is_due()


# ---------------------------------------------------------------- the directory


def test_two_processes_cannot_share_a_directory(tmp_path: Path) -> None:
    first = DataDir(tmp_path)
    with pytest.raises(DataDirError, match="in use by another process"):
        DataDir(tmp_path)
    first.close()
    DataDir(tmp_path).close()


def test_a_path_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirError, match="not usable"):
        DataDir(tmp_path / "file")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_file(path, b"old")
    (tmp_path / "x.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_file(path, b"new")
    assert read_file(path, 10) == b"old"


def test_a_file_longer_than_its_bound_is_not_read(tmp_path: Path) -> None:
    write_file(tmp_path / "x", b"12345")
    assert read_file(tmp_path / "x", 5) == b"12345"
    with pytest.raises(OSError, match="longer"):
        read_file(tmp_path / "x", 4)
    assert read_file(tmp_path / "none", 4) is None
