"""The uplink's core: what is believed, what is sent when, what the station is told."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import msgspec

from edge.pack import KeptPack, PackKeeper, open_pack
from edge.spool_feed import answer_key
from edge.station_events import (
    ClockStepped,
    DevicesChanged,
    LinkChanged,
    ListChanged,
    PackChanged,
    Receipted,
    Recorded,
)
from edge.uplink_core import STATE_AGAIN_MS, STATE_EVERY_MS, UplinkCore, UplinkSetup
from edge.uplink_events import (
    Arrived,
    Connected,
    Disconnected,
    FetchList,
    FetchPack,
    OrderFootage,
    PackArrived,
    ProblemChanged,
    Publish,
    Refused,
    SnapshotArrived,
    UplinkInput,
    UplinkOutput,
    Waited,
)
from edge.verdict import shipped_list
from edge.wanted import KeptList, WantedKeeper
from ledger.keys import SigningKey
from ledger.signing import open_sealed, seal
from tests.unit.edge.fakes import PACK, POLICY, SPOOL_ID, START_AT, Desk
from wire.events import ClockReading
from wire.limits import BATCH_BYTES_MAX, MESSAGE_BYTES_MAX
from wire.messages import (
    Batch,
    DeviceState,
    Fetch,
    FootageOrder,
    Gone,
    MessageBase,
    Pack,
    PackFetch,
    PackHead,
    Problem,
    Receipt,
    SpoolHead,
    State,
    WantedFetch,
    WantedHead,
    WantedSnapshot,
)
from wire.names import format_at
from wire.site_pack import SitePack, pack_bytes, pack_sha256
from wire.topics import Channel
from wire.wanted import ListHead, WantedList, list_bytes, list_sha256, make_list

EDGE, HUB, STRANGER = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
SHIPPED = shipped_list(POLICY.waybill)
ONE = make_list(1, SHIPPED.rules, ())
CONNECTION = "c" * 32


@dataclass
class House:
    """An edge's uplink, and a hub that signs whatever the test wants."""

    keep_answer: str | None = None
    kept: list[KeptList] = field(default_factory=list)
    kept_packs: list[KeptPack] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk = Desk().start()
        self.clock = self.desk.clock
        setup = UplinkSetup("755A", "dock", "d" * 32, "1", EDGE, HUB.public_key)
        self.keeper = WantedKeeper(SHIPPED, None)
        reads = partial(open_pack, site="755A", edge="dock", hub_key=HUB.public_key)
        self.packs = PackKeeper(reads, self._keep_pack, None, None)
        self.core = UplinkCore(
            setup, self.desk.spool, self.keeper, self._keep, self.clock, None, self.packs
        )

    def _keep(self, kept: KeptList) -> str | None:
        self.kept.append(kept)
        return self.keep_answer

    def _keep_pack(self, kept: KeptPack) -> str | None:
        self.kept_packs.append(kept)
        return self.keep_answer

    def step(self, event: UplinkInput) -> list[UplinkOutput]:
        return self.core.step(event)

    def connect(self) -> State:
        outputs = self.step(Connected(CONNECTION))
        (self.state_payload,) = states(outputs)
        return open_sealed(self.state_payload, State, EDGE.public_key, MESSAGE_BYTES_MAX).message

    def receipt(self, payload: bytes, key: SigningKey = HUB, **fields: object) -> Arrived:
        now = format_at(self.clock.now())
        values = {"site": "755A", "edge": "dock", "heads": (), "problem": None} | fields
        message = Receipt(
            answers=answer_key(payload), wanted_version=0, received_at=now, sent_at=now, **values
        )
        return Arrived(seal(message, key))

    def head_command(self, of: WantedList, key: SigningKey = HUB, edge: str = "dock") -> Arrived:
        soon = format_at(self.clock.now() + timedelta(seconds=60))
        command = WantedHead(site="755A", edge=edge, id="e" * 32, expires_at=soon, head=head(of))
        return Arrived(seal(command, key))


def head(of: WantedList) -> ListHead:
    return ListHead(version=of.version, list_sha256=list_sha256(of), head_at=format_at(START_AT))


def snapshot(of: WantedList, key: SigningKey = HUB, edge: str = "dock") -> SnapshotArrived:
    message = WantedSnapshot(site="755A", edge=edge, head=head(of))
    return SnapshotArrived(seal(message, key, [list_bytes(of)]))


def kinds(outputs: list[UplinkOutput]) -> list[type]:
    return [type(output) for output in outputs]


def sent(outputs: list[UplinkOutput], channel: Channel) -> list[bytes]:
    found = [output for output in outputs if isinstance(output, Publish)]
    return [output.payload for output in found if output.channel is channel]


def batches(outputs: list[UplinkOutput]) -> list[bytes]:
    return sent(outputs, Channel.EVENTS)


def states(outputs: list[UplinkOutput]) -> list[bytes]:
    return sent(outputs, Channel.STATE)


# ---------------------------------------------------------------- states


