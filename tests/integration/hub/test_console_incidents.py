"""The searches as the console reads and works them: who may what, and what changes."""

import pytest

from hub.access.service import Caller, Role, mask_name
from hub.console.incidents.desk import ON_SHOWN_MAX, IncidentDesk
from hub.console.incidents.views import (
    CheckOrder,
    FileOrder,
    FollowUpOrder,
    Order,
    ReasonOrder,
    SearchSight,
    TriageOrder,
)
from hub.console.seam import NotAllowedError
from hub.incidents.service import (
    Act,
    Answer,
    IncidentError,
    State,
    TriageLevel,
    UnknownIncidentError,
    answer_self_check,
)
from hub.network import Network
from tests.hub_parts import HubHome, SigningEdge
from tests.incident_parts import OTHER, WAYBILL, begin, scan, turn
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from wire.badges import badge_sha256, pseudonym

pytestmark = [pytest.mark.anyio, on_both_databases]

SUPERVISOR = Caller("zhao", Role.SUPERVISOR, None)
MONITOR = Caller("qian", Role.MONITOR, None)
AUDITOR = Caller("sun", Role.AUDITOR, None)
KEEPER = Caller("li", Role.WAREHOUSE, frozenset({"021W"}))
ELSEWHERE = Caller("wu", Role.SUPERVISOR, frozenset({"755A"}))


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def desk(hub: HubHome) -> IncidentDesk:
    return IncidentDesk(hub.web())


def sight(desk: IncidentDesk, incident_id: int, caller: Caller = SUPERVISOR) -> SearchSight:
    found = desk.search(incident_id, caller)
    assert found is not None
    return found


def test_the_list_has_what_is_on_by_its_deadline_and_what_is_over_apart(
    hub: HubHome, desk: IncidentDesk
) -> None:
    first = begin(hub)
    turn(hub, 0.5)
    second = begin(hub, subject=OTHER, waybills=(OTHER,))
    scan(hub, WAYBILL)
    found = desk.searches(SUPERVISOR)
    assert [line.incident.id for line in found.on] == [second]
    assert found.on[0].due is not None
    assert [line.incident.id for line in found.over] == [first]
    assert found.over[0].due is None


def test_nobody_reads_or_works_another_sites_search(hub: HubHome, desk: IncidentDesk) -> None:
    incident_id = begin(hub)
    assert desk.searches(ELSEWHERE).on == ()
    assert desk.search(incident_id, ELSEWHERE) is None
    before = sight(desk, incident_id)
    with pytest.raises(UnknownIncidentError):
        desk.act(incident_id, ReasonOrder(Act.STOPPED, "x"), ELSEWHERE)
    assert sight(desk, incident_id) == before


def test_whoever_answered_by_badge_is_named_as_far_as_the_caller_may_know(
    hub: HubHome, desk: IncidentDesk
) -> None:
    incident_id = begin(hub)
    hub.enrol(SigningEdge(site="755W"))
    with hub.database.writing() as tx:
        salt = tx.exec_driver_sql("SELECT salt FROM site_salt WHERE site = '755W'").scalar_one()
        known, unknown = (pseudonym(badge_sha256(badge), salt) for badge in ("2001", "9009"))
        for who in (known, unknown, "zhao"):
            answer_self_check(
                tx, incident_id, Answer("755W", who, False, (), None), hub.clock.now()
            )
    said = f"{unknown[:4]} {unknown[4:8]}"
    for caller, name in ((SUPERVISOR, "陈静"), (KEEPER, mask_name("陈静"))):
        seen = sight(desk, incident_id, caller)
        who = [line.who for line in seen.history if line.act is Act.CHECKED]
        assert who == [name, said, "zhao"]
        assert known not in repr(seen)


def test_a_search_that_is_none_is_no_sight(desk: IncidentDesk) -> None:
    assert desk.search(404, SUPERVISOR) is None


