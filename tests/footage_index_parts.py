"""Parts for tests of the hub's footage: what cameras tell, and a network with channels."""

from datetime import datetime, timedelta

from hub.network import DEDICATED_KIND, DEDICATED_ROLE, Channel, Network, Place, Region, Site
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge
from wire.events import Camera, CameraFact, ClockReading, Codec, Event, Segment
from wire.names import format_at

SITE = "755A"
CAGE, DOCK = "cage-cam", "dock-cam"
NETWORK = Network(
    region=(
        Region(
            code="S", name="南区", operations_contact="o@x.example", claims_contact="c@x.example"
        ),
    ),
    site=(Site(code=SITE, name="深圳", kind="level-2", region="S"),),
    place=(
        Place(site=SITE, id="cage1", kind=DEDICATED_KIND),
        Place(site=SITE, id="dock1", kind="dock"),
        Place(site=SITE, id="yard", kind="dock"),
    ),
    channel=(
        Channel(
            site=SITE,
            camera=CAGE,
            name=f"{SITE}特殊安全产品(高价值)快件监控通道",
            places=("cage1",),
            role=DEDICATED_ROLE,
        ),
        Channel(site=SITE, camera=DOCK, places=("dock1",), role="dock"),
    ),
)


def at(second: float) -> datetime:
    """So many seconds after the start of the tests' clock."""
    return START + timedelta(seconds=second)


def segment(
    until_s: float, length_s: float = 10, camera: str = DOCK, number: int = 0, **fields: object
) -> Segment:
    """Footage of the ``length_s`` before ``until_s``; its hash is its number's."""
    plain: dict[str, object] = {
        "length_ms": int(length_s * 1000),
        "error_ms": 40,
        "sha256": f"{number or int(until_s * 1000):064x}",
        "bytes": 1_000_000,
        "codec": Codec.H264,
        "frames": 250,
    }
    return Segment(**{**_common(until_s, camera), **plain, **fields})


def camera(fact: CameraFact, second: float, name: str = DOCK, **fields: object) -> Camera:
    """What an edge tells of a camera."""
    return Camera(**{**_common(second, name), "fact": fact, **fields})


def gap(until_s: float, length_s: float, name: str = DOCK, **fields: object) -> Camera:
    """No footage of the ``length_s`` before ``until_s``."""
    plain: dict[str, object] = {"length_ms": int(length_s * 1000), "reason": "camera_lost"}
    return camera(CameraFact.GAP, until_s, name, **{**plain, **fields})


def tell(hub: HubHome, edge: SigningEdge, *events: Event) -> None:
    """Send events as one batch."""
    hub.take(edge.batch([edge.line(each) for each in events]))


def _common(second: float, name: str) -> dict[str, object]:
    return {
        "site": SITE,
        "edge": "dock",
        "at": format_at(at(second)),
        "mono_ms": 1,
        "boot": samples.BOOT,
        "clock": ClockReading(offset_ms=0, error_ms=5),
        "device": name,
    }
