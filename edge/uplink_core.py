"""Everything between this edge and its hub but the cable: batches, states, receipts, the list.

The core of the uplink thread: no thread, no socket; disk and clock are arguments. What comes from
the broker is believed only when the hub's key signed it. Source: design section 3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.clock_offset import ClockOffset
from edge.pack import PackKeeper
from edge.publisher import Publisher
from edge.seams import Clock, SpoolLines
from edge.spool_feed import Sender, answer_key
from edge.station_events import (
    ClockStepped,
    CloseSpool,
    DevicesChanged,
    HubHasLess,
    LinkChanged,
    ListChanged,
    LossNoted,
    PackChanged,
    Receipted,
    Recorded,
)
from edge.uplink_events import (
    Arrived,
    Connected,
    Disconnected,
    FetchList,
    FetchPack,
    HubWentBack,
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
from edge.wanted import KeptList, Taken, WantedKeeper
from ledger.keys import SigningKey
from ledger.signing import open_sealed, seal
from wire.envelope import EnvelopeError, split_lines
from wire.limits import MESSAGE_BYTES_MAX, SNAPSHOT_BYTES_MAX
from wire.messages import (
    AnyCommand,
    Command,
    DeviceState,
    Fetch,
    FootageOrder,
    Gone,
    MessageBase,
    PackFetch,
    PackHead,
    Receipt,
    SpoolClose,
    SpoolHead,
    State,
    WantedDelta,
    WantedFetch,
    WantedHead,
    WantedSnapshot,
)
from wire.names import format_at, parse_at
from wire.topics import Channel

STATE_EVERY_MS = 30_000
STATE_AGAIN_MS = 1000
"""A state that news of scanners or of the site pack ask for comes no sooner after the last one."""
WAIT_MS_MAX = 1000


@dataclass(frozen=True, slots=True)
class UplinkSetup:
    """Who speaks to whom. ``run`` is 32 random hex of this program's start."""

    site: str
    edge: str
    run: str
    version: str
    key: SigningKey
    hub_key: bytes


