"""The spool's bound, through the station: full is red and not recorded, and it recovers by itself.

Source: promise P2 ("less only above 80 % of the spool's bound, counted; unreceipted never").
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.spool import CROWDED_RATIO, KEEP_RECEIPTED, Spool
from edge.station_events import Receipted, Ticked
from edge.station_page import draw_page
from tests.integration.edge.test_change_over import fact
from tests.unit.edge.fakes import NOT_RECORDED, OK, SPOOL_ID, START_AT, Desk
from wire.lines import parse_line

PAGES = 60
BYTES_MAX = PAGES * 4096


class RealDesk(Desk):
    """A station on a real, small spool."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.real = Spool(path, SPOOL_ID, bytes_max=BYTES_MAX)
        self.spool = self.real  # type: ignore[assignment]  # the real one
        self.build()

    def page(self) -> tuple[bool, int, int]:
        view = draw_page(self.core, 1, self.clock).spool
        return view.refuses, view.fill_percent, view.forgotten_early


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RealDesk]:
    made = RealDesk(tmp_path / "spool.sqlite")
    made.start()
    yield made
    made.real.close()


def fill(desk: RealDesk) -> int:
    """Scan until it refuses; the number of scans that were recorded."""
    recorded = 0
    while (answer := desk.scan(f"{755000000000 + recorded}")) == OK:
        recorded += 1
    assert answer == NOT_RECORDED
    return recorded


def test_a_full_spool_is_not_recorded_and_red_and_recovers_when_receipts_come(
    desk: RealDesk,
) -> None:
    recorded = fill(desk)
    assert recorded > 100
    refuses, percent, early = desk.page()
    assert (refuses, early) == (True, 0)
    assert percent >= 95
    # However long nobody receipts, nothing is forgotten and nothing is recorded.
    desk.clock.advance(int(KEEP_RECEIPTED / timedelta(milliseconds=1)) * 2)
    head = desk.real.head_seq
    assert desk.real.tidy(desk.clock.now()).forgotten == 0
    assert desk.scan("103000000001") == NOT_RECORDED
    assert desk.real.head_seq == head
    # The hub answers: the next idle moment makes room, and scans are recorded again.
    desk.step(Receipted(SPOOL_ID, head))
    assert desk.real.tidy(START_AT).early > 0
    assert desk.scan("103000000002", aim="]C0") != NOT_RECORDED
    desk.step(Ticked())
    refuses, _, early = desk.page()
    assert (refuses, early > 0) == (False, True)


def test_what_was_answered_not_recorded_is_nowhere_and_what_was_answered_ok_is(
    desk: RealDesk, tmp_path: Path
) -> None:
    recorded = fill(desk)
    lost = f"{755000000000 + recorded}"
    desk.real.close()
    again = Spool(tmp_path / "spool.sqlite", SPOOL_ID)
    rows = again._connection.execute("SELECT line FROM line ORDER BY place")
    text = b"".join(line for (line,) in rows)
    assert lost.encode() not in text
    assert all(f"{755000000000 + n}".encode() in text for n in range(recorded))
    again.close()


def filled_to(spool: Spool, ratio: float) -> None:
    while spool.fill_ratio() < ratio:
        spool.append([fact(at=START_AT)], {}, {})


def test_receipted_lines_stay_their_seven_days_up_to_the_crowded_mark(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite", SPOOL_ID, bytes_max=BYTES_MAX)
    filled_to(spool, CROWDED_RATIO)
    assert spool.fill_ratio() == CROWDED_RATIO == 48 / PAGES
    spool.mark_receipted(SPOOL_ID, spool.head_seq)
    assert spool.tidy(START_AT).forgotten == 0
    filled_to(spool, 49 / PAGES)
    spool.mark_receipted(SPOOL_ID, spool.head_seq)
    tidied = spool.tidy(START_AT)
    assert tidied.early == tidied.forgotten > 0
    assert spool.forgotten_early == tidied.early
    spool.close()


def test_above_the_crowded_mark_only_receipted_lines_go(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite", SPOOL_ID, bytes_max=BYTES_MAX)
    filled_to(spool, 0.95)
    spool.mark_receipted(SPOOL_ID, 10)
    assert spool.tidy(START_AT).early == 9
    rows = spool._connection.execute("SELECT line FROM line ORDER BY place LIMIT 1")
    assert parse_line(next(rows)[0]).seq == 10
    spool.close()


def test_a_late_forgetting_is_not_counted_as_early(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite", SPOOL_ID, bytes_max=BYTES_MAX)
    filled_to(spool, 0.95)
    spool.mark_receipted(SPOOL_ID, 20)
    tidied = spool.tidy(START_AT + KEEP_RECEIPTED + timedelta(seconds=1))
    assert (tidied.forgotten, tidied.early, spool.forgotten_early) == (19, 0, 0)
    spool.close()
