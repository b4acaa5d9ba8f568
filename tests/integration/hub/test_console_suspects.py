"""The suspects as the console reads them; only a person's own query is on record: HV-2.11.2."""

from datetime import timedelta

import pytest

from hub.access.service import Caller, Role
from hub.console.seam import NotAllowedError
from hub.console.suspects.desk import SuspectDesk
from hub.console.suspects.views import Pace
from hub.incidents.service import State
from hub.missing.service import Asked, Query, list_queries
from hub.network import Network
from tests.hub_parts import HubHome
from tests.integration.hub.suspect_parts import HV, Watching
from tests.missing_parts import HOUR, local
from tests.missing_parts import network as small_network
from tests.postgres_parts import on_both_databases
from wire.names import Step

pytestmark = on_both_databases

SILENT, MOVING = HV, "103000000002"
EVERYWHERE = Caller("zhao", Role.SUPERVISOR, None)
THERE = Caller("li", Role.WAREHOUSE, frozenset({"755A"}))
ELSEWHERE = Caller("wu", Role.SUPERVISOR, frozenset({"020B"}))
BEGIN = local(14, "12:00")
NOW = BEGIN + 96 * HOUR


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    """One parcel that left with another and was never seen again, and the other one moving on."""
    hub.clock.at = BEGIN
    found = Watching(hub)
    found.turn(BEGIN)
    found.declare(SILENT, MOVING)
    for step, after in ((Step.ACCEPT, 1), (Step.LOAD, 6)):
        found.scan((SILENT, MOVING), "755A", step, BEGIN + after * HOUR, "VEH:V-1")
    found.scan(MOVING, "755W", Step.ARRIVE, BEGIN + 9 * HOUR)
    found.watch(BEGIN + 9 * HOUR, 87)
    found.scan(MOVING, "020W", Step.ARRIVE, NOW)
    return found


@pytest.fixture
def desk(watching: Watching) -> SuspectDesk:
    return SuspectDesk(watching.hub.web())


def queries(watching: Watching) -> list[Query]:
    with watching.hub.database.reading() as tx:
        found = list_queries(tx, watching.hub.role.network, None, None)
    return [each.query for each in found]


def test_a_suspect_stands_with_its_search_its_deadline_and_its_company(
    desk: SuspectDesk,
) -> None:
    sight = desk.suspects(Asked(), EVERYWHERE)
    (line,) = sight.lines
    assert line.suspect.waybill == SILENT
    assert line.state in (State.SELF_CHECK, State.ESCALATED)
    assert line.due is not None
    assert sight.evidence is not None
    assert (sight.evidence.waybill, sight.evidence.line) == (SILENT, line)
    (company,) = sight.evidence.company
    assert (company.total, company.unseen) == (2, (SILENT,))


def test_the_lanes_hold_every_parcel_where_it_was_scanned_last(desk: SuspectDesk) -> None:
    columns = desk.suspects(Asked(), EVERYWHERE).columns
    assert [(column.site, [dot.waybill for dot in column.dots]) for column in columns] == [
        ("755A", [SILENT]),
        ("020W", [MOVING]),
    ]
    assert columns[0].dots[0].pace is Pace.SUSPECT


def test_what_is_looked_at_next_is_told_with_when(desk: SuspectDesk) -> None:
    sight = desk.suspects(Asked(), EVERYWHERE, MOVING)
    (look,) = sight.next_looks
    assert look.waybill == MOVING
    assert look.due_at > NOW
    assert sight.evidence is not None
    assert (sight.evidence.line, sight.evidence.look) == (None, look)


def test_reading_again_is_nobodys_query_and_the_button_is_somebodys(
    desk: SuspectDesk, watching: Watching
) -> None:
    desk.suspects(Asked("755A"), THERE)
    desk.suspects(Asked("755A"), THERE)
    assert queries(watching) == []
    assert desk.query(Asked("755W", high_value=True), EVERYWHERE) == 1
    (query,) = queries(watching)
    assert (query.who, query.site, query.high_value, query.found) == ("zhao", "755W", True, 1)


def test_a_shift_that_is_on_says_whether_somebody_has_asked(
    desk: SuspectDesk, watching: Watching
) -> None:
    watching.hub.clock.at = local(18, "14:00")
    (ask,) = desk.suspects(Asked(), THERE).asks
    assert (ask.site, ask.shift, ask.query) == ("755A", "evening", None)
    assert ask.ends_at == local(18, "19:30")
    desk.query(Asked("755A"), THERE)
    (ask,) = desk.suspects(Asked(), THERE).asks
    assert ask.query is not None
    assert ask.query.who == "li"
    watching.hub.clock.at += timedelta(days=1)
    (ask,) = desk.suspects(Asked(), THERE).asks
    assert ask.query is None


def test_another_sites_suspects_are_neither_shown_nor_asked_for(
    desk: SuspectDesk, watching: Watching
) -> None:
    sight = desk.suspects(Asked(), ELSEWHERE, SILENT)
    assert (sight.lines, sight.columns) == ((), ())
    assert sight.evidence is not None
    assert sight.evidence.company == ()
    assert desk.suspects(Asked("755W"), ELSEWHERE).lines == ()
    with pytest.raises(NotAllowedError):
        desk.query(Asked("755W"), ELSEWHERE)
    assert queries(watching) == []


def test_a_day_that_is_over_has_its_suspects_and_no_next_look(desk: SuspectDesk) -> None:
    day = NOW.date()
    sight = desk.suspects(Asked(day=day), EVERYWHERE)
    assert [line.suspect.waybill for line in sight.lines] == [SILENT, MOVING]
    assert sight.lines[1].suspect.closed_at == NOW
    assert sight.next_looks == ()
    assert desk.suspects(Asked(day=day - timedelta(days=30)), EVERYWHERE).lines == ()