def test_a_state_goes_out_at_connect_and_every_thirty_seconds() -> None:
    house = House()
    assert house.connect().n == 1
    house.clock.advance(STATE_EVERY_MS - 1)
    assert states(house.step(Waited())) == []
    house.clock.advance(1)
    assert len(states(house.step(Waited()))) == 1


def test_a_state_says_where_everything_stands() -> None:
    house = House()
    device = DeviceState(id="dock-1", source="pts:1", protocol="plain", connected=True)
    house.step(DevicesChanged((device,)))
    state = house.connect()
    spool_head = house.desk.spool.head()
    assert state.heads == (SpoolHead(spool=SPOOL_ID, seq=spool_head.seq, head=spool_head.head),)
    assert (state.depth, state.connection, state.boot) == (2, CONNECTION, "d" * 32)
    assert state.oldest_at == format_at(START_AT)
    assert state.devices == (device,)
    assert state.wanted is None


def test_scanners_that_flap_make_one_state_a_second_with_the_newest_of_them() -> None:
    house = House()
    house.connect()
    device = DeviceState(id="dock-1", source="pts:1", protocol="plain", connected=True)
    for n in range(100):
        changed = DevicesChanged((msgspec.structs.replace(device, source=f"pts:{n}"),))
        assert states(house.step(changed)) == []
    assert house.core.wait_ms() <= STATE_AGAIN_MS
    house.clock.advance(STATE_AGAIN_MS)
    (payload,) = states(house.step(Waited()))
    state = open_sealed(payload, State, EDGE.public_key, MESSAGE_BYTES_MAX).message
    assert state.devices[0].source == "pts:99"
    house.clock.advance(STATE_AGAIN_MS)
    assert states(house.step(Waited())) == []


def test_the_will_names_its_connection_and_is_signed() -> None:
    will = open_sealed(House().core.will(CONNECTION), Gone, EDGE.public_key, MESSAGE_BYTES_MAX)
    assert (will.message.connection, will.message.boot) == (CONNECTION, "d" * 32)


def test_nothing_is_sent_without_a_connection() -> None:
    house = House()
    house.clock.advance(60_000)
    assert house.step(Recorded(2)) == []
    house.connect()
    house.step(Disconnected("gone"))
    house.clock.advance(600_000)
    assert house.step(Waited()) == []


# ---------------------------------------------------------------- events and receipts


def test_a_scan_is_sent_and_its_receipt_reaches_the_station() -> None:
    house = House()
    house.connect()
    house.desk.scan("755000000001")
    (payload,) = batches(house.step(Recorded(3)))
    batch = open_sealed(payload, Batch, EDGE.public_key, BATCH_BYTES_MAX).message
    assert (batch.first_seq, batch.count) == (1, 3)
    heads = (SpoolHead(spool=SPOOL_ID, seq=3, head=batch.head),)
    outputs = house.step(house.receipt(payload, heads=heads))
    assert outputs[0] == Receipted(SPOOL_ID, 3)
    link = outputs[1]
    assert isinstance(link, LinkChanged)
    assert (link.connected, link.receipt_ms) == (True, house.clock.boot_ms)
    assert link.clock == ClockReading(offset_ms=0, error_ms=1)


def test_a_receipt_by_a_stranger_or_for_another_edge_is_refused() -> None:
    house = House()
    house.connect()
    for arrived in (
        house.receipt(house.state_payload, STRANGER),
        house.receipt(house.state_payload, edge="other"),
        house.receipt(b"what nobody asked\n"),
        Arrived(b"garbage"),
        Arrived(b""),
        Arrived(seal(_gone(), HUB)),
    ):
        assert kinds(house.step(arrived)) == [Refused]


def _gone() -> MessageBase:
    return Gone(site="755A", edge="dock", boot="d" * 32, connection=CONNECTION)


def test_a_problem_is_told_once_and_so_is_its_end() -> None:
    house = House()
    house.connect()
    outputs = house.step(house.receipt(house.state_payload, problem=Problem.UNKNOWN_KEY))
    assert ProblemChanged("unknown_key") in outputs
    house.clock.advance(STATE_EVERY_MS)
    (payload,) = states(house.step(Waited()))
    spool_head = house.desk.spool.head()
    heads = (SpoolHead(spool=SPOOL_ID, seq=spool_head.seq, head=spool_head.head),)
    outputs = house.step(house.receipt(payload, heads=heads))
    assert outputs[-1] == ProblemChanged(None)


def test_a_clock_step_voids_the_offset() -> None:
    house = House()
    house.connect()
    house.step(house.receipt(house.state_payload))
    (link,) = house.step(ClockStepped())
    assert isinstance(link, LinkChanged)
    assert link.clock.offset_ms is None


def test_without_the_hub_the_clock_grows_less_sure_by_itself() -> None:
    house = House()
    house.connect()
    house.step(house.receipt(house.state_payload))
    house.step(Disconnected("gone"))
    house.clock.advance(8 * 3_600_000)
    (link,) = house.step(Waited())
    assert isinstance(link, LinkChanged)
    assert link.clock == ClockReading(offset_ms=0, error_ms=1441)  # 50 ppm of eight hours
    assert house.step(Waited()) == []


# ---------------------------------------------------------------- the wanted list


