"""What an edge sends of its footage, as a real one would; ``fields`` replace what is signed."""

import hashlib

import httpx
import msgspec

from hub.video.media import FileState, WantedFile, order_files, states_of
from ledger.signing import seal
from tests.hub_parts import HubHome, SigningEdge
from tests.rest_parts import API
from wire.messages import FootageGone, FootageHave, FootagePart, Picture
from wire.names import format_at

FILM = bytes(range(256)) * 12
"""A file's content; it holds line feeds."""
FILM_SHA256 = hashlib.sha256(FILM).hexdigest()
CAMERA = "cage-cam"
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
JPEG_SHA256 = hashlib.sha256(JPEG).hexdigest()


def order(hub: HubHome, content: bytes = FILM, **fields: object) -> WantedFile:
    """Order a file with this content of the edge ``755A/dock``."""
    own: dict[str, object] = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "site": "755A",
        "edge": "dock",
        "camera": CAMERA,
        "bytes": len(content),
    }
    wanted = msgspec.convert({**own, **fields}, WantedFile)
    with hub.database.writing() as tx:
        order_files(tx, [wanted], hub.clock.now())
    return wanted


def state_of(hub: HubHome, sha256: str = FILM_SHA256) -> FileState:
    with hub.database.reading() as tx:
        return states_of(tx, [sha256])[sha256]


def sealed_part(
    edge: SigningEdge, raw: bytes, offset: int = 0, content: bytes = FILM, /, **fields: object
) -> bytes:
    own: dict[str, object] = {
        "site": edge.site,
        "edge": edge.edge,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "offset": offset,
        "count": len(raw),
        "part_sha256": hashlib.sha256(raw).hexdigest(),
    }
    header = msgspec.convert({**own, **fields}, FootagePart)
    return seal(header, edge.key) + raw + b"\n"


async def send(
    client: httpx.AsyncClient, edge: SigningEdge, raw: bytes, offset: int = 0, **fields: object
) -> int:
    """Send a part; how much the hub has then."""
    content = fields.pop("content", FILM)
    assert isinstance(content, bytes)
    answer = await client.post(
        f"{API}/edge/footage", content=sealed_part(edge, raw, offset, content, **fields)
    )
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FootageHave).have


async def tell_gone(client: httpx.AsyncClient, edge: SigningEdge, sha256: str) -> httpx.Response:
    gone = FootageGone(site=edge.site, edge=edge.edge, sha256=sha256, reason="deleted")
    return await client.post(f"{API}/edge/footage-gone", content=seal(gone, edge.key))


def sealed_picture(
    hub: HubHome,
    edge: SigningEdge,
    raw: bytes = JPEG,
    /,
    *,
    is_named: bool = True,
    **fields: object,
) -> bytes:
    own: dict[str, object] = {
        "site": edge.site,
        "edge": edge.edge,
        "camera": CAMERA,
        "at": format_at(hub.clock.now()),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "bytes": len(raw),
        "is_named": is_named,
    }
    return seal(msgspec.convert({**own, **fields}, Picture), edge.key) + raw + b"\n"
