"""A camera's clock moves its footage by a little, and nothing else (docs/adr/0029)."""

from http import HTTPStatus

import httpx
import msgspec
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update
from structlog.testing import capture_logs

from hub.network import Channel, Network
from hub.video.certificates import PUT_OFF, CertificateDuty
from hub.video.rules.picture_clock import PictureClock
from hub.video.service import certificates_of
from hub.video.store import cameras
from hub.video.store.certificates import footage_certificate
from tests.certificate_parts import FILMS, HV, PRESENT, Watching, begun, handover, over
from tests.footage_index_parts import DOCK, NETWORK, SITE, at, camera, segment, tell
from tests.hub_parts import HubHome, SetClock, SigningEdge
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API
from wire.events import Camera, CameraFact
from wire.limits import INT_MAX
from wire.names import format_at

pytestmark = pytest.mark.anyio

MINUTE_MS, DAY_S = 60_000, 86_400


@pytest.fixture
def network() -> Network:
    return NETWORK


def clock(second: float, offset_ms: int, error_ms: int = 50) -> Camera:
    fields = {"offset_ms": offset_ms, "error_ms": error_ms, "reason": "shown"}
    return camera(CameraFact.CLOCK, second, **fields)


def known_clock(hub: HubHome) -> PictureClock | None:
    with hub.database.reading() as tx:
        found = cameras.find(tx, SITE, DOCK)
    assert found is not None
    return found.clock


# ---------------------------------------------------------------- what no screen of ours showed


@pytest.mark.parametrize(
    ("offset_ms", "error_ms"),
    [
        (-62 * 1000, 50),
        (62 * 1000, 50),
        (-180, 62 * 1000),
        (-60 * MINUTE_MS, 50),
        (INT_MAX, 1),
        (0, INT_MAX),
    ],
)
def test_a_clock_that_no_edge_measures_changes_nothing(
    hub: HubHome, edge: SigningEdge, offset_ms: int, error_ms: int
) -> None:
    tell(hub, edge, clock(5, -180), clock(6, offset_ms, error_ms))
    assert known_clock(hub) == PictureClock(-180, 50)


@pytest.mark.parametrize("offset_ms", [-MINUTE_MS, MINUTE_MS])
def test_a_clock_a_minute_off_is_believed(hub: HubHome, edge: SigningEdge, offset_ms: int) -> None:
    tell(hub, edge, clock(5, offset_ms, MINUTE_MS))
    assert known_clock(hub) == PictureClock(offset_ms, MINUTE_MS)


def test_under_a_test_clock_a_minute_is_as_much_longer(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SetClock, "rate", 60.0)
    tell(hub, edge, clock(5, -59 * MINUTE_MS), clock(6, -62 * MINUTE_MS))
    assert known_clock(hub) == PictureClock(-59 * MINUTE_MS, 50)


