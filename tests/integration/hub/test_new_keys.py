"""An edge's new signing key, and a new disk that takes its name over. Source: section 4.

Each refusal is followed by a look at what must not have changed.
"""

import httpx
import pytest

from hub.access.service import Enrolment, find_edge, record_of
from hub.alerts.service import AlertKind
from hub.app import create_app
from ledger.keys import key_hash
from ledger.signing import open_sealed, seal
from tests.hub_parts import START, HubHome, SigningEdge, body_of, receipt_of, sealed_bodies
from tests.identity_parts import (
    NEW_KEY,
    REASON,
    THIEF,
    acts,
    certified,
    key_of,
    refused,
    renewal,
    rotation,
)
from tests.rest_parts import API, client_of, problem
from wire.messages import (
    Enrolled,
    Problem,
    SpoolHead,
)
from wire.topics import Channel

pytestmark = pytest.mark.anyio

# ---------------------------------------------------------------- a new signing key


async def test_an_edges_new_key_counts_and_the_old_one_stays_on_record(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    old = edge.key
    hub.take(edge.batch([edge.line(edge.scan())]))
    await certified(hub, stranger, renewal(edge))
    hub.clock.move(60)
    content = rotation(edge)
    answers = [await stranger.post(f"{API}/edge/rotate", content=content) for _ in range(2)]
    opened = [
        open_sealed(each.content, Enrolled, hub.keys.statement.public_key, 8192).message
        for each in answers
    ]
    assert opened[0] == opened[1]
    assert opened[0].public_key == key_of(hub) == NEW_KEY.public_key.hex()
    with hub.database.reading() as tx:
        record = record_of(tx, "755A", "dock")
    new, first = record.keys
    assert (first.public_key, first.since, first.until) == (
        old.public_key.hex(),
        START,
        hub.clock.now(),
    )
    assert (new.since, new.until) == (hub.clock.now(), None)
    assert [each.revoked_at is None for each in record.certificates] == [False]
    assert acts(hub) == ["enrolled", "certified", "rotated"]
    (alert,) = hub.alerts(AlertKind.EDGE_KEY_CHANGED)
    assert alert.subject == "755A/dock"
    line = edge.line(edge.scan("755123456780"))
    assert receipt_of(hub.take(edge.batch([line]))).problem is Problem.BAD_SIGNATURE
    edge.key = NEW_KEY
    assert receipt_of(hub.take(edge.batch([line]))).problem is None
    assert len(hub.events()) == 2


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda edge: rotation(SigningEdge(key=THIEF), THIEF), 401),
        (lambda edge: rotation(edge, proof=THIEF.sign(b"anything").hex()), 409),
        (lambda edge: rotation(edge, edge.key), 200),
        (lambda edge: rotation(edge).replace(b"755A", b"755W"), 401),
        (lambda _edge: b"garbage", 400),
    ],
    ids=["not by the old key", "not held", "the same key", "another site", "garbage"],
)
async def test_a_key_that_is_not_rightly_shown_changes_nothing(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, make: object, status: int
) -> None:
    answer = await stranger.post(f"{API}/edge/rotate", content=make(edge))  # type: ignore[operator]
    assert answer.status_code == status
    assert key_of(hub) == edge.key.public_key.hex()
    assert acts(hub) == ["enrolled"]


