"""One spool ends and the next begins, on a real disk: crashes, refusals, forgetting (P1, P2)."""

import gzip
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from edge import spool_prune
from edge.failpoints import FailPoint
from edge.seams import KeptSpool, LinePlace, SpoolError, SpoolUnusableError
from edge.spool import CROWDED_RATIO, KEEP_RECEIPTED, Spool
from edge.spool_reader import SpoolReader
from ledger.chain import ChainHead, extend
from tests.faults.power import PowerDisk
from tests.integration.edge.sick_disk import sick_disk
from wire.bodies import PrivateBody
from wire.events import ClockReading, Scan, Station, StationFact
from wire.lines import parse_line
from wire.messages import SpoolHead
from wire.names import ZERO_HEAD, format_at

ID, NEW, NEWER = "5" * 32, "6" * 32, "7" * 32
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OLD_FILE = Path(__file__).parents[2] / "golden" / "edge" / "spool-2.sqlite.gz"
CUTS = 100


def fact(fact: StationFact = StationFact.DEVICE_LOST, at: datetime = NOW) -> Station:
    return Station(
        site="755A",
        edge="dock",
        at=format_at(at),
        mono_ms=1,
        boot="b" * 32,
        clock=ClockReading(),
        fact=fact,
    )


def change_over(
    spool: Spool, new_id: str = NEW, at: datetime = NOW, *, closes: bool = False
) -> None:
    end, start = fact(StationFact.SPOOL_END, at), fact(StationFact.SPOOL_START, at)
    spool.change_over(new_id, [end], start, {}, closes=closes)


def chains(path: Path) -> list[tuple[str, int]]:
    """Each spool with its length; every chain and every link between two is followed."""
    reader = SpoolReader(path)
    found = []
    before: KeptSpool | None = None
    for spool in reader.spools():
        lines = reader.unsent(spool.id, 0, 1_000_000, 1_000_000_000)
        events = [parse_line(line) for line in lines]
        assert {event.spool for event in events} <= {spool.id}
        start = ChainHead(events[0].seq - 1, events[0].prev) if events else ChainHead(0, ZERO_HEAD)
        assert extend(start, start.seq + 1, spool.head.head, lines) == spool.head
        first = events[0] if events else None
        if before is not None and isinstance(first, Station) and first.seq == 1:
            end = (before.id, before.head.seq, before.head.head)
            assert (first.after_spool, first.after_seq, first.after_head) == end
        before = spool
        found.append((spool.id, spool.head.seq))
    last = events[-1] if events else None
    assert not (isinstance(last, Station) and last.fact is StationFact.SPOOL_END), "none is live"
    reader.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def test_the_new_spool_begins_with_where_the_old_one_ended(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()] * 3, {}, {})
    ended, begun = spool.change_over(
        NEW, [fact(StationFact.SPOOL_END)], fact(StationFact.SPOOL_START), {}
    )
    (first,) = [parse_line(begun.line)]
    assert isinstance(first, Station)
    assert (first.spool, first.seq, first.prev) == (NEW, 1, ZERO_HEAD)
    assert (first.after_spool, first.after_seq, first.after_head) == (ID, 4, ended.head)
    assert (spool.id, spool.head_seq, spool.upto_seq) == (NEW, 1, 0)
    assert (spool.depth, spool.backlog, spool.spool_count) == (5, 1, 2)
    spool.append([fact()], {}, {})
    assert chains(path) == [(ID, 4), (NEW, 2)]
    spool.close()
    again = Spool(path, "9" * 32)
    assert (again.id, again.head_seq, again.depth) == (NEW, 2, 6)
    again.append([fact()], {}, {})
    again.close()
    assert chains(path) == [(ID, 4), (NEW, 3)]


