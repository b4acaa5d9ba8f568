"""The learned models by REST and on the console: whose drift is told, who judges, what is next."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from hub.access.rules import Caller, Role
from hub.console.model.desk import NIGHTS_SHOWN, ModelDesk
from hub.console.model.views import Verdict
from hub.missing import model_store
from hub.missing.duties import TrainDuty
from hub.missing.model_store import ModelState
from hub.missing.rules.backtest import Extent, too_odd
from hub.missing.service.models import ELSEWHERE_EN, ELSEWHERE_ZH, can_be_read, list_models
from hub.network import Network
from tests.hub_parts import HubHome, SetClock
from tests.integration.hub.route_cases import make_account
from tests.missing_parts import local
from tests.missing_parts import network as small_network
from tests.model_parts import (
    DRIFTED,
    STEADY,
    TESTED,
    UNTESTED,
    learn_for_weeks,
    make_model,
    refuse_model,
    with_drifts,
)
from tests.postgres_parts import on_both_databases
from tests.rest_parts import problem

pytestmark = pytest.mark.anyio

NOW = local(15, "09:00")
NIGHT = local(15, "03:04")
DAY = timedelta(days=1)
EVERYWHERE = Caller("zhao", Role.SUPERVISOR, None)


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def nights(hub: HubHome) -> HubHome:
    """A model that judges, and the newest night's, which was refused; two sites have drifted."""
    hub.clock.at = NOW
    report = with_drifts(TESTED, _755A=STEADY, _755W=DRIFTED, _020W=(60, 300))
    with hub.database.writing() as tx:
        make_model(tx, ModelState.LIVE, NIGHT - 2 * DAY)
        make_model(tx, ModelState.LIVE, NIGHT - DAY, report)
        refuse_model(tx, NIGHT)
    return hub


# ---------------------------------------------------------------- REST


@on_both_databases
def test_pages_go_back_night_by_night(nights: HubHome) -> None:
    with nights.database.reading() as tx:
        first = list_models(tx, nights.role.network, None, limit=2)
        after = list_models(tx, nights.role.network, None, first[-1].made.id, limit=2)
    assert [each.made.state for each in (*first, *after)] == ["refused", "live", "replaced"]


async def test_a_model_comes_with_its_test_and_that_of_tier_t0(
    nights: HubHome, admin: httpx.AsyncClient
) -> None:
    answer = (await admin.get("/api/v1/models")).json()
    assert answer["next"] is None
    refused, live, replaced = answer["items"]
    assert "29.8 false alarms in 1,000" in refused["reason_en"]
    assert "千分之 29.8" in refused["reason_zh"]
    assert (live["state"], live["reason_en"], live["ended_at"]) == ("live", None, None)
    assert (replaced["state"], replaced["ended_at"]) == ("replaced", live["made_at"])
    assert live["model"] == {
        "suspected": 23,
        "per_1000": pytest.approx(7.794, abs=1e-3),
        "wait_h": 6.1,
        "mean_h": 18.4,
        "median_h": 15.2,
        "p90_h": 34.9,
        "within_24": 0.734,
        "within_48": 0.968,
    }
    assert (live["tier_t0"]["suspected"], live["tier_t0"]["mean_h"]) == (31, 26.3)
    assert (live["parcels"], live["judged"], live["budget_per_1000"]) == (8_412, 2_951, 10.0)
    assert live["prices_h"]["domestic/hv"] == 6_120.0
    assert live["bins"][1] == {"said": 0.0019, "was": 0.0023, "count": 9_870}
    assert live["drifted"] == [
        {"site": "755W", "late": 75, "count": 300},
        {"site": "020W", "late": 60, "count": 300},
    ]
    assert (live["sites"], live["unknown"]) == (3, 0.042)


async def test_a_model_that_was_not_tested_has_no_figures(
    nights: HubHome, admin: httpx.AsyncClient
) -> None:
    with nights.database.writing() as tx:
        make_model(tx, ModelState.REFUSED, NOW, UNTESTED, tables=None, reason=("少", "thin"))
    item = (await admin.get("/api/v1/models", params={"limit": "1"})).json()["items"][0]
    assert (item["model"], item["tier_t0"], item["judged"]) == (None, None, 0)


