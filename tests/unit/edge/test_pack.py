"""The site pack: signed by the hub, newer than the last, whole on disk, or not believed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from edge.pack import KeptPack, PackKeeper, open_pack
from edge.pack_store import PACK_NAME, KeptPackError, PackStore
from edge.roster import NO_ROSTER, Roster
from edge.station_events import PackChanged
from ledger.keys import SigningKey
from ledger.signing import seal
from tests.unit.edge.fakes import (
    GIVER,
    OK,
    PACK,
    PLAIN,
    POLICY,
    START_AT,
    STRANGER,
    Desk,
    by,
    scans,
)
from wire.messages import Gone, Pack, PackHead
from wire.names import Result, format_at
from wire.policy import WaybillKind
from wire.site_pack import EdgePolicy, SitePack, pack_bytes, pack_sha256

HUB, OTHER = SigningKey(b"h" * 32), SigningKey(b"s" * 32)
AT = format_at(START_AT)


def message(
    pack: SitePack = PACK, key: SigningKey = HUB, data: bytes | None = None, **fields: object
) -> bytes:
    """A pack as the hub sends it; ``fields`` and ``data`` spoil it."""
    line = pack_bytes(pack)
    head = Pack(
        site="755A", edge="dock", version=pack.version, sha256=pack_sha256(line), made_at=AT
    )
    return seal(msgspec.structs.replace(head, **fields), key, [line if data is None else data])


def opened(payload: bytes) -> KeptPack:
    return open_pack(payload, "755A", "dock", HUB.public_key)


def changed(**fields: object) -> SitePack:
    return msgspec.structs.replace(PACK, **fields)


def test_a_pack_of_the_hub_is_read() -> None:
    assert opened(message()) == KeptPack(PACK, message())


@pytest.mark.parametrize(
    "spoilt",
    [
        message(key=OTHER),
        message(edge="other"),
        message(site="755B"),
        message(version=5),
        message(sha256="0" * 64),
        message(data=pack_bytes(changed(version=5))),
        message(data=b"{}", sha256=pack_sha256(b"{}")),
        message(changed(site="755B")),
        message(changed(timezone="Asia/Atlantis")),
        message(changed(timezone="../../etc/passwd")),
        message(changed(timezone="")),
        message()[:-20],
        message() + b"more\n",
        seal(Gone(site="755A", edge="dock", boot="b" * 32, connection="c" * 32), HUB),
        b"",
    ],
    ids=[
        "key", "edge", "site", "version", "hash", "line", "not a pack", "pack's site", "zone",
        "zone path", "no zone", "cut", "two lines", "another message", "empty",
    ],
)  # fmt: skip
def test_a_pack_that_cannot_be_believed_is_refused_and_nothing_changes(spoilt: bytes) -> None:
    kept: list[KeptPack] = []
    keeper = PackKeeper(opened, lambda pack: kept.append(pack), None, "corrupted")
    with pytest.raises(ValueError, match=r"."):
        keeper.take(spoilt)
    assert (keeper.version, kept, keeper.changed()) == (0, [], PackChanged(None, "corrupted"))


def keeper_with(version: int, answer: str | None = None) -> tuple[PackKeeper, list[KeptPack]]:
    kept: list[KeptPack] = []

    def keep(pack: KeptPack) -> str | None:
        kept.append(pack)
        return answer

    held = changed(version=version)
    return PackKeeper(opened, keep, KeptPack(held, message(held)), None), kept


def test_a_newer_pack_is_kept_and_given_to_the_station() -> None:
    keeper, kept = keeper_with(4)
    newer = changed(version=5)
    assert keeper.take(message(newer)) == PackChanged(newer, None)
    assert (keeper.version, kept) == (5, [KeptPack(newer, message(newer))])


@pytest.mark.parametrize("version", [3, 4])
def test_a_pack_that_is_not_newer_is_refused(version: int) -> None:
    keeper, kept = keeper_with(4)
    assert keeper.take(message(changed(version=version))) is None
    assert (keeper.version, kept) == (4, [])


def test_a_pack_that_the_disk_refuses_is_worked_by_all_the_same_and_says_so() -> None:
    keeper, _ = keeper_with(4, answer="not_kept")
    newer = changed(version=5)
    assert keeper.take(message(newer)) == PackChanged(newer, "not_kept")


@pytest.mark.parametrize(
    ("version", "late_s", "needs"), [(5, 0, True), (5, 1, False), (4, 0, False), (3, 0, False)]
)
def test_only_a_newer_pack_that_was_told_of_in_time_is_fetched(
    version: int, late_s: int, *, needs: bool
) -> None:
    keeper, _ = keeper_with(4)
    head = PackHead(site="755A", edge="dock", id="e" * 32, expires_at=AT, version=version)
    assert keeper.needs(head, START_AT + timedelta(seconds=late_s)) is needs


# ---------------------------------------------------------------- on disk


@pytest.fixture
def store(tmp_path: Path) -> PackStore:
    return PackStore(tmp_path, "755A", "dock")


def test_at_first_there_is_no_pack(store: PackStore) -> None:
    assert store.load(HUB.public_key) is None


def test_a_kept_pack_is_read_back_by_its_owner_only(store: PackStore, tmp_path: Path) -> None:
    store.save(opened(message()))
    assert store.load(HUB.public_key) == opened(message())
    assert (tmp_path / PACK_NAME).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-2],
        lambda data: b"",
        lambda data: data.replace("王芳".encode(), "王方".encode()),
        lambda data: message(key=OTHER),
        lambda data: message(edge="other"),
        lambda data: data + b"x" * 2_000_000,
    ],
    ids=["cut", "empty", "altered", "another key", "another edge", "endless"],
)
def test_a_damaged_pack_is_not_believed(
    store: PackStore, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    store.save(opened(message()))
    path = tmp_path / PACK_NAME
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(KeptPackError, match="the kept site pack cannot be believed"):
        store.load(HUB.public_key)


def test_a_pack_whose_writing_was_cut_off_leaves_the_old_one(
    store: PackStore, tmp_path: Path
) -> None:
    store.save(opened(message()))
    (tmp_path / f"{PACK_NAME}.new").write_bytes(message(changed(version=5))[:-5])
    assert store.load(HUB.public_key) == opened(message())


# ---------------------------------------------------------------- what the station makes of it


def test_names_and_places_are_known_or_called_unknown_or_neither_without_a_pack() -> None:
    roster = Roster(PACK)
    li = roster.person(by(GIVER))
    assert li is not None
    assert (li.name, li.unknown) == ("李强", False)
    for found, unknown in ((roster, True), (NO_ROSTER, False)):
        who, where = found.person(by(STRANGER)), found.place("attic")
        assert who is not None
        assert where is not None
        assert (who.name, who.unknown, where.unknown) == (None, unknown, unknown)
        assert (found.person(None), found.place(None)) == (None, None)


def with_policy(**fields: object) -> SitePack:
    policy: EdgePolicy = msgspec.structs.replace(POLICY, **fields)
    return changed(policy=policy)


def test_the_packs_policy_counts_from_the_next_scan_on() -> None:
    desk = Desk().start()
    desk.scan("A1234567")
    kind = WaybillKind(
        name="a", pattern="A[0-9]{7}", symbologies=("code128",), check="none", series_hv=None
    )
    desk.step(PackChanged(with_policy(waybill=(kind,)), None))
    desk.scan("A1234567")
    desk.scan(PLAIN)
    assert [scan.result for scan in scans(desk)] == [
        Result.NOT_A_PARCEL,
        Result.CLEAR,
        Result.NOT_A_PARCEL,
    ]
    desk.step(PackChanged(None, "corrupted"))
    desk.scan(PLAIN)
    assert scans(desk)[-1].result is Result.CLEAR


def test_the_packs_guard_and_idle_time_count_too() -> None:
    desk = Desk().start()
    scan = msgspec.structs.replace(POLICY.scan, repeat_guard_ms=2000)
    session = msgspec.structs.replace(POLICY.session, idle_min=1)
    desk.step(PackChanged(with_policy(scan=scan, session=session), None))
    assert desk.scan(f"CX:BY:{GIVER}") == OK
    desk.scan(PLAIN)
    desk.clock.advance(1500)
    desk.read(f"]C0{PLAIN}\r".encode())
    assert len(scans(desk)) == 2
    desk.clock.advance(61_000)
    desk.scan(PLAIN)
    assert scans(desk)[-1].by is None


def test_the_packs_shift_ends_a_session() -> None:
    desk = Desk().start()
    desk.step(PackChanged(PACK, None))  # until 20:00 in Shanghai, four hours after the start
    desk.scan(f"CX:BY:{GIVER}")
    for _ in range(16):
        desk.scan(PLAIN)
        desk.clock.advance(14 * 60_000 + 59_000)
    desk.scan(PLAIN)
    assert scans(desk)[-1].by == by(GIVER)
    desk.clock.advance(60_000)
    desk.scan(PLAIN)
    assert scans(desk)[-1].by is None
