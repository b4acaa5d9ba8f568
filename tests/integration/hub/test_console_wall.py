"""The wall as it reads and works the rooms: cards, what stands beside one, searches by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest

from hub.access.service import Caller, Role
from hub.alerts.service import AlertKind, ClosedAlertError, UnknownAlertError, get_alert
from hub.console.seam import NotAllowedError
from hub.console.views import Card, Decision, Seen, State
from hub.console.wall.desk import TIER_PERSON, WallDesk
from hub.incidents.service import Act, Kind, read_dossier
from hub.network import Network
from hub.parcels.declaring import declare_parcel
from hub.parcels.rules.parcel import Declaration
from tests.hub_parts import START, HubHome, SigningEdge
from tests.incident_parts import WAYBILL, begin, scan
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from wire.names import Result, Step, format_at

pytestmark = [pytest.mark.anyio, on_both_databases]

MONITOR = Caller("qian", Role.MONITOR, None)
AUDITOR = Caller("sun", Role.AUDITOR, None)
ELSEWHERE = Caller("zhao", Role.SUPERVISOR, frozenset({"021W"}))


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def desk(hub: HubHome) -> WallDesk:
    return WallDesk(hub.web())


def declare(hub: HubHome) -> None:
    said = Declaration(Decimal(30_000), "755A", "021W", None, None, None)
    with hub.database.writing() as tx:
        declare_parcel(tx, WAYBILL, said, "zhao", hub.role.policy, START)


def cards(desk: WallDesk, kind: AlertKind) -> list[Card]:
    return [card for card in desk.changes(None).cards if card.kind == kind]


def wanted_card(hub: HubHome, desk: WallDesk, **fields: object) -> Card:
    hub.put_wanted(WAYBILL)
    scan(hub, result=Result.WANTED, **fields)
    (card,) = cards(desk, AlertKind.WANTED)
    return card


def state_of(hub: HubHome, card: Card) -> str:
    with hub.database.reading() as tx:
        return get_alert(tx, card.id).state.value


def test_a_card_names_the_site_and_the_value_class(hub: HubHome, desk: WallDesk) -> None:
    card = wanted_card(hub, desk)
    assert (card.site, card.site_name, card.is_high_value) == ("755A", "深圳一部", True)
    assert card.moment is not None
    assert card.moment.list_version > 0


def test_beside_a_card_stands_what_was_done_and_that_nobody_is_known_to_hold_it(
    hub: HubHome, desk: WallDesk
) -> None:
    brief = desk.brief(wanted_card(hub, desk, step=Step.SORT))
    assert [line.act for line in brief.history] == ["raised"]
    assert (brief.holding, brief.next_site, brief.incident_id) == (None, None, None)


def test_beside_a_card_stands_the_last_holder(hub: HubHome, desk: WallDesk) -> None:
    holding = desk.brief(wanted_card(hub, desk, step=Step.ACCEPT)).holding
    assert holding is not None
    assert (holding.site, holding.standing) == ("755A", "recorded")


def test_a_search_begun_by_hand_asks_the_site_that_saw_it_last_and_closes_the_alert(
    hub: HubHome, desk: WallDesk
) -> None:
    card = wanted_card(hub, desk)
    incident_id = desk.start_search(card.id, MONITOR, "箱重不对")
    with hub.database.reading() as tx:
        found = read_dossier(tx, incident_id)
    suspicion = found.incident.suspicion
    assert (suspicion.kind, suspicion.subject, suspicion.site) == (Kind.PARCEL, WAYBILL, "755A")
    assert (suspicion.tier, suspicion.reasons_zh) == (TIER_PERSON, ("箱重不对",))
    assert (found.history[0].act, found.history[0].who) == (Act.OPENED, "qian")
    assert state_of(hub, card) == State.CLOSED
    (suspect,) = cards(desk, AlertKind.SUSPECT)
    assert desk.brief(suspect).incident_id == incident_id


def test_a_passing_parcels_search_leaves_its_passage_on_the_wall(
    hub: HubHome, desk: WallDesk
) -> None:
    scan(hub, result=Result.HV)
    (passage,) = cards(desk, AlertKind.HV_PASSAGE)
    incident_id = desk.start_search(passage.id, MONITOR, "x")
    assert state_of(hub, passage) == State.OPEN
    assert desk.brief(passage).incident_id == incident_id


def test_who_may_not_begins_no_search_and_nothing_changes(hub: HubHome, desk: WallDesk) -> None:
    card = wanted_card(hub, desk)
    with pytest.raises(NotAllowedError):
        desk.start_search(card.id, AUDITOR, "x")
    with pytest.raises(UnknownAlertError):
        desk.start_search(card.id, ELSEWHERE, "x")
    assert (hub.count("incident"), state_of(hub, card)) == (0, State.OPEN)


def test_an_alert_that_is_closed_or_of_no_parcel_begins_no_search(
    hub: HubHome, desk: WallDesk
) -> None:
    card = wanted_card(hub, desk)
    desk.answer(card.id, Decision.ACCEPT, MONITOR, None)
    with pytest.raises(ClosedAlertError):
        desk.start_search(card.id, MONITOR, "x")
    edge = hub.enrol(SigningEdge(edge="dock9", spool="cd" * 16))
    hub.take(edge.batch([edge.raw_line(b"no line")]), edge="dock9")
    (broken,) = cards(desk, AlertKind.LINE_QUARANTINED)
    with pytest.raises(UnknownAlertError):
        desk.start_search(broken.id, MONITOR, "x")
    assert hub.count("incident") == 0


def test_the_alerts_of_a_search_lead_to_it_even_when_it_is_over(
    hub: HubHome, desk: WallDesk
) -> None:
    incident_id = begin(hub, kind=Kind.GROUP, subject="SZ-0093")
    (suspect,) = cards(desk, AlertKind.SUSPECT)
    assert desk.brief(suspect).incident_id == incident_id


def test_a_parcel_on_its_route_has_a_next_site_and_a_search_asks_the_link_before(
    hub: HubHome, desk: WallDesk
) -> None:
    declare(hub)
    hub.put_wanted(WAYBILL)
    at = format_at(START + timedelta(minutes=1))
    scan(hub, site="755W", result=Result.WANTED, at=at)
    (card,) = cards(desk, AlertKind.WANTED)
    brief = desk.brief(card)
    assert (brief.next_site, brief.next_name) == ("021W", "上海中转场")
    assert brief.seen == Seen("755W", START + timedelta(minutes=1))
    incident_id = desk.start_search(card.id, MONITOR, "x")
    with hub.database.reading() as tx:
        assert read_dossier(tx, incident_id).incident.sites == ("755W", "755A")
