"""What a station reports stops a high-value parcel until a person releases it: HV-3, HV-2.2.6."""

import httpx
import pytest

from hub.alerts.service import AlertKind, Level
from hub.fact import Fact
from hub.incidents.project import IncidentProjection
from hub.incidents.service import Incident, Kind, State, incident_about, list_incidents
from hub.network import Network
from hub.wanted.service import find_entry
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge
from tests.incident_parts import OTHER, WAYBILL, acts, begin, dossier, open_alerts, scan, turn
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem
from wire.badges import badge_sha256, pseudonym
from wire.events import Act, ActKind
from wire.lines import parse_line
from wire.names import Step, format_at
from wire.wanted import WantedResult

pytestmark = [pytest.mark.anyio, on_both_databases]

PLAIN = "755123456789"
THIRD = "103000000003"


@pytest.fixture
def network() -> Network:
    return NETWORK


def act(edge: SigningEdge, kind: ActKind = ActKind.EXCEPTION, **fields: object) -> Act:
    own: dict[str, object] = {
        "site": edge.site,
        "edge": edge.edge,
        "at": format_at(START),
        "mono_ms": 1,
        "boot": samples.BOOT,
        "clock": samples.ClockReading(offset_ms=0, error_ms=5),
        "act": kind,
        "reason": "damaged",
    }
    return Act(**{**own, **fields})


def report(hub: HubHome, edge: SigningEdge, waybill: str = WAYBILL, **fields: object) -> bytes:
    batch = edge.batch([edge.line(act(edge, waybill=waybill, **fields))])
    hub.take(batch)
    return batch


def fold_again(hub: HubHome, batch: bytes) -> None:
    """The room gets a stored line once more, as when it is folded anew."""
    fact = Fact(parse_line(batch.splitlines()[2]), START, START, late=False)
    with hub.database.writing() as tx:
        IncidentProjection(hub.search(), hub.role.policy).apply(tx, [fact], START)


def anomalies(hub: HubHome) -> list[Incident]:
    with hub.database.reading() as tx:
        return [each for each in list_incidents(tx) if each.suspicion.kind is Kind.ANOMALY]


def results(hub: HubHome, *waybills: str) -> list[WantedResult | None]:
    with hub.database.reading() as tx:
        entries = [find_entry(tx, waybill) for waybill in waybills]
    return [None if entry is None else entry.result for entry in entries]


