"""An edge's new key: whatever crashes, one of the two counts, and the same is asked again."""

from pathlib import Path

import httpx
import pytest

from edge.data_dir import write_file
from edge.enrolment import ENROLLED_NAME, Enrolment, EnrolmentError, load_or_make_key
from edge.hub_http import ROTATE_PATH, HubHttp, HubRefusedError
from edge.rotation import NEXT_NAME, OwnKeys, RotateKey, open_keys, prepare
from ledger.keys import SigningKey, is_signed_by
from ledger.signing import open_sealed, rotation_proof, seal
from tests.unit.edge.fakes import FakeClock
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Enrolled, Rotate

HUB = SigningKey(b"h" * 32)


def answer_to(public_key: str, hub_key: SigningKey = HUB) -> bytes:
    message = Enrolled(
        site="755A",
        edge="dock",
        public_key=public_key,
        hub_key=hub_key.public_key.hex(),
        site_salt="ab" * 16,
    )
    return seal(message, hub_key)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def old(tmp_path: Path, clock: FakeClock) -> SigningKey:
    """An enrolled edge's key."""
    key = load_or_make_key(tmp_path, clock)
    write_file(tmp_path / ENROLLED_NAME, answer_to(key.public_key.hex()))
    return key


def rotation(directory: Path, keys: OwnKeys) -> RotateKey:
    assert keys.following is not None
    following = Enrolment(directory, "755A", "dock", keys.following, None)
    return RotateKey(directory, "755A", "dock", keys, following, HUB.public_key)


def hub(
    asked: list[bytes], status: int = 200, key: str | None = None, signer: SigningKey = HUB
) -> HubHttp:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.path == ROTATE_PATH
        asked.append(request.content)
        new = request.content.split(b'"public_key":"')[1][:64].decode()
        return httpx.Response(status, content=answer_to(key or new, signer))

    return HubHttp("http://hub", transport=httpx.MockTransport(handle))


def test_the_old_key_signs_the_new_one_which_then_takes_its_place(
    tmp_path: Path, clock: FakeClock, old: SigningKey
) -> None:
    asked = list[bytes]()
    prepare(tmp_path, clock)
    keys = open_keys(tmp_path, clock)
    assert keys.known.public_key == old.public_key
    assert keys.following is not None
    membership = rotation(tmp_path, keys).run(hub(asked))
    assert membership.hub_key == HUB.public_key
    request = open_sealed(asked[0], Rotate, old.public_key, MESSAGE_BYTES_MAX).message
    new = bytes.fromhex(request.public_key)
    proof = rotation_proof("755A", "dock", old.public_key, new)
    assert is_signed_by(new, proof, bytes.fromhex(request.proof))
    after = open_keys(tmp_path, clock)
    assert (after.known.public_key, after.following) == (new, None)
    assert not (tmp_path / NEXT_NAME).exists()


def test_a_key_that_waits_is_not_made_anew(
    tmp_path: Path, clock: FakeClock, old: SigningKey
) -> None:
    prepare(tmp_path, clock)
    first = (tmp_path / NEXT_NAME).read_bytes()
    prepare(tmp_path, clock)
    assert (tmp_path / NEXT_NAME).read_bytes() == first


def test_a_crash_after_the_answer_was_kept_is_finished_at_the_next_start(
    tmp_path: Path, clock: FakeClock, old: SigningKey
) -> None:
    prepare(tmp_path, clock)
    new = SigningKey((tmp_path / NEXT_NAME).read_bytes())
    write_file(tmp_path / ENROLLED_NAME, answer_to(new.public_key.hex()))
    keys = open_keys(tmp_path, clock)
    assert (keys.known.public_key, keys.following) == (new.public_key, None)
    assert not (tmp_path / NEXT_NAME).exists()
    assert load_or_make_key(tmp_path, clock).public_key == new.public_key


def test_a_crash_before_the_answer_was_kept_asks_the_same_again(
    tmp_path: Path, clock: FakeClock, old: SigningKey
) -> None:
    asked = list[bytes]()
    prepare(tmp_path, clock)
    for _ in range(2):
        keys = open_keys(tmp_path, clock)
        assert keys.following is not None
        with pytest.raises(HubRefusedError):
            rotation(tmp_path, keys).run(hub(asked, status=409))
    assert asked[0] == asked[1]
    assert open_keys(tmp_path, clock).known.public_key == old.public_key


def test_an_answer_to_another_key_changes_nothing(
    tmp_path: Path, clock: FakeClock, old: SigningKey
) -> None:
    prepare(tmp_path, clock)
    keys = open_keys(tmp_path, clock)
    kept = (tmp_path / ENROLLED_NAME).read_bytes()
    with pytest.raises(EnrolmentError, match="for another key"):
        rotation(tmp_path, keys).run(hub([], key=old.public_key.hex()))
    assert (tmp_path / ENROLLED_NAME).read_bytes() == kept
    assert (tmp_path / NEXT_NAME).exists()


def test_the_key_for_tls_is_given_up_with_the_old_signing_key(
    tmp_path: Path, clock: FakeClock, old: SigningKey
) -> None:
    (tmp_path / "edge-tls.key").write_bytes(b"k" * 32)
    open_keys(tmp_path, clock)
    assert (tmp_path / "edge-tls.key").exists()
    prepare(tmp_path, clock)
    open_keys(tmp_path, clock)
    assert not (tmp_path / "edge-tls.key").exists()


def test_the_answer_of_another_hub_changes_nothing(
    tmp_path: Path, clock: FakeClock, old: SigningKey
) -> None:
    prepare(tmp_path, clock)
    kept = (tmp_path / ENROLLED_NAME).read_bytes()
    with pytest.raises(EnrolmentError, match="another hub's"):
        rotation(tmp_path, open_keys(tmp_path, clock)).run(hub([], signer=SigningKey(b"x" * 32)))
    assert (tmp_path / ENROLLED_NAME).read_bytes() == kept
    assert open_keys(tmp_path, clock).known.public_key == old.public_key


def test_an_edge_that_is_not_enrolled_goes_by_its_first_key(
    tmp_path: Path, clock: FakeClock
) -> None:
    key = load_or_make_key(tmp_path, clock)
    prepare(tmp_path, clock)
    keys = open_keys(tmp_path, clock)
    assert (keys.known.public_key, keys.following) == (key.public_key, None)
