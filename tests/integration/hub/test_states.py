"""What edges say of themselves, and what they are answered. Source: design section 3."""

import msgspec
import pytest

from edge.wanted import KeptList, Taken, WantedKeeper
from hub.alerts.service import AlertKind, AlertState
from hub.ingest.intake import Outgoing
from hub.ingest.service import edges
from hub.wanted.service import current_list
from ledger.signing import seal
from tests import samples
from tests.hub_parts import HubHome, SigningEdge, receipt_of
from tests.postgres_parts import on_both_databases
from wire.events import Station, StationFact
from wire.limits import (
    DELTA_ENTRIES_MAX,
    INT_MAX,
    MESSAGE_BYTES_MAX,
    SCOPE_SITES_MAX,
)
from wire.messages import (
    DeviceState,
    Gone,
    SpoolHead,
    WantedDelta,
    WantedFetch,
    WantedHead,
    WantedSnapshot,
)
from wire.names import format_at
from wire.topics import Channel
from wire.wanted import ListHead, list_bytes, list_sha256, make_list

pytestmark = on_both_databases


def take_state(
    hub: HubHome, edge: SigningEdge, wanted: ListHead | None, **fields: object
) -> list[Outgoing]:
    payload = seal(edge.state(wanted, **fields), edge.key)
    return hub.take(payload, Channel.STATE)


def head_of(hub: HubHome, version: int, sha256: str = "00" * 32) -> ListHead:
    return ListHead(version=version, list_sha256=sha256, head_at=format_at(hub.clock.now()))