async def test_models_come_in_pages(nights: HubHome, admin: httpx.AsyncClient) -> None:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await admin.get("/api/v1/models", params={"limit": "2", **cursor})).json()
        found += [each["state"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == ["refused", "live", "replaced"]
    for params in ({"limit": "0"}, {"cursor": "-1"}, {"limit": "1001"}):
        problem(await admin.get("/api/v1/models", params=params), 422)


async def test_who_is_bound_to_a_site_is_told_of_no_others_drift(
    nights: HubHome, stranger: httpx.AsyncClient
) -> None:
    odd = too_odd(Extent(5_000, 30, 1_000, {"755W": 290, "020W": 10}, 1_000, {}))
    assert odd is not None
    with nights.database.writing() as tx:
        make_model(tx, ModelState.REFUSED, NOW, UNTESTED, tables=None, reason=odd)
    token = make_account(nights, "wang", Role.SUPERVISOR, "020W")
    stranger.headers["Authorization"] = f"Bearer {token}"
    answer = await stranger.get("/api/v1/models")
    newest, _, live, _ = answer.json()["items"]
    assert [each["site"] for each in live["drifted"]] == ["020W"]
    assert live["sites"] == 1
    assert not any(site in answer.text for site in ("755W", "755A"))
    assert f"most of them at {ELSEWHERE_EN} (290)" in newest["reason_en"]
    assert f"其中 {ELSEWHERE_ZH} 最多" in newest["reason_zh"]


# ---------------------------------------------------------------- the console


def test_the_screen_says_who_judges_and_why_not_the_newest(nights: HubHome) -> None:
    sight = ModelDesk(nights.web()).model(EVERYWHERE)
    assert sight.verdict is Verdict.LEARNED
    assert (sight.live, sight.since) == (sight.models[1], NIGHT - DAY)
    assert sight.troubles == (sight.models[0],)
    assert sight.site_names == {"755W": "深圳中转场", "020W": "广州中转场"}
    there = Caller("wu", Role.SUPERVISOR, frozenset({"755A"}))
    shown = ModelDesk(nights.web()).model(there).shown
    assert shown is not None
    assert (shown.sites, shown.drifted) == (1, ())


def test_a_model_older_than_the_nights_shown_still_judges(nights: HubHome) -> None:
    with nights.database.writing() as tx:
        for nth in range(NIGHTS_SHOWN):
            refuse_model(tx, NIGHT + nth * DAY)
    nights.clock.at = NIGHT + NIGHTS_SHOWN * DAY
    sight = ModelDesk(nights.web()).model(EVERYWHERE)
    assert sight.verdict is Verdict.OLD
    assert (len(sight.models), sight.live is not None) == (NIGHTS_SHOWN, True)
    assert sight.shown is sight.live


def test_tables_that_cannot_be_read_do_not_judge(nights: HubHome) -> None:
    desk = ModelDesk(nights.web())
    assert desk.model(EVERYWHERE).verdict is Verdict.LEARNED
    with nights.database.writing() as tx:
        broken = make_model(tx, ModelState.LIVE, NOW, tables=b"\x00 not tables")
        assert not can_be_read(tx, broken)
    assert desk.model(EVERYWHERE).verdict is Verdict.UNREADABLE
    with nights.database.writing() as tx:
        model_store.end(tx, broken, ModelState.ROLLED_BACK, NOW, ("坏", "damaged"))
    sight = desk.model(EVERYWHERE)
    assert sight.verdict is Verdict.RULE
    assert [each.made.id for each in sight.troubles] == [broken]


def test_the_next_try_is_when_the_clock_begins_one(hub: HubHome) -> None:
    """What the screen says is what ``TrainDuty`` does."""
    hub.clock.at = NOW
    desk = ModelDesk(hub.web())
    first = desk.model(EVERYWHERE)
    tomorrow = datetime(2026, 9, 15, 19, tzinfo=UTC)
    assert (first.verdict, first.next_try_at, first.is_due) == (Verdict.NEVER, tomorrow, False)
    assert begun(hub, NOW, tomorrow - timedelta(minutes=1), tomorrow) == [tomorrow]

    with hub.database.writing() as tx:
        make_model(tx, ModelState.LIVE, NIGHT)
    assert desk.model(EVERYWHERE).next_try_at == tomorrow
    hub.clock.at = tomorrow + timedelta(minutes=1)
    due = desk.model(EVERYWHERE)
    assert (due.next_try_at, due.is_due) == (tomorrow, True)
    assert begun(hub, hub.clock.at) == [hub.clock.at]


def begun(hub: HubHome, *turns: datetime) -> list[datetime]:
    """When trainings begin, of a clock role that starts anew."""
    found: list[datetime] = []

    class Ended:
        def poll(self) -> int | None:
            return 0

        def kill(self) -> None:
            raise AssertionError

    def start(at: datetime) -> Ended:
        found.append(at)
        return Ended()

    duty = TrainDuty(start)
    with hub.database.reading() as tx:
        for turn in turns:
            duty.run(tx, turn)
    return found


def test_a_hub_whose_clock_runs_fast_says_that_it_does_not_learn(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SetClock, "rate", 60.0)
    sight = ModelDesk(hub.web()).model(EVERYWHERE)
    assert (sight.next_try_at, sight.is_due) == (None, False)


def test_weeks_of_nights_end_in_the_newest_model(hub: HubHome) -> None:
    hub.clock.at = NOW
    with hub.database.writing() as tx:
        learn_for_weeks(tx, NOW, "755W")
    sight = ModelDesk(hub.web()).model(EVERYWHERE)
    assert (sight.verdict, sight.troubles) == (Verdict.LEARNED, ())
    assert [each.made.state for each in sight.models].count(ModelState.ROLLED_BACK) == 1
