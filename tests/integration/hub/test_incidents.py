"""A search from the suspicion to its end, room by room: HV-2.11.2, HV-3, HV-3a."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.alerts.service import AlertKind
from hub.incidents.service import (
    Kind,
    State,
    end_silence,
    open_incident,
    tasks_of,
)
from hub.network import Network
from hub.parcels.service import ParcelState, find_parcel
from hub.wanted.service import find_entry
from tests.hub_parts import START, HubHome, SigningEdge
from tests.incident_parts import (
    OTHER,
    WAYBILL,
    acts,
    begin,
    dossier,
    open_alerts,
    scan,
    suspicion,
    turn,
)
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from wire.events import Act, ActKind
from wire.names import format_at
from wire.wanted import WantedResult

pytestmark = [pytest.mark.anyio, on_both_databases]


@pytest.fixture
def network() -> Network:
    return NETWORK


def test_a_suspicion_makes_the_parcel_wanted_at_both_sites_and_writes_to_the_link_before(
    hub: HubHome,
) -> None:
    incident_id = begin(hub)
    found = dossier(hub, incident_id)
    assert found.incident.state is State.SELF_CHECK
    with hub.database.reading() as tx:
        entry = find_entry(tx, WAYBILL)
    assert entry is not None
    assert (entry.result, entry.scope) == (WantedResult.WANTED, ("021W", "755W"))
    (mail,) = found.mails
    assert mail.to == ("desk@755w.example",)
    assert open_alerts(hub, AlertKind.SUSPECT) == [f"parcel/{WAYBILL}"]
    (timer,) = found.timers
    assert timer.due_at == START + timedelta(hours=1)


def test_one_subject_is_one_search(hub: HubHome) -> None:
    assert begin(hub) == begin(hub)
    assert hub.count("mail") == 1


def test_the_mail_of_a_site_without_address_goes_to_the_site_above_or_is_told_as_missing(
    hub: HubHome,
) -> None:
    above = dossier(hub, begin(hub, previous_site="755A"))
    assert [mail.to for mail in above.mails] == [("desk@755w.example",)]
    nobody = dossier(hub, begin(hub, subject=OTHER, waybills=(OTHER,), previous_site="999"))
    assert (nobody.mails, acts(nobody)) == ([], ["opened", "no_contact"])


def test_after_an_hour_both_regions_are_told_once_and_the_parcel_is_wanted_everywhere(
    hub: HubHome,
) -> None:
    incident_id = begin(hub)
    turn(hub, 0.99)
    assert dossier(hub, incident_id).incident.state is State.SELF_CHECK
    turn(hub, 0.01)
    turn(hub, 0.5)
    found = dossier(hub, incident_id)
    assert found.incident.state is State.ESCALATED
    assert acts(found) == ["opened", "escalated"]
    regions = {mail.to for mail in found.mails[1:]}
    assert regions == {("ops@south.example",), ("ops@east.example",)}
    with hub.database.reading() as tx:
        entry = find_entry(tx, WAYBILL)
    assert entry is not None
    assert entry.scope is None


def test_two_sites_of_one_region_make_one_report(hub: HubHome) -> None:
    incident_id = begin(hub, site="755W", previous_site="755A")
    turn(hub, 1)
    assert [m.to for m in dossier(hub, incident_id).mails[1:]] == [("ops@south.example",)]


def test_a_scan_at_a_third_site_finds_it_and_everything_comes_to_rest(hub: HubHome) -> None:
    incident_id = begin(hub)
    turn(hub, 1)
    scan(hub, site="755A")
    found = dossier(hub, incident_id)
    assert found.incident.state is State.FOUND
    assert acts(found)[-2:] == ["seen", "found"]
    with hub.database.reading() as tx:
        assert find_entry(tx, WAYBILL) is None
    assert open_alerts(hub, AlertKind.SUSPECT) == open_alerts(hub, AlertKind.ESCALATED) == []
    turn(hub, 100)
    assert dossier(hub, incident_id).incident.state is State.FOUND


def test_a_scan_from_before_the_last_one_finds_nothing_however_late_it_comes(hub: HubHome) -> None:
    incident_id = begin(hub)
    scan(hub, at=format_at(START - timedelta(hours=31)))
    assert dossier(hub, incident_id).incident.state is State.SELF_CHECK
    scan(hub, site="021W", at=format_at(START - timedelta(hours=29)))
    assert dossier(hub, incident_id).incident.state is State.FOUND


def test_a_parcel_silent_for_72_hours_more_is_lost_and_any_scan_still_finds_it(
    hub: HubHome,
) -> None:
    incident_id = begin(hub)
    turn(hub, 1)
    turn(hub, 72)
    assert dossier(hub, incident_id).incident.state is State.LOST
    assert open_alerts(hub, AlertKind.LOST) == [f"parcel/{WAYBILL}"]
    scan(hub)
    assert dossier(hub, incident_id).incident.state is State.FOUND
    assert open_alerts(hub, AlertKind.LOST) == []


def test_a_bag_is_found_with_its_last_parcel(hub: HubHome) -> None:
    bag = {"kind": Kind.GROUP, "subject": "bag B-1", "waybills": (WAYBILL, OTHER)}
    incident_id = begin(hub, **bag)
    scan(hub, OTHER)
    found = dossier(hub, incident_id).incident
    assert (found.state, found.unseen) == (State.SELF_CHECK, (WAYBILL,))
    with hub.database.reading() as tx:
        assert find_entry(tx, OTHER) is None
        assert find_entry(tx, WAYBILL) is not None
    scan(hub, WAYBILL, site="755W")
    assert dossier(hub, incident_id).incident.state is State.FOUND


def test_a_silent_site_is_one_incident_that_ends_with_its_return(hub: HubHome) -> None:
    silent = {"kind": Kind.SITE, "subject": "021W", "waybills": ()}
    incident_id = begin(hub, **silent)
    turn(hub, 200)
    found = dossier(hub, incident_id)
    assert (found.incident.state, found.mails) == (State.SELF_CHECK, [])
    with hub.database.writing() as tx:
        assert end_silence(tx, hub.search(), "021W", hub.clock.now())
        assert not end_silence(tx, hub.search(), "021W", hub.clock.now())
    assert dossier(hub, incident_id).incident.state is State.FOUND


def test_a_persons_own_entry_is_left_alone(hub: HubHome) -> None:
    hub.put_wanted(WAYBILL, owner="police desk", result=WantedResult.STOP)
    begin(hub)
    turn(hub, 1)
    scan(hub)
    with hub.database.reading() as tx:
        entry = find_entry(tx, WAYBILL)
    assert entry is not None
    assert (entry.owner, entry.result) == ("police desk", WantedResult.STOP)


def test_a_sites_tasks_are_its_unanswered_searches(hub: HubHome) -> None:
    incident_id = begin(hub)

    def tasks(site: str) -> list[int]:
        with hub.database.reading() as tx:
            return [task.incident for task in tasks_of(tx, NETWORK, site)]

    assert tasks("021W") == tasks("755W") == [incident_id]
    assert tasks("755A") == []
    edge = hub.enrol(SigningEdge(site="021W", edge="dock"))
    answer = Act(
        site="021W",
        edge="dock",
        at=format_at(START),
        mono_ms=1,
        boot="0" * 32,
        clock=edge.scan().clock,
        act=ActKind.SELF_CHECK,
        waybill=WAYBILL,
        incident=incident_id,
        found=False,
        checks=("dock", "cage"),
        by="00112233445566aa",
    )
    hub.take(edge.batch([edge.line(answer)]), site="021W")
    assert (tasks("021W"), tasks("755W")) == ([], [incident_id])
    line = dossier(hub, incident_id).history[-1]
    assert (line.act, line.who, line.site) == ("checked", "00112233445566aa", "021W")
    assert "dock, cage" in (line.note or "")


def test_no_edge_answers_for_a_site_that_does_not_search(hub: HubHome, edge: SigningEdge) -> None:
    incident_id = begin(hub)
    answer = Act(
        site="755A",
        edge="dock",
        at=format_at(START),
        mono_ms=1,
        boot="0" * 32,
        clock=edge.scan().clock,
        act=ActKind.SELF_CHECK,
        incident=incident_id,
        found=True,
    )
    hub.take(edge.batch([edge.line(answer)]))
    assert acts(dossier(hub, incident_id)) == ["opened"]


def test_a_restart_between_any_two_steps_forgets_and_repeats_nothing(hub: HubHome) -> None:
    incident_id = begin(hub)
    for _ in range(3):
        turn(hub, 0.4)  # each turn has timers, duties and search of its own, as after a restart
    for _ in range(3):
        turn(hub, 30)
    found = dossier(hub, incident_id)
    assert acts(found) == ["opened", "escalated", "lost"]
    assert len({mail.message_id for mail in found.mails}) == len(found.mails) == 3


def test_suspicions_differ_by_kind(hub: HubHome) -> None:
    one = replace(suspicion(), kind=Kind.GROUP)
    with hub.database.writing() as tx:
        ids = {open_incident(tx, hub.search(), each, START) for each in (suspicion(), one)}
    assert len(ids) == 2


def test_a_parcel_counted_as_lost_says_so_until_a_scan_finds_it(hub: HubHome) -> None:
    def state() -> ParcelState:
        with hub.database.reading() as tx:
            parcel = find_parcel(tx, WAYBILL)
        assert parcel is not None
        return parcel.state

    begin(hub)
    turn(hub, 1)
    turn(hub, 72)
    assert state() is ParcelState.LOST
    scan(hub)
    assert state() is ParcelState.FOUND
