"""How the routes of playback are asked, and footage for them."""

import hashlib

from hub.access.account_store import find_account
from hub.access.rules import ADMINISTRATOR
from hub.video.looks import AskedFootage, open_playback
from hub.video.media import FoundPicture, note_stored, order_files, path_of
from hub.video.media_shelf import PICTURE
from hub.video.rules.coverage import Stretch
from hub.video.store import footage
from hub.video.store.footage import FoundSegment
from hub.video.store.media_files import WantedFile, add_picture
from tests.footage_index_parts import at
from tests.hub_parts import START, HubHome
from tests.integration.hub.route_asks import Ask, Case, thing
from wire.names import format_at

CAMERA = "cage-cam"
FINDING = {"safe_at_rest": True, "standard_placement": True, "note": "all well"}


def film_of(site: str, number: int = 0) -> bytes:
    """What stands in a file of a site's footage."""
    return f"footage {number} of {site} ".encode() * 20


def put_segment(
    hub: HubHome,
    site: str,
    number: int = 0,
    *,
    is_here: bool = True,
    content: bytes | None = None,
    length_s: int = 10,
    codec: str = "h264",
) -> FoundSegment:
    """Ten seconds of footage in the index, ``number`` times ten seconds after the start."""
    content = film_of(site, number) if content is None else content
    began_at, ended_at = at(number * length_s), at((number + 1) * length_s)
    found = FoundSegment(
        site=site,
        camera=CAMERA,
        edge="dock",
        began_at=began_at,
        ended_at=ended_at,
        told_at=ended_at,
        error_ms=40,
        length_ms=length_s * 1000,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        codec=codec,
        frames=250,
        salvaged=False,
    )
    with hub.database.writing() as tx:
        footage.add_segments(tx, [found])
    if is_here:
        store(hub, found, content)
    return found


def store(hub: HubHome, segment: FoundSegment, content: bytes) -> None:
    """Let a segment's file have come."""
    wanted = WantedFile(segment.sha256, segment.site, segment.edge, segment.camera, segment.bytes)
    with hub.database.writing() as tx:
        order_files(tx, [wanted], START)
        note_stored(tx, wanted, START)
    path = path_of(hub.data_dir, segment.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def put_picture(hub: HubHome, site: str) -> str:
    """A still of a site's camera; its hash."""
    content = b"\xff\xd8" + site.encode()
    sha256 = hashlib.sha256(content).hexdigest()
    with hub.database.writing() as tx:
        add_picture(tx, FoundPicture(site, CAMERA, sha256, START), START, is_named=False)
    path = path_of(hub.data_dir, sha256, PICTURE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256


def order(site: str, **fields: object) -> dict[str, object]:
    """A minute of a site's cage."""
    span = {"from": format_at(at(0)), "to": format_at(at(60))}
    return {"site": site, "camera": CAMERA, "purpose": "daily round", **span, **fields}


def _opened(hub: HubHome, site: str) -> str:
    """Opened by who is going to ask: the tests' person if there is one, else the administrator."""
    asked = AskedFootage(site, CAMERA, Stretch(at(0), at(60)), None, "daily round")
    with hub.database.writing() as tx:
        who = ADMINISTRATOR if find_account(tx, "li") is None else "li"
        return f"/api/v1/playbacks/{open_playback(tx, asked, who, START).look.id}"


def _file(hub: HubHome, site: str) -> Ask:
    segment = put_segment(hub, site)
    return Ask(f"{_opened(hub, site)}/files/{segment.sha256}")


def _clip(hub: HubHome, site: str) -> Ask:
    put_segment(hub, site, is_here=False)
    span = f"from={format_at(at(1))}&to={format_at(at(9))}"
    return Ask(f"{_opened(hub, site)}/clip?{span}")


PLAYBACK_CASES: dict[str, Case] = {
    "POST /api/v1/playbacks": thing(lambda _hub, site: Ask("/api/v1/playbacks", json=order(site))),
    "GET /api/v1/playbacks/{playback_id}": thing(lambda hub, site: Ask(_opened(hub, site))),
    "PUT /api/v1/playbacks/{playback_id}": thing(
        lambda hub, site: Ask(_opened(hub, site), json=FINDING)
    ),
    "GET /api/v1/playbacks/{playback_id}/files/{sha256}": thing(_file),
    "GET /api/v1/playbacks/{playback_id}/clip": thing(_clip),
    "GET /api/v1/pictures/{sha256}": thing(
        lambda hub, site: Ask(f"/api/v1/pictures/{put_picture(hub, site)}")
    ),
}