async def test_a_key_that_was_given_up_never_counts_again(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    old = SigningEdge()
    await stranger.post(f"{API}/edge/rotate", content=rotation(edge))
    edge.key = NEW_KEY
    back = await stranger.post(f"{API}/edge/rotate", content=rotation(edge, old.key))
    problem(back, 409)
    app = create_app(hub.web(Enrolment.FIRST_USE))
    async with client_of(app) as client:
        again = await client.post(f"{API}/edge/enrol", content=seal(old.enrol_message(), old.key))
    problem(again, 401)
    problem(await stranger.post(f"{API}/edge/rotate", content=rotation(old, THIEF)), 401)
    assert key_of(hub) == NEW_KEY.public_key.hex()
    assert not hub.alerts(AlertKind.EDGE_CONFLICT)


# ---------------------------------------------------------------- a new disk


async def allowed(hub: HubHome, admin: httpx.AsyncClient) -> str:
    answer = await admin.post(f"{API}/edges/755A/dock/replacement", json=REASON)
    assert answer.status_code == 201
    secret, _, hashed = answer.json()["token"].partition(".")
    assert hashed == key_hash(hub.keys.statement.public_key)
    return str(secret)


async def test_a_new_disk_takes_the_name_over_and_what_the_old_one_held_is_a_gap(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    await certified(hub, stranger, renewal(edge))
    head = SpoolHead(spool=edge.spool, seq=38, head="c" * 64)
    hub.take(seal(edge.state(heads=(head,)), edge.key), Channel.STATE)
    secret = await allowed(hub, admin)
    # Until the new disk comes the old one counts.
    assert receipt_of(hub.take(edge.batch([edge.line(edge.scan("755123456780"))]))).problem is None
    new = SigningEdge(key=NEW_KEY, spool="ee" * 16)
    answer = await stranger.post(
        f"{API}/edge/enrol", content=seal(new.enrol_message(secret), new.key)
    )
    assert answer.status_code == 200
    assert key_of(hub) == NEW_KEY.public_key.hex()
    assert acts(hub) == [
        "enrolled",
        "certified",
        "replacement_allowed",
        "replaced",
        "spool_closed",
    ]
    with hub.database.reading() as tx:
        record = record_of(tx, "755A", "dock")
    assert record.acts[0].detail == f"rest of spool {edge.spool} after 2 is lost"
    assert record.acts[1].reason == REASON["reason"]
    assert [each.revoked_by for each in record.certificates] == ["administrator"]
    (alert,) = hub.alerts(AlertKind.SPOOL_LOST)
    assert "after event 2 (at least 36)" in alert.text_en
    assert "第 2 条之后（至少 36 条）" in alert.text_zh
    assert receipt_of(hub.take(new.batch([new.line(new.scan())]))).heads[0].seq == 1
    assert len(hub.events()) == 3


async def test_the_disk_that_was_replaced_can_do_nothing_any_more(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    secret = await allowed(hub, admin)
    new = SigningEdge(key=NEW_KEY, spool="ee" * 16)
    await stranger.post(f"{API}/edge/enrol", content=seal(new.enrol_message(secret), new.key))
    rest = edge.batch([edge.line(edge.scan("755123456780"))])
    assert receipt_of(hub.take(rest)).problem is Problem.BAD_SIGNATURE
    for path, content in (
        ("certificate", renewal(edge)),
        ("rotate", rotation(edge, THIEF)),
        ("enrol", seal(edge.enrol_message(secret), edge.key)),
        ("bodies", sealed_bodies(edge, [body_of(b"A")[1]])),
    ):
        problem(await stranger.post(f"{API}/edge/{path}", content=content), 401)
    # Nor does the closed spool grow under the new key: what was told as lost stays lost.
    edge.key = NEW_KEY
    receipt = receipt_of(hub.take(edge.batch([edge.line(edge.scan())], first_seq=2)))
    assert [head.seq for head in receipt.heads] == [1]
    assert len(hub.events()) == 1
    assert key_of(hub) == NEW_KEY.public_key.hex()


async def test_a_token_takes_a_name_over_once_in_its_hour_and_for_its_own_edge(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    secret = await allowed(hub, admin)
    other = hub.enrol(SigningEdge(edge="other"))
    wrong = SigningEdge(edge="other", key=THIEF)
    await refused(stranger, wrong, secret, 409)
    first, second = SigningEdge(key=NEW_KEY), SigningEdge(key=THIEF)
    await refused(stranger, first, None, 409)
    answer = await stranger.post(
        f"{API}/edge/enrol", content=seal(first.enrol_message(secret), first.key)
    )
    assert answer.status_code == 200
    await refused(stranger, second, secret, 409)
    late = await allowed(hub, admin)
    hub.clock.move(3600)
    await refused(stranger, second, late, 409)
    assert key_of(hub) == NEW_KEY.public_key.hex()
    with hub.database.reading() as tx:
        found = find_edge(tx, "755A", "other")
    assert found is not None
    assert found.public_key == other.key.public_key.hex()


async def test_a_revoked_name_comes_back_with_a_new_disk_and_never_with_the_old_key(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    await refused(stranger, edge, await allowed(hub, admin), 401)
    new = SigningEdge(key=NEW_KEY, spool="ee" * 16)
    secret = await allowed(hub, admin)
    answer = await stranger.post(
        f"{API}/edge/enrol", content=seal(new.enrol_message(secret), new.key)
    )
    assert answer.status_code == 200
    assert receipt_of(hub.take(new.batch([new.line(new.scan())]))).problem is None
    with hub.database.reading() as tx:
        keys = record_of(tx, "755A", "dock").keys
    assert [each.ended_by for each in keys] == [None, "revoked"]