def test_readers_see_the_lines_of_all_spools_in_the_order_of_their_recording(path: Path) -> None:
    spool = Spool(path, ID)
    sealed = spool.append([fact()] * 3, {}, {})
    reader = SpoolReader(path)
    assert reader.newest() == SpoolHead(spool=ID, seq=3, head=sealed[-1].head)
    sealed += spool.change_over(
        NEW, [fact(StationFact.SPOOL_END)], fact(StationFact.SPOOL_START), {}
    )
    assert reader.newest() == SpoolHead(spool=NEW, seq=1, head=sealed[-1].head)
    lines = [each.line for each in sealed]
    assert [line for page in reader.pages(None, 2, 10_000) for line in page] == lines
    assert list(reader.pages(LinePlace(ID, 4), 9, 10_000)) == [lines[4:]]
    assert list(reader.pages(LinePlace("f" * 32, 4), 9, 10_000)) == [lines]
    assert reader.last_lines(2) == lines[-2:]
    assert reader.unsent(ID, 2, 9, 10_000) == lines[2:4]
    assert reader.unsent(NEW, 0, 9, 10_000) == lines[4:]
    assert (reader.head_at(NEW, 2), reader.head_at("f" * 32, 1)) == (None, None)
    assert reader.unsent("f" * 32, 0, 9, 10_000) == []
    reader.close()
    spool.close()


def test_no_session_of_the_old_spool_is_kept_but_those_given(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()], {}, {"dock-1": b"one", "gone": b"names line 1 of the old spool"})
    spool.change_over(
        NEW, [fact(StationFact.SPOOL_END)], fact(StationFact.SPOOL_START), {"dock-1": b"two"}
    )
    assert spool.sessions() == {"dock-1": b"two"}
    spool.close()


# ---------------------------------------------------------------- crashes


class DiedError(Exception):
    """The program is gone at this point: nothing of it runs any more."""


class DiesAt:
    """A fail-point that ends the program in-process; what the disk has is then read anew."""

    def __init__(self, point: FailPoint) -> None:
        self.point = point
        self.is_on = False

    def hit(self, point: FailPoint) -> None:
        if self.is_on and point is self.point:
            raise DiedError


@pytest.mark.parametrize("point", [FailPoint.BEFORE_CHANGE_OVER, FailPoint.AFTER_CHANGE_OVER])
def test_a_death_at_the_change_over_leaves_one_live_spool_and_every_line(
    path: Path, point: FailPoint
) -> None:
    dies = DiesAt(point)
    spool = Spool(path, ID, fail_points=dies)
    spool.append([fact()] * 3, {}, {})
    dies.is_on = True
    with pytest.raises(DiedError):
        change_over(spool)
    again = Spool(path, NEWER)
    has_happened = point is FailPoint.AFTER_CHANGE_OVER
    assert again.id == (NEW if has_happened else ID)
    again.append([fact()], {}, {})
    assert chains(path) == ([(ID, 4), (NEW, 2)] if has_happened else [(ID, 4)])
    if not has_happened:
        change_over(again, NEWER)
        assert chains(path) == [(ID, 5), (NEWER, 1)]
    again.close()
    spool.close()


@pytest.mark.parametrize("happened", [False, True])
def test_a_change_over_that_failed_and_one_that_only_seemed_to_are_both_gone_on_from(
    path: Path, happened: bool
) -> None:
    with sick_disk("over") as disk:
        spool = Spool(path, ID, vfs="over")
        spool.append([fact()] * 3, {}, {})
        spool.mark_receipted(ID, 2)
        disk.sync_fails, disk.sync_fails_after = not happened, happened
        with pytest.raises(SpoolError, match="no new spool"):
            change_over(spool)
        disk.sync_fails = disk.sync_fails_after = False
        spool.settle()
        # Whatever the disk kept of the doubt, the writer goes on from exactly that.
        assert (spool.id, spool.head_seq) == chains(path)[-1]
        assert spool.depth == sum(length for _, length in chains(path)) - 2
        spool.append([fact()], {}, {})
        assert (spool.id, spool.head_seq) == chains(path)[-1]
        spool.close()
    again = Spool(path, NEWER)
    assert (again.id, again.head_seq) == chains(path)[-1]
    again.close()


