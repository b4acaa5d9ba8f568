"""The station: from a scanner's bytes to its answer, with the commit in between.

The core of the edge. It has no thread and does no I/O of its own: bytes, receipts and ticks come
in as events, answers go out as values, clock and spool are arguments. The order is the promise:
judged, recorded, and only then answered (P1, P3). Source: design section 3.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from devices.feedback import answer_steps
from devices.frames import DeviceAck, Frame, Reply
from devices.framing import acknowledges
from devices.port_thread import AnswerFailed, AnswerSent, BytesRead, PortLost, PortOpened
from devices.symbology import CommandLabel, Label, Verb, read_label
from edge.answering import GivenAnswer
from edge.event_lines import Stamp, make_fact, make_feedback, make_head, make_scan
from edge.feedback_log import Draft, FeedbackLog
from edge.scan_lines import (
    LastScan,
    Reading,
    body_hash,
    is_private,
    make_view,
    private_body,
)
from edge.scanner_desk import ScannerDesk
from edge.screen import ScreenFold
from edge.seams import Clock, SpoolError, SpoolWriter
from edge.session import EMPTY, Session, encode_session, obey, touch, with_fixed
from edge.station_events import (
    CLOCK_UNKNOWN,
    Acknowledged,
    Answer,
    BodiesDelivered,
    BodiesForgotten,
    ClockStepped,
    DevicesChanged,
    Enrolled,
    Input,
    LinkChanged,
    ListChanged,
    NotRecorded,
    Output,
    Receipted,
    Recorded,
    Started,
    StationSetup,
    Stopping,
    Ticked,
)
from edge.timekeeper import Timekeeper
from edge.verdict import HeldList, judge
from wire.events import Event, StationFact
from wire.names import Signal

SALT_BYTES = 16
FACTS_WAITING_MAX = 64
"""Facts kept while the disk refuses them; beyond it the oldest is given up."""
TICK_MS = 1000
"""The page hears from the station at least this often, because ages count."""
NO_TOKEN = 0
"""Answers that nobody asks after: repeats, and scans that were not recorded."""


class StationCore:
    """One station with its scanners."""

    def __init__(
        self,
        setup: StationSetup,
        spool: SpoolWriter,
        clock: Clock,
        held: HeldList,
        site_salt: str | None,
        sessions: Mapping[str, Session],
        last_scans: Mapping[str, LastScan],
    ) -> None:
        self.setup = setup
        self.held = held
        self.site_salt = site_salt
        self.link = LinkChanged(False, None, None, CLOCK_UNKNOWN)
        self.list_problem: str | None = None
        self.screen = ScreenFold()
        self.desks = {
            scanner.id: ScannerDesk(
                scanner,
                setup.policy,
                sessions.get(scanner.id, EMPTY),
                last_scans.get(scanner.id),
            )
            for scanner in setup.scanners
        }
        self.spool = spool
        self._clock = clock
        self._feedback = FeedbackLog(setup.policy.scan.repeat_guard_ms)
        self._facts: deque[Event] = deque(maxlen=FACTS_WAITING_MAX)
        self._is_disk_sick = False
        self._started_ms = 0
        self._timekeeper = Timekeeper()
        self._page_count = 0
        self._is_page_due = True

    # ------------------------------------------------------------ events

    def step(self, event: Input) -> list[Output]:
        """Take one event; give what has to be done about it, in this order."""
        if not isinstance(event, AnswerSent):
            self._is_page_due = True
        return [*self._notice_clock_step(), *self._take(event)]

    def _take(self, event: Input) -> list[Output]:
        match event:
            case BytesRead():
                return self._read(event)
            case AnswerSent():
                self._feedback.sent(event.token, event.sent_ns)
            case AnswerFailed():
                self._feedback.not_sent(event.token)
            case PortOpened() | PortLost():
                return self._follow_port(event)
            case Receipted():
                self.spool.mark_receipted(event.upto_seq)
            case BodiesDelivered():
                return self._forget_bodies(event)
            case Acknowledged():
                self.screen.acknowledge(event.alarm_seq, self._clock.boottime_ms())
            case ListChanged():
                self.held, self.list_problem = event.held, event.problem
            case LinkChanged():
                self.link = event
            case Enrolled():
                self.site_salt = event.site_salt
            case Started() | Ticked() | Stopping():
                return self._pass_time(event)
        return []

    def wait_ms(self) -> int:
        """How long nothing needs doing unless an event comes; negative if a tick is overdue."""
        if self._is_disk_sick:
            return TICK_MS
        overdue_ms = self._feedback.wait_ms(self._now_ns())
        return TICK_MS if overdue_ms is None else min(TICK_MS, overdue_ms)

    def next_page(self) -> int | None:
        """The number of the page to draw now; None while nothing changed since the last."""
        if not self._is_page_due:
            return None
        self._is_page_due = False
        self._page_count += 1
        return self._page_count

    # ------------------------------------------------------------ a scan

    def _read(self, event: BytesRead) -> list[Output]:
        desk = self.desks[event.device]
        outputs: list[Output] = []
        for received in desk.read(event.data, event.read_ns // 1_000_000):
            match received:
                case Frame():
                    outputs += self._take_code(desk, received, event.read_ns)
                case Reply():
                    outputs.append(Answer(desk.id, received.data, NO_TOKEN))
                case DeviceAck():
                    outputs += self._hear(desk, received)
        return outputs

    def _take_code(self, desk: ScannerDesk, frame: Frame, read_ns: int) -> list[Output]:
        given = desk.repeated_answer(frame)
        if given is None:
            return self._scan(desk, frame, read_ns)
        if given.of_seq is not None:
            self._feedback.repeat(given.of_seq)
        return _give(desk, given, NO_TOKEN)

    def _hear(self, desk: ScannerDesk, ack: DeviceAck) -> list[Output]:
        heard = desk.open_answer.hear(accepted=ack.accepted)
        if heard.confirmed_seq is not None:
            self._feedback.confirm(heard.confirmed_seq)
        return [Answer(desk.id, heard.next_step, NO_TOKEN)] if heard.next_step else []

    def _scan(self, desk: ScannerDesk, frame: Frame, read_ns: int) -> list[Output]:
        stamp = self._stamp()
        label = read_label(frame, self.setup.policy)
        parsed_ns = self._now_ns()
        before = desk.current_session(stamp.now)
        after = obey(before, label, self.site_salt) if isinstance(label, CommandLabel) else before
        verdict = judge(label, self.held, self.setup.site, self.hub_time(stamp.now))
        judged_ns = self._now_ns()
        # The label that ends a session still belongs to whom it ends.
        shown = before if _is_end(label) else after
        reading = Reading(
            device=desk.id,
            source=desk.source,
            label=label,
            session=with_fixed(shown, desk.setup.fixed, self.site_salt),
            verdict=verdict,
            decode_us=_micros(parsed_ns - read_ns),
            verdict_us=_micros(judged_ns - parsed_ns),
            maybe_repeat_of=self._maybe_repeat_of(desk, frame, stamp),
        )
        if desk.lost_aim(frame):
            self._note(desk, StationFact.SCANNER_REPROGRAMMED, stamp)
        return self._record(desk, frame, stamp, reading, touch(after, stamp.now), judged_ns)

    def _record(
        self,
        desk: ScannerDesk,
        frame: Frame,
        stamp: Stamp,
        reading: Reading,
        session: Session,
        judged_ns: int,
    ) -> list[Output]:
        private = is_private(reading.label)
        bodies = {}
        if private:
            body = private_body(reading.label, self._clock.random_bytes(SALT_BYTES))
            bodies = {body_hash(body): body}
        scan = make_scan(stamp, reading, next(iter(bodies), None))
        drafts = self._feedback.ripe(judged_ns)
        sessions = {} if session == desk.session else {desk.id: encode_session(session)}
        events = [*self._beside(stamp, drafts), scan]
        try:
            sealed = self.spool.append(events, bodies, sessions)
        except SpoolError as error:
            return self._refuse(desk, reading, scan.at, error)
        durable_ns = self._now_ns()
        self._written(drafts)
        desk.session = session
        seq = sealed[-1].seq
        signal, protocol = reading.verdict.signal, desk.setup.protocol
        given = GivenAnswer(seq, answer_steps(protocol, signal))
        desk.remember_answer(frame, given)
        commit_us = _micros(durable_ns - judged_ns)
        draft = Draft(seq, desk.id, desk.source, scan.by, signal, commit_us, durable_ns)
        draft.is_answered = not given.steps  # nothing to wait for: there is no return channel
        draft.device_ack = False if acknowledges(protocol) else None
        self._feedback.open(draft)
        self._show(desk, reading, scan.at, seq, None)
        return [*_give(desk, given, seq), Recorded(seq, private, reading.verdict.result)]

    def _refuse(
        self, desk: ScannerDesk, reading: Reading, at: str, error: SpoolError
    ) -> list[Output]:
        """Not durable: say so, change nothing, let the next scan try again (P1)."""
        self._show(desk, reading, at, None, "disk_full" if error.is_full else None)
        desk.forget_last()
        given = GivenAnswer(None, answer_steps(desk.setup.protocol, Signal.NOT_RECORDED))
        return [*_give(desk, given, NO_TOKEN), NotRecorded(str(error), scans=1)]

    def _show(
        self, desk: ScannerDesk, reading: Reading, at: str, seq: int | None, hint: str | None
    ) -> None:
        view = make_view(reading, at, seq, hint)
        has_channel = answer_steps(desk.setup.protocol, view.signal) is not None
        sounds = not (has_channel and view.signal is Signal.OK)
        self.screen.show(view, self._clock.boottime_ms(), sounds=sounds)

    def _maybe_repeat_of(self, desk: ScannerDesk, frame: Frame, stamp: Stamp) -> int | None:
        sent_before = desk.resends_maybe(frame)
        if sent_before is not None:
            return sent_before
        window_ms = self.setup.policy.scan.resend_window_s * 1000
        if stamp.mono_ms - self._started_ms > window_ms:
            return None
        return desk.repeats_last_before_start(frame)

    # ------------------------------------------------------------ facts about the station

    def _follow_port(self, event: PortOpened | PortLost) -> list[Output]:
        desk = self.desks[event.device]
        if isinstance(event, PortLost):
            desk.lost(event.reason)
            self._note(desk, StationFact.DEVICE_LOST, self._stamp(), event.reason)
        elif desk.opened(event.source):
            self._note(desk, StationFact.DEVICE_BACK, self._stamp())
        devices = tuple(desk.state() for desk in self.desks.values())
        return [*self._write_down([]), DevicesChanged(devices)]

    def _pass_time(self, event: Started | Ticked | Stopping) -> list[Output]:
        stamp = self._stamp()
        if isinstance(event, Started):
            self._started_ms = stamp.mono_ms
            if self.spool.head_seq == 0:
                self._facts.append(make_fact(stamp, StationFact.SPOOL_START))
        if self._timekeeper.is_head_due(stamp.mono_ms):
            age_s = self.held.age_s(self.hub_time(stamp.now))
            self._facts.append(make_head(stamp, self.depth, self.held.version, age_s))
        is_last = isinstance(event, Stopping)
        drafts = self._feedback.all() if is_last else self._feedback.overdue(self._now_ns())
        return self._write_down(drafts)

    def _write_down(self, drafts: list[Draft]) -> list[Output]:
        """Record what waits beside the scans; what the disk refuses waits on."""
        events = self._beside(self._stamp(), drafts)
        if not events:
            return []
        try:
            sealed = self.spool.append(events, {}, {})
        except SpoolError as error:
            self._is_disk_sick = True
            return [NotRecorded(str(error), scans=0)]
        self._written(drafts)
        return [Recorded(sealed[-1].seq)]

    def _beside(self, stamp: Stamp, drafts: list[Draft]) -> list[Event]:
        return [*self._facts, *(make_feedback(stamp, draft) for draft in drafts)]

    def _written(self, drafts: list[Draft]) -> None:
        self._is_disk_sick = False
        self._facts.clear()
        self._feedback.written(drafts)

    def _forget_bodies(self, event: BodiesDelivered) -> list[Output]:
        try:
            self.spool.forget_bodies(event.hashes)
        except SpoolError as error:
            return [NotRecorded(str(error), scans=0)]
        return [BodiesForgotten()]

    def _note(
        self, desk: ScannerDesk, fact: StationFact, stamp: Stamp, reason: str | None = None
    ) -> None:
        event = make_fact(stamp, fact, device=desk.id, source=desk.source, reason=reason)
        self._facts.append(event)

    # ------------------------------------------------------------ clocks

    def _notice_clock_step(self) -> list[Output]:
        step_ms = self._timekeeper.clock_step_ms(self._clock.now(), self._clock.boottime_ms())
        if step_ms is None:
            return []
        # Void from this very event on, not only when the uplink has heard of it.
        self.link = replace(self.link, clock=CLOCK_UNKNOWN)
        self._facts.append(make_fact(self._stamp(), StationFact.CLOCK_STEP, clock_step_ms=step_ms))
        return [ClockStepped()]

    @property
    def depth(self) -> int:
        """Durable lines that the hub has not receipted."""
        return max(0, self.spool.head_seq - self.spool.upto_seq)

    def _stamp(self) -> Stamp:
        return Stamp(
            site=self.setup.site,
            edge=self.setup.edge,
            boot=self.setup.boot,
            now=self._clock.now(),
            mono_ms=self._clock.boottime_ms(),
            clock=self.link.clock,
        )

    def _now_ns(self) -> int:
        return self._clock.mono_ns()

    def known_hub_time(self) -> datetime | None:
        """The hub's time; None while this clock is unsure."""
        return None if self.link.clock.offset_ms is None else self.hub_time(self._clock.now())

    def hub_time(self, now: datetime) -> datetime:
        """The hub's time as far as it is known: lists and their entries age in it."""
        return now + timedelta(milliseconds=self.link.clock.offset_ms or 0)


def _give(desk: ScannerDesk, given: GivenAnswer, token: int) -> list[Output]:
    first = desk.open_answer.begin(given)
    return [Answer(desk.id, first, token)] if first else []


def _is_end(label: Label) -> bool:
    return isinstance(label, CommandLabel) and label.verb is Verb.END


def _micros(duration_ns: int) -> int:
    return max(0, duration_ns) // 1000