def test_each_role_is_offered_what_it_may_do_now_and_no_more(
    hub: HubHome, desk: IncidentDesk
) -> None:
    incident_id = begin(hub)
    assert sight(desk, incident_id, KEEPER).acts == (Act.CHECKED,)
    assert sight(desk, incident_id, KEEPER).own_sites == ("021W",)
    assert sight(desk, incident_id, AUDITOR).acts == ()
    assert Act.FOLLOWED_UP not in sight(desk, incident_id, MONITOR).acts
    assert sight(desk, incident_id).acts == (
        Act.CHECKED,
        Act.TRIAGED,
        Act.STOPPED,
        Act.ATTACHED,
    )
    desk.act(incident_id, TriageOrder(TriageLevel.REGION, "755W", "not loaded"), SUPERVISOR)
    assert sight(desk, incident_id).asked_sites == ("755W",)
    assert Act.FOLLOWED_UP in sight(desk, incident_id).acts
    turn(hub, 1)
    assert Act.LOST in sight(desk, incident_id).acts


@pytest.mark.parametrize(
    ("order", "caller"),
    [
        (ReasonOrder(Act.STOPPED, "x"), KEEPER),
        (ReasonOrder(Act.RELEASED, "x"), MONITOR),
        (CheckOrder("021W", False, (), None), AUDITOR),
        (CheckOrder("755W", False, (), None), KEEPER),
        (FileOrder("a.pdf", b"x", False, "x"), AUDITOR),
    ],
)
def test_what_a_role_or_a_site_does_not_allow_changes_nothing(
    hub: HubHome, desk: IncidentDesk, order: Order, caller: Caller
) -> None:
    incident_id = begin(hub)
    before = sight(desk, incident_id)
    with pytest.raises(NotAllowedError):
        desk.act(incident_id, order, caller)
    assert sight(desk, incident_id) == before


def test_what_does_not_fit_any_more_changes_nothing(hub: HubHome, desk: IncidentDesk) -> None:
    incident_id = begin(hub)
    before = sight(desk, incident_id)
    with pytest.raises(IncidentError):
        desk.act(incident_id, ReasonOrder(Act.LOST, "x"), SUPERVISOR)
    assert sight(desk, incident_id) == before


def test_every_act_is_recorded_under_the_name_of_who_did_it(
    hub: HubHome, desk: IncidentDesk
) -> None:
    incident_id = begin(hub)
    turn(hub, 1)
    orders: list[Order] = [
        CheckOrder("021W", False, ("dock",), "belt stripped"),
        TriageOrder(TriageLevel.REGION, "755W", "not loaded"),
        FollowUpOrder("755W", "asked the driver"),
        FileOrder("receipt.pdf", b"%PDF", True, "reported"),
        ReasonOrder(Act.STOPPED, "police"),
        ReasonOrder(Act.RELEASED, "police done"),
        ReasonOrder(Act.LOST, "search given up"),
    ]
    for order in orders:
        desk.act(incident_id, order, SUPERVISOR)
    found = sight(desk, incident_id)
    did = [line.act for line in found.history if line.who == SUPERVISOR.name]
    assert did == [
        Act.CHECKED,
        Act.TRIAGED,
        Act.FOLLOWED_UP,
        Act.ATTACHED,
        Act.STOPPED,
        Act.RELEASED,
        Act.LOST,
    ]
    assert found.incident.state is State.LOST
    assert [document.name for document in found.documents] == ["receipt.pdf"]
    assert found.acts == (Act.ATTACHED,)


def test_more_searches_than_the_list_holds_are_said_to_be_more(
    hub: HubHome, desk: IncidentDesk
) -> None:
    for number in range(ON_SHOWN_MAX + 1):
        waybill = f"{103_000_100_000 + number}"
        begin(hub, subject=waybill, waybills=(waybill,))
        if number == ON_SHOWN_MAX - 1:
            assert not desk.searches(SUPERVISOR).is_cut
    found = desk.searches(SUPERVISOR)
    assert (len(found.on), found.is_cut) == (ON_SHOWN_MAX, True)


def test_the_names_of_sites_come_from_the_network_and_a_strange_one_has_none(
    hub: HubHome, desk: IncidentDesk
) -> None:
    named = sight(desk, begin(hub)).names
    assert named == {"021W": "上海中转场", "755W": "深圳中转场"}
    strange = sight(desk, begin(hub, subject=OTHER, waybills=(OTHER,), previous_site="999"))
    assert "999" not in strange.names
    assert strange.incident.sites == ("021W", "999")
