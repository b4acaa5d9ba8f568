"""Declaring by REST, and what scanners learn of it: HV-1.2.2, HV-2.2.2.2, design section 3."""

from datetime import timedelta

import httpx
import pytest

from hub.alerts.service import AlertKind
from hub.custody.service import BreachKind, breaches_of
from hub.parcels.service import Refusal, high_value_among, refusals_among
from hub.wanted.service import expire_entries, find_entry, is_stopped
from tests.hub_parts import START, HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem
from wire.names import Result, Step, format_at
from wire.wanted import WantedEntry, WantedResult

pytestmark = pytest.mark.anyio

HV, PLAIN = "103000000001", "755123456789"
HIGH = {"declared_value_cny": "26800", "reason": "no HV material left"}


def entry(hub: HubHome, waybill: str = PLAIN) -> WantedEntry | None:
    with hub.database.reading() as tx:
        return find_entry(tx, waybill)


def scan(hub: HubHome, edge: SigningEdge, minute: int, **fields: object) -> None:
    at = format_at(START + timedelta(minutes=minute))
    line = edge.line(edge.scan(at=at, **fields))
    hub.take(edge.batch([line]), site=edge.site, edge=edge.edge)


async def declare(admin: httpx.AsyncClient, waybill: str, **body: object) -> httpx.Response:
    return await admin.put(f"{API}/parcels/{waybill}", json=body)


# ---------------------------------------------------------------- refused


@on_both_databases
async def test_a_refused_declaration_names_its_rule_and_leaves_what_was_declared(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, HV, declared_value_cny="30000", origin="755A")
    before = (await admin.get(f"{API}/parcels/{HV}")).json()
    for value, rule in (("50000.01", "HV-1.2.2"), ("20000", "HV-2.2.2.2")):
        refused = await declare(admin, HV, declared_value_cny=value, origin="755W")
        assert rule in problem(refused, 422)
    heavy = await declare(admin, HV, declared_value_cny="30000", weight_kg="80.1")
    assert "HV-1.2.1" in problem(heavy, 422)
    after = (await admin.get(f"{API}/parcels/{HV}")).json()
    tried = [(each["refused_by"], each["origin"]) for each in after.pop("declarations")]
    assert tried == [("HV-1.2.1", None), ("HV-2.2.2.2", "755W"), ("HV-1.2.2", "755W"),
                     (None, "755A")]  # fmt: skip
    assert after == {key: value for key, value in before.items() if key != "declarations"}
    problem(await declare(admin, PLAIN, declared_value_cny="20000.01"), 422)
    problem(await admin.get(f"{API}/parcels/{PLAIN}"), 404)
    assert entry(hub) is None


