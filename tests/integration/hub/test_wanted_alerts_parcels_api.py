"""REST of the wanted list, alerts and parcels; every error a problem. Source: interface."""

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from hub.alerts.service import AlertKind, Finding, raise_alert
from tests.hub_parts import START, HubHome
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem

pytestmark = pytest.mark.anyio


def raise_one(hub: HubHome, subject: str = "755A/dock") -> int:
    with hub.database.writing() as tx:
        return raise_alert(tx, Finding(AlertKind.EDGE_REFUSED, subject, START), START)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("DELETE", "/events", 405),
        ("GET", "/parcels/103000000001", 404),
        ("GET", "/wanted/103000000001", 404),
        ("DELETE", "/wanted/103000000001", 404),
        ("POST", "/alerts/7/ack", 404),
        ("POST", "/alerts/0/ack", 422),
        ("POST", "/alerts/99999999999999999999/ack", 422),
        ("GET", "/events?limit=0", 422),
        ("GET", "/events?limit=1001", 422),
        ("GET", "/events?cursor=x", 422),
        ("GET", "/events?since=yesterday", 422),
        ("GET", "/events?since=0001-01-01T00:00:00%2B14:00", 422),
        ("GET", "/events?waybill=a%00", 422),
        ("GET", "/events?site=a%00", 422),
        ("GET", "/events?kind=a%00", 422),
        ("GET", "/alerts?state=sleeping", 422),
        ("GET", "/wanted/%00", 422),
        ("GET", "/wanted?cursor=a%20b", 422),
    ],
)
async def test_every_error_is_a_problem(
    admin: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    problem(await admin.request(method, f"{API}{path}"), status)


async def test_an_unexpected_error_is_a_problem_without_its_stack(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr("hub.web.health.custos_version", broken)
    assert "secret words" not in problem(await admin.get(f"{API}/about"), 500)


async def test_a_database_that_does_not_answer_is_a_problem_to_try_again(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr("hub.alerts.service.list_alerts", away)
    assert "try again" in problem(await admin.get(f"{API}/alerts"), 503)


async def test_a_wrong_value_is_told_without_repeating_it(admin: httpx.AsyncClient) -> None:
    body = {"result": "wanted", "reason": "r", "banner_zh": "private words" * 20}
    detail = problem(await admin.put(f"{API}/wanted/103000000001", json=body), 422)
    assert "banner_zh" in detail
    assert "private words" not in detail


# ---------------------------------------------------------------- wanted


@on_both_databases
async def test_an_entry_is_put_read_changed_and_deleted(admin: httpx.AsyncClient) -> None:
    url = f"{API}/wanted/755123456789"
    body = {
        "result": "stop",
        "reason": "police",
        "tone": "stop",
        "banner_zh": "扣留",
        "priority": 1,
        "expires_at": "2026-11-23T09:00:00+08:00",
        "covert": True,
        "scope": ["755A"],
    }
    created = await admin.put(url, json=body)
    assert created.status_code == 201
    assert created.json() == (await admin.get(url)).json()
    assert created.json()["expires_at"] == "2026-11-23T01:00:00.000Z"
    assert created.json()["owner"] == "administrator"
    assert (await admin.put(url, json=body)).status_code == 200
    assert (await admin.get(f"{API}/wanted")).json()["version"] == 2
    changed = await admin.put(url, json={"result": "wanted", "reason": "other"})
    assert changed.json()["covert"] is False
    assert (await admin.delete(url)).status_code == 204
    listing = (await admin.get(f"{API}/wanted")).json()
    assert (listing["version"], listing["items"]) == (4, [])


@pytest.mark.parametrize(
    "change",
    [
        {"result": "gone"},
        {"reason": "x" * 201},
        {"reason": "two\nlines"},
        {"priority": 10},
        {"expires_at": "2026-11-22T00:59:59Z"},
        {"expires_at": "2026-11-23T01:00:00"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"scope": []},
        {"scope": ["a b"]},
        {"scope": ["x"] * 33},
        {"owner": "me"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_wrong_entry_is_refused_and_changes_nothing(
    admin: httpx.AsyncClient, change: dict[str, object]
) -> None:
    body = {"result": "wanted", "reason": "r", **change}
    problem(await admin.put(f"{API}/wanted/755123456789", json=body), 422)
    assert (await admin.get(f"{API}/wanted")).json() == {"version": 1, "items": [], "next": None}


@on_both_databases
async def test_the_list_is_paged_in_the_order_of_waybills(admin: httpx.AsyncClient) -> None:
    for n in (3, 1, 2):
        body = {"result": "wanted", "reason": "r"}
        await admin.put(f"{API}/wanted/75512345678{n}", json=body)
    first = (await admin.get(f"{API}/wanted?limit=2")).json()
    rest = (await admin.get(f"{API}/wanted?limit=2&cursor={first['next']}")).json()
    found = [item["waybill"] for item in first["items"] + rest["items"]]
    assert found == ["755123456781", "755123456782", "755123456783"]
    assert rest["next"] is None


# ---------------------------------------------------------------- alerts


@on_both_databases
async def test_alerts_are_filtered_and_answered_by_name(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    first, second = raise_one(hub, "755A/a"), raise_one(hub, "755A/b")
    await admin.post(f"{API}/alerts/{first}/ack")
    rejected = await admin.post(f"{API}/alerts/{second}/reject", json={"reason": "a test"})
    assert rejected.json()["state"] == "closed"
    for state, expected in (("open", []), ("acked", [first]), ("closed", [second])):
        found = (await admin.get(f"{API}/alerts?state={state}&level=act")).json()["items"]
        assert [item["id"] for item in found] == expected
    with hub.database.reading() as tx:
        rows = tx.exec_driver_sql("SELECT alert_id, act, who, reason FROM alert_history").all()
    assert [tuple(row) for row in rows][2:] == [
        (first, "ack", "administrator", None),
        (second, "reject", "administrator", "a test"),
    ]


@on_both_databases
async def test_a_closed_alert_takes_no_answer_and_stays_as_it_is(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    alert_id = raise_one(hub)
    await admin.post(f"{API}/alerts/{alert_id}/accept")
    before = hub.count("alert_history")
    problem(await admin.post(f"{API}/alerts/{alert_id}/reject"), 409)
    assert hub.count("alert_history") == before


@on_both_databases
async def test_a_second_acknowledgement_changes_nothing(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    alert_id = raise_one(hub)
    await admin.post(f"{API}/alerts/{alert_id}/ack")
    before = hub.count("alert_history")
    assert (await admin.post(f"{API}/alerts/{alert_id}/ack")).json()["state"] == "acked"
    assert hub.count("alert_history") == before


@on_both_databases
async def test_alerts_are_paged_newest_first(hub: HubHome, admin: httpx.AsyncClient) -> None:
    ids = [raise_one(hub, f"755A/{n}") for n in range(3)]
    first = (await admin.get(f"{API}/alerts?limit=2")).json()
    rest = (await admin.get(f"{API}/alerts?limit=2&cursor={first['next']}")).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]


async def test_a_reason_that_no_database_could_keep_is_refused_and_changes_nothing(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    alert_id = raise_one(hub)
    body = {"reason": "a\0b"}
    problem(await admin.post(f"{API}/alerts/{alert_id}/reject", json=body), 422)
    (item,) = (await admin.get(f"{API}/alerts")).json()["items"]
    assert item["state"] == "open"


# ---------------------------------------------------------------- parcels


@on_both_databases
async def test_a_parcel_is_declared_exactly_and_its_people_are_encrypted(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    body = {
        "declared_value_cny": "49999.07",
        "origin": "755A",
        "destination": "755W",
        "route": ["755A", "755R", "755W"],
        "accepted_at": "2026-11-22T09:00:00+08:00",
        "sender": {"name": "Wang Private"},
        "recipient": "Li Private",
    }
    put = await admin.put(f"{API}/parcels/103000000001", json=body)
    assert put.status_code == 200
    got = (await admin.get(f"{API}/parcels/103000000001")).json()
    assert got == put.json()
    assert got["high_value"] is True
    assert got["declared_value_cny"] == "49999.07"
    assert got["accepted_at"] == "2026-11-22T01:00:00.000Z"
    assert (got["sender"], got["recipient"]) == ({"name": "W** P**"}, "L** P**")
    with hub.database.reading() as tx:
        row = tx.exec_driver_sql("SELECT * FROM parcel").one()
    assert "Private" not in repr(tuple(row))


@pytest.mark.parametrize(
    "change",
    [
        {"declared_value_cny": "-1"},
        {"declared_value_cny": "0.001"},
        {"declared_value_cny": "NaN"},
        {"declared_value_cny": "10000000000"},
        {"origin": "a b"},
        {"value": 1},
        {"route": ["x"] * 33},
        {"sender": {str(n): "x" for n in range(33)}},
    ],
    ids=lambda change: str(next(iter(change.values())))[:12],
)
async def test_a_wrong_declaration_is_refused(
    admin: httpx.AsyncClient, change: dict[str, object]
) -> None:
    problem(await admin.put(f"{API}/parcels/755123456789", json=change), 422)
    problem(await admin.get(f"{API}/parcels/755123456789"), 404)


@on_both_databases
async def test_a_number_is_a_declared_value_too(admin: httpx.AsyncClient) -> None:
    put = await admin.put(f"{API}/parcels/755123456789", json={"declared_value_cny": 19999.5})
    assert put.json()["declared_value_cny"] == "19999.50"


@pytest.mark.parametrize("body", [{"reason": "a\0b"}, {"reasn": "a slip"}])
async def test_a_wrong_answer_to_an_alert_is_refused_and_changes_nothing(
    hub: HubHome, admin: httpx.AsyncClient, body: dict[str, str]
) -> None:
    alert_id = raise_one(hub)
    problem(await admin.post(f"{API}/alerts/{alert_id}/reject", json=body), 422)
    assert [each.state for each in hub.alerts()] == ["open"]


async def test_a_list_too_long_for_a_snapshot_takes_no_longer_entry(
    hub: HubHome, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.wanted.service.LIST_BYTES_MAX", 400)
    order = {"result": "stop", "reason": "x" * 150}
    assert (await admin.put(f"{API}/wanted/755000000001", json=order)).status_code == 201
    before = hub.list_head()
    problem(await admin.put(f"{API}/wanted/755000000002", json=order), 409)
    longer = {"result": "stop", "reason": "x" * 200, "banner_zh": "通" * 80}
    problem(await admin.put(f"{API}/wanted/755000000001", json=longer), 409)
    assert hub.list_head() == before
    shorter = {"result": "stop", "reason": "x"}
    assert (await admin.put(f"{API}/wanted/755000000001", json=shorter)).status_code == 200
