"""A parcel goes on under a new waybill: what is declared, what its first scan ends. HV-2.9."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from hub.access.accounts import add_account, make_token
from hub.access.service import Caller, Role
from hub.alerts.service import AlertKind
from hub.app import create_app
from hub.console.parcel.desk import ParcelDesk
from hub.custody.service import BreachKind
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import (
    Declaration,
    ReplaceReason,
    belongs_on_list,
    in_store,
    on_their_way,
)
from hub.wanted.service import find_entry
from tests.custody_hub import SIBLING as NEW
from tests.custody_hub import WAYBILL as OLD
from tests.custody_hub import Carrier, at, told
from tests.hub_parts import BEARER
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from wire.names import Step, format_at
from wire.wanted import WantedResult

pytestmark = pytest.mark.anyio
FORWARD = {"replaces": OLD, "replaces_reason": "forward"}
ORDINARY = "755000000001"
HIGH = Decimal("26800.00")
ADMIN = Caller("administrator", Role.ADMINISTRATOR, None)


@pytest.fixture
async def desk(carrier: Carrier) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator who declares parcels of the small carrier."""
    async with client_of(create_app(carrier.hub.web()), **BEARER) as client:
        yield client


async def declare(desk: httpx.AsyncClient, waybill: str = NEW, **body: object) -> httpx.Response:
    return await desk.put(f"{API}/parcels/{waybill}", json=body)


async def read(desk: httpx.AsyncClient, waybill: str) -> dict[str, object]:
    found: dict[str, object] = (await desk.get(f"{API}/parcels/{waybill}")).json()
    return found


def store_it(carrier: Carrier) -> None:
    carrier.hand_in(
        carrier.scan(0, Step.ACCEPT, "KIM"), carrier.scan(10, Step.STORE, "KIM", place="cage1")
    )


def scan_new(carrier: Carrier, minute: float = 60, **more: object) -> None:
    carrier.hand_in(carrier.scan(minute, Step.ACCEPT, "KIM", waybill=NEW, **more))


@on_both_databases
async def test_both_parcels_name_each_other_and_the_new_one_is_charged_again(
    carrier: Carrier, desk: httpx.AsyncClient
) -> None:
    store_it(carrier)
    said = (await declare(desk, **FORWARD)).json()
    assert said["replaces"] == {
        "waybill": OLD,
        "reason": "forward",
        "since": None,
        "note_zh": "运费和保价费重新收取（HV-2.9）",
        "note_en": "freight and premium are charged again (HV-2.9)",
    }
    assert said["declarations"][0]["replaces"] == OLD
    old = await read(desk, OLD)
    assert old["replaced_by"] == {"waybill": NEW, "reason": "forward", "since": None}
    # Nothing was scanned under the new number yet: the keeper holds it under the old one.
    assert (old["state"], old["replaces"]) == ("in_store", None)
    scan_new(carrier)
    old, new = await read(desk, OLD), await read(desk, NEW)
    assert (old["state"], old["expected_site"]) == ("replaced", None)
    assert old["replaced_by"] == {"waybill": NEW, "reason": "forward", "since": format_at(at(60))}
    assert (new["state"], new["replaced_by"]) == ("accepted", None)
    sight = ParcelDesk(carrier.hub.web()).parcel(NEW, ADMIN)
    assert sight.replaces is not None
    assert (sight.replaces.old, sight.replaced_by) == (OLD, None)


async def test_custody_of_the_old_number_ends_with_the_new_ones_first_scan_also_as_of_then(
    carrier: Carrier, desk: httpx.AsyncClient
) -> None:
    store_it(carrier)
    await declare(desk, **FORWARD)
    scan_new(carrier)
    chain = carrier.chain(120)
    assert told(chain)[-1] == (10, "KEEPER", "recorded")
    assert (chain.spans[-1].to_at, chain.replaced_by) == (at(60), NEW)
    assert carrier.chain(120, as_of=59).spans[-1].to_at is None
    body = (await desk.get(f"{API}/parcels/{OLD}/custody")).json()
    assert (body["replaced_by"], body["delivered"]) == (NEW, False)
    with carrier.hub.database.reading() as tx:
        assert on_their_way(tx, [OLD, NEW]) == {NEW}
        assert in_store(tx, None, 10) == {}


