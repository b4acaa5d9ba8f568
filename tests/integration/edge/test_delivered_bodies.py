"""Private bodies stay as long as their lines, and go again to a hub that was restored."""

from datetime import datetime, timedelta
from pathlib import Path

import apsw
import pytest

from edge import delivered_bodies
from edge.failpoints import Action, ArmedFailPoints, FailPoint
from edge.seams import SpoolError
from edge.spool import KEEP_RECEIPTED, Spool
from edge.spool_reader import SpoolReader
from tests.integration.edge.sick_disk import sick_disk
from tests.integration.edge.test_spool import ID, NOW, fact
from wire.bodies import PrivateBody
from wire.names import format_at

MINUTE = timedelta(minutes=1)


def sha(n: int) -> str:
    return f"{n:064x}"


def body(n: int) -> PrivateBody:
    return PrivateBody(salt="a" * 32, body=f'{{"code_hex":"{n:04x}","text":null}}')


def record(spool: Spool, n: int, at: datetime) -> None:
    """A line with a body."""
    spool.append([fact(at=at)], {sha(n): body(n)}, {})


def record_all(spool: Spool, count: int) -> list[str]:
    """So many lines with a body each, in one commit; the bodies' names."""
    bodies = {sha(n): body(n) for n in range(1, count + 1)}
    spool.append([fact(at=NOW) for _ in bodies], bodies, {})
    return list(bodies)


def hub_has_less(spool: Spool, upto_seq: int) -> None:
    """As the uplink tells it: the loss first."""
    spool.hub_has_less(ID, upto_seq)
    spool.mark_receipted(ID, upto_seq)


def waiting(path: Path) -> dict[str, PrivateBody]:
    reader = SpoolReader(path)
    found = reader.bodies(10_000, 10_000_000)
    reader.close()
    return found


