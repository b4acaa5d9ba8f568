"""A restored hub takes back by itself the edges that it had enrolled, and nobody else."""

import httpx
import msgspec
import pytest
from sqlalchemy import text

from hub.access.service import find_edge
from ledger.keys import SigningKey
from ledger.signing import open_sealed, seal
from tests.hub_parts import HubHome, SigningEdge
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Enrolled

pytestmark = pytest.mark.anyio
SALT = "5a" * 16


def answer_to(asking: SigningEdge, key: SigningKey, **fields: object) -> str:
    """What a hub with this key answered when it enrolled an edge."""
    own: dict[str, object] = {
        "site": asking.site,
        "edge": asking.edge,
        "public_key": asking.key.public_key.hex(),
        "hub_key": key.public_key.hex(),
        "site_salt": SALT,
    }
    return seal(Enrolled(**{**own, **fields}), key).decode()


async def show(client: httpx.AsyncClient, edge: SigningEdge, enrolled: str) -> httpx.Response:
    message = msgspec.structs.replace(edge.enrol_message(), enrolled=enrolled)
    return await client.post("/api/v1/edge/enrol", content=seal(message, edge.key))


def is_known(hub: HubHome, edge: SigningEdge) -> bool:
    with hub.database.reading() as tx:
        return find_edge(tx, edge.site, edge.edge) is not None


async def test_an_edge_that_this_hub_enrolled_once_comes_back_without_a_token(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    edge = SigningEdge()
    answer = await show(stranger, edge, answer_to(edge, hub.keys.statement))
    assert answer.status_code == 200
    key = hub.keys.statement.public_key
    told = open_sealed(answer.content, Enrolled, key, MESSAGE_BYTES_MAX).message
    assert told.site_salt == SALT, "badges in its lines were made into pseudonyms with this one"
    assert is_known(hub, edge)
    lines = [edge.line(edge.scan())]
    hub.take(edge.batch(lines))
    assert len(hub.events()) == 1


async def test_what_this_hub_did_not_sign_for_this_very_key_takes_nobody_in(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    edge, ours = SigningEdge(), hub.keys.statement
    good = answer_to(edge, ours)
    shown = [
        answer_to(edge, SigningKey(b"x" * 32)),
        answer_to(edge, ours, edge="gate"),
        answer_to(edge, ours, site="755B"),
        answer_to(edge, ours, public_key="0" * 64),
        good.replace(SALT, "6b" * 16),
        good[:-3] + "\n",
        seal(edge.enrol_message(), ours).decode(),
        "",
        "x",
    ]
    for each in shown:
        answer = await show(stranger, edge, each)
        assert answer.status_code == 401, each
        assert not is_known(hub, edge)


async def test_a_salt_that_the_hub_has_stays(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    second = SigningEdge(edge="gate", key=SigningKey(b"g" * 32))
    answer = await show(stranger, second, answer_to(second, hub.keys.statement))
    assert answer.status_code == 200
    with hub.database.reading() as tx:
        (salt,) = tx.execute(text("SELECT salt FROM site_salt")).scalars()
    assert salt != SALT


async def test_a_name_that_another_key_has_is_a_conflict_whoever_vouches(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    other = SigningEdge(key=SigningKey(b"o" * 32))
    answer = await show(stranger, other, answer_to(other, hub.keys.statement))
    assert answer.status_code == 409