async def test_moving_under_the_old_number_is_an_alarm_in_both_languages(
    carrier: Carrier, desk: httpx.AsyncClient
) -> None:
    store_it(carrier)
    await declare(desk, **FORWARD)
    scan_new(carrier)
    carrier.hand_in(carrier.scan(70, Step.LOAD, "LOADER"))
    assert carrier.breaches() == [BreachKind.OLD_WAYBILL]
    (alert,) = carrier.hub.alerts(AlertKind.OLD_WAYBILL)
    assert f"已换新单 {NEW}" in alert.text_zh
    assert f"goes on as {NEW}" in alert.text_en


@on_both_databases
async def test_declared_after_it_was_scanned_the_same_holds_and_what_had_moved_is_told(
    carrier: Carrier, desk: httpx.AsyncClient
) -> None:
    store_it(carrier)
    scan_new(carrier)
    carrier.hand_in(carrier.scan(70, Step.LOAD, "LOADER"))
    assert carrier.breaches() == []
    assert (await declare(desk, **FORWARD)).status_code == 200
    carrier.turn(80)
    assert carrier.breaches() == [BreachKind.OLD_WAYBILL]
    # Late news of an earlier first scan moves the end.
    scan_new(carrier, 50, site="HUB")
    assert carrier.chain(120).spans[-1].to_at == at(50)


@on_both_databases
async def test_what_cannot_be_the_same_parcel_is_refused_and_changes_nothing(
    carrier: Carrier, desk: httpx.AsyncClient
) -> None:
    assert "nothing is known" in problem(await declare(desk, **FORWARD), 422)
    store_it(carrier)
    assert "itself" in problem(await declare(desk, OLD, **FORWARD), 422)
    problem(await declare(desk, replaces=OLD), 422)
    problem(await declare(desk, replaces_reason="forward"), 422)
    problem(await declare(desk, replaces=OLD, replaces_reason="lost"), 422)
    assert "high value" in problem(await declare(desk, ORDINARY, **FORWARD), 409)
    carrier.hub.put_wanted(OLD, result=WantedResult.STOP)
    assert "is stopped" in problem(await declare(desk, **FORWARD), 409)
    problem(await desk.get(f"{API}/parcels/{NEW}"), 404)
    await desk.delete(f"{API}/wanted/{OLD}")
    assert (await declare(desk, **FORWARD)).status_code == 200
    third = await declare(desk, "103000000003", **FORWARD)
    assert f"goes on as {NEW} already" in problem(third, 409)
    scan_new(carrier)
    before = await read(desk, NEW)
    assert "name that" in problem(await declare(desk), 409)
    assert await read(desk, NEW) == before
    again = (await declare(desk, **FORWARD, pieces=1)).json()
    assert (again["pieces"], len(again["declarations"])) == (1, 2)


async def test_a_delivered_parcel_takes_no_new_waybill(
    carrier: Carrier, desk: httpx.AsyncClient
) -> None:
    store_it(carrier)
    carrier.hand_in(carrier.scan(20, Step.DELIVER, "KIM"))
    assert "delivered" in problem(await declare(desk, **FORWARD), 409)


async def test_another_sites_parcel_is_not_replaced(carrier: Carrier) -> None:
    store_it(carrier)
    hub, now = carrier.hub, carrier.hub.clock.now()
    with hub.database.writing() as tx:
        add_account(tx, "wu", Role.SUPERVISOR, frozenset({"FAR"}), "no hash", "li", now)
        token, _ = make_token(tx, "wu", "test", now, hub.clock.random_bytes)
    async with client_of(create_app(carrier.hub.web()), Authorization=f"Bearer {token}") as bound:
        refused = await declare(bound, **FORWARD, origin="FAR")
        assert "another site" in problem(refused, 403)


def test_high_value_by_its_declaration_leaves_the_list_with_the_old_number(
    carrier: Carrier,
) -> None:
    hub = carrier.hub
    old, new = ORDINARY, "755000000002"
    policy = hub.role.policy

    def said(replaces: str | None) -> Declaration:
        reason = None if replaces is None else ReplaceReason.FORWARD
        plain = Declaration(HIGH, None, None, None, None, None, "no HV material")
        return replace(plain, replaces=replaces, replaces_reason=reason)

    with hub.database.writing() as tx:
        declare_parcel(tx, old, said(None), "li", policy, at(0))
    carrier.hand_in(carrier.scan(1, Step.ACCEPT, "KIM", waybill=old))
    with hub.database.writing() as tx:
        declare_parcel(tx, new, said(old), "li", policy, at(2))
        assert find_entry(tx, old) is not None
    carrier.hand_in(carrier.scan(3, Step.ACCEPT, "KIM", waybill=new))
    with hub.database.reading() as tx:
        assert (find_entry(tx, old), belongs_on_list(tx, old)) == (None, False)
        assert find_entry(tx, new) is not None
