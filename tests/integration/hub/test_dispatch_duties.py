"""Lists that are late, and who may do and see what of a list: HV-2.7, CS-P1."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import Role
from hub.alerts.service import AlertKind, AlertState
from hub.dispatch.rules import ListState
from hub.dispatch.service import list_lists
from hub.network import Network
from tests.hub_parts import HubHome
from tests.integration.hub.dispatch_parts import (
    NETWORK,
    NOON,
    ONE,
    TWO,
    URL,
    declare,
    left,
    tell,
    told,
    whole,
    work,
)
from tests.integration.hub.route_cases import make_account
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem

pytestmark = pytest.mark.anyio


@pytest.fixture
def network() -> Network:
    return NETWORK


# ---------------------------------------------------------------- lateness


@on_both_databases
async def test_a_list_not_sent_in_time_is_one_alert_that_the_sending_closes(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    due = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    work(hub, due)
    assert hub.alerts() == []
    for minute in range(1, 4):
        work(hub, due + timedelta(minutes=minute))
    assert told(hub, AlertKind.DISPATCH_UNSENT) == [(AlertState.OPEN, "755A", 1)]
    sent = (await admin.post(f"{URL}/1/send")).json()
    assert sent["send_late"] is True
    assert told(hub, AlertKind.DISPATCH_UNSENT) == [(AlertState.CLOSED, "755A", 1)]


async def test_an_alarm_that_somebody_closed_is_not_raised_again_for_the_same_list(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    work(hub, NOON + timedelta(hours=8))
    await admin.post(f"{API}/alerts/1/accept")
    tell(hub, left(TWO))
    work(hub, NOON + timedelta(hours=9))
    assert told(hub, AlertKind.DISPATCH_UNSENT) == [(AlertState.CLOSED, "755A", 1)]


@on_both_databases
async def test_a_list_not_forwarded_by_midnight_is_an_alert_for_the_centre(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    hub.clock.at = NOON
    await admin.post(f"{URL}/1/send")
    midnight = datetime(2026, 11, 22, 16, tzinfo=UTC)
    work(hub, midnight)
    assert hub.alerts() == []
    work(hub, midnight + timedelta(seconds=1))
    (alert,) = hub.alerts(AlertKind.DISPATCH_UNFORWARDED)
    assert (alert.site, alert.state) == ("755D", AlertState.OPEN)
    assert "755A" in alert.text_zh
    assert "11-23 00:00" in alert.text_en
    assert (await admin.post(f"{URL}/1/forward")).json()["forward_late"] is True
    assert told(hub, AlertKind.DISPATCH_UNFORWARDED) == [(AlertState.CLOSED, "755D", 1)]


async def test_a_part_that_is_not_received_in_time_is_one_alert_that_the_receipt_closes(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    hub.clock.at = NOON
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    await admin.post(f"{URL}/1/send")
    await admin.post(f"{URL}/1/forward")
    late = NOON + timedelta(minutes=hub.role.policy.dispatch.receive_min)
    work(hub, late)
    assert told(hub, AlertKind.DISPATCH_UNRECEIVED) == []
    for seconds in (1, 60):
        work(hub, late + timedelta(seconds=seconds))
    assert told(hub, AlertKind.DISPATCH_UNRECEIVED) == [(AlertState.OPEN, "020D", 1)]
    await admin.post(f"{URL}/1/receive")
    assert told(hub, AlertKind.DISPATCH_UNRECEIVED) == [(AlertState.CLOSED, "020D", 1)]


async def test_lists_in_time_raise_nothing(hub: HubHome, admin: httpx.AsyncClient) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    hub.clock.at = NOON
    await admin.post(f"{URL}/1/send")
    await admin.post(f"{URL}/1/forward")
    await admin.post(f"{URL}/1/receive")
    work(hub, NOON + timedelta(days=3))
    assert hub.alerts() == []


# ---------------------------------------------------------------- who sees what


async def test_addresses_are_masked_encrypted_and_shown_only_for_a_reason_on_record(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    for _ in range(2):
        (entry,) = (await whole(admin))["entries"]  # type: ignore[misc] # JSON
        assert entry["phone"] == "139****1234"
        assert "天河路" not in entry["address"]
        await admin.post(f"{URL}/1/send")
    shown = (await admin.get(f"{URL}/1", params={"unmask": "the driver asks"})).json()["entries"]
    assert (shown[0]["phone"], shown[0]["address"]) == ("13900001234", "天河路 1 号")
    with hub.database.reading() as tx:
        rows = tx.exec_driver_sql("SELECT * FROM dispatch_entry").all()
        looks = tx.exec_driver_sql("SELECT about, reason FROM look").all()
    assert "13900001234" not in repr(rows)
    assert [tuple(each) for each in looks] == [(ONE, "the driver asks")]


async def test_each_site_does_its_own_part(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    tokens = {
        site: make_account(hub, f"keeper-{site.lower()}", Role.WAREHOUSE, site)
        for site in ("755A", "755D", "020D", "010D")
    }

    async def post(site: str, act: str) -> int:
        async with client_of(app, Authorization=f"Bearer {tokens[site]}") as client:
            return (await client.post(f"{URL}/1/{act}")).status_code

    assert [await post(site, "send") for site in ("020D", "755D", "755A")] == [404, 403, 200]
    assert [await post(site, "forward") for site in ("020D", "755A", "755D")] == [404, 403, 200]
    assert [await post(site, "receive") for site in ("010D", "755A", "020D")] == [404, 409, 200]
    with hub.database.reading() as tx:
        seen = [
            [each.state for each in list_lists(tx, frozenset({site}), None, None, 10)]
            for site in tokens
        ]
    assert seen == [[ListState.RECEIVED]] * 3 + [[]]


async def test_lists_are_paged_newest_first(hub: HubHome, admin: httpx.AsyncClient) -> None:
    tell(hub, *[left(ONE, NOON + timedelta(days=day)) for day in range(3)])
    first = (await admin.get(f"{URL}?limit=2")).json()
    rest = (await admin.get(f"{URL}?limit=2&cursor={first['next']}")).json()
    found = [each["date"] for each in first["items"] + rest["items"]]
    assert found == ["2026-11-24", "2026-11-23", "2026-11-22"]
    problem(await admin.get(f"{URL}/9"), 404)