def _live_through_power_cuts(spool: Spool, disk: PowerDisk) -> None:
    ids = iter(f"{n:032x}" for n in range(1, 100))
    for number in range(120):
        (sealed,) = spool.append([fact()], {}, {})
        disk.acknowledge((spool.id, sealed.seq))
        if number % 10 == 9:
            change_over(spool, next(ids))
            disk.acknowledge((spool.id, 1))
        if number % 25 == 24:
            spool.mark_receipted(ID, 5)
            spool.tidy(NOW)


def test_power_cuts_around_change_overs_leave_one_live_spool_and_every_promised_line(
    tmp_path: Path,
) -> None:
    disk = PowerDisk("power-over")
    rng = random.Random(33)
    origin = tmp_path / "origin"
    origin.mkdir()
    spool = Spool(origin / "spool.sqlite", ID, vfs=disk.name)
    try:
        opened = len(disk.log)
        _live_through_power_cuts(spool, disk)
        for number, cut in enumerate(disk.cuts(CUTS, opened, rng)):
            restored = tmp_path / f"cut-{number}"
            restored.mkdir()
            disk.restore(cut, restored, rng)
            promised: Sequence[tuple[str, int]] = disk.acknowledged_before(cut)
            again = Spool(restored / "spool.sqlite", "9" * 32)
            kept = dict(chains(restored / "spool.sqlite"))
            assert all(seq <= kept.get(name, 0) for name, seq in promised)
            assert again.id == list(kept)[-1]
            again.close()
    finally:
        spool.close()
        disk.close()


# ---------------------------------------------------------------- forgetting


def test_a_drained_spool_stays_seven_days_and_is_then_forgotten_whole(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()] * 3, {}, {})
    change_over(spool)
    spool.mark_receipted(ID, 4)
    spool.mark_receipted(NEW, 1)
    assert spool.tidy(NOW + KEEP_RECEIPTED).forgotten == 0
    assert chains(path) == [(ID, 4), (NEW, 1)]
    assert spool.tidy(NOW + KEEP_RECEIPTED + timedelta(seconds=1)).forgotten == 4
    assert chains(path) == [(NEW, 1)]
    assert (spool.spool_count, spool.depth) == (1, 0)
    spool.mark_receipted(ID, 4)  # a late receipt for what is forgotten
    spool.append([fact()], {}, {})
    spool.close()
    assert chains(path) == [(NEW, 2)]


def test_an_undrained_spool_is_never_forgotten_whatever_its_age(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()] * 3, {}, {})
    change_over(spool)
    spool.mark_receipted(ID, 3)  # but not the line that ends it
    assert spool.tidy(NOW + KEEP_RECEIPTED * 9).forgotten == 2
    assert chains(path) == [(ID, 4), (NEW, 1)]
    assert spool.depth == 2
    spool.close()


def test_only_the_beginning_of_a_spool_is_forgotten_never_a_hole_in_it(path: Path) -> None:
    """A clock that was set makes later lines look older; a hub must be able to be refilled."""
    spool = Spool(path, ID)
    old, young = NOW - KEEP_RECEIPTED * 2, NOW
    spool.append([fact(at=old), fact(at=young), fact(at=old), fact(at=young)], {}, {})
    spool.mark_receipted(ID, 4)
    assert spool.tidy(NOW).forgotten == 1
    assert chains(path) == [(ID, 4)]
    spool.close()


def test_receipts_of_both_spools_become_durable_with_the_next_commit(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()] * 3, {}, {})
    change_over(spool)
    spool.mark_receipted(ID, 2)
    spool.mark_receipted(NEW, 1)
    spool.append([fact()], {}, {})
    spool.close()
    again = Spool(path, NEWER)
    assert (again.depth, again.oldest_at()) == (3, format_at(NOW))
    again.close()


def test_forgetting_goes_on_over_spools_within_its_bound(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_prune, "PRUNE_LINES_MAX", 3)
    spool = Spool(path, ID)
    old = NOW - KEEP_RECEIPTED * 2
    spool.append([fact(at=old)], {}, {})
    change_over(spool, NEW, old)
    spool.append([fact(at=old)] * 2, {}, {})
    spool.mark_receipted(ID, 2)
    spool.mark_receipted(NEW, 3)
    assert [spool.tidy(NOW).forgotten for _ in range(3)] == [3, 1, 0]
    assert chains(path) == [(NEW, 3)]
    spool.close()


