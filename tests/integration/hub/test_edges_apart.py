"""A scan and the footage of it may be told by two edges, each with a clock of its own."""

from collections.abc import Iterable

import httpx
import pytest

from hub.network import Network
from hub.video.service import CertificateState
from hub.video.store.certificates import Certificate
from tests.certificate_parts import GAP, HV, PRESENT, Watching, begun, handover
from tests.footage_index_parts import NETWORK, camera, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API
from wire.events import CameraFact, ClockReading, Segment

pytestmark = pytest.mark.anyio

UNKNOWN = CertificateState.UNKNOWN


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def watching(hub: HubHome, edge: SigningEdge) -> Watching:
    hub.clock.move(400)
    return Watching(hub, edge)


def recorded(clock_ms: int | None, seconds: Iterable[float], **fields: object) -> list[Segment]:
    """What another edge recorded until these seconds; its clock is so far off, None: unknown."""
    clock = ClockReading(offset_ms=None if clock_ms is None else 0, error_ms=clock_ms)
    fields = {"edge": "cams", "clock": clock, **fields}
    return [segment(each, number=nth, **fields) for nth, each in enumerate(seconds, 1)]


def of_two_edges(watching: Watching, films: list[Segment]) -> Certificate:
    """The handover, certified by what another edge's camera recorded."""
    other = watching.hub.enrol(SigningEdge(edge="cams", spool="ca" * 16))
    watching.hub.take(other.batch([other.line(each) for each in films]), edge="cams")
    return watching.told(handover(watching.edge))


def are_clocks_sure(found: Certificate) -> list[bool]:
    return [each.is_clock_sure for each in found.cameras]


@on_both_databases
@pytest.mark.parametrize(
    ("error_ms", "seconds", "state"),
    [
        (3000, (10, 20, 30), PRESENT),
        # What happened at 4.995 to 25.005 s is in the pictures of -1 to 31 s.
        (6000, (10, 20, 30), UNKNOWN),
        (6000, (0, 10, 20, 30, 40), PRESENT),
    ],
)
def test_footage_of_another_edge_must_reach_as_much_further_as_its_clock_may_be_wrong(
    watching: Watching, error_ms: int, seconds: tuple[float, ...], state: CertificateState
) -> None:
    of_two_edges(watching, recorded(error_ms, seconds))
    watching.hub.clock.move(400)
    found = watching.certify()
    assert (found.state, are_clocks_sure(found)) == (state, [True])


@pytest.mark.parametrize("error_ms", [None, 60_001])
async def test_footage_by_a_clock_that_nobody_compared_is_told_so(
    watching: Watching, admin: httpx.AsyncClient, error_ms: int | None
) -> None:
    found = of_two_edges(watching, recorded(error_ms, range(-60, 110, 10)))
    assert (found.state, are_clocks_sure(found)) == (PRESENT, [False])
    (item,) = (await admin.get(f"{API}/parcels/{HV}/footage")).json()["items"]
    assert item["is_clock_sure"] is False


@pytest.mark.parametrize(("error_ms", "is_sure"), [(6000, True), (60_001, True), (None, False)])
async def test_what_one_edge_tells_of_both_is_by_one_clock_once_it_knows_that(
    watching: Watching, admin: httpx.AsyncClient, error_ms: int | None, is_sure: bool
) -> None:
    films = recorded(error_ms, (10, 20, 30), edge=watching.edge.edge)
    found = watching.told(*films, handover(watching.edge))
    assert (found.state, are_clocks_sure(found)) == (PRESENT, [is_sure])
    (item,) = (await admin.get(f"{API}/parcels/{HV}/footage")).json()["items"]
    assert item["is_clock_sure"] is is_sure


def test_whatever_all_errors_of_both_edges_reach_is_looked_at_again(watching: Watching) -> None:
    late = {"offset_ms": -61_000, "error_ms": 61_000, "reason": "shown"}
    tell(watching.hub, watching.edge, camera(CameraFact.CLOCK, 1, **late))
    films = recorded(60_000, range(-60, 240, 10), error_ms=60_000)
    assert of_two_edges(watching, films).state is PRESENT
    # What happened until 25 s stands until 207 s of the footage, which may be a minute early.
    assert watching.told(begun(CameraFact.BLACK, 267, 266)).state is GAP
