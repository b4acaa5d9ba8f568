"""Every site asks for its suspects once a shift, by a named person: HV-2.11.2."""

from datetime import date, timedelta

import httpx
import pytest

from hub.access.rules import Role
from hub.alerts.service import AlertKind
from hub.missing.service import Asked, list_suspects, record_query, shift_asks, watch_shifts
from hub.network import Network, Shift
from tests.hub_parts import HubHome
from tests.integration.hub.route_cases import make_account
from tests.integration.hub.suspect_parts import HV, ORDINARY, Watching
from tests.missing_parts import HOUR, local
from tests.missing_parts import network as small_network
from tests.postgres_parts import on_both_databases
from wire.names import Step

pytestmark = pytest.mark.anyio

SHIFTS = (
    Shift(site="755A", name="evening", starts="13:00", ends="19:30"),
    Shift(site="755W", name="night", starts="21:00", ends="02:00"),
)
NOON = local(14, "12:00")


@pytest.fixture
def network() -> Network:
    plain = small_network()
    return Network(region=plain.region, site=plain.site, lane=plain.lane, shift=SHIFTS)


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    hub.clock.at = NOON
    found = Watching(hub)
    found.turn(NOON)
    return found


def missed(watching: Watching) -> list[str]:
    return sorted(each.subject for each in watching.hub.alerts(AlertKind.SUSPECTS_NOT_ASKED))


def ask(
    watching: Watching,
    site: str | None,
    clock: str,
    on: int = 14,
    *,
    who: str = "li.lei",
    by_token: bool = False,
    **asked: object,
) -> None:
    with watching.hub.database.writing() as tx:
        what = Asked(site, **asked)  # type: ignore[arg-type]  # a test's
        record_query(tx, what, who, 0, local(on, clock), by_token=by_token)


@on_both_databases
def test_a_shift_that_ends_without_a_query_is_one_alert(watching: Watching) -> None:
    watching.turn(local(14, "19:29"))
    assert missed(watching) == []
    watching.turn(local(14, "19:30"))
    watching.restart()
    watching.turn(local(14, "19:31"))
    assert missed(watching) == ["755A/evening/2026-09-14"]
    (alert,) = watching.hub.alerts(AlertKind.SUSPECTS_NOT_ASKED)
    assert (alert.site, alert.count) == ("755A", 1)


@on_both_databases
def test_a_query_in_the_shift_is_enough_for_this_shift_only(watching: Watching) -> None:
    ask(watching, "755A", "13:00")
    watching.turn(local(14, "19:31"))
    assert missed(watching) == []
    watching.turn(local(15, "19:31"))
    assert "755A/evening/2026-09-15" in missed(watching)
    (alert,) = [a for a in watching.hub.alerts(AlertKind.SUSPECTS_NOT_ASKED) if a.site == "755A"]
    assert "li.lei" in alert.text_zh
    assert "2026-09-14T05:00:00.000Z" in alert.text_en


@pytest.mark.parametrize(
    ("clock", "day"), [("21:00", 14), ("23:59", 14), ("00:30", 15), ("02:00", 15)]
)
def test_a_shift_across_midnight_is_one_shift(watching: Watching, clock: str, day: int) -> None:
    ask(watching, "755W", clock, day)
    watching.turn(local(15, "02:01"))
    assert "755W/night/2026-09-14" not in missed(watching)


@pytest.mark.parametrize(("clock", "day"), [("20:59", 14), ("02:01", 15)])
def test_a_query_before_or_after_the_shift_is_none_of_it(
    watching: Watching, clock: str, day: int
) -> None:
    ask(watching, "755W", clock, day)
    watching.turn(local(15, "02:02"))
    assert "755W/night/2026-09-14" in missed(watching)


@pytest.mark.parametrize(
    ("site", "asked", "counts"),
    [("755A", {"day": date(2026, 9, 14)}, True), ("755A", {"high_value": True}, True),
     ("755A", {"day": date(2026, 9, 1)}, False), ("755W", {}, False), (None, {}, False),
     ("755A", {"high_value": False}, False)],
)  # fmt: skip
def test_what_was_asked_must_be_the_sites_own_of_now(
    watching: Watching, site: str | None, asked: dict[str, object], counts: bool
) -> None:
    ask(watching, site, "15:00", **asked)
    watching.turn(local(14, "19:31"))
    assert (missed(watching) == []) is counts


@on_both_databases
def test_a_programs_query_is_no_shifts_duty_and_names_no_person(watching: Watching) -> None:
    ask(watching, "755A", "12:30")
    ask(watching, "755A", "15:00", who="board", by_token=True)
    with watching.hub.database.reading() as tx:
        (on,) = shift_asks(tx, watching.hub.role.network, None, local(14, "16:00"))
    assert (on.site, on.query) == ("755A", None)
    watching.turn(local(14, "19:31"))
    (alert,) = watching.hub.alerts(AlertKind.SUSPECTS_NOT_ASKED)
    assert "li.lei" in alert.text_zh
    assert "board" not in alert.text_zh