# ---------------------------------------------------------------- closed by an administrator's act


def test_a_closed_spool_counts_as_sent_and_stays_until_its_room_is_needed(path: Path) -> None:
    spool = Spool(path, ID, bytes_max=60 * 4096)
    spool.append([fact()] * 50, {}, {})
    change_over(spool, closes=True)
    assert (spool.id, spool.depth) == (NEW, 1)
    assert spool.tidy(NOW + KEEP_RECEIPTED * 9).forgotten == 0
    assert [length for _, length in chains(path)] == [51, 1]
    while spool.fill_ratio() <= CROWDED_RATIO:
        spool.append([fact()] * 10, {}, {})
    assert spool.tidy(NOW).early == 51
    assert [name for name, _ in chains(path)] == [NEW]
    spool.close()


def test_only_an_ended_spool_can_be_closed_beside_the_live_one(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()] * 3, {}, {})
    spool.close_spool(ID)
    assert spool.depth == 3
    change_over(spool)
    spool.close_spool(ID)
    assert spool.depth == 1
    spool.close()
    again = Spool(path, NEWER)
    assert (again.id, again.depth) == (NEW, 1)
    again.close()


# ---------------------------------------------------------------- an older program's file


def test_a_spool_made_by_the_program_before_is_taken_over_without_a_line_written_anew(
    path: Path,
) -> None:
    path.write_bytes(gzip.decompress(OLD_FILE.read_bytes()))
    spool = Spool(path, NEWER)
    assert (spool.id, spool.head_seq, spool.upto_seq, spool.depth) == (ID, 14, 7, 7)
    assert (spool.handed_in("a1" * 16), spool.sessions()) == (4, {"dock-1": b'{"step":"load"}'})
    reader = SpoolReader(path)
    body = PrivateBody(salt="a" * 32, body='{"code_hex":"00","text":null}')
    assert reader.bodies(9, 9999) == {f"{1:064x}": body}
    lines = reader.unsent(ID, 0, 99, 10**6)
    found = [parse_line(line) for line in lines]
    assert [each.waybill for each in found if isinstance(each, Scan)] == [
        f"{755000000000 + number}" for number in range(14)
    ]
    reader.close()
    change_over(spool)
    spool.close()
    assert chains(path) == [(ID, 15), (NEW, 1)]


def test_an_older_file_whose_upgrade_dies_is_as_it_was(path: Path) -> None:
    path.write_bytes(gzip.decompress(OLD_FILE.read_bytes()))
    with sick_disk("upgrade") as disk:
        connection = apsw.Connection(str(path))  # so that the WAL stays where it is
        disk.sync_fails = True
        with pytest.raises(SpoolUnusableError):
            Spool(path, NEWER, vfs="upgrade")
        disk.sync_fails = False
        connection.close()
    spool = Spool(path, NEWER)
    assert (spool.id, spool.head_seq, spool.upto_seq) == (ID, 14, 7)
    spool.close()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM spool",
        "DELETE FROM spool WHERE n = 1",
        "DELETE FROM line WHERE place = (1 << 40) + 1",
        "DELETE FROM line WHERE place < 1 << 40",
        "UPDATE spool SET id = 'f' WHERE n = 0",
    ],
)
def test_broken_spools_are_never_continued(path: Path, damage: str) -> None:
    spool = Spool(path, ID)
    spool.append([fact()] * 3, {}, {})
    spool.mark_receipted(ID, 2)
    change_over(spool)
    spool.mark_receipted(NEW, 1)
    spool.append([fact()], {}, {})
    spool.close()
    connection = apsw.Connection(str(path))
    connection.execute(damage)
    connection.close()
    with pytest.raises(SpoolUnusableError, match="cannot be used"):
        Spool(path, NEWER)