def test_a_state_is_answered_with_each_spools_head(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    unknown = SpoolHead(spool="cd" * 16, seq=9, head="ab" * 32)
    known = SpoolHead(spool=edge.spool, seq=1, head=edge.head)
    receipt = receipt_of(take_state(hub, edge, None, heads=(known, unknown)))
    assert [(each.spool, each.seq) for each in receipt.heads] == [(edge.spool, 1), ("cd" * 16, 0)]


def test_an_edge_without_a_list_is_told_to_fetch_it(hub: HubHome, edge: SigningEdge) -> None:
    command = take_state(hub, edge, None)[-1].message
    assert isinstance(command, WantedFetch)
    assert command.version == 1


def test_an_edge_that_is_behind_gets_the_changes(hub: HubHome, edge: SigningEdge) -> None:
    hub.put_wanted("755123456789")
    command = take_state(hub, edge, head_of(hub, 1))[-1].message
    assert isinstance(command, WantedDelta)
    assert (command.from_version, command.head.version) == (1, 2)
    assert [each.waybill for each in command.put] == ["755123456789"]
    up_to_date = take_state(hub, edge, command.head)
    assert [type(each.message).__name__ for each in up_to_date] == ["Receipt"]


def test_an_old_head_is_renewed(hub: HubHome, edge: SigningEdge) -> None:
    hub.put_wanted("755123456789")
    delta = take_state(hub, edge, head_of(hub, 1))[-1].message
    assert isinstance(delta, WantedDelta)
    hub.clock.move(61)
    renewed = take_state(hub, edge, delta.head)[-1].message
    assert isinstance(renewed, WantedHead)
    assert renewed.head.head_at == format_at(hub.clock.now())


@pytest.mark.parametrize("held_version", [1, 99], ids=["other content", "a higher version"])
def test_an_edge_with_a_list_of_the_hubs_earlier_life_follows_it_again(
    hub: HubHome, edge: SigningEdge, held_version: int
) -> None:
    earlier = make_list(held_version, (), ())
    held = head_of(hub, held_version, list_sha256(earlier))
    keeper = WantedKeeper(earlier, KeptList(earlier, held, b""))
    command = take_state(hub, edge, held)[-1].message
    assert isinstance(command, WantedFetch)
    assert keeper.obey(command, b"", hub.clock.now()) is Taken.NEEDS_FETCH
    with hub.database.reading() as tx:
        whole = list_bytes(current_list(tx))
    snapshot = WantedSnapshot(site="755A", edge="dock", head=hub.list_head())
    assert keeper.replace(snapshot, whole, b"") is Taken.CHANGED
    assert [type(e.message).__name__ for e in take_state(hub, edge, keeper.head)] == ["Receipt"]
    (alert,) = hub.alerts(AlertKind.LIST_OVERTAKEN)
    assert (alert.subject, alert.count) == ("755A/dock", 1)
    # Another edge, somewhat ahead of the first one, is overtaken too.
    assert keeper.version > held_version + 100


def test_an_edge_that_follows_the_list_fetches_after_it_was_renumbered(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.put_wanted("755123456789")
    current = hub.list_head()
    take_state(hub, edge, head_of(hub, 99))
    command = take_state(hub, edge, current)[-1].message
    assert isinstance(command, WantedFetch)
    assert command.version == hub.list_head().version


def test_a_version_beyond_belief_moves_nothing_but_a_person(
    hub: HubHome, edge: SigningEdge
) -> None:
    before = hub.list_head()
    answers = take_state(hub, edge, head_of(hub, INT_MAX))
    assert [type(each.message).__name__ for each in answers] == ["Receipt"]
    assert hub.list_head() == before
    assert len(hub.alerts(AlertKind.LIST_OVERTAKEN)) == 1


def test_the_longest_delta_fits_into_a_message(hub: HubHome, edge: SigningEdge) -> None:
    scope = tuple(f"site-{n:027d}" for n in range(SCOPE_SITES_MAX))
    longest = {"reason": "𠀀" * 200, "banner_zh": "𠀀" * 80, "banner_en": "𠀀" * 80}
    for n in range(DELTA_ENTRIES_MAX):
        waybill = f"{n:064d}"
        hub.put_wanted(waybill, scope=scope, owner="𠀀" * 64, **longest)
    command = take_state(hub, edge, head_of(hub, 1))[-1].message
    assert isinstance(command, WantedDelta)
    assert len(seal(command, edge.key)) <= MESSAGE_BYTES_MAX


def test_a_replayed_state_changes_nothing(hub: HubHome, edge: SigningEdge) -> None:
    old = seal(edge.state(depth=7), edge.key)
    hub.take(old, Channel.STATE)
    take_state(hub, edge, None, depth=1)
    take_state(hub, edge, None, depth=2, boot="12" * 16)
    hub.take(old, Channel.STATE)
    with hub.database.reading() as tx:
        (view,) = edges(tx)
    assert view.state is not None
    assert view.state.depth == 2


def test_a_last_will_ends_its_own_connection_only(hub: HubHome, edge: SigningEdge) -> None:
    def connected() -> bool:
        with hub.database.reading() as tx:
            return edges(tx)[0].connected

    def gone(connection: str) -> None:
        will = Gone(site="755A", edge="dock", boot=samples.BOOT, connection=connection)
        hub.take(seal(will, edge.key), Channel.STATE)

    take_state(hub, edge, None)
    gone("00" * 16)
    assert connected()
    gone(samples.CONNECTION)
    assert not connected()


def test_a_scanner_that_a_state_names_as_connected_is_no_longer_told_as_lost(
    hub: HubHome, edge: SigningEdge
) -> None:
    def lost() -> list[str]:
        told = hub.alerts(AlertKind.DEVICE_LOST)
        return [each.subject for each in told if each.state is AlertState.OPEN]

    for device in ("dock-1", "dock-2"):
        event = samples.EVENTS["event-station"]
        assert isinstance(event, Station)
        fields = {"fact": StationFact.DEVICE_LOST, "device": device, "clock_step_ms": None}
        hub.take(edge.batch([edge.line(msgspec.structs.replace(event, **fields))]))
    assert sorted(lost()) == ["755A/dock/dock-1", "755A/dock/dock-2"]
    away, back = (
        DeviceState(id="dock-1", source=None, protocol="honeywell", connected=connected)
        for connected in (False, True)
    )
    take_state(hub, edge, None, devices=(away,))
    assert len(lost()) == 2
    take_state(hub, edge, None, devices=(back,))
    assert lost() == ["755A/dock/dock-2"]
