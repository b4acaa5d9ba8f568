"""The spool on a real disk: killed, full, broken, crowded (P1, P2)."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from edge import spool_prune
from edge.seams import LinePlace, SpoolError, SpoolUnusableError
from edge.spool import KEEP_RECEIPTED, Spool
from edge.spool_reader import SpoolReader
from edge.spool_schema import TAIL_LINES_CHECKED, check_sqlite_version
from ledger.chain import ChainHead, extend
from tests.faults.lives import lives
from tests.integration.edge.sick_disk import sick_disk
from wire.bodies import PrivateBody
from wire.events import ClockReading, Station, StationFact
from wire.lines import parse_line
from wire.names import ZERO_HEAD, format_at

ID = "5" * 32
QUEUE = "a1" * 16
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KILLS = 50
TO_2 = """
CREATE TABLE one (id TEXT NOT NULL, upto_seq INTEGER NOT NULL) STRICT;
INSERT INTO one SELECT id, upto_seq FROM spool;
DROP TABLE spool;
ALTER TABLE one RENAME TO spool;
ALTER TABLE line RENAME COLUMN place TO seq
"""


def fact(reason: str = "r", at: datetime = NOW) -> Station:
    return Station(
        site="755A",
        edge="dock",
        at=format_at(at),
        mono_ms=1,
        boot="b" * 32,
        clock=ClockReading(),
        fact=StationFact.DEVICE_LOST,
        reason=reason,
    )


def lines_of(path: Path) -> list[bytes]:
    reader = SpoolReader(path)
    head = reader.newest()
    lines = reader.unsent(head.spool, 0, 1_000_000, 1_000_000_000)
    reader.close()
    assert extend(ChainHead(0, ZERO_HEAD), 1, head.head, lines) == ChainHead(head.seq, head.head)
    return lines


def change(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def test_lines_follow_each_other_and_a_reader_sees_them_at_once(path: Path) -> None:
    spool = Spool(path, ID)
    sealed = spool.append([fact("one"), fact("two")], {}, {})
    assert [line.seq for line in sealed] == [1, 2]
    assert lines_of(path) == [line.line for line in sealed]
    assert spool.head == ChainHead(2, sealed[1].head)
    spool.close()


def test_a_spool_goes_on_where_it_stood_under_its_first_id(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()], {}, {"dock-1": b'{"step":"load"}'})
    spool.mark_receipted(ID, 1)
    spool.append([fact()], {}, {})
    spool.close()
    again = Spool(path, "6" * 32)
    assert (again.id, again.head_seq, again.upto_seq) == (ID, 2, 1)
    assert again.sessions() == {"dock-1": b'{"step":"load"}'}
    again.close()


def test_bodies_wait_until_they_are_delivered(path: Path) -> None:
    spool = Spool(path, ID)
    body = PrivateBody(salt="a" * 32, body='{"code_hex":"00","text":null}')
    spool.append([fact()], {"1" * 64: body, "2" * 64: body}, {})
    reader = SpoolReader(path)
    assert list(reader.bodies(10, 10_000)) == ["1" * 64, "2" * 64]
    assert list(reader.bodies(1, 10_000)) == ["1" * 64]
    assert reader.bodies(10, 10) == {}
    spool.bodies_delivered(["1" * 64], format_at(NOW))
    assert list(reader.bodies(10, 10_000)) == ["2" * 64]
    reader.close()
    spool.close()


def test_unsent_lines_stop_at_count_and_at_bytes(path: Path) -> None:
    spool = Spool(path, ID)
    sealed = spool.append([fact(), fact(), fact()], {}, {})
    reader = SpoolReader(path)
    size = len(sealed[1].line) + 1
    assert reader.unsent(ID, 1, 1, 10_000) == [sealed[1].line]
    assert reader.unsent(ID, 1, 9, size) == [sealed[1].line]
    assert reader.unsent(ID, 1, 9, size - 1) == []
    assert reader.head_at(ID, 2) == sealed[1].head
    assert reader.head_at(ID, 4) is None
    assert reader.recorded_at(ID, 2) == format_at(NOW)
    assert reader.last_lines(2) == [sealed[1].line, sealed[2].line]
    reader.close()
    spool.close()


def test_pages_hold_each_line_once_within_count_and_bytes(path: Path) -> None:
    spool = Spool(path, ID)
    sealed = spool.append([fact()] * 5, {}, {})
    lines, size = [each.line for each in sealed], len(sealed[0].line) + 1
    reader = SpoolReader(path)
    assert list(reader.pages(None, 2, 10_000)) == [lines[:2], lines[2:4], lines[4:]]
    assert list(reader.pages(LinePlace(ID, 1), 9, 3 * size)) == [lines[1:4], lines[4:]]
    assert list(reader.pages(LinePlace(ID, 5), 9, 10_000)) == []
    reader.close()
    spool.close()


# ---------------------------------------------------------------- kill -9


def test_what_was_acknowledged_before_a_kill_is_there_after_it(path: Path) -> None:
    with lives() as live:
        for kill in range(KILLS):
            acknowledged = live("without end", path, 0, 1 + kill % 5)[-1]
            assert len(lines_of(path)) >= acknowledged
    spool = Spool(path, ID)
    lines = lines_of(path)
    assert [parse_line(line).seq for line in lines] == list(range(1, spool.head_seq + 1))
    spool.close()


# ---------------------------------------------------------------- a disk that refuses


def test_a_full_disk_records_nothing_and_says_so_and_the_next_try_counts(path: Path) -> None:
    with sick_disk("full") as disk:
        spool = Spool(path, ID, vfs="full")
        spool.append([fact("before")], {}, {})
        head = spool.head
        disk.is_full = True
        with pytest.raises(SpoolError) as refused:
            spool.append([fact("lost")], {}, {"dock-1": b"{}"})
        assert refused.value.is_full
        assert spool.head == head
        disk.is_full = False
        spool.append([fact("after")], {}, {})
        assert [parse_line(line).reason for line in lines_of(path)] == ["before", "after"]
        assert spool.sessions() == {}
        spool.close()


def test_a_failed_sync_records_nothing(path: Path) -> None:
    with sick_disk("nosync") as disk:
        spool = Spool(path, ID, vfs="nosync")
        disk.sync_fails = True
        with pytest.raises(SpoolError) as refused:
            spool.append([fact("lost")], {}, {})
        assert not refused.value.is_full
        disk.sync_fails = False
        spool.append([fact("after")], {}, {})
        assert [parse_line(line).reason for line in lines_of(path)] == ["after"]
        spool.close()


def test_a_sync_that_failed_after_it_had_happened_leaves_a_whole_chain(
    path: Path, tmp_path: Path
) -> None:
    with sick_disk("liar") as disk:
        spool = Spool(path, ID, vfs="liar")
        spool.append([fact("before")], {}, {})
        disk.sync_fails_after = True
        with pytest.raises(SpoolError):
            spool.append([fact("doubt")], {}, {})
        crashed = tmp_path / "crashed"
        crashed.mkdir()
        for part in tmp_path.glob("spool.sqlite*"):
            shutil.copy(part, crashed / part.name)
        disk.sync_fails_after = False
        spool.append([fact("after")], {}, {})
        assert parse_line(lines_of(path)[-1]).reason == "after"
        spool.close()
    # The power went in the doubt: whatever the disk kept, the chain goes on from it.
    again = Spool(crashed / "spool.sqlite", ID)
    again.append([fact("again")], {}, {})
    again.close()
    reasons = [parse_line(line).reason for line in lines_of(crashed / "spool.sqlite")]
    assert reasons in (["before", "again"], ["before", "doubt", "again"])


def test_at_its_bound_the_spool_refuses_and_old_receipted_lines_make_room(path: Path) -> None:
    spool = Spool(path, ID, bytes_max=40 * 4096)
    with pytest.raises(SpoolError) as refused:
        for _ in range(1000):
            spool.append([fact("x" * 200)], {}, {})
    assert refused.value.is_full
    full_at = spool.head_seq
    assert spool.fill_ratio() > 0.8
    spool.mark_receipted(ID, full_at)
    tidied = spool.tidy(NOW)
    assert tidied.forgotten == tidied.early > 0
    spool.append([fact("again")], {}, {})
    spool.close()


def test_a_disk_that_refuses_tidying_loses_nothing(path: Path) -> None:
    with sick_disk("untidy") as disk:
        spool = Spool(path, ID, vfs="untidy")
        spool.append([fact(at=NOW - KEEP_RECEIPTED * 2)] * 3, {}, {})
        spool.mark_receipted(ID, 3)
        disk.is_full = True
        with pytest.raises(SpoolError):
            spool.tidy(NOW)
        disk.is_full = False
        assert len(lines_of(path)) == 3
        assert spool.tidy(NOW).forgotten == 2
        spool.close()


def test_bodies_that_the_disk_does_not_let_go_stay(path: Path) -> None:
    with sick_disk("sticky") as disk:
        spool = Spool(path, ID, vfs="sticky")
        body = PrivateBody(salt="a" * 32, body="{}")
        spool.append([fact()], {"1" * 64: body}, {})
        disk.is_full = True
        with pytest.raises(SpoolError):
            spool.bodies_delivered(["1" * 64], format_at(NOW))
        disk.is_full = False
        reader = SpoolReader(path)
        assert len(reader.bodies(9, 9999)) == 1
        reader.close()
        spool.close()


# ---------------------------------------------------------------- forgetting


def test_only_receipted_lines_older_than_seven_days_are_forgotten(path: Path) -> None:
    spool = Spool(path, ID)
    old = NOW - KEEP_RECEIPTED - timedelta(seconds=1)
    spool.append([fact(at=old)] * 4 + [fact()], {}, {})
    spool.mark_receipted(ID, 3)
    assert spool.tidy(NOW).forgotten == 2  # the line at upto stays: the hub may name it
    reader = SpoolReader(path)
    assert [reader.head_at(ID, seq) is None for seq in range(1, 6)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    reader.close()
    spool.close()
    again = Spool(path, ID)
    assert (again.head_seq, again.upto_seq) == (5, 3)
    again.append([fact()], {}, {})
    again.close()


def test_while_the_clock_is_unsure_no_line_is_old(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact(at=NOW - timedelta(days=365))] * 4, {}, {})
    spool.mark_receipted(ID, 4)
    assert spool.tidy(None).forgotten == 0
    assert spool.tidy(NOW).forgotten == 3
    spool.close()


def test_unreceipted_lines_are_never_forgotten(path: Path) -> None:
    spool = Spool(path, ID, bytes_max=45 * 4096)
    spool.append([fact("x" * 200, at=NOW - timedelta(days=365))] * 150, {}, {})
    assert spool.tidy(NOW).forgotten == 0
    assert len(lines_of(path)) == 150
    spool.close()


def test_forgetting_is_bounded_in_one_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_prune, "PRUNE_LINES_MAX", 2)
    spool = Spool(path, ID)
    spool.append([fact(at=NOW - timedelta(days=30))] * 6, {}, {})
    spool.mark_receipted(ID, 6)
    assert [spool.tidy(NOW).forgotten for _ in range(4)] == [2, 2, 1, 0]
    spool.close()


# ---------------------------------------------------------------- handhelds' queues


@pytest.mark.parametrize("happened", [False, True])
def test_a_queues_place_stands_or_falls_with_its_line(path: Path, happened: bool) -> None:
    """A sync that failed, and one that happened and was said to have failed."""
    with sick_disk("queue") as disk:
        spool = Spool(path, ID, vfs="queue")
        assert spool.handed_in(QUEUE) == 0
        spool.append([fact("one")], {}, {}, {QUEUE: 1})
        disk.sync_fails, disk.sync_fails_after = not happened, happened
        with pytest.raises(SpoolError):
            spool.append([fact("two")], {}, {}, {QUEUE: 2})
        disk.sync_fails = disk.sync_fails_after = False
        assert spool.handed_in(QUEUE) == spool.settle() == len(lines_of(path))
        spool.close()


def test_a_spool_of_the_first_version_is_taken_over_with_its_lines(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact("one")], {}, {})
    spool.close()
    change(path, f"{TO_2}; DROP TABLE queue; PRAGMA user_version = 1")
    again = Spool(path, "6" * 32)
    assert (again.id, again.head_seq, again.handed_in(QUEUE)) == (ID, 1, 0)
    again.append([fact("two")], {}, {}, {QUEUE: 7})
    again.close()
    assert len(lines_of(path)) == 2


# ---------------------------------------------------------------- a spool that is not to be trusted


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE line SET line = CAST(replace(CAST(line AS TEXT), 'one', 'two') AS BLOB)",
        "DELETE FROM line WHERE place = 2",
        "DELETE FROM line WHERE place > 2",
        "UPDATE line SET place = 9 WHERE place = 3",
        "UPDATE spool SET id = '99999999999999999999999999999999'",
        "DELETE FROM line",
        "DELETE FROM spool",
        "PRAGMA user_version = 9",
        "PRAGMA application_id = 7",
    ],
)
def test_a_broken_spool_is_never_continued(path: Path, damage: str) -> None:
    spool = Spool(path, ID)
    spool.append([fact("one")] * 3, {}, {})
    spool.mark_receipted(ID, 3)
    spool.append([fact("one")], {}, {})
    spool.close()
    change(path, damage)
    before = path.read_bytes()
    with pytest.raises(SpoolUnusableError, match="cannot be used"):
        Spool(path, ID)
    assert path.read_bytes() == before


def test_a_tail_longer_than_what_is_checked_is_followed_from_inside(path: Path) -> None:
    spool = Spool(path, ID)
    spool.append([fact()] * (TAIL_LINES_CHECKED + 5), {}, {})
    spool.close()
    again = Spool(path, ID)
    assert again.head_seq == TAIL_LINES_CHECKED + 5
    again.close()


def test_a_file_that_is_no_database_is_one_sentence(path: Path) -> None:
    path.write_bytes(b"hello, I am a text\n" * 400)
    with pytest.raises(SpoolUnusableError, match="not a database"):
        Spool(path, ID)


def test_a_foreign_database_is_one_sentence(path: Path) -> None:
    change(path, "CREATE TABLE theirs (x)")
    with pytest.raises(SpoolUnusableError, match="another program"):
        Spool(path, ID)


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2"])
def test_too_old_sqlite_is_refused(version: str) -> None:
    with pytest.raises(SpoolUnusableError, match="WAL-reset"):
        check_sqlite_version(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "4.0.0"])
def test_fixed_sqlite_is_taken(version: str) -> None:
    check_sqlite_version(version)