def test_after_days_without_a_clock_only_the_shift_that_was_on_is_judged(
    watching: Watching,
) -> None:
    watching.restart()
    watching.turn(local(20, "12:00"))
    assert missed(watching) == ["755A/evening/2026-09-14", "755W/night/2026-09-14"]
    watching.turn(local(20, "19:31"))
    assert "755A/evening/2026-09-20" in missed(watching)


def test_shifts_that_the_network_drops_or_changes_begin_anew(watching: Watching) -> None:
    changed = Shift(site="755A", name="evening", starts="13:00", ends="21:00")
    plain = small_network()
    network = Network(region=plain.region, site=plain.site, shift=(changed,))
    with watching.hub.database.writing() as tx:
        watch_shifts(tx, network, NOON)
        rows = tx.exec_driver_sql("SELECT site, shift, ends_at FROM missing_shift").all()
    ends = int(local(14, "21:00").timestamp() * 1_000_000)
    assert [tuple(row) for row in rows] == [("755A", "evening", ends)]


# ---------------------------------------------------------------- REST


def suspect_at_755w(watching: Watching) -> None:
    watching.declare(HV, ORDINARY)
    at = local(14, "19:30")
    watching.scan(HV, "755A", Step.DEPART, at, "VEH:V-1")
    watching.scan(ORDINARY, "755A", Step.DEPART, at, "VEH:V-2")
    watching.watch(at, 60)


async def test_asking_by_rest_is_recorded_as_the_callers_query(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    suspect_at_755w(watching)
    at = watching.hub.clock.at = local(17, "22:00")
    answer = await admin.get("/api/v1/suspects", params={"site": "755W", "high_value": "true"})
    (item,) = answer.json()["items"]
    assert (item["waybill"], item["site"], item["expected_site"]) == (HV, "755W", "755W")
    assert item["tier"] == "T0"
    assert item["reasons_zh"]
    assert item["expected_by"] == "2026-09-14T13:30:00.000Z"
    listed = (await admin.get("/api/v1/queries", params={"site": "755W"})).json()["items"]
    assert listed == [
        {
            "who": "administrator",
            "asked_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "site": "755W",
            "shifts": ["night"],
            "date": None,
            "high_value": True,
            "found": 1,
            "by_token": True,
        }
    ]


async def test_a_screen_that_renews_itself_is_nobodys_query(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    suspect_at_755w(watching)
    with watching.hub.database.reading() as tx:
        assert len(list_suspects(tx, watching.hub.role.network, Asked("755W"))) == 2
    assert (await admin.get("/api/v1/queries")).json()["items"] == []


async def test_suspects_of_a_local_day_and_pages(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    suspect_at_755w(watching)
    before = {"site": "755W", "date": "2026-09-14"}
    assert (await admin.get("/api/v1/suspects", params=before)).json()["items"] == []
    later = {"site": "755W", "date": "2026-09-16", "limit": "1"}
    first = (await admin.get("/api/v1/suspects", params=later)).json()
    assert len(first["items"]) == 1
    second = (await admin.get("/api/v1/suspects", params={**later, "cursor": first["next"]})).json()
    assert {first["items"][0]["waybill"], second["items"][0]["waybill"]} == {HV, ORDINARY}
    newest = (await admin.get("/api/v1/queries", params={"limit": "1"})).json()
    rest = await admin.get("/api/v1/queries", params={"cursor": newest["next"]})
    assert len(rest.json()["items"]) == 2


@pytest.mark.parametrize(
    "params", [{"site": "7 5"}, {"date": "yesterday"}, {"date": "1999-01-01"}, {"limit": "0"}]
)
async def test_a_wrong_question_is_refused_and_is_no_query(
    watching: Watching, admin: httpx.AsyncClient, params: dict[str, str]
) -> None:
    assert (await admin.get("/api/v1/suspects", params=params)).status_code == 422
    assert watching.hub.count("missing_query") == 0


async def test_who_is_bound_to_a_site_asks_for_that_site(
    watching: Watching, stranger: httpx.AsyncClient
) -> None:
    suspect_at_755w(watching)
    token = make_account(watching.hub, "wang", Role.WAREHOUSE, "755A")
    stranger.headers["Authorization"] = f"Bearer {token}"
    assert (await stranger.get("/api/v1/suspects")).json()["items"] == []
    assert (await stranger.get("/api/v1/suspects", params={"site": "755W"})).status_code == 403
    assert watching.hub.count("missing_query") == 1


def test_a_shift_is_watched_from_the_moment_on_at_which_it_ends_next(watching: Watching) -> None:
    watching.turn(NOON + timedelta(seconds=1))
    watching.turn(NOON + HOUR)
    assert watching.hub.count("missing_shift") == 2
