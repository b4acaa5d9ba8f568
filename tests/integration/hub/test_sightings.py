"""What cameras read comes in: custody's evidence, its alert, a search that goes on. HV-2.11.2."""

from typing import Any

import pytest

from hub.access.service import Caller, Role
from hub.alerts.service import AlertKind, AlertState
from hub.app import create_app
from hub.custody.service import BreachKind
from hub.incidents.service import State
from hub.parcels.service import may_see
from tests import samples
from tests.custody_hub import PLAIN, WAYBILL, Carrier, at
from tests.hub_parts import BEARER
from tests.incident_parts import acts, begin, dossier
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of
from wire.events import Camera, CameraFact, ClockReading
from wire.names import Step, format_at

pytestmark = pytest.mark.anyio


def sighting(minute: float, site: str = "HUB", **more: Any) -> Camera:
    own: dict[str, Any] = {
        "waybill": WAYBILL,
        "device": "belt-cam",
        "since": format_at(at(minute)),
        "fact": CameraFact.SIGHTING,
    }
    return Camera(
        site=site,
        edge="dock",
        at=format_at(at(minute)),
        mono_ms=1,
        boot=samples.BOOT,
        clock=ClockReading(offset_ms=0, error_ms=5),
        **{**own, **more},
    )


def states(carrier: Carrier) -> list[AlertState]:
    return [each.state for each in carrier.hub.alerts(AlertKind.SEEN_ELSEWHERE)]


@on_both_databases
def test_seen_elsewhere_is_an_alert_until_a_late_scan_explains_it(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(sighting(30))
    assert carrier.breaches() == [BreachKind.SEEN_ELSEWHERE]
    (alert,) = carrier.hub.alerts(AlertKind.SEEN_ELSEWHERE)
    assert (alert.site, alert.waybill) == ("HUB", WAYBILL)
    assert "belt-cam" in alert.text_zh
    assert "BRANCH" in alert.text_zh
    span = carrier.chain(31).spans[-1]
    assert [(each.camera, each.cause) for each in span.evidence] == [("belt-cam", "sighting")]
    carrier.hand_in(carrier.scan(10, Step.DEPART, "DRIVER"), minute=40)
    assert carrier.breaches() == []
    assert states(carrier) == [AlertState.CLOSED]


def test_what_was_sighted_before_its_first_scan_came_in_counts_as_in_any_other_order(
    carrier: Carrier,
) -> None:
    carrier.hand_in(sighting(30), sighting(31, site="BRANCH", waybill=PLAIN))
    assert carrier.breaches() == []
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"), minute=35)
    assert carrier.breaches() == [BreachKind.SEEN_ELSEWHERE]
    assert states(carrier) == [AlertState.OPEN]


def test_a_sighting_tells_a_search_once_for_each_site_and_a_scan_alone_ends_it(
    carrier: Carrier,
) -> None:
    carrier.hub.clock.at = at(0)
    incident = begin(carrier.hub)
    carrier.hand_in(sighting(-60 * 40))  # from before the last scan: it shows nothing new
    assert "sighted" not in acts(dossier(carrier.hub, incident))
    carrier.hand_in(sighting(1), sighting(5), sighting(6, site="FAR"))
    found = dossier(carrier.hub, incident)
    assert found.incident.state is State.SELF_CHECK
    told = [(line.site, line.note) for line in found.history if line.act == "sighted"]
    assert told == [("HUB", WAYBILL), ("FAR", WAYBILL)]
    carrier.hand_in(carrier.scan(10, Step.SORT, "SORTER", site="HUB"))
    assert dossier(carrier.hub, incident).incident.state is State.FOUND


def test_other_facts_of_a_camera_are_nothing_to_custody(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(sighting(30, fact=CameraFact.BLACK))
    assert carrier.breaches() == []


@pytest.mark.parametrize(("site", "sees"), [("HUB", True), ("FAR", False)])
def test_who_works_where_a_camera_saw_a_parcel_may_see_it(
    carrier: Carrier, site: str, sees: bool
) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"), sighting(30))
    with carrier.hub.database.reading() as tx:
        assert may_see(tx, Caller("lin", Role.MONITOR, frozenset({site})), WAYBILL) is sees


async def test_a_parcels_events_name_its_sightings(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"), sighting(30))
    async with client_of(create_app(carrier.hub.web()), **BEARER) as client:
        items = (await client.get(f"{API}/events?waybill={WAYBILL}")).json()["items"]
    told = [(each["kind"], each["waybill"], each["device"]) for each in items]
    assert told[-1] == ("camera", WAYBILL, "belt-cam")
    assert [kind for kind, _, _ in told] == ["scan", "camera"]


@pytest.mark.parametrize(("source", "simulated"), [("tcp:localhost", True), (None, False)])
def test_what_a_simulated_camera_read_is_marked_as_a_simulated_scan_is(
    carrier: Carrier, source: str | None, simulated: bool
) -> None:
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KIM"))
    carrier.hand_in(sighting(30, source=source))
    (seen,) = carrier.chain(31).spans[-1].evidence
    assert (seen.camera, seen.simulated) == ("belt-cam", simulated)
