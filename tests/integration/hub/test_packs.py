"""The signed site pack: made anew on change, pushed, fetched, never going back."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Connection

from hub.app import make_duties
from hub.ingest.commands import CommandDesk
from hub.ingest.pushes import PackPusher
from hub.network import Network
from hub.packs.service import OUTGROW_MAX, find_pack, outgrow_pack, renew_packs
from hub.timers import Timers
from ledger.signing import open_sealed, seal
from tests.hub_parts import START, HubHome, SigningEdge, open_hub
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem
from wire.badges import badge_sha256, pseudonym
from wire.limits import PACK_BYTES_MAX
from wire.messages import Pack, PackFetch, PackHead
from wire.names import format_at
from wire.site_pack import SitePack, pack_sha256, parse_pack
from wire.topics import Channel

pytestmark = [pytest.mark.anyio, on_both_databases]

SALT = "5" * 32


@pytest.fixture
def network() -> Network:
    return NETWORK


def turn(hub: HubHome) -> None:
    Timers(hub.database, make_duties(hub.role)).turn(hub.clock.now(), hub.clock.mono_ns())


def pack_of(hub: HubHome, site: str = "755A") -> SitePack | None:
    with hub.database.reading() as tx:
        found = find_pack(tx, site)
    return None if found is None else parse_pack(found.data)


def test_a_pack_holds_the_sites_people_places_shifts_and_policy(
    hub: HubHome, edge: SigningEdge
) -> None:
    with hub.database.writing() as tx:
        tx.exec_driver_sql(f"UPDATE site_salt SET salt = '{SALT}' WHERE site = '755A'")
    turn(hub)
    pack = pack_of(hub)
    assert pack is not None
    assert (pack.version, pack.site, pack.timezone) == (1, "755A", "Asia/Shanghai")
    keeper = pseudonym(badge_sha256("1001"), SALT)
    assert {person.name: person.by for person in pack.staff}["王芳"] == keeper
    assert {person.name for person in pack.staff} == {"王芳", "李强"}
    assert {place.id: place.keeper for place in pack.places} == {"cage1": keeper, "dock1": None}
    assert [(shift.starts, shift.ends) for shift in pack.shifts] == [("08:00", "20:00")]
    assert pack.policy.handover == hub.role.policy.handover


def test_a_site_without_an_edge_has_no_pack(hub: HubHome) -> None:
    turn(hub)
    assert pack_of(hub) is None


def test_only_a_change_makes_a_new_version(hub: HubHome, edge: SigningEdge) -> None:
    timers = Timers(hub.database, make_duties(hub.role))
    for _ in range(3):
        timers.turn(hub.clock.now(), hub.clock.mono_ns())
        with hub.database.writing() as tx:
            renew_packs(tx, ["755A"])
    pack = pack_of(hub)
    assert pack is not None
    assert pack.version == 1


def test_another_network_at_the_next_start_makes_a_new_version(
    hub: HubHome, edge: SigningEdge
) -> None:
    turn(hub)
    hub.database.close()
    with open_hub(hub.data_dir, hub.url) as home:
        turn(home)
        pack = pack_of(home)
    assert pack is not None
    assert (pack.version, pack.places) == (2, ())


async def test_an_edge_fetches_its_sites_pack_signed(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    request = PackFetch(site="755A", edge="dock", have_version=0, at=format_at(START))
    sealed = seal(request, edge.key)
    problem(await stranger.post(f"{API}/edge/pack", content=sealed), 404)
    turn(hub)
    answer = await stranger.post(f"{API}/edge/pack", content=sealed)
    bound = PACK_BYTES_MAX + 4096
    opened = open_sealed(answer.content, Pack, hub.keys.statement.public_key, bound)
    line = opened.lines.removesuffix(b"\n")
    assert pack_sha256(line) == opened.message.sha256
    assert parse_pack(line).version == opened.message.version == 1


async def test_a_strangers_fetch_is_refused(hub: HubHome, stranger: httpx.AsyncClient) -> None:
    edge = SigningEdge()
    request = PackFetch(site="755A", edge="dock", have_version=0, at=format_at(START))
    problem(await stranger.post(f"{API}/edge/pack", content=seal(request, edge.key)), 401)


def test_a_change_is_pushed_once_to_the_sites_edges_and_to_no_other(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.enrol(SigningEdge(site="021W", edge="hall"))
    turn(hub)
    pusher, listening = PackPusher(CommandDesk(hub.clock.random_bytes)), START

    def due(tx: Connection) -> list[object]:
        return [(out.topic.site, out.message) for out in pusher.due(tx, listening, hub.clock)]

    with hub.database.reading() as tx:
        assert due(tx) == []
    with hub.database.writing() as tx:
        outgrow_pack(tx, "755A", 5)
    turn(hub)
    with hub.database.reading() as tx:
        ((site, head),) = due(tx)
        assert due(tx) == []
    assert site == "755A"
    assert isinstance(head, PackHead)
    assert head.version == 6
    assert head.expires_at == format_at(START + timedelta(minutes=5))


def test_a_state_is_answered_with_a_newer_pack_and_a_restored_hub_outgrows_the_edges(
    hub: HubHome, edge: SigningEdge
) -> None:
    turn(hub)

    def heads(version: int) -> list[int]:
        sealed = seal(edge.state(pack_version=version), edge.key)
        outgoing = hub.take(sealed, Channel.STATE)
        return [o.message.version for o in outgoing if isinstance(o.message, PackHead)]

    assert heads(0) == [1]
    assert heads(1) == []
    assert heads(9) == []
    turn(hub)
    assert heads(9) == [10]


def test_a_version_that_no_hub_can_have_lost_is_not_believed(
    hub: HubHome, edge: SigningEdge
) -> None:
    turn(hub)
    for held, version in ((OUTGROW_MAX + 2, 1), (OUTGROW_MAX + 1, OUTGROW_MAX + 1)):
        with hub.database.writing() as tx:
            outgrow_pack(tx, "755A", held)
            found = find_pack(tx, "755A")
        assert found is not None
        assert found.version == version
