"""From scans to each site's skipped ones, by REST and on the console: design section 7."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from hub.access.rules import Caller, Role
from hub.console.reads.desk import ReadDesk
from hub.db.engine import Database
from hub.missing import read_store
from hub.missing.project import MissingProjection
from hub.missing.rules.reads import DAYS_KEPT, Owed, Passing, Reads, Tally, wilson
from hub.missing.service import Change, read_rates
from hub.network import Network
from tests.hub_parts import HubHome
from tests.integration.hub.route_cases import make_account
from tests.integration.hub.suspect_parts import HV, Watching
from tests.missing_parts import HOUR, local
from tests.missing_parts import network as small_network
from tests.postgres_parts import on_both_databases
from tests.rest_parts import problem
from wire.names import Step

pytestmark = pytest.mark.anyio

MONDAY, TUESDAY = date(2026, 9, 14), date(2026, 9, 15)
NOW = local(15, "12:00")
EVENING, LEFT_AT, NEXT_AT = local(14, "15:00"), local(14, "19:30"), local(15, "06:00")
LATE_AT = local(15, "01:00")


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    """A parcel that nobody scanned at the first hub."""
    hub.clock.at = EVENING
    found = Watching(hub)
    found.declare(HV)
    found.scan(HV, "755A", Step.ACCEPT, EVENING)
    found.scan(HV, "755A", Step.DEPART, LEFT_AT, "VEH:V-1")
    return found


def counted(database: Database) -> dict[tuple[date, str, Passing], tuple[int, int, int]]:
    with database.reading() as tx:
        rows = tx.execute(read_store.day_reads.select()).all()
    return {(row.day, row.site, Passing(row.passing)): tuple(row)[3:] for row in rows}


AT_HUB = (MONDAY, "755W", Passing.IN)
OUT_OF_HUB = (TUESDAY, "755W", Passing.OUT)


@on_both_databases
def test_what_a_site_skips_is_counted_on_its_day_and_taken_off_again_when_it_comes(
    watching: Watching,
) -> None:
    watching.scan(HV, "020W", Step.ARRIVE, NEXT_AT)
    assert counted(watching.hub.database) == {
        (MONDAY, "755A", Passing.OUT): (1, 0, 0),
        AT_HUB: (0, 1, 0),
        OUT_OF_HUB: (0, 1, 0),
        (TUESDAY, "020W", Passing.IN): (1, 0, 0),
    }
    for _ in range(2):
        late = watching.fact(HV, "755W", Step.DEPART, LATE_AT, "VEH:V-2")
        watching.receive([late], NOW)
    assert counted(watching.hub.database)[OUT_OF_HUB] == (0, 1, 1)
    with watching.hub.database.reading() as tx:
        rates = read_rates(tx, watching.hub.role.network, frozenset({"755W"}), 7, NOW)
    (site,) = rates.sites
    assert site.by_passing == {Passing.IN: Reads(0, 1), Passing.OUT: Reads(1, 0)}


@on_both_databases
def test_counts_stand_and_fall_with_the_scans_commit(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counted(watching.hub.database)
    arrival = watching.fact(HV, "020W", Step.ARRIVE, NEXT_AT)
    with monkeypatch.context() as broken:
        # What fails after they were counted.
        broken.setattr(MissingProjection, "_set_deadlines", _fail)
        with pytest.raises(ConnectionError):
            watching.receive([arrival], NEXT_AT)
    assert counted(watching.hub.database) == before
    watching.receive([arrival], NEXT_AT)
    assert counted(watching.hub.database)[AT_HUB] == (0, 1, 0)


def _fail(*_: object) -> None:
    raise ConnectionError("the database went away")


def test_a_batch_is_one_write_however_many_parcels_it_has(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    waybills = [f"1030000002{n:02d}" for n in range(60)]
    watching.declare(*waybills)
    watching.scan(waybills, "755A", Step.ACCEPT, EVENING)
    written: list[int] = []
    write = read_store._ADD.write
    monkeypatch.setattr(
        read_store._ADD, "write", lambda tx, rows: (written.append(len(rows)), write(tx, rows))
    )
    watching.scan(waybills, "755A", Step.DEPART, LEFT_AT, "VEH:V-1")
    assert written == [1]
    assert counted(watching.hub.database) == {(MONDAY, "755A", Passing.OUT): (61, 0, 0)}


def test_the_clock_forgets_the_days_that_are_too_old(watching: Watching) -> None:
    last = datetime(2026, 9, 14, 23, tzinfo=UTC) + timedelta(days=DAYS_KEPT - 1)
    watching.turn(last)
    assert len(counted(watching.hub.database)) == 1
    watching.turn(last + 24 * HOUR)
    assert counted(watching.hub.database) == {}


# ---------------------------------------------------------------- figures


def count(hub: HubHome, *rows: tuple[str, int, int, int], passing: Passing = Passing.IN) -> None:
    """Of sites so many days ago: made and skipped."""
    today = NOW.astimezone(hub.role.network.zone_of("755A")).date()
    with hub.database.writing() as tx:
        for site, ago, made, skipped in rows:
            owed = Owed(today - timedelta(days=ago), site, passing)
            read_store.add(tx, {owed: Tally(made, skipped)})


@pytest.fixture
def weeks(hub: HubHome) -> HubHome:
    """Four sites: one gets worse, one is well, one has few scans, and one has none of late."""
    hub.clock.at = NOW
    count(hub, *(("755W", ago, 96, 4) for ago in range(7, 28)))
    count(hub, *(("755W", ago, 80, 20) for ago in range(7)))
    count(hub, *((site, ago, 99, 1) for site in ("755A", "020W") for ago in range(28)))
    count(hub, ("020B", 0, 4, 5), ("991A", 20, 50, 0), ("991A", 40, 0, 50))
    return hub


@on_both_databases
def test_sites_stand_by_what_they_skip_beside_the_median_of_all(weeks: HubHome) -> None:
    with weeks.database.reading() as tx:
        rates = read_rates(tx, weeks.role.network, None, 7, NOW)
    assert [(each.site, each.reads) for each in rates.sites] == [
        ("755W", Reads(560, 140)),
        ("020W", Reads(693, 7)),
        ("755A", Reads(693, 7)),
        ("020B", Reads(4, 5)),
        # It owed something within four weeks, and nothing in this one.
        ("991A", Reads()),
    ]
    assert [each.change for each in rates.sites[:4]] == [
        *(Change.WORSE, Change.SAME, Change.SAME),
        Change.UNKNOWN,
    ]
    assert (rates.medians.share, rates.medians.sites) == (0.99, 3)
    assert rates.medians.by_passing == {
        Passing.IN: 0.99,
        Passing.OUT: None,
        Passing.LAST_OUT: None,
    }
    days = dict(rates.sites[0].days)
    assert (len(days), max(days)) == (28, TUESDAY)
    assert (days[TUESDAY], days[TUESDAY - timedelta(days=7)]) == (Reads(80, 20), Reads(96, 4))


def test_skips_that_are_not_known_yet_do_not_say_that_it_gets_better(hub: HubHome) -> None:
    """A scan that is made is known at once, and one that is skipped a day later."""
    count(hub, *(("755A", ago, 900, 0) for ago in range(2)))
    count(hub, *(("755A", ago, 90, 10) for ago in range(2, 28)))
    with hub.database.reading() as tx:
        (site,) = read_rates(tx, hub.role.network, None, 7, NOW).sites
    assert site.change is Change.SAME


@on_both_databases
def test_each_sites_days_end_with_its_own_today(hub: HubHome) -> None:
    """At one in the morning by Beijing's time it is still yesterday in Urumqi."""
    hub.clock.at = now = local(15, "01:00")
    for site in ("755A", "991A"):
        count(hub, (site, 0, 40, 0), (site, 1, 0, 40))
    with hub.database.reading() as tx:
        rates = read_rates(tx, hub.role.network, None, 1, now)
    assert {each.site: each.reads for each in rates.sites} == {
        "755A": Reads(40, 0),
        "991A": Reads(0, 40),
    }
    assert {each.site: each.days[-1][0] for each in rates.sites} == {
        "755A": TUESDAY,
        "991A": MONDAY,
    }


