"""The wanted list on disk: whole and signed, or not believed."""

from pathlib import Path

import pytest

from edge.verdict import shipped_list
from edge.wanted import KeptList, check_kept
from edge.wanted_store import VOUCHER_NAME, KeptListError, WantedStore
from ledger.keys import SigningKey
from ledger.signing import seal
from tests.unit.edge.fakes import POLICY, START_AT
from wire.messages import Gone, WantedHead
from wire.names import format_at
from wire.wanted import ListHead, WantedList, list_bytes, list_sha256, make_list

HUB, STRANGER = SigningKey(b"h" * 32), SigningKey(b"s" * 32)
SHIPPED = shipped_list(POLICY.waybill)


def kept(version: int, key: SigningKey = HUB, edge: str = "dock") -> KeptList:
    wanted: WantedList = make_list(version, SHIPPED.rules, ())
    at = format_at(START_AT)
    head = ListHead(version=version, list_sha256=list_sha256(wanted), head_at=at)
    message = WantedHead(site="755A", edge=edge, id="e" * 32, expires_at=at, head=head)
    return check_kept(head, list_bytes(wanted), seal(message, key))


@pytest.fixture
def store(tmp_path: Path) -> WantedStore:
    return WantedStore(tmp_path, "755A", "dock")


def test_at_first_there_is_no_list(store: WantedStore) -> None:
    assert store.load(HUB.public_key) is None


def test_a_list_is_read_back_and_the_old_one_is_gone(store: WantedStore, tmp_path: Path) -> None:
    store.save(kept(1))
    store.save(kept(2))
    assert store.load(HUB.public_key) == kept(2)
    assert len(list(tmp_path.glob("wanted-*"))) == 1


def test_a_power_cut_between_list_and_head_leaves_the_old_pair(
    store: WantedStore, tmp_path: Path
) -> None:
    store.save(kept(1))
    (tmp_path / f"wanted-{kept(2).head.list_sha256}").write_bytes(list_bytes(kept(2).wanted))
    assert store.load(HUB.public_key) == kept(1)


@pytest.mark.parametrize("part", [VOUCHER_NAME, f"wanted-{kept(1).head.list_sha256}"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_list_is_not_believed(
    store: WantedStore, tmp_path: Path, part: str, damage: str
) -> None:
    store.save(kept(1))
    path = tmp_path / part
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    match damage:
        case "flip":
            path.write_bytes(data)
        case "cut":
            path.write_bytes(data[:-2])
        case "empty":
            path.write_bytes(b"")
        case _:
            path.unlink()
    if (part, damage) == (VOUCHER_NAME, "gone"):
        assert store.load(HUB.public_key) is None
        return
    with pytest.raises(KeptListError):
        store.load(HUB.public_key)


def test_a_damaged_list_is_mended_by_the_next_save_of_the_same_list(
    store: WantedStore, tmp_path: Path
) -> None:
    store.save(kept(1))
    (tmp_path / f"wanted-{kept(1).head.list_sha256}").write_bytes(b"damaged")
    started_again = WantedStore(tmp_path, "755A", "dock")
    with pytest.raises(KeptListError):
        started_again.load(HUB.public_key)
    started_again.save(kept(1))
    assert WantedStore(tmp_path, "755A", "dock").load(HUB.public_key) == kept(1)


def test_a_renewed_head_does_not_write_the_list_again(store: WantedStore, tmp_path: Path) -> None:
    store.save(kept(1))
    path = tmp_path / f"wanted-{kept(1).head.list_sha256}"
    written_ns = path.stat().st_mtime_ns
    inode = path.stat().st_ino
    store.save(kept(1))
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (written_ns, inode)


def test_a_list_by_a_stranger_for_another_edge_or_vouched_by_something_else_is_refused(
    store: WantedStore, tmp_path: Path
) -> None:
    gone = seal(Gone(site="755A", edge="dock", boot="b" * 32, connection="c" * 32), HUB)
    for bad in (
        kept(1, STRANGER),
        kept(1, edge="other"),
        KeptList(kept(1).wanted, kept(1).head, gone),
    ):
        store.save(bad)
        with pytest.raises(KeptListError):
            store.load(HUB.public_key)


def test_a_disk_that_refuses_leaves_the_old_list(store: WantedStore, tmp_path: Path) -> None:
    store.save(kept(1))
    (tmp_path / f"{VOUCHER_NAME}.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        store.save(kept(2))
    assert store.load(HUB.public_key) == kept(1)
