"""A suspect's evidence and worth, from scans to REST and screens. Source: HV-2.11.2, ADR 0042."""

from decimal import Decimal

import httpx
import pytest
from sqlalchemy import update

from hub.access.rules import Role
from hub.access.service import Caller
from hub.console.incidents.desk import IncidentDesk
from hub.console.suspects.desk import SuspectDesk
from hub.evidence import LineKind
from hub.incidents import store as incident_store
from hub.incidents.service import Kind
from hub.missing import suspect_store
from hub.missing.service import Asked, Order, Suspect, ValueBasis, list_suspects, worth_of
from hub.network import Network
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration
from tests.hub_parts import HubHome
from tests.integration.hub.route_cases import make_account
from tests.integration.hub.suspect_parts import HV, ORDINARY, Watching
from tests.missing_parts import HOUR, ROUTE, local
from tests.missing_parts import network as small_network
from tests.postgres_parts import on_both_databases
from wire.names import Step

pytestmark = pytest.mark.anyio

EVENING = local(14, "15:00")
LEFT_AT = local(14, "19:30")
OTHER_HV = "103000000002"
EVERYWHERE = Caller("zhao", Role.SUPERVISOR, None)
FLOOR = Caller("li", Role.WAREHOUSE, None)
LONG_H = 60.0


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    hub.clock.at = EVENING
    return Watching(hub)


def declare(watching: Watching, waybill: str, value: str | None) -> None:
    cny = None if value is None else Decimal(value)
    declared = Declaration(cny, ROUTE[0], ROUTE[-1], ROUTE, None, None)
    with watching.hub.database.writing() as tx:
        now = watching.hub.clock.now()
        declare_parcel(tx, waybill, declared, "li", watching.hub.role.policy, now)


def lose(watching: Watching, **values: str | None) -> None:
    """Each in a vehicle of its own, and none is ever seen again."""
    for number, (name, value) in enumerate(values.items()):
        waybill = {"dear": HV, "cheap": OTHER_HV, "ordinary": ORDINARY}[name]
        declare(watching, waybill, value)
        watching.scan(waybill, "755A", Step.DEPART, LEFT_AT, f"VEH:V-{number}")
    watching.watch(LEFT_AT, LONG_H)


def by_worth(watching: Watching, **more: object) -> list[Suspect]:
    network = watching.hub.role.network
    with watching.hub.database.reading() as tx:
        return list_suspects(tx, network, Asked(), order=Order.WORTH, **more)  # type: ignore[arg-type]  # a test's


def forget_evidence(watching: Watching) -> None:
    """Rows as an older release left them."""
    with watching.hub.database.writing() as tx:
        nothing = {"evidence": None, "value_fen": None, "value_basis": None, "rank": None}
        tx.execute(update(suspect_store.suspect).values(nothing))
        tx.execute(update(incident_store.incident).values(evidence=None))


# ---------------------------------------------------------------- evidence


@on_both_databases
def test_a_suspect_and_its_search_keep_the_same_three_lines(watching: Watching) -> None:
    lose(watching, dear="48000")
    (suspect,) = watching.suspects()
    (incident,) = watching.incidents(Kind.PARCEL)
    evidence = suspect.evidence
    assert evidence is not None
    assert evidence == incident.suspicion.evidence
    assert (suspect.reasons_zh, suspect.reasons_en) == (evidence.texts_zh, evidence.texts_en)
    assert suspect.p_lost == evidence.p_lost
    assert sum(each.share for each in evidence.shares) == pytest.approx(1)
    assert evidence.shares[0].site == "755A"
    assert evidence.looks[0].at == evidence.at + HOUR


def test_each_of_a_silent_group_has_its_own_last_scan_in_its_evidence(watching: Watching) -> None:
    siblings = [f"1030000001{n:02d}" for n in range(5)]
    watching.declare(*siblings)
    watching.scan(siblings, "755A", Step.ACCEPT, EVENING)
    for number, waybill in enumerate(siblings):
        at = LEFT_AT + number * HOUR / 20
        watching.scan(waybill, "755A", Step.DEPART, at, "VEH:V-1")
    watching.watch(LEFT_AT, LONG_H)
    (incident,) = watching.incidents(Kind.GROUP)
    suspects = {each.waybill: each for each in watching.suspects()}
    assert set(suspects) == set(siblings) == set(incident.suspicion.waybills)
    for number, waybill in enumerate(siblings):
        suspect = suspects[waybill]
        assert suspect.since == LEFT_AT + number * HOUR / 20
        assert f"19:{30 + 3 * number:02d} +0800 at 755A" in suspect.reasons_en[0]
        assert "None of the 5 in vehicle V-1" in suspect.reasons_en[2]