def test_an_unknown_list_is_fetched_kept_and_handed_to_the_station() -> None:
    house = House()
    house.connect()
    (fetch,) = house.step(house.head_command(ONE))
    assert isinstance(fetch, FetchList)
    request = open_sealed(fetch.message, Fetch, EDGE.public_key, MESSAGE_BYTES_MAX).message
    assert request.have_version == 0
    (changed,) = house.step(snapshot(ONE))
    assert isinstance(changed, ListChanged)
    assert (changed.held.version, changed.problem) == (1, None)
    voucher = house.kept[-1].voucher
    assert open_sealed(voucher, WantedSnapshot, HUB.public_key, MESSAGE_BYTES_MAX).lines == b""


def test_a_disk_that_refuses_the_list_does_not_keep_it_from_the_scanners() -> None:
    house = House(keep_answer="not_kept")
    house.connect()
    (changed,) = house.step(snapshot(ONE))
    assert isinstance(changed, ListChanged)
    assert (changed.held.version, changed.problem) == (1, "not_kept")


def test_lists_and_commands_that_are_not_the_hubs_or_not_ours_change_nothing() -> None:
    house = House()
    house.connect()
    for arrived in (
        snapshot(ONE, STRANGER),
        snapshot(ONE, edge="other"),
        SnapshotArrived(b"garbage"),
        house.head_command(ONE, STRANGER),
        house.head_command(ONE, edge="other"),
    ):
        assert kinds(house.step(arrived)) == [Refused]
    assert house.keeper.version == 0
    assert house.kept == []


def test_a_fetch_command_is_obeyed_when_the_hub_has_more() -> None:
    house = House()
    house.connect()
    house.step(snapshot(ONE))
    soon = format_at(house.clock.now() + timedelta(seconds=60))
    for version, expected in ((1, [Refused]), (2, [FetchList])):
        command = WantedFetch(
            site="755A", edge="dock", id="e" * 32, expires_at=soon, version=version
        )
        assert kinds(house.step(Arrived(seal(command, HUB)))) == expected


# ---------------------------------------------------------------- the site pack


def pack_head(house: House, version: int, key: SigningKey = HUB, life_s: int = 60) -> Arrived:
    until = format_at(house.clock.now() + timedelta(seconds=life_s))
    head = PackHead(site="755A", edge="dock", id="e" * 32, expires_at=until, version=version)
    return Arrived(seal(head, key))


def pack_answer(pack: SitePack = PACK, key: SigningKey = HUB) -> PackArrived:
    line = pack_bytes(pack)
    head = Pack(
        site="755A",
        edge="dock",
        version=pack.version,
        sha256=pack_sha256(line),
        made_at=format_at(START_AT),
    )
    return PackArrived(seal(head, key, [line]))


def test_a_newer_pack_is_fetched_with_a_signed_request() -> None:
    house = House()
    (fetch,) = house.step(pack_head(house, 4))
    assert isinstance(fetch, FetchPack)
    request = open_sealed(fetch.message, PackFetch, EDGE.public_key, MESSAGE_BYTES_MAX).message
    assert (request.have_version, request.site, request.edge) == (0, "755A", "dock")


def test_a_fetched_pack_is_kept_told_and_named_in_a_state_within_a_second() -> None:
    house = House()
    assert house.connect().pack_version == 0
    assert house.step(pack_answer()) == [PackChanged(PACK, None)]
    assert [kept.pack for kept in house.kept_packs] == [PACK]
    assert house.core.pack_changed() == PackChanged(PACK, None)
    house.clock.advance(STATE_AGAIN_MS)
    (payload,) = states(house.step(Waited()))
    state = open_sealed(payload, State, EDGE.public_key, MESSAGE_BYTES_MAX).message
    assert state.pack_version == PACK.version
    assert kinds(house.step(pack_head(house, PACK.version))) == [Refused]


def footage_order(house: House, key: SigningKey = HUB, life_s: float = 60) -> Arrived:
    until = house.clock.now() + timedelta(seconds=life_s)
    fields = {"site": "755A", "edge": "dock", "expires_at": format_at(until), "files": ("a" * 64,)}
    return Arrived(seal(FootageOrder(**fields, id="e" * 32), key))


def test_an_order_of_footage_is_passed_on_unless_it_is_over_or_anothers() -> None:
    house = House()
    assert house.step(footage_order(house)) == [OrderFootage(("a" * 64,))]
    others = (footage_order(house, key=STRANGER), footage_order(house, life_s=-1))
    assert [kinds(house.step(each)) for each in others] == [[Refused]] * 2


def test_a_pack_or_its_head_that_cannot_be_believed_changes_nothing() -> None:
    house = House()
    for event in (
        pack_head(house, 4, key=STRANGER),
        pack_head(house, 4, life_s=-1),
        pack_head(house, 0),
        pack_answer(key=STRANGER),
        PackArrived(b"not found"),
    ):
        assert kinds(house.step(event)) == [Refused]
    assert house.step(pack_answer())
    assert kinds(house.step(pack_answer())) == [Refused]  # replayed
    assert len(house.kept_packs) == 1