def test_footage_of_another_hour_does_not_stand_for_an_event(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.clock.move(3700)
    films = [segment(3600 + second) for second in (10, 20, 30)]
    found = Watching(hub, edge).told(clock(3650, -60 * MINUTE_MS), *films, handover(edge))
    assert found.state is not PRESENT


# ---------------------------------------------------------------- the ends of the calendar


@on_both_databases
@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("offset_ms", [-1000, 1000])
async def test_footage_of_the_ends_of_the_calendar_is_unknown(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, year: int, offset_ms: int
) -> None:
    tell(hub, edge, clock(5, offset_ms, 10))
    day = "01-01T00:00" if year == 1 else "12-31T23:59"
    times = {"from": f"{year:04}-{day}:00Z", "to": f"{year:04}-{day}:59.999Z"}
    found = await admin.get(f"{API}/clips", params={"camera": f"{SITE}/{DOCK}", **times})
    assert (found.status_code, found.json()["state"]) == (HTTPStatus.OK, "unknown")
    order = {"site": SITE, "camera": DOCK, "purpose": "daily", **times}
    opened = await admin.post(f"{API}/playbacks", json=order)
    assert (opened.status_code, opened.json()["segments"]) == (HTTPStatus.CREATED, [])


# ---------------------------------------------------------------- one that fails


class _Torn(Network, frozen=True, kw_only=True):
    """Fails when it is asked who sees the cage."""

    def channels_seeing(self, site: str, place: str | None) -> list[Channel]:
        if place == "cage1":
            raise ValueError("torn")
        return super().channels_seeing(site, place)


def failures() -> float:
    return REGISTRY.get_sample_value("custos_hub_certificate_failures_total") or 0


@on_both_databases
def test_a_certificate_that_fails_stops_no_other_and_is_looked_at_again_later(
    hub: HubHome, edge: SigningEdge
) -> None:
    torn = _Torn(**msgspec.structs.asdict(NETWORK))
    hub.clock.move(40)
    tell(hub, edge, handover(edge, "cage1", 14), *FILMS.values(), handover(edge))

    def certified(network: Network) -> list[str | None]:
        with hub.database.writing() as tx:
            CertificateDuty(network).run(tx, hub.clock.now())
        with hub.database.reading() as tx:
            return [each.state for each in certificates_of(tx, HV)]

    before = failures()
    with capture_logs() as logs:
        assert certified(torn) == [None, PRESENT]
    assert failures() == before + 1
    (failed,) = [line for line in logs if line["event"] == "certificate failed"]
    assert (failed["site"], failed["exc_info"]) == (SITE, True)
    assert certified(NETWORK) == [None, PRESENT], "it is put off: nothing is due yet"
    hub.clock.move(PUT_OFF.total_seconds() - 1)
    assert certified(NETWORK) == [None, PRESENT]
    hub.clock.move(1 + 300)
    assert certified(NETWORK) == ["unknown", PRESENT]


# ---------------------------------------------------------------- what was judged stays judged so


def deleted(second: float) -> Camera:
    """Its site deletes what was at the handover, and the hub has a copy of all of that."""
    ends = {"since": format_at(at(0)), "until": format_at(at(30))}
    return camera(CameraFact.DELETED, second, **ends, segments=3, reason="days")


@on_both_databases
@pytest.mark.parametrize("first", [[], [clock(5, -180)]])
def test_a_certificate_keeps_the_clock_that_it_was_first_judged_by(
    hub: HubHome, edge: SigningEdge, first: list[Camera]
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    before = watching.told(*first, *FILMS.values(), handover(edge))
    for film in FILMS.values():
        watching.store(film)
    # A month later the camera was exchanged: its pictures come 25 s late.
    hub.clock.move(30 * DAY_S)
    again = watching.told(clock(30 * DAY_S, -25_000), deleted(30 * DAY_S))
    assert (before.state, again) == (PRESENT, before)


def test_what_was_not_told_of_at_first_is_judged_by_the_clock_that_was_told_with_it(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    watching.told(handover(edge))
    hub.clock.move(600)
    assert watching.certify().state == "unknown"
    # Its pictures come 20 s late: what happened at 15 s is in those of 35 s.
    late = [segment(second) for second in (30, 40, 50)]
    found = watching.told(clock(5, -20_000), *late)
    assert found.state is PRESENT
    hub.clock.move(DAY_S)
    assert watching.told(clock(DAY_S, -180), begun(CameraFact.MOVED, 52, 31)).state is PRESENT


def test_a_certificate_from_before_its_clock_was_kept_is_judged_by_todays_and_keeps_that(
    hub: HubHome, edge: SigningEdge
) -> None:
    watching = Watching(hub, edge)
    hub.clock.move(40)
    before = watching.told(*FILMS.values(), handover(edge))
    forget_clocks(hub)
    hub.clock.move(200)
    moved = begun(CameraFact.MOVED, 200, 190)
    assert watching.told(clock(50, -180), moved) == before
    assert watching.told(clock(60, -25_000), over(CameraFact.MOVED, 210, 190)) == before


def forget_clocks(hub: HubHome) -> None:
    """Make the certificates those of an older hub."""
    shares = footage_certificate.c.cameras
    with hub.database.writing() as tx:
        (old,) = tx.execute(select(shares)).scalars()
        told = [
            {k: v for k, v in each.items() if k != "clock"} for each in msgspec.json.decode(old)
        ]
        tx.execute(update(footage_certificate).values(cameras=msgspec.json.encode(told)))
