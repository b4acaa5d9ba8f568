"""The station: from a scanner's bytes to its answer, with the commit in between.

The core of the edge. It has no thread and does no I/O of its own: bytes, receipts and ticks come
in as events, answers go out as values, clock and spool are arguments. The order is the promise:
judged, recorded, and only then answered (P1, P3). Source: design section 3.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from devices.feedback import answer_steps
from devices.frames import DeviceAck, Frame, Reply
from devices.framing import acknowledges
from devices.port_thread import AnswerFailed, AnswerSent, BytesRead, PortLost, PortOpened
from edge.answering import GivenAnswer
from edge.body_debts import BodyDebts
from edge.change_over import ChangeOver
from edge.event_lines import Stamp, make_fact, make_head
from edge.feedback_log import Draft, FeedbackLog
from edge.form_desk import FormDesk
from edge.forms import AnyForm, PairForm, RevokeForm
from edge.handheld_store import PairedHandheld
from edge.handhelds import Handhelds, PairedStore
from edge.open_work import OpenWork
from edge.recorder import Entry, Recorder
from edge.scan_lines import LastScan
from edge.scanner_desk import ScannerDesk
from edge.scanning import Pull, Scanned, Scanning
from edge.screen import ScreenFold
from edge.seams import Clock, SpoolError, SpoolWriter
from edge.session import EMPTY, Session
from edge.station_events import (
    CLOCK_UNKNOWN,
    Acknowledged,
    Answer,
    BodiesDelivered,
    BodiesWait,
    ClockStepped,
    CloseSpool,
    DevicesChanged,
    Enrolled,
    FootageLined,
    FootageLines,
    FormSent,
    HandheldAsked,
    HubHasLess,
    Input,
    LinkChanged,
    ListChanged,
    NotRecorded,
    Output,
    PackChanged,
    Receipted,
    Recorded,
    Started,
    StationSetup,
    Stopping,
    Ticked,
)
from edge.timekeeper import Timekeeper
from edge.verdict import HeldList
from edge.workplace import Known, Workplace
from wire.events import StationFact
from wire.names import Signal

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
        work: OpenWork,
        store: PairedStore,
        paired: Sequence[PairedHandheld],
        missing: Collection[str] = (),
    ) -> None:
        """``sessions`` and ``last_scans`` by device, and ``work``: as the spool left them.

        ``missing`` are the devices that were told as lost: each is told as back once it is.
        ``paired``: the handhelds that ``store`` has.
        """
        self.setup = setup
        self.known = Known(setup.site, setup.policy, held, site_salt)
        self.work = work
        self.link = LinkChanged(False, None, None, CLOCK_UNKNOWN)
        self.time = Timekeeper(setup, clock)
        self.list_problem: str | None = None
        self.pack_problem: str | None = None
        self.screen = ScreenFold()
        self.desks = {
            scanner.id: ScannerDesk(
                scanner,
                setup.policy.scan,
                sessions.get(scanner.id, EMPTY),
                last_scans.get(scanner.id),
            )
            for scanner in setup.scanners
        }
        for name in self.desks.keys() & set(missing):
            self.desks[name].was_lost = True
        self.spool = spool
        self._clock = clock
        self._feedback = FeedbackLog(setup.policy.scan.repeat_guard_ms)
        self._recorder = Recorder(spool, self._feedback)
        self._scanning = Scanning(self.known, self._recorder, clock, self.time, self.screen, work)
        self._forms = FormDesk(self.known, self._recorder, clock, work, spool)
        self._change_over = ChangeOver(self.known, spool, self._recorder, clock)
        self.handhelds = Handhelds(
            setup,
            self.known,
            spool,
            clock,
            self.time,
            self._feedback,
            store,
            paired,
            sessions,
            partial(Scanning, self.known, self._recorder, clock, self.time, work=work),
        )
        self._spool_id = spool.id
        self._started_ms = 0
        self._page_count = 0
        self._bodies = BodyDebts(spool)
        self._is_page_due = True

    # ------------------------------------------------------------ events

    def step(self, event: Input) -> list[Output]:
        """Take one event; give what has to be done about it, in this order."""
        if not isinstance(event, AnswerSent | HandheldAsked):
            self._is_page_due = True
        if self._recorder.is_in_doubt:
            self._recorder.settle()
        if self._change_over.is_in_doubt:
            self._change_over.settle(self._places())
            self._follow_spool()
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
                self.spool.mark_receipted(event.spool, event.upto_seq)
            case HubHasLess():
                return self._bodies.follow(event)
            case CloseSpool():
                return self._close_spool(event)
            case BodiesDelivered():
                return self._bodies.put_away(event, self._clock.now())
            case Acknowledged():
                self.screen.acknowledge(event.alarm_seq, self._clock.boottime_ms())
            case ListChanged():
                self.known.held, self.list_problem = event.held, event.problem
            case PackChanged():
                self._adopt(event)
            case FormSent():
                return self._take_form(event.form)
            case HandheldAsked():
                return self.handhelds.answer(event)
            case LinkChanged():
                self.link, self.time.reading = event, event.clock
                self._change_over.follow(event)
                return self._end_backlog()
            case FootageLines():
                return self._record_footage(event)
            case Enrolled():
                self.known.site_salt = event.site_salt
            case Started() | Ticked() | Stopping():
                return self._pass_time(event)
        return []

    def wait_ms(self) -> int:
        """How long nothing needs doing unless an event comes; negative if a tick is overdue."""
        if self._recorder.is_disk_sick:
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
        if desk.lost_aim(frame):
            self._note(desk, StationFact.SCANNER_REPROGRAMMED, self.time.stamp())
        protocol = desk.setup.protocol
        sounds_ok = answer_steps(protocol, Signal.OK) is None
        pull = Pull(frame, read_ns, self._maybe_repeat_of(desk, frame), sounds_ok)
        found = self._scanning.scan(desk.work, pull)
        if isinstance(found, NotRecorded):
            desk.forget_last()
            given = GivenAnswer(None, answer_steps(protocol, Signal.NOT_RECORDED))
            return [*_give(desk, given, NO_TOKEN), found]
        given = GivenAnswer(found.seq, answer_steps(protocol, found.signal))
        desk.remember_answer(frame, given)
        self._open_feedback(desk, found, given)
        return [*_give(desk, given, found.seq), found.recorded]

    def _open_feedback(self, desk: ScannerDesk, found: Scanned, given: GivenAnswer) -> None:
        draft = Draft(
            found.seq,
            desk.id,
            desk.work.source,
            found.by,
            found.signal,
            found.commit_us,
            found.durable_ns,
        )
        draft.is_answered = not given.steps  # nothing to wait for: there is no return channel
        draft.device_ack = False if acknowledges(desk.setup.protocol) else None
        self._feedback.open(draft)

    def _maybe_repeat_of(self, desk: ScannerDesk, frame: Frame) -> int | None:
        sent_before = desk.resends_maybe(frame)
        if sent_before is not None:
            return sent_before
        window_ms = self.known.policy.scan.resend_window_s * 1000
        if self._clock.boottime_ms() - self._started_ms > window_ms:
            return None
        return desk.repeats_last_before_start(frame)

    # ------------------------------------------------------------ facts about the station

    def _follow_port(self, event: PortOpened | PortLost) -> list[Output]:
        desk = self.desks[event.device]
        if isinstance(event, PortLost):
            desk.lost(event.reason)
            self._note(desk, StationFact.DEVICE_LOST, self.time.stamp(), event.reason)
        elif desk.opened(event.source):
            self._note(desk, StationFact.DEVICE_BACK, self.time.stamp())
        devices = tuple(desk.state() for desk in self.desks.values())
        return [*self._recorder.write_down(self.time.stamp(), []), DevicesChanged(devices)]

    def _pass_time(self, event: Started | Ticked | Stopping) -> list[Output]:
        stamp = self.time.stamp()
        if isinstance(event, Started):
            self._started_ms = stamp.mono_ms
            if self.spool.head_seq == 0:
                self._recorder.note(make_fact(stamp, StationFact.SPOOL_START))
        is_minute = self.time.is_head_due(stamp.mono_ms)
        if is_minute:
            held = self.known.held
            age_s = held.age_s(self.time.hub_time(stamp.now))
            self._recorder.note(make_head(stamp, self.depth, held.version, age_s))
        is_last = isinstance(event, Stopping)
        drafts = self._feedback.all() if is_last else self._feedback.overdue(self._now_ns())
        outputs = self._recorder.write_down(self.time.stamp(), drafts) + self._bodies.settle()
        if is_minute:
            # A commit that was said to have failed may have left some, and nobody asks for those.
            outputs.append(BodiesWait())
        if isinstance(event, Started):
            return [*outputs, self.handhelds.changed()]
        return [*outputs, *self._end_backlog()] if isinstance(event, Ticked) else outputs

    def _end_backlog(self) -> list[Output]:
        stamp, places = self.time.stamp(), self._places()
        if not self._change_over.is_due(places.values(), stamp):
            return []
        outputs = self._change_over.turn(places, stamp)
        self._follow_spool()
        return outputs

    def _close_spool(self, order: CloseSpool) -> list[Output]:
        outputs = self._change_over.obey(order, self._places(), self.time.stamp())
        self._follow_spool()
        return outputs

    def _follow_spool(self) -> None:
        if self.spool.id != self._spool_id:
            self._spool_id = self.spool.id
            for desk in self.desks.values():
                desk.change_over()

    def _places(self) -> dict[str, Workplace]:
        """Where people work, by device: at cables and with handhelds."""
        cabled = {desk.id: desk.work for desk in self.desks.values()}
        return cabled | {name: desk.work for name, desk in self.handhelds.desks.items()}

    def _record_footage(self, footage: FootageLines) -> list[Output]:
        events = [replace(each, clock=self.time.reading) for each in footage.events]
        try:
            place = self._recorder.find_place(self._now_ns())
            sealed = self._recorder.record(self.time.stamp(), place, Entry(events))
        except SpoolError as error:
            refused = FootageLined(footage.ids, self.spool.id, None, None)
            return [refused, NotRecorded(str(error), scans=0)]
        hub_now = self.time.known_hub_time()
        hub_now_ms = None if hub_now is None else int(hub_now.timestamp() * 1000)
        seq = sealed[-1].seq
        return [FootageLined(footage.ids, self.spool.id, seq, hub_now_ms), Recorded(seq)]

    def _note(
        self, desk: ScannerDesk, fact: StationFact, stamp: Stamp, reason: str | None = None
    ) -> None:
        event = make_fact(stamp, fact, device=desk.id, source=desk.work.source, reason=reason)
        self._recorder.note(event)

    def _take_form(self, form: AnyForm) -> list[Output]:
        if isinstance(form, PairForm | RevokeForm):
            return self.handhelds.obey(form)
        stamp = self.time.stamp()
        places = {desk.id: desk.work for desk in self.desks.values()}
        return self._forms.take(form, places, stamp)

    def _adopt(self, event: PackChanged) -> None:
        self.pack_problem = event.problem
        self.known.adopt(event.pack)
        scan = self.known.policy.scan
        self._feedback.guard_ms = scan.repeat_guard_ms
        for desk in self.desks.values():
            desk.adopt(scan)

    # ------------------------------------------------------------ clocks

    def _notice_clock_step(self) -> list[Output]:
        step_ms = self.time.notice_clock_step_ms()
        if step_ms is None:
            return []
        stamp = self.time.stamp()
        self._recorder.note(make_fact(stamp, StationFact.CLOCK_STEP, clock_step_ms=step_ms))
        return [ClockStepped()]

    @property
    def depth(self) -> int:
        """Durable lines that the hub has not receipted."""
        return self.spool.depth

    @property
    def refuses(self) -> bool:
        """Say whether the disk, or the spool's bound, refused what was to be recorded last."""
        return self._recorder.is_disk_sick

    def _now_ns(self) -> int:
        return self._clock.mono_ns()


def _give(desk: ScannerDesk, given: GivenAnswer, token: int) -> list[Output]:
    first = desk.open_answer.begin(given)
    return [Answer(desk.id, first, token)] if first else []
