"""Scans of parcels and bags as the hub's projections receive them."""

from datetime import timedelta
from itertools import count

from hub.fact import Fact
from hub.parcels.project import ParcelProjection
from tests import samples
from tests.hub_parts import START, HubHome
from wire.events import ContainerKind, Event, Scan
from wire.names import Result, Step, format_at, parse_at

A, W, R = "755A", "755W", "020R"
PARCEL, BAG, TRUCK = "103000000001", "B-1", "V-1"
_spools = count(1)


def fact(event: Event) -> Fact:
    at = parse_at(event.at)
    return Fact(event, at, at, late=False)


def scan(
    minute: float, site: str, step: Step | None, waybill: str | None = PARCEL, **fields: object
) -> Scan:
    """A scan of its own spool."""
    own: dict[str, object] = {
        "site": site,
        "at": format_at(START + timedelta(minutes=minute)),
        "spool": f"{next(_spools):032x}",
        "waybill": waybill,
        "step": step,
        "container": None,
        "container_kind": None,
    }
    return samples.scan(**{**own, **fields})


def aboard(kind: ContainerKind, container: str) -> dict[str, object]:
    return {"container": container, "container_kind": kind}


IN_BAG = aboard(ContainerKind.BAG, BAG)
IN_TRUCK = aboard(ContainerKind.VEHICLE, TRUCK)


def label(minute: float, site: str, step: Step | None, text: str, **fields: object) -> Scan:
    plain = {"result": Result.NOT_A_PARCEL, "text": text, "code_hex": text.encode().hex()}
    return scan(minute, site, step, None, **{**plain, **fields})


def tell(hub: HubHome, *events: Event) -> None:
    """Let the parcels' room work on events, in one transaction."""
    with hub.database.writing() as tx:
        ParcelProjection(hub.search()).apply(tx, [fact(each) for each in events], hub.clock.now())