def put_away(path: Path) -> int:
    connection = apsw.Connection(str(path))
    rows: list[tuple[int]] = list(connection.execute("SELECT count(*) FROM delivered_body"))
    connection.close()
    return rows[0][0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def test_a_hub_that_went_back_gets_the_bodies_that_it_had_since(path: Path) -> None:
    spool = Spool(path, ID)
    for n in range(1, 7):
        record(spool, n, NOW + n * MINUTE)
        spool.bodies_delivered([sha(n)], format_at(NOW + n * MINUTE + timedelta(seconds=1)))
        spool.mark_receipted(ID, n)
    assert waiting(path) == {}
    hub_has_less(spool, 3)
    spool.deliver_again()
    assert waiting(path) == {sha(n): body(n) for n in (3, 4, 5, 6)}
    spool.bodies_delivered([sha(n) for n in (3, 4, 5, 6)], format_at(NOW + 9 * MINUTE))
    assert waiting(path) == {}
    assert put_away(path) == 6
    spool.close()


def test_a_body_that_came_long_after_its_line_goes_again_too(path: Path) -> None:
    """Its line was in the backup, the body was not: HTTP was away longer than the broker."""
    spool = Spool(path, ID)
    record(spool, 1, NOW)
    record(spool, 2, NOW + MINUTE)
    spool.mark_receipted(ID, 2)
    spool.append([fact(at=NOW + 9 * MINUTE)], {}, {})
    spool.mark_receipted(ID, 3)
    spool.bodies_delivered([sha(1), sha(2)], format_at(NOW + 10 * MINUTE))
    hub_has_less(spool, 2)
    spool.deliver_again()
    assert set(waiting(path)) == {sha(1), sha(2)}
    spool.close()


@pytest.mark.parametrize("set_back", [timedelta(0), timedelta(hours=9)])
def test_a_clock_that_was_set_back_since_keeps_no_body_from_going_again(
    path: Path, set_back: timedelta
) -> None:
    spool = Spool(path, ID)
    record(spool, 1, NOW)
    spool.mark_receipted(ID, 1)
    record(spool, 2, NOW + MINUTE - set_back)
    spool.bodies_delivered([sha(1), sha(2)], format_at(NOW + MINUTE - set_back))
    spool.mark_receipted(ID, 2)
    hub_has_less(spool, 1)
    spool.deliver_again()
    assert set(waiting(path)) == {sha(1), sha(2)}
    spool.close()


def test_what_the_hub_lost_is_known_when_it_has_the_lines_again_before_the_disk_takes_note(
    path: Path,
) -> None:
    with sick_disk("full") as disk:
        spool = Spool(path, ID, vfs="full")
        for n in (1, 2, 3):
            record(spool, n, NOW + n * MINUTE)
            spool.bodies_delivered([sha(n)], format_at(NOW + n * MINUTE))
        spool.mark_receipted(ID, 3)
        hub_has_less(spool, 1)
        disk.is_full = True
        with pytest.raises(SpoolError):
            spool.deliver_again()
        spool.mark_receipted(ID, 3)
        disk.is_full = False
        spool.deliver_again()
        assert set(waiting(path)) == {sha(1), sha(2), sha(3)}
        spool.close()


def test_no_crash_comes_between_a_hub_that_went_back_and_what_it_lost(path: Path) -> None:
    """Whichever commit writes down how little the hub has writes down what it needs, too."""
    spool = Spool(path, ID)
    for n in (1, 2):
        record(spool, n, NOW)
        spool.bodies_delivered([sha(n)], format_at(NOW))
    spool.mark_receipted(ID, 2)
    spool.tidy(NOW)
    hub_has_less(spool, 1)
    record(spool, 3, NOW)
    spool.close()
    with sick_disk("full") as disk:
        disk.is_full = True
        Spool(path, ID, vfs="full").close()
        assert set(waiting(path)) == {sha(3)}  # still owed, and the station starts all the same
    Spool(path, ID).close()
    assert set(waiting(path)) == {sha(1), sha(2), sha(3)}


def test_a_hub_that_knows_nothing_gets_every_body(path: Path) -> None:
    spool = Spool(path, ID)
    for n in (1, 2):
        record(spool, n, NOW)
    spool.bodies_delivered([sha(1), sha(2)], format_at(NOW))
    spool.mark_receipted(ID, 2)
    hub_has_less(spool, 0)
    spool.deliver_again()
    assert set(waiting(path)) == {sha(1), sha(2)}
    spool.close()


def test_many_bodies_go_again_a_bounded_number_at_a_time_also_over_a_restart(path: Path) -> None:
    count = 2 * delivered_bodies.BODIES_PER_STEP + 7
    spool = Spool(path, ID)
    hashes = record_all(spool, count)
    spool.bodies_delivered(hashes, format_at(NOW))
    spool.mark_receipted(ID, count)
    hub_has_less(spool, 0)
    spool.deliver_again()
    assert len(waiting(path)) == delivered_bodies.BODIES_PER_STEP
    spool.mark_receipted(ID, count)  # its lines come again much sooner
    spool.tidy(None)
    assert len(waiting(path)) == 2 * delivered_bodies.BODIES_PER_STEP
    seen: dict[str, int] = {}
    while found := list(waiting(path))[:200]:
        for each in found:
            seen[each] = seen.get(each, 0) + 1
        spool.close()
        spool = Spool(path, ID)
        # A clock that was set back must not send the same ones in circles.
        spool.bodies_delivered(found, format_at(NOW - timedelta(days=1)))
    assert seen == dict.fromkeys(hashes, 1)
    assert put_away(path) == count
    spool.close()


def test_bodies_go_with_their_lines_and_not_before(path: Path) -> None:
    spool = Spool(path, ID)
    old = NOW - KEEP_RECEIPTED - MINUTE
    record(spool, 1, old)
    record(spool, 2, old + timedelta(seconds=30))
    record(spool, 3, NOW)
    record(spool, 4, NOW)
    spool.bodies_delivered([sha(1)], format_at(old + timedelta(seconds=10)))
    spool.bodies_delivered([sha(2), sha(3)], format_at(NOW))
    assert spool.tidy(NOW).forgotten == 0
    assert put_away(path) == 3
    spool.mark_receipted(ID, 4)
    assert spool.tidy(None).forgotten == 0
    assert put_away(path) == 3
    assert spool.tidy(NOW).forgotten == 2
    assert put_away(path) == 2  # of the second line the body came late: it stays a little longer
    assert set(waiting(path)) == {sha(4)}
    spool.close()


def test_a_crowded_spool_lets_bodies_go_with_its_lines(path: Path) -> None:
    spool = Spool(path, ID, bytes_max=60 * 4096)
    n = 0
    while spool.fill_ratio() < 0.85:
        n += 1
        record(spool, n, NOW + n * MINUTE)
        spool.bodies_delivered([sha(n)], format_at(NOW + n * MINUTE))
    spool.mark_receipted(ID, n)
    assert spool.tidy(NOW + n * MINUTE).early > 0
    assert put_away(path) <= 1
    spool.close()


def test_a_disk_that_refuses_keeps_bodies_where_they_are(path: Path) -> None:
    with sick_disk("full") as disk:
        spool = Spool(path, ID, vfs="full")
        record(spool, 1, NOW)
        record(spool, 2, NOW)
        spool.bodies_delivered([sha(1)], format_at(NOW))
        spool.mark_receipted(ID, 2)
        hub_has_less(spool, 0)
        disk.is_full = True
        with pytest.raises(SpoolError):
            spool.deliver_again()
        with pytest.raises(SpoolError):
            spool.bodies_delivered([sha(2)], format_at(NOW))
        disk.is_full = False
        assert set(waiting(path)) == {sha(2)}
        spool.deliver_again()
        assert set(waiting(path)) == {sha(1), sha(2)}
        spool.close()


def test_what_an_older_program_delivered_and_owed_goes_again(path: Path) -> None:
    """It did not note places, and its marks name times."""
    spool = Spool(path, ID)
    for n in (1, 2):
        record(spool, n, NOW)
    spool.bodies_delivered([sha(1), sha(2)], format_at(NOW))
    spool.close()
    connection = apsw.Connection(str(path))
    connection.execute("ALTER TABLE delivered_body DROP COLUMN place")
    connection.execute("INSERT INTO redelivery VALUES (2, ?)", (format_at(NOW),))
    connection.close()
    Spool(path, ID).close()
    assert set(waiting(path)) == {sha(1), sha(2)}


def test_an_older_program_goes_on_with_what_this_one_owes(path: Path) -> None:
    """It compares the mark with times: all that was delivered is since then."""
    spool = Spool(path, ID)
    record(spool, 1, NOW)
    spool.close()
    connection = apsw.Connection(str(path))
    delivered_bodies.ask_again(connection, 1 << 40)
    ((since,),) = connection.execute("SELECT since FROM redelivery")
    connection.close()
    assert since < format_at(NOW)


def test_an_older_program_and_then_this_one_again_lose_no_body(path: Path) -> None:
    """To an older one ``body`` holds what waits, and it never looks at the other tables."""
    spool = Spool(path, ID)
    record(spool, 1, NOW)
    spool.bodies_delivered([sha(1)], format_at(NOW))
    spool.mark_receipted(ID, 1)
    spool.tidy(NOW)
    spool.close()
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO body VALUES (?, ?, ?)", (sha(2), "a" * 32, body(2).body))
    connection.close()
    spool = Spool(path, ID)
    assert set(waiting(path)) == {sha(2)}
    assert put_away(path) == 1
    spool.close()


def test_a_start_sends_again_what_was_delivered_beside_lines_that_may_be_lost(path: Path) -> None:
    """The disk is behind with receipts; a hub restored meanwhile to there shows no loss."""
    spool = Spool(path, ID)
    for n in range(1, 5):
        record(spool, n, NOW + n * MINUTE)
        spool.bodies_delivered([sha(n)], format_at(NOW + n * MINUTE))
        spool.mark_receipted(ID, n)
    spool.close()  # the commit of line 4 knew of 3 receipts; the last one is in memory alone
    Spool(path, ID).close()
    assert set(waiting(path)) == {sha(4)}


def test_a_full_spool_notes_what_a_restored_hub_lost_and_sends_it_once_there_is_room(
    path: Path,
) -> None:
    spool = Spool(path, ID, bytes_max=60 * 4096)
    n = 0
    with pytest.raises(SpoolError, match="full"):
        while n := n + 1:
            record(spool, n, NOW)
            spool.bodies_delivered([sha(n)], format_at(NOW))
            spool.mark_receipted(ID, n)
    count = n - 1
    hub_has_less(spool, 0)
    spool.deliver_again()
    spool.close()
    spool = Spool(path, ID, bytes_max=60 * 4096)
    assert spool.upto_seq == 0
    assert not set(waiting(path)) & {sha(count)}
    spool.close()
    spool = Spool(path, ID)
    assert set(waiting(path)) >= {sha(each) for each in range(1, count + 1)}
    spool.close()


def test_an_idle_moment_goes_on_with_what_a_restored_hub_needs(path: Path) -> None:
    count = delivered_bodies.BODIES_PER_STEP + 7
    spool = Spool(path, ID)
    spool.bodies_delivered(record_all(spool, count), format_at(NOW))
    spool.mark_receipted(ID, count)
    hub_has_less(spool, 0)
    spool.deliver_again()
    assert len(waiting(path)) == delivered_bodies.BODIES_PER_STEP
    spool.tidy(NOW)
    assert len(waiting(path)) == count
    spool.close()


@pytest.mark.parametrize("point", [FailPoint.BEFORE_LOSS, FailPoint.AFTER_LOSS])
def test_a_loss_that_the_disk_says_it_did_not_note_is_noted_the_next_time(
    path: Path, point: FailPoint
) -> None:
    spool = Spool(path, ID, fail_points=ArmedFailPoints({(point, 1): Action.FAIL}))
    record(spool, 1, NOW)
    spool.bodies_delivered([sha(1)], format_at(NOW))
    spool.mark_receipted(ID, 1)
    hub_has_less(spool, 0)
    with pytest.raises(SpoolError):
        spool.deliver_again()
    spool.deliver_again()
    assert set(waiting(path)) == {sha(1)}
    spool.close()