def test_siblings_that_went_on_in_another_vehicle_are_counted_all_the_same(
    watching: Watching,
) -> None:
    siblings = [f"1030000001{n:02d}" for n in range(10)]
    watching.declare(HV, *siblings)
    watching.scan([HV, *siblings], "755A", Step.DEPART, LEFT_AT, "VEH:V-1")
    watching.scan(siblings, "755W", Step.ARRIVE, LEFT_AT + 2 * HOUR, "VEH:V-1")
    watching.scan(siblings[:9], "755W", Step.DEPART, LEFT_AT + 6 * HOUR, "VEH:V-2")
    watching.scan(siblings[:9], "020B", Step.DELIVER, LEFT_AT + 20 * HOUR)
    watching.watch(LEFT_AT + 6 * HOUR, LONG_H)
    (suspect,) = [each for each in watching.suspects() if each.waybill == HV]
    assert suspect.evidence is not None
    company = suspect.evidence.lines[2]
    assert company.kind is LineKind.COMPANY
    assert company.en.startswith("10 of 11 in vehicle V-1 (from 755A) were scanned at 755W, 020B")


async def test_rest_tells_the_evidence_as_values(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    lose(watching, dear="48000")
    (item,) = (await admin.get("/api/v1/suspects")).json()["items"]
    evidence = item["evidence"]
    assert [line["en"] for line in evidence["lines"]] == item["reasons_en"]
    assert len(evidence["lines"]) == 3
    assert evidence["lines"][1]["bar"]["whole"] >= 1000
    assert evidence["at"] == item["raised_at"]
    assert (evidence["prior_per_10000"], evidence["budget_per_1000"]) == (10, 6)
    assert evidence["expected_site"] == "755W"
    found = await admin.get(f"/api/v1/incidents/{item['incident']}")
    assert found.json()["evidence"] == evidence


async def test_suspects_from_before_evidence_still_show(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    lose(watching, dear="48000", cheap="21000")
    forget_evidence(watching)
    items = (await admin.get("/api/v1/suspects", params={"order": "worth"})).json()["items"]
    assert [(item["waybill"], item["evidence"]) for item in items] == [(OTHER_HV, None), (HV, None)]
    assert {(item["value_cny"], item["value_basis"], item["worth_cny"]) for item in items} == {
        (None, None, None)
    }
    assert all(len(item["reasons_zh"]) == 3 for item in items)
    sight = SuspectDesk(watching.hub.web()).suspects(Asked(), EVERYWHERE)
    assert {line.suspect.waybill for line in sight.lines} == {HV, OTHER_HV}
    assert {line.worth for line in sight.lines} == {None}
    search = IncidentDesk(watching.hub.web()).search(items[0]["incident"], EVERYWHERE)
    assert search is not None
    assert (search.incident.suspicion.evidence, search.looks) == (None, ())


# ---------------------------------------------------------------- worth


@on_both_databases
def test_suspects_are_put_in_order_by_what_acting_now_is_worth(watching: Watching) -> None:
    lose(watching, cheap="21000", dear="48000", ordinary=None)
    found = by_worth(watching)
    assert [each.waybill for each in found] == [HV, OTHER_HV, ORDINARY]
    now = watching.hub.clock.now()
    worths = [worth_of(each, now) for each in found]
    assert worths == sorted(worths, key=lambda each: each or 0, reverse=True)
    assert [each.value.basis for each in found if each.value is not None] == [
        ValueBasis.DECLARED,
        ValueBasis.DECLARED,
        ValueBasis.ASSUMED,
    ]


@on_both_databases
def test_pages_by_worth_have_every_suspect_once(watching: Watching) -> None:
    lose(watching, cheap="21000", dear="48000", ordinary=None)
    (first,) = by_worth(watching, limit=1)
    rest = by_worth(watching, before_id=first.id, limit=5)
    assert [first.waybill, *(each.waybill for each in rest)] == [HV, OTHER_HV, ORDINARY]
    forget_evidence(watching)
    unranked = by_worth(watching, limit=2)
    last = by_worth(watching, before_id=unranked[-1].id, limit=2)
    assert len({each.waybill for each in (*unranked, *last)}) == 3


def test_a_value_that_is_declared_later_counts_from_then_on(watching: Watching) -> None:
    lose(watching, dear="30000", cheap="21000")
    assert [each.waybill for each in by_worth(watching)] == [HV, OTHER_HV]
    declare(watching, OTHER_HV, "50000")
    dear, cheap = by_worth(watching)
    assert (dear.waybill, cheap.waybill) == (OTHER_HV, HV)
    assert dear.value is not None
    assert dear.value.cny == 50_000


def test_who_is_found_is_worth_nothing_any_more(watching: Watching) -> None:
    lose(watching, dear="48000")
    (suspect,) = by_worth(watching)
    now = watching.hub.clock.now()
    assert worth_of(suspect, now) is not None
    watching.scan(HV, "755W", Step.ARRIVE, now)
    with watching.hub.database.reading() as tx:
        (found,) = list_suspects(tx, watching.hub.role.network, Asked(day=now.date()))
    assert worth_of(found, now) is None


async def test_newest_first_stays_what_rest_does_unasked(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    lose(watching, dear="48000", cheap="21000")

    async def order(**params: str) -> list[str]:
        answer = await admin.get("/api/v1/suspects", params=params)
        return [item["waybill"] for item in answer.json()["items"]]

    newest = [each.waybill for each in watching.suspects()]
    assert await order() == await order(order="newest") == newest
    assert await order(order="worth") == [HV, OTHER_HV]
    assert (await admin.get("/api/v1/suspects", params={"order": "dearest"})).status_code == 422


async def test_rest_tells_worth_with_the_value_and_where_that_comes_from(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    lose(watching, dear=None)
    (item,) = (await admin.get("/api/v1/suspects")).json()["items"]
    assert (item["value_cny"], item["value_basis"]) == ("20000.00", "series")
    now, (suspect,) = watching.hub.clock.now(), by_worth(watching)
    days = (now - (LEFT_AT + 2 * HOUR)) / (24 * HOUR)
    assert suspect.p_lost is not None
    assert float(item["worth_cny"]) == pytest.approx(suspect.p_lost * 20_000 * 0.5**days, abs=0.01)


async def test_the_floor_is_not_told_which_missing_parcels_are_dear(
    watching: Watching, stranger: httpx.AsyncClient
) -> None:
    lose(watching, dear="48000", cheap="21000")
    token = make_account(watching.hub, "wang", Role.WAREHOUSE)
    stranger.headers["Authorization"] = f"Bearer {token}"
    asked = watching.hub.count("missing_query")
    refused = await stranger.get("/api/v1/suspects", params={"order": "worth"})
    assert refused.status_code == 403
    assert watching.hub.count("missing_query") == asked
    items = (await stranger.get("/api/v1/suspects")).json()["items"]
    assert len(items) == 2
    for item in items:
        assert (item["value_cny"], item["value_basis"], item["worth_cny"]) == (None, None, None)
        assert item["evidence"] is not None
        assert "48000" not in str(item)
    sight = SuspectDesk(watching.hub.web()).suspects(Asked(), FLOOR)
    assert {line.worth for line in sight.lines} == {None}


def test_the_screen_lists_by_worth_and_says_what_of(watching: Watching) -> None:
    lose(watching, cheap="21000", dear="48000")
    sight = SuspectDesk(watching.hub.web()).suspects(Asked(), EVERYWHERE)
    assert [line.suspect.waybill for line in sight.lines] == [HV, OTHER_HV]
    for line in sight.lines:
        worth = line.worth
        assert worth is not None
        assert worth.is_estimated
        parts = worth.p_lost * float(worth.value.cny) * worth.saved
        assert float(worth.cny) == pytest.approx(parts, abs=0.5)


def test_without_an_estimate_a_dear_parcel_does_not_sink(watching: Watching) -> None:
    watching.scan(HV, "755A", Step.ACCEPT, EVENING)
    watching.watch(EVENING, 75)
    (line,) = SuspectDesk(watching.hub.web()).suspects(Asked(), EVERYWHERE).lines
    assert line.suspect.p_lost is None
    assert line.worth is not None
    assert (line.worth.p_lost, line.worth.is_estimated) == (0.5, False)
    assert line.suspect.evidence is not None
    assert [each.kind for each in line.suspect.evidence.lines] == [
        LineKind.SILENCE,
        LineKind.UNKNOWN,
        LineKind.UNKNOWN,
    ]
