"""One scan of any device: read, judged, recorded with what it changes, and shown.

The order is the promise: nothing here says "recorded" before the commit (P1). What the device is
answered is its own affair. No thread, no I/O: spool and clock are arguments. Source: design
section 3.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from devices.frames import Frame
from devices.symbology import CommandLabel, Label, Verb, read_label
from edge.event_lines import Stamp, make_act, make_scan
from edge.open_work import OpenWork
from edge.page_state import HandoverView
from edge.recorder import Entry, Place, Recorder
from edge.scan_lines import SALT_BYTES, Reading, code_body, is_private, private_bodies
from edge.screen import ScreenFold
from edge.seams import NO_QUEUES, Clock, SpoolError
from edge.session import Outcome, encode_session, follow, touch
from edge.station_events import NotRecorded, Recorded
from edge.timekeeper import Timekeeper
from edge.verdict import judge
from edge.views import handover_left, scan_view
from edge.workplace import Known, Workplace
from wire.events import ClockReading, Event, QueuedScan
from wire.limits import INT_MAX
from wire.lines import parse_line
from wire.names import Signal, Step, format_at


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan that is durable as ``seq``; ``signal`` is what the person is told.

    ``commit_us`` runs from the verdict to ``durable_ns``.
    """

    seq: int
    signal: Signal
    by: str | None
    commit_us: int
    durable_ns: int
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Kept:
    """A handheld kept this scan, having no edge; ``at`` is its moment in this edge's time.

    ``error_ms`` is how far off that may be.
    """

    queued: QueuedScan
    at: datetime
    error_ms: int


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The place of a scan in a handheld's queue; ``kept`` is None for one that came at once."""

    queue: str
    n: int
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Pull:
    """A trigger pull as its device delivers it.

    ``read_ns`` is when its last byte came; ``sounds_ok``: the page sounds also an ordinary "ok",
    because the device cannot. ``handed_in``: a handheld's, and no cable's.
    """

    frame: Frame
    read_ns: int
    maybe_repeat_of: int | None
    sounds_ok: bool
    handed_in: HandedIn | None = None


class Scanning:
    """Takes scans, device by device, and shows them on one screen."""

    def __init__(
        self,
        known: Known,
        recorder: Recorder,
        clock: Clock,
        time: Timekeeper,
        screen: ScreenFold,
        work: OpenWork,
    ) -> None:
        self._known = known
        self._recorder = recorder
        self._clock = clock
        self._time = time
        self._screen = screen
        self._work = work

    def scan(self, at: Workplace, pull: Pull) -> Scanned | NotRecorded:
        """Take one scan; whatever it is, it is recorded or nothing has changed (P4)."""
        known, stamp = self._known, self._time.stamp()
        moment = _moment(stamp, pull.handed_in)
        label = read_label(pull.frame, known.policy.waybill)
        parsed_ns = self._clock.mono_ns()
        verdict = judge(label, known.held, known.site, self._time.hub_time(stamp.now))
        judged_ns = self._clock.mono_ns()
        before = at.current(known, moment.now)
        reading = Reading(
            device=at.device,
            source=at.source,
            label=label,
            session=at.with_fixed(before, known),
            verdict=verdict,
            decode_us=_micros(parsed_ns - pull.read_ns),
            verdict_us=_micros(judged_ns - parsed_ns),
            maybe_repeat_of=pull.maybe_repeat_of,
            queued=_queued(pull.handed_in),
        )
        try:
            place = self._recorder.find_place(judged_ns)
            outcome = follow(before, label, place.seq, at.fixed, known.site_salt)
            line = at.with_fixed(outcome.line, known)
            reading = replace(reading, session=line, hint=outcome.hint)
            scanned = self._record(at, moment, reading, outcome, place, pull.handed_in)
        except SpoolError as error:
            # Not durable: say so, change nothing, let the next scan try again (P1).
            hint = "disk_full" if error.is_full else None
            self._show(pull, moment, replace(reading, hint=None), None, None, hint)
            return NotRecorded(str(error), scans=1)
        handover = self._handover(at, reading, outcome)
        self._show(pull, moment, reading, scanned.seq, handover, reading.hint)
        return scanned

    def _record(
        self,
        at: Workplace,
        moment: Stamp,
        reading: Reading,
        outcome: Outcome,
        place: Place,
        handed_in: HandedIn | None,
    ) -> Scanned:
        bodies = {}
        if is_private(reading.label):
            salt = self._clock.random_bytes(SALT_BYTES)
            bodies = private_bodies(code_body(reading.label), salt)
        events: list[Event] = [make_scan(moment, reading, next(iter(bodies), None))]
        if outcome.act is not None:
            events.append(make_act(moment, outcome.act, at.device, at.source, reading.session))
        session = touch(outcome.after, moment.now)
        sessions = {} if session == at.session else {at.device: encode_session(session)}
        queues = {handed_in.queue: handed_in.n} if handed_in else NO_QUEUES
        entry = Entry(events, bodies, sessions, queues)
        sealed = self._recorder.record(self._time.stamp(), place, entry)
        durable_ns = self._clock.mono_ns()
        at.session = session
        if reading.session.step is Step.DELIVER:
            self._work.follow(parse_line(sealed[0].line))
        return Scanned(
            seq=place.seq,
            signal=reading.signal,
            by=reading.session.by,
            commit_us=_micros(durable_ns - place.found_ns),
            durable_ns=durable_ns,
            recorded=Recorded(sealed[-1].seq, bool(bodies), reading.verdict.result),
        )

    def _handover(self, at: Workplace, reading: Reading, outcome: Outcome) -> HandoverView | None:
        after = at.with_fixed(outcome.after, self._known)
        has_ended = _is_end(reading.label)
        line, roster = reading.session, self._known.roster
        return handover_left(at.device, line, after, roster, has_ended=has_ended)

    def _show(
        self,
        pull: Pull,
        stamp: Stamp,
        reading: Reading,
        seq: int | None,
        handover: HandoverView | None,
        hint: str | None,
    ) -> None:
        roster = self._known.roster
        view = scan_view(reading, roster, handover, format_at(stamp.now), seq, hint)
        sounds = pull.sounds_ok or view.signal is not Signal.OK
        self._screen.show(view, stamp.mono_ms, sounds=sounds)


def _moment(stamp: Stamp, handed_in: HandedIn | None) -> Stamp:
    """When a scan was made; a handheld's clock never puts it into the future."""
    kept = handed_in.kept if handed_in else None
    if kept is None:
        return stamp
    clock = stamp.clock
    if clock.error_ms is not None:
        clock = ClockReading(
            offset_ms=clock.offset_ms, error_ms=min(INT_MAX, clock.error_ms + kept.error_ms)
        )
    return replace(stamp, now=min(kept.at, stamp.now), clock=clock)


def _queued(handed_in: HandedIn | None) -> QueuedScan | None:
    return handed_in.kept.queued if handed_in and handed_in.kept else None


def _is_end(label: Label) -> bool:
    return isinstance(label, CommandLabel) and label.verb is Verb.END


def _micros(duration_ns: int) -> int:
    return max(0, duration_ns) // 1000
