"""Edge and hub joined in one thread: a backlog, and every way in which their heads can differ.

Source: design section 3 ("Backlog", "Exactly once"): it heals, or both sides tell and a recorded
act frees it.
"""

import pytest
from msgspec.structs import replace

from edge import change_over
from hub.alerts.service import AlertKind
from hub.ingest.heads import LinkState
from ledger.signing import seal
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.spool_parts import (
    OTHER,
    all_is_stored,
    begin,
    close,
    ended,
    fact,
    fill,
    is_red,
    lines_of,
    standing,
    views,
)
from tests.joined_parts import FIRST, JoinedEdge
from tests.postgres_parts import on_both_databases
from wire.events import StationFact
from wire.lines import parse_line
from wire.messages import SpoolHead
from wire.topics import Channel

pytestmark = on_both_databases
BACKLOG = 40


@pytest.fixture(autouse=True)
def small_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_over, "BACKLOG_EVENTS_MAX", BACKLOG)


# ---------------------------------------------------------------- the backlog


def test_after_a_long_cut_what_is_scanned_now_arrives_before_what_waited(
    hub: HubHome, joined: JoinedEdge
) -> None:
    joined.run(2)
    joined.cut()
    fill(joined, BACKLOG)
    joined.run(5)
    joined.connect()
    joined.run(3)
    old, new = joined.lines()
    assert old == FIRST
    # The live spool is at the hub in the moment of the next scan, whatever the old one has.
    joined.scan("103000000001")
    joined.settle()
    assert b"103000000001" in joined.stored()[new][-1]
    joined.run(30)
    assert all_is_stored(joined)
    (live, ended) = views(hub)
    assert (live.spool, live.link, live.after_spool) == (new, LinkState.FITS, FIRST)
    assert (ended.is_ended, ended.link) == (True, LinkState.FIRST)
    assert hub.alerts(AlertKind.SPOOL_LINK) == []
    assert standing(hub, AlertKind.SPOOL_DIVERGED) == []
    assert (joined.spool.depth, is_red(joined)) == (0, None)


def test_a_death_in_the_middle_of_draining_loses_and_doubles_nothing(
    hub: HubHome, joined: JoinedEdge
) -> None:
    joined.cut()
    fill(joined, 6 * BACKLOG)
    joined.run(2)
    joined.connect()
    joined.run(1)
    assert len(joined.lines()) == 2
    joined.stop()
    joined.start()
    joined.run(1)
    fill(joined, 5, 900)
    joined.run(60)
    assert all_is_stored(joined)
    assert len(joined.lines()) == 2


def test_a_hub_restored_from_yesterday_is_refilled_from_a_drained_spool_too(
    hub: HubHome, joined: JoinedEdge
) -> None:
    joined.cut()
    fill(joined, BACKLOG)
    joined.run(2)
    joined.connect()
    joined.run(30)
    assert all_is_stored(joined)
    for query in (
        "DELETE FROM event WHERE seq > 7 OR spool_id > 1",
        "DELETE FROM spool_head WHERE id > 1",
    ):
        with hub.database.writing() as tx:
            tx.exec_driver_sql(query)
    seventh = parse_line(joined.lines()[FIRST][7])
    with hub.database.writing() as tx:
        tx.exec_driver_sql(
            f"UPDATE spool_head SET upto_seq = 7, head = '{seventh.prev}', is_ended = false"
        )
    joined.run(90)
    assert all_is_stored(joined)
    assert is_red(joined) is None
    assert [view.link for view in views(hub)] == [LinkState.FITS, LinkState.FIRST]


# ---------------------------------------------------------------- links


def test_a_link_that_fits_is_quiet(hub: HubHome, edge: SigningEdge) -> None:
    begin(hub, ended(hub, edge))
    assert views(hub)[0].link is LinkState.FITS
    assert hub.alerts(AlertKind.SPOOL_LINK) == []


@pytest.mark.parametrize(
    "wrong", [{"head": "e" * 64}, {"seq": 3}], ids=["another line", "more came than it says"]
)
def test_a_link_that_does_not_fit_is_an_alarm_when_the_new_spool_comes(
    hub: HubHome, edge: SigningEdge, wrong: dict[str, object]
) -> None:
    begin(hub, replace(ended(hub, edge), **wrong))
    assert views(hub)[0].link is LinkState.BROKEN
    assert len(hub.alerts(AlertKind.SPOOL_LINK)) == 1


def test_a_link_is_checked_when_the_old_spool_has_drained(hub: HubHome, edge: SigningEdge) -> None:
    twin = SigningEdge()
    lines = [*lines_of(twin, 3), fact(twin, StationFact.SPOOL_END)]
    begin(hub, SpoolHead(spool=twin.spool, seq=4, head="e" * 64))
    assert views(hub)[0].link is LinkState.WAITING
    for n, line in enumerate(lines, 1):
        assert hub.alerts(AlertKind.SPOOL_LINK) == []
        edge.raw_line(line)
        hub.take(edge.batch([line], first_seq=n))
    assert len(hub.alerts(AlertKind.SPOOL_LINK)) == 1
    assert {view.spool: view.link for view in views(hub)}[OTHER] is LinkState.BROKEN


def test_a_spool_that_goes_on_after_its_end_is_an_alarm(hub: HubHome, edge: SigningEdge) -> None:
    begin(hub, ended(hub, edge))
    hub.take(edge.batch([edge.line(edge.scan())]))
    assert len(hub.alerts(AlertKind.SPOOL_LINK)) == 1


def test_a_link_to_a_spool_that_never_came_and_that_its_edge_has_lost_is_a_gap_and_an_alarm(
    hub: HubHome, edge: SigningEdge
) -> None:
    new = begin(hub, SpoolHead(spool="d" * 32, seq=700, head="e" * 64))
    for _ in range(3):
        hub.take(seal(new.state(), new.key), Channel.STATE)
    (alert,) = hub.alerts(AlertKind.SPOOL_LINK)
    assert alert.count == 1
    (view,) = views(hub)
    assert (view.link, view.missing) == (LinkState.BROKEN, 700)
    close(hub, "d" * 32)
    assert [(each.link, each.missing) for each in views(hub)][1] == (LinkState.GAP, 700)