async def test_an_exception_stops_a_high_value_parcel_alarms_and_is_worked_until_released(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    report(hub, edge)
    (incident,) = anomalies(hub)
    assert (incident.state, incident.suspicion.subject) == (State.STOPPED, WAYBILL)
    assert results(hub, WAYBILL) == [WantedResult.STOP]
    assert acts(dossier(hub, incident.id)) == ["reported", "stopped"]
    (alert,) = hub.alerts()
    assert (alert.kind, alert.level, alert.late) == (AlertKind.EXCEPTION, Level.ACT, False)
    assert (alert.waybill, alert.site, alert.subject) == (WAYBILL, "755A", f"anomaly/{WAYBILL}")
    assert "异常：破损（未刷工牌）；禁止流转" in alert.text_zh
    assert "exception: damaged; stopped until it is released" in alert.text_en
    with hub.database.reading() as tx:
        assert incident_about(tx, alert.subject) == incident.id
    (item,) = (await admin.get(f"{API}/incidents?waybill={WAYBILL}&state=stopped")).json()["items"]
    assert item["kind"] == "anomaly"
    scan(hub, site="755W")
    turn(hub, 1)
    assert anomalies(hub)[0].state is State.STOPPED
    problem(await admin.delete(f"{API}/wanted/{WAYBILL}"), 409)
    path = f"{API}/incidents/{incident.id}/release"
    assert (await admin.post(path, json={"reason": "repacked"})).json()["state"] == "found"
    assert acts(dossier(hub, incident.id)) == ["reported", "stopped", "released"]
    assert (results(hub, WAYBILL), open_alerts(hub, AlertKind.EXCEPTION)) == ([None], [])


def test_the_alert_names_who_reported_it_and_the_history_keeps_the_pseudonym(
    hub: HubHome, edge: SigningEdge
) -> None:
    with hub.database.reading() as tx:
        salt = tx.exec_driver_sql("SELECT salt FROM site_salt WHERE site = '755A'").scalar_one()
    known = pseudonym(badge_sha256("2001"), salt)
    report(hub, edge, by=known)
    (alert,) = hub.alerts()
    assert "陈静" in alert.text_zh
    assert "陈静" in alert.text_en
    line = dossier(hub, anomalies(hub)[0].id).history[0]
    assert (line.who, line.site) == (known, "755A")


def test_a_report_counts_once_however_often_its_line_comes_or_is_folded(
    hub: HubHome, edge: SigningEdge
) -> None:
    batch = report(hub, edge)
    hub.take(batch)
    fold_again(hub, batch)
    (incident,) = anomalies(hub)
    assert acts(dossier(hub, incident.id)) == ["reported", "stopped"]
    assert hub.alerts(AlertKind.EXCEPTION)[0].count == 1


async def test_a_release_is_not_undone_by_folding_the_report_again_but_by_a_new_one(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    batch = report(hub, edge)
    (incident,) = anomalies(hub)
    await admin.post(f"{API}/incidents/{incident.id}/release", json={"reason": "repacked"})
    fold_again(hub, batch)
    assert results(hub, WAYBILL) == [None]
    report(hub, edge, reason="suspicious")
    assert [each.state for each in anomalies(hub)] == [State.STOPPED, State.FOUND]


def test_a_second_report_joins_the_first(hub: HubHome, edge: SigningEdge) -> None:
    report(hub, edge)
    report(hub, edge, reason="seal_broken")
    (incident,) = anomalies(hub)
    assert acts(dossier(hub, incident.id)) == ["reported", "stopped", "reported"]
    assert hub.alerts(AlertKind.EXCEPTION)[0].count == 2


def test_a_refused_handover_stops_the_parcels_that_were_refused_and_no_others(
    hub: HubHome, edge: SigningEdge
) -> None:
    """HV-2.2.6: a fault that the receiver sees starts the exception procedure."""
    lines = [edge.line(edge.scan(each, step=Step.HANDOVER)) for each in (WAYBILL, OTHER, THIRD)]
    refused = act(edge, ActKind.HANDOVER_REFUSE, scans=(1, 3), reason="wet")
    lines.append(edge.line(refused))
    hub.take(edge.batch(lines))
    assert [each.suspicion.subject for each in anomalies(hub)] == [THIRD, WAYBILL]
    stop = WantedResult.STOP
    assert results(hub, WAYBILL, OTHER, THIRD) == [stop, None, stop]
    assert "拒绝交接：wet" in hub.alerts(AlertKind.EXCEPTION)[0].text_zh


def test_an_ordinary_parcels_exception_is_an_alert_and_stops_nothing(
    hub: HubHome, edge: SigningEdge
) -> None:
    """CS-D2: it is worked and registered; only high-value flows stop (HV-3)."""
    report(hub, edge, PLAIN)
    (alert,) = hub.alerts()
    assert (alert.kind, alert.level) == (AlertKind.PROBLEM_REPORTED, Level.WARN)
    assert (anomalies(hub), results(hub, PLAIN)) == ([], [None])


def test_a_report_that_comes_after_a_newer_scan_says_so_and_stops_all_the_same(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.clock.move(7200)
    scan(hub, site="755W")
    report(hub, edge, at=format_at(START))
    (alert,) = hub.alerts(AlertKind.EXCEPTION)
    assert alert.late
    assert "reported late: scanned since at 755W" in alert.text_en
    (incident,) = anomalies(hub)
    assert incident.suspicion.since == START
    assert "755W" in incident.suspicion.reasons_zh[-1]
    assert results(hub, WAYBILL) == [WantedResult.STOP]


async def test_a_search_goes_on_beneath_an_anomaly_and_its_find_releases_nothing(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    searched = begin(hub)
    report(hub, edge)
    hub.clock.move(60)
    scan(hub, site="755W")
    assert dossier(hub, searched).incident.state is State.FOUND
    assert results(hub, WAYBILL) == [WantedResult.STOP]
    (incident,) = anomalies(hub)
    await admin.post(f"{API}/incidents/{incident.id}/release", json={"reason": "repacked"})
    assert results(hub, WAYBILL) == [None]


def test_where_the_list_is_full_the_alarm_says_that_nothing_stops_it(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.wanted.service.WANTED_ENTRIES_MAX", 0)
    report(hub, edge)
    (alert,) = hub.alerts(AlertKind.EXCEPTION)
    assert "NOTHING stops it" in alert.text_en
    assert acts(dossier(hub, anomalies(hub)[0].id)) == ["reported", "stopped", "not_wanted"]