# ---------------------------------------------------------------- REST


async def test_a_sites_figures_come_with_their_interval_and_days(
    weeks: HubHome, admin: httpx.AsyncClient
) -> None:
    answer = (await admin.get("/api/v1/reads", params={"site": "755W", "days": "28"})).json()
    low, high = wilson(2576, 2800)
    figures = {"made": 2576, "skipped": 224, "share": 0.92, "low": low, "high": high}
    (item,) = answer["items"]
    days, passings = item.pop("days"), item.pop("passings")
    assert item == {"site": "755W", "change": "worse", **figures}
    assert [each["passing"] for each in passings] == ["in", "out", "out-last"]
    assert passings[0] == {"passing": "in", "median": 0.99, **figures}
    assert passings[1]["share"] is None
    assert (days[0]["date"], days[-1]["date"], len(days)) == ("2026-08-19", "2026-09-15", 28)
    assert (days[-1]["made"], days[-1]["skipped"], days[-1]["share"]) == (80, 20, 0.8)
    assert (answer["median"], answer["median_sites"], answer["next"]) == (0.99, 4, None)


async def test_sites_come_in_pages_without_their_days(
    weeks: HubHome, admin: httpx.AsyncClient
) -> None:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await admin.get("/api/v1/reads", params={"limit": "2", **cursor})).json()
        assert all(each["days"] == [] for each in page["items"])
        found += [each["site"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == ["755W", "020W", "755A", "020B", "991A"]
    beyond = await admin.get("/api/v1/reads", params={"cursor": "9" * 18})
    assert (beyond.json()["items"], beyond.json()["next"]) == ([], None)


async def test_who_is_bound_to_a_site_sees_it_and_the_median_alone(
    weeks: HubHome, stranger: httpx.AsyncClient
) -> None:
    token = make_account(weeks, "wang", Role.WAREHOUSE, "020B")
    stranger.headers["Authorization"] = f"Bearer {token}"
    answer = await stranger.get("/api/v1/reads")
    (item,) = answer.json()["items"]
    assert (item["site"], item["made"], item["skipped"], item["share"]) == ("020B", 4, 5, None)
    assert (answer.json()["median"], answer.json()["median_sites"]) == (0.99, 3)
    assert not any(site in answer.text for site in ("755W", "755A", "020W", "991A"))
    refused = await stranger.get("/api/v1/reads", params={"site": "755W"})
    assert "755W" in problem(refused, 403)


@pytest.mark.parametrize(
    "params",
    [
        {"days": "0"},
        {"days": f"{DAYS_KEPT + 1}"},
        {"site": "7 5"},
        {"limit": "0"},
        {"cursor": "-1"},
    ],
)
async def test_a_question_beyond_the_bounds_is_a_problem(
    weeks: HubHome, admin: httpx.AsyncClient, params: dict[str, str]
) -> None:
    problem(await admin.get("/api/v1/reads", params=params), 422)
    assert (await admin.get("/api/v1/reads", params={"days": str(DAYS_KEPT)})).status_code == 200


# ---------------------------------------------------------------- the console


def test_the_screen_tells_at_length_of_the_chosen_site_or_of_the_first(weeks: HubHome) -> None:
    desk, everywhere = ReadDesk(weeks.web()), Caller("zhao", Role.SUPERVISOR, None)
    sight = desk.reads(everywhere, 7)
    assert sight.chosen == sight.rows[0]
    assert (sight.rows[0].name, sight.rows[0].against) == ("深圳中转场", Change.WORSE)
    assert [row.against for row in sight.rows[3:]] == [Change.UNKNOWN, Change.UNKNOWN]
    assert desk.reads(everywhere, 7, "755A").chosen == sight.rows[2]
    assert desk.reads(everywhere, 7, "nowhere").chosen == sight.rows[0]


def test_another_sites_figures_are_not_told_at_length_either(weeks: HubHome) -> None:
    desk, there = ReadDesk(weeks.web()), Caller("wu", Role.SUPERVISOR, frozenset({"755A"}))
    sight = desk.reads(there, 7, "755W")
    assert [row.figures.site for row in sight.rows] == ["755A"]
    assert (sight.chosen, sight.total) == (sight.rows[0], 1)
    assert desk.reads(Caller("li", Role.WAREHOUSE, frozenset({"755X"})), 7).chosen is None