class UplinkCore:
    """One edge's side of the conversation with its hub."""

    def __init__(
        self,
        setup: UplinkSetup,
        spool: SpoolLines,
        keeper: WantedKeeper,
        keep: Callable[[KeptList], str | None],
        clock: Clock,
        list_problem: str | None,
        packs: PackKeeper,
    ) -> None:
        """``keep`` puts a list on disk and says what went wrong, or None."""
        self._setup = setup
        self._spool = spool
        self._keeper = keeper
        self._keep = keep
        self._packs = packs
        self._clock = clock
        sender = Sender(setup.site, setup.edge, setup.key)
        self._publisher = Publisher(sender, spool, clock.boottime_ms())
        self._offset = ClockOffset()
        self._devices: tuple[DeviceState, ...] = ()
        self._connection: str | None = None
        self._state_n = 0
        self._state_due_ms = 0
        self._stated_ms = 0
        self._receipt_ms: int | None = None
        self._list_problem = list_problem
        self._problem_told: str | None = None
        self._link_told = self._link()

    def step(self, event: UplinkInput) -> list[UplinkOutput]:
        """Take one event; give what has to be done about it, in this order."""
        outputs = self._take(event)
        now_ms = self._clock.boottime_ms()
        # Also when nothing happened: what is known of the clock grows less sure by itself.
        link = self._link()
        if link != self._link_told:
            self._link_told = link
            outputs.append(link)
        if self._connection is not None and now_ms >= self._state_due_ms:
            outputs.append(self._state())
        while (batch := self._publisher.due(now_ms, self._clock.now())) is not None:
            outputs.append(Publish(Channel.EVENTS, batch))
        if self._publisher.problem != self._problem_told:
            self._problem_told = self._publisher.problem
            outputs.append(ProblemChanged(self._problem_told))
        return outputs

    def wait_ms(self) -> int:
        """How long nothing needs doing unless an event comes."""
        now_ms = self._clock.boottime_ms()
        waits = [WAIT_MS_MAX, self._publisher.wait_ms(now_ms)]
        if self._connection is not None:
            waits.append(max(0, self._state_due_ms - now_ms))
        return min(wait for wait in waits if wait is not None)

    def will(self, connection: str) -> bytes:
        """The signed last will of a connection that is about to be made."""
        setup = self._setup
        gone = Gone(site=setup.site, edge=setup.edge, boot=setup.run, connection=connection)
        return seal(gone, setup.key)

    def list_changed(self) -> ListChanged:
        """The held list for the station."""
        return ListChanged(self._keeper.held(), self._list_problem)

    def pack_changed(self) -> PackChanged:
        """The held site pack for the station."""
        return self._packs.changed()

    def may_be_lost(self) -> HubWentBack | None:
        """At the start: what a hub that was restored before it would not show to have lost."""
        oldest = self._publisher.oldest
        return HubWentBack(self._spool.recorded_at(*oldest)) if oldest else None

    def _take(self, event: UplinkInput) -> list[UplinkOutput]:
        match event:
            case Recorded():
                # The disk says which spool it is that has grown: the news may be late, or lost.
                self._publisher.grown(self._spool.newest(), self._clock.boottime_ms())
            case DevicesChanged():
                self._devices = event.devices
                self._state_soon()
            case ClockStepped():
                self._offset.forget()
            case LossNoted():
                return self._send_again(event)
            case Connected():
                self._connection = event.connection
                self._state_due_ms = 0
                self._publisher.connected()
            case Disconnected():
                self._connection = None
                self._publisher.disconnected()
            case Arrived():
                return self._open(event.payload)
            case SnapshotArrived():
                return self._replace_list(event.payload)
            case PackArrived():
                return self._take_pack(event.payload)
            case Waited():
                pass
        return []

    # ------------------------------------------------------------ out to the hub

    def _state(self) -> Publish:
        now_ms = self._clock.boottime_ms()
        self._stated_ms, self._state_due_ms = now_ms, now_ms + STATE_EVERY_MS
        self._state_n += 1
        setup, spools = self._setup, self._spool.spools()
        self._publisher.look(spools, now_ms)
        oldest = self._publisher.oldest
        state = State(
            site=setup.site,
            edge=setup.edge,
            n=self._state_n,
            boot=setup.run,
            connection=self._connection or "",
            at=format_at(self._clock.now()),
            mono_ms=now_ms,
            heads=tuple(
                SpoolHead(spool=spool.id, seq=spool.head.seq, head=spool.head.head)
                for spool in spools
                if not spool.is_closed
            ),
            wanted=self._keeper.head,
            clock=self._offset.reading(now_ms),
            depth=self._publisher.depth,
            oldest_at=self._spool.recorded_at(*oldest) if oldest else None,
            devices=self._devices,
            version=setup.version,
            pack_version=self._packs.version,
            problem=self._publisher.problem,
        )
        payload = seal(state, setup.key)
        self._publisher.asked(answer_key(payload), self._clock.now())
        return Publish(Channel.STATE, payload)

    def _state_soon(self) -> None:
        self._state_due_ms = min(self._state_due_ms, self._stated_ms + STATE_AGAIN_MS)

    def _fetch(self) -> FetchList:
        setup, at = self._setup, format_at(self._clock.now())
        version = self._keeper.version
        request = Fetch(site=setup.site, edge=setup.edge, have_version=version, at=at)
        return FetchList(seal(request, setup.key))

    def _fetch_pack(self) -> FetchPack:
        setup, at = self._setup, format_at(self._clock.now())
        version = self._packs.version
        request = PackFetch(site=setup.site, edge=setup.edge, have_version=version, at=at)
        return FetchPack(seal(request, setup.key))

    # ------------------------------------------------------------ in from the hub

    def _open(self, payload: bytes) -> list[UplinkOutput]:
        setup = self._setup
        try:
            opened = open_sealed(payload, MessageBase, setup.hub_key, MESSAGE_BYTES_MAX)
        except EnvelopeError as error:
            return [Refused(str(error))]
        message = opened.message
        if (message.site, message.edge) != (setup.site, setup.edge):
            return [Refused("a message for another edge")]
        match message:
            case Receipt():
                return self._receive(message)
            case WantedDelta() | WantedHead() | WantedFetch():
                return self._obey(message, payload)
            case PackHead():
                return self._hear_of_pack(message)
            case FootageOrder():
                return self._hear_order(message)
            case SpoolClose():
                return self._hear_close(message)
            case _:
                return [Refused("a message that only others may send or get")]

    def _receive(self, receipt: Receipt) -> list[UplinkOutput]:
        now_ms = self._clock.boottime_ms()
        try:
            learned = self._publisher.receive(receipt, self._clock.now(), now_ms)
        except ValueError as error:
            return [Refused(f"a receipt with an impossible time: {error}")]
        if learned is None:
            return [Refused("a receipt that answers nothing we asked")]
        if learned.exchange is not None:
            self._offset.learn(learned.exchange)
        self._receipt_ms = now_ms
        # The loss first: no commit shall know how little the hub has without what it needs.
        lost = (HubHasLess(spool, upto_seq) for spool, upto_seq in learned.lost)
        moved = (Receipted(spool, upto_seq) for spool, upto_seq in learned.moved)
        return [*lost, *moved]

    def _send_again(self, noted: LossNoted) -> list[UplinkOutput]:
        if not self._publisher.loss_noted(noted.spool, noted.upto_seq):
            return []  # of a loss before the last one, or it was said twice
        return [HubWentBack(self._spool.recorded_at(noted.spool, noted.upto_seq))]

    def _obey(self, command: AnyCommand, payload: bytes) -> list[UplinkOutput]:
        try:
            taken = self._keeper.obey(command, payload, self._hub_now())
        except ValueError as error:
            return [Refused(f"a command with an impossible time: {error}")]
        return self._after(taken)

    def _replace_list(self, payload: bytes) -> list[UplinkOutput]:
        setup = self._setup
        try:
            opened = open_sealed(payload, WantedSnapshot, setup.hub_key, SNAPSHOT_BYTES_MAX)
            if (opened.message.site, opened.message.edge) != (setup.site, setup.edge):
                return [Refused("a wanted list for another edge")]
            lines = split_lines(opened.lines, 1)
            voucher = payload[: len(payload) - len(opened.lines)]
            taken = self._keeper.replace(opened.message, b"".join(lines), voucher)
        except ValueError as error:
            return [Refused(f"a wanted list that cannot be believed: {error}")]
        return self._after(taken)

    def _after(self, taken: Taken) -> list[UplinkOutput]:
        if taken is Taken.NEEDS_FETCH:
            return [self._fetch()]
        if taken is Taken.REFUSED or self._keeper.kept is None:
            return [Refused("a wanted list that is not newer than ours")]
        # A disk that refuses must not keep a new entry from the scanners: judge by it anyway.
        self._list_problem = self._keep(self._keeper.kept)
        return [self.list_changed()]

    def _hear_of_pack(self, head: PackHead) -> list[UplinkOutput]:
        try:
            needs = self._packs.needs(head, self._hub_now())
        except ValueError as error:
            return [Refused(f"a command with an impossible time: {error}")]
        return [self._fetch_pack()] if needs else [Refused("a site pack that is not newer")]

    def _hear_order(self, order: FootageOrder) -> list[UplinkOutput]:
        refused = self._refuse_old(order)
        return refused or [OrderFootage(order.files, order.is_urgent)]

    def _hear_close(self, command: SpoolClose) -> list[UplinkOutput]:
        refused = self._refuse_old(command)
        if refused:
            return refused
        known = (spool.id for spool in self._spool.spools() if not spool.is_closed)
        if command.spool not in known:
            return []  # obeyed already: it comes again until our state does not name the spool
        return [CloseSpool(command.spool)]

    def _refuse_old(self, command: Command) -> list[UplinkOutput]:
        try:
            is_over = self._hub_now() > parse_at(command.expires_at)
        except OverflowError as error:
            return [Refused(f"a command with an impossible time: {error}")]
        return [Refused("a command that is over")] if is_over else []

    def _take_pack(self, payload: bytes) -> list[UplinkOutput]:
        try:
            changed = self._packs.take(payload)
        except ValueError as error:
            return [Refused(f"a site pack that cannot be believed: {error}")]
        if changed is None:
            return [Refused("a site pack that is not newer")]
        self._state_soon()
        return [changed]

    def _hub_now(self) -> datetime:
        offset_ms = self._offset.reading(self._clock.boottime_ms()).offset_ms
        return self._clock.now() + timedelta(milliseconds=offset_ms or 0)

    def _link(self) -> LinkChanged:
        return LinkChanged(
            connected=self._connection is not None,
            receipt_ms=self._receipt_ms,
            problem=self._publisher.problem,
            clock=self._offset.reading(self._clock.boottime_ms()),
        )
