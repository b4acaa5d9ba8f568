"""Keys of edges for tests: what is asked for, and what is on record."""

import httpx

from hub.access.service import find_edge, record_of
from ledger.certificates import TlsKey
from ledger.keys import SigningKey
from ledger.signing import open_sealed, rotation_proof, seal
from tests.hub_parts import START, HubHome, SigningEdge
from tests.rest_parts import API, problem
from wire.messages import Certified, Renew, Rotate
from wire.names import format_at

POINT, OTHER_POINT = TlsKey(b"a" * 32).point, TlsKey(b"b" * 32).point
NEW_KEY = SigningKey(b"n" * 32)
THIEF = SigningKey(b"t" * 32)
REASON = {"reason": "its disk was stolen"}


def renewal(edge: SigningEdge, point: str = POINT) -> bytes:
    message = Renew(site=edge.site, edge=edge.edge, tls_key=point, at=format_at(START))
    return seal(message, edge.key)


async def certified(hub: HubHome, client: httpx.AsyncClient, content: bytes) -> Certified:
    answer = await client.post(f"{API}/edge/certificate", content=content)
    assert answer.status_code == 200, answer.text
    return open_sealed(answer.content, Certified, hub.keys.statement.public_key, 8192).message


def rotation(edge: SigningEdge, new: SigningKey = NEW_KEY, **fields: str) -> bytes:
    proof = rotation_proof(edge.site, edge.edge, edge.key.public_key, new.public_key)
    own = {"public_key": new.public_key.hex(), "proof": new.sign(proof).hex()}
    return seal(Rotate(site=edge.site, edge=edge.edge, **{**own, **fields}), edge.key)


def acts(hub: HubHome) -> list[str]:
    with hub.database.reading() as tx:
        return [each.act for each in record_of(tx, "755A", "dock").acts][::-1]


def key_of(hub: HubHome) -> str:
    with hub.database.reading() as tx:
        found = find_edge(tx, "755A", "dock")
    assert found is not None
    return found.public_key


async def refused(
    client: httpx.AsyncClient, edge: SigningEdge, secret: str | None, status: int
) -> None:
    content = seal(edge.enrol_message(secret), edge.key)
    problem(await client.post(f"{API}/edge/enrol", content=content), status)