@on_both_databases
async def test_a_series_misused_is_remembered_until_a_right_value_is_declared(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    def misused() -> set[str]:
        with hub.database.reading() as tx:
            found = refusals_among(tx, [HV, PLAIN, "103000000002"], hub.role.policy)
        assert set(found.values()) <= {Refusal.SERIES_MISUSED}
        return set(found)

    await declare(admin, HV, declared_value_cny="500")
    await declare(admin, PLAIN, declared_value_cny="500")
    assert misused() == {HV}
    # Where it goes can be said without the value; that does not make the value right.
    await declare(admin, HV, origin="755A", destination="020R")
    assert misused() == {HV}
    await declare(admin, HV, declared_value_cny="25000")
    assert misused() == set()


async def test_every_declaration_stays_on_record_and_the_newest_accepted_one_counts(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    piece = {"weight_kg": "12.5", "size_m": ["0.8", "2.5", "1.5"], "pieces": 1}
    await declare(admin, HV, declared_value_cny="25000", origin="755A", **piece)
    hub.clock.move(60)
    answer = (await declare(admin, HV, declared_value_cny="26000", reason="counted anew")).json()
    assert (answer["declared_value_cny"], answer["weight_kg"]) == ("26000.00", None)
    said = answer["declarations"]
    assert [each["declared_value_cny"] for each in said] == ["26000.00", "25000.00"]
    assert [each["refused_by"] for each in said] == [None, None]
    assert [each["by"] for each in said] == ["administrator"] * 2
    assert said[0]["at"] > said[1]["at"]
    assert {key: said[1][key] for key in piece} == piece


# ---------------------------------------------------------------- refused, and travels


@pytest.mark.parametrize(
    ("waybill", "body", "breach", "rule"),
    [
        (PLAIN, {"declared_value_cny": "30000"}, BreachKind.SERIES_MISSING, "HV-2.2.2.2"),
        (HV, {"declared_value_cny": "90000"}, BreachKind.ABOVE_BAND, "HV-1.2.2"),
        (HV, {"pieces": 2}, BreachKind.SEVERAL_PIECES, "HV-1.2.2"),
        (HV, {"weight_kg": "81"}, BreachKind.OVERSIZE, "HV-1.2.1"),
    ],
)
@on_both_databases
async def test_a_scan_of_what_was_refused_is_the_breach_of_that_rule_until_it_is_put_right(
    hub: HubHome,
    admin: httpx.AsyncClient,
    edge: SigningEdge,
    waybill: str,
    body: dict[str, object],
    breach: BreachKind,
    rule: str,
) -> None:
    def breaches() -> list[tuple[BreachKind, str]]:
        with hub.database.reading() as tx:
            found = breaches_of(tx, waybill, hub.clock.now())
        return [(each.breach.kind, each.breach.rule) for each in found]

    hub.clock.move(600)
    problem(await declare(admin, waybill, **body), 422)
    scan(hub, edge, 1, waybill=waybill, step=Step.ACCEPT)
    assert breaches() == [(breach, rule)]
    (alert,) = [each for each in hub.alerts() if each.kind == breach]
    assert (alert.waybill, alert.count) == (waybill, 1)
    scan(hub, edge, 2, waybill=waybill, step=Step.SORT)
    assert breaches() == [(breach, rule)]
    right = "25000" if waybill == HV else "500"
    assert (await declare(admin, waybill, declared_value_cny=right)).status_code == 200
    scan(hub, edge, 3, waybill=waybill, step=Step.SORT)
    assert breaches() == []


# ---------------------------------------------------------------- high value by value


@on_both_databases
async def test_a_high_value_on_an_ordinary_waybill_reaches_every_scanner(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    answer = await declare(admin, PLAIN, **HIGH)
    assert (answer.json()["high_value"], answer.json()["reason"]) == (True, HIGH["reason"])
    found = entry(hub)
    assert found is not None
    assert (found.result, found.banner_zh) == (WantedResult.WANTED, "特殊安全产品(高价值)快件")
    with hub.database.reading() as tx:
        assert high_value_among(tx, [HV, PLAIN, "1"], hub.role.policy) == {HV, PLAIN}


async def test_a_series_waybill_needs_no_entry_and_a_lower_value_loses_its_own(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, HV, declared_value_cny="26800")
    assert entry(hub, HV) is None
    await declare(admin, PLAIN, **HIGH)
    await declare(admin, PLAIN, declared_value_cny="19000")
    assert entry(hub) is None


async def test_its_scans_are_passages_and_no_search(
    hub: HubHome, admin: httpx.AsyncClient, edge: SigningEdge
) -> None:
    await declare(admin, PLAIN, **HIGH)
    scan(hub, edge, 1, result=Result.WANTED)
    scan(hub, edge, 2, result=Result.CLEAR)
    (passage,) = hub.alerts()
    assert (passage.kind, passage.count) == (AlertKind.HV_PASSAGE, 2)


@on_both_databases
async def test_delivery_takes_it_off_the_list_and_a_return_puts_it_back(
    hub: HubHome, admin: httpx.AsyncClient, edge: SigningEdge
) -> None:
    await declare(admin, PLAIN, **HIGH)
    scan(hub, edge, 9, result=Result.WANTED, step=Step.DELIVER)
    assert entry(hub) is None
    assert [each.kind for each in hub.alerts()] == [AlertKind.HV_PASSAGE]
    scan(hub, edge, 10, step=Step.RETURN)
    assert entry(hub) is not None


async def test_a_person_s_entry_stands_and_after_it_the_high_value_s_own(
    hub: HubHome, admin: httpx.AsyncClient, edge: SigningEdge
) -> None:
    order = {"result": "stop", "reason": "police", "expires_at": "2026-11-22T02:00:00Z"}
    await admin.put(f"{API}/wanted/{PLAIN}", json=order)
    await declare(admin, PLAIN, **HIGH)
    found = entry(hub)
    assert found is not None
    assert found.result is WantedResult.STOP
    assert (await admin.get(f"{API}/parcels/{PLAIN}")).json()["stopped"] is True
    with hub.database.writing() as tx:
        expire_entries(tx, START + timedelta(hours=1))
    marked = entry(hub)
    assert marked is not None
    assert marked.banner_en == "HIGH VALUE"
    assert (await admin.get(f"{API}/parcels/{PLAIN}")).json()["stopped"] is False
    # Who takes the mark itself off means it.
    await admin.delete(f"{API}/wanted/{PLAIN}")
    assert entry(hub) is None


async def test_a_stop_that_has_expired_stops_nothing(hub: HubHome) -> None:
    at = START + timedelta(minutes=5)
    hub.put_wanted(PLAIN, result=WantedResult.STOP, expires_at=format_at(at))
    with hub.database.reading() as tx:
        assert is_stopped(tx, PLAIN, at - timedelta(milliseconds=1)) is True
        assert is_stopped(tx, PLAIN, at) is False


async def test_a_full_wanted_list_refuses_the_declaration_whole(
    hub: HubHome, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.wanted.service.WANTED_ENTRIES_MAX", 0)
    problem(await declare(admin, PLAIN, **HIGH), 409)
    problem(await admin.get(f"{API}/parcels/{PLAIN}"), 404)


# ---------------------------------------------------------------- the parcel's page


@on_both_databases
async def test_a_parcel_tells_its_way_and_what_it_is_aboard_of(
    hub: HubHome, admin: httpx.AsyncClient, edge: SigningEdge
) -> None:
    route = ["755A", "755W", "020R"]
    await declare(admin, HV, declared_value_cny="30000", route=route)
    truck = {"container": "V-1", "container_kind": "vehicle"}
    scan(hub, edge, 5, waybill=HV, step=Step.LOAD, **truck)
    got = (await admin.get(f"{API}/parcels/{HV}")).json()
    assert got["planned_route"] == got["route"] == route
    way = [got[name] for name in ("state", "site", "position", "expected_site", "returning")]
    assert way == ["under_way", "755A", 0, "755W", False]
    (stay,) = got["containers"]
    assert stay == {
        "kind": "vehicle",
        "id": "V-1",
        "since": "2026-11-22T01:05:00.000Z",
        "until": None,
        "closed": None,
    }
