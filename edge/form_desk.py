"""Turn a form of the station page into an act: what it may say, and who says it.

Pure. A form is checked against what the station knows; what passes becomes one line and, where
something was typed of people, its private body. Source: HV-2.6, HV-3, HV-2.11.2.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from devices.frames import Frame
from devices.symbology import WaybillLabel, read_label
from edge.acts import ActDraft
from edge.event_lines import Stamp, make_act
from edge.forms import DeliverForm, ExceptionForm, Form, Refusal, SelfCheckForm
from edge.open_work import OpenWork
from edge.recorder import Entry, Recorder
from edge.scan_lines import SALT_BYTES, private_bodies
from edge.seams import Clock, Sealed, SpoolError, SpoolWriter
from edge.session import Session
from edge.station_events import FormAnswered, NotRecorded, Output, Recorded
from edge.workplace import Known, Workplace
from wire.bodies import ActBody
from wire.events import ActKind
from wire.lines import parse_line

FORMS_REMEMBERED_MAX = 64
"""Recorded forms that are known when they are sent again; a page waits for each one's answer."""


class FormRefusedError(Exception):
    """Nothing is to be recorded; ``refusal`` is for whoever filled the form in."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it will be recorded: at this scanner, in this session."""

    draft: ActDraft
    device: str
    session: Session
    body: ActBody | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What forms are checked against; ``sessions`` by device, with the config's values.

    ``spool`` is the live one.
    """

    sessions: Mapping[str, Session]
    known: Known
    work: OpenWork
    spool: str


class FormDesk:
    """Records forms, each once: the same form sent again is only answered again."""

    def __init__(
        self,
        known: Known,
        recorder: Recorder,
        clock: Clock,
        work: OpenWork,
        spool: SpoolWriter,
    ) -> None:
        self._spool = spool
        self._known = known
        self._recorder = recorder
        self._clock = clock
        self._work = work
        self._recorded: OrderedDict[str, None] = OrderedDict()

    def take(self, form: Form, places: Mapping[str, Workplace], stamp: Stamp) -> list[Output]:
        """Record the act of a form and answer; it is durable before it is answered so (P1).

        Args:
            form: as the page sent it.
            places: where people work, by device.
            stamp: when.
        """
        if form.key in self._recorded:
            return [FormAnswered(form.key, None)]
        try:
            sessions = {at.device: at.shown(self._known, stamp.now) for at in places.values()}
            filled = fill_in(form, Around(sessions, self._known, self._work, self._spool.id))
            at = places.get(filled.device)
            sealed = self._record(filled, at.source if at else None, stamp)
        except FormRefusedError as error:
            return [FormAnswered(form.key, error.refusal)]
        except SpoolError as error:
            return [FormAnswered(form.key, Refusal.DISK), NotRecorded(str(error), scans=0)]
        self._recorded[form.key] = None
        if len(self._recorded) > FORMS_REMEMBERED_MAX:
            self._recorded.popitem(last=False)
        self._work.follow(parse_line(sealed.line))
        recorded = Recorded(sealed.seq, with_body=filled.body is not None)
        return [recorded, FormAnswered(form.key, None)]

    def _record(self, filled: Filled, source: str | None, stamp: Stamp) -> Sealed:
        place = self._recorder.find_place(self._clock.mono_ns())
        bodies = {}
        if filled.body is not None:
            bodies = private_bodies(filled.body, self._clock.random_bytes(SALT_BYTES))
        body = next(iter(bodies), None)
        act = make_act(stamp, filled.draft, filled.device, source, filled.session, body)
        return self._recorder.record(stamp, place, Entry([act], bodies))[-1]


def fill_in(form: Form, around: Around) -> Filled:
    """Make the act of a form.

    Raises:
        FormRefusedError: it does not fit what the station knows.
    """
    match form:
        case DeliverForm():
            return _deliver(form, around)
        case ExceptionForm():
            return _except(form, around)
        case SelfCheckForm():
            return _check(form, around)


def _deliver(form: DeliverForm, around: Around) -> Filled:
    """HV-2.6: the courier who scanned it delivered it, whoever sits at the screen now."""
    scan = around.work.deliveries.get(form.waybill)
    if scan is None:
        raise FormRefusedError(Refusal.NOT_DELIVERED)
    # An act can name lines of its own spool only: of an earlier one the waybill says enough.
    scans = (scan.seq,) if scan.spool == around.spool else ()
    draft = ActDraft(act=ActKind.DELIVER, by=scan.by, scans=scans, waybill=form.waybill)
    name = form.signer_name.strip() or None
    body = ActBody(signer_name=name, signer_id=form.signer_id.strip())
    return Filled(draft, scan.device or "", Session(step=scan.step, place=scan.place), body)


def _except(form: ExceptionForm, around: Around) -> Filled:
    """HV-3: also without a badge, because an anomaly must not wait for one."""
    session = _session(form.device, around)
    typed = form.waybill.encode("ascii")
    if not isinstance(
        read_label(Frame(typed, None, False, len(typed)), around.known.policy.waybill), WaybillLabel
    ):
        raise FormRefusedError(Refusal.NOT_A_WAYBILL)
    draft = ActDraft(act=ActKind.EXCEPTION, by=session.by, waybill=form.waybill, reason=form.reason)
    note = form.note.strip()
    return Filled(draft, form.device, session, ActBody(note=note) if note else None)


def _check(form: SelfCheckForm, around: Around) -> Filled:
    """HV-2.11.2: a search is answered by a named person."""
    session = _session(form.device, around)
    task = around.known.roster.tasks.get(form.incident)
    if task is None or not set(form.checks) <= {check.id for check in task.checks}:
        raise FormRefusedError(Refusal.NO_TASK)
    if session.by is None:
        raise FormRefusedError(Refusal.NOBODY)
    draft = ActDraft(
        act=ActKind.SELF_CHECK,
        by=session.by,
        waybill=task.waybill,
        incident=form.incident,
        found=form.found,
        checks=form.checks,
    )
    return Filled(draft, form.device, session)


def _session(device: str, around: Around) -> Session:
    session = around.sessions.get(device)
    if session is None:
        raise FormRefusedError(Refusal.NO_DEVICE)
    return session
