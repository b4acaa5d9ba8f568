"""A recorded event as JSON. Source: interface (REST: ``events``), CS-P1."""

from pydantic import BaseModel

from hub.access.service import HIDDEN, mask_id, mask_name, unmasked_code
from hub.fact import is_simulated, sighted
from hub.ingest.service import EventView
from hub.web.context import at_text
from wire.bodies import ActBody, CodeBody
from wire.events import Feedback, Scan
from wire.names import Result, Signal, Step


class TimingItem(BaseModel):
    """Microseconds: last byte to code, code to verdict."""

    decode: int
    verdict: int


class FeedbackItem(BaseModel):
    """What the person was told, and how long it took (microseconds)."""

    signal: Signal
    commit_us: int | None
    feedback_us: int | None
    device_ack: bool | None
    repeats: int


class PrivateItem(BaseModel):
    """What the event's private body holds; ``masked``: not shown, or in part.

    A scanned private code stands in ``code_hex`` and ``text``; the others were typed at an act.
    """

    masked: bool
    signer_name: str | None = None
    signer_id: str | None = None
    note: str | None = None


class EventItem(BaseModel):
    """A recorded event; what does not belong to its kind is null.

    ``at`` is the edge's own time, ``occurred_at`` what rules count with; ``time_doubted`` says that
    the edge's time was not to be believed. ``line_b64`` are the recorded bytes. A scanned private
    code is null and ``private`` is masked unless who may see them asks with ``unmask=<reason>``.
    """

    site: str
    edge: str
    spool: str
    seq: int
    at: str
    occurred_at: str | None
    received_at: str | None
    time_doubted: bool
    kind: str
    waybill: str | None = None
    step: Step | None = None
    place: str | None = None
    by: str | None
    device: str | None
    source: str | None
    simulated: bool
    code_hex: str | None = None
    text: str | None = None
    aim: str | None = None
    result: Result | None = None
    list_version: int | None = None
    list_age_s: int | None = None
    container: str | None = None
    symbology: str | None = None
    maybe_repeat_of: int | None = None
    timing_us: TimingItem | None = None
    late: bool
    feedback: FeedbackItem | None = None
    line_b64: str
    private: PrivateItem | None = None


def event_name(view: EventView) -> str:
    """An event's place in its chain, which no other has."""
    event = view.event
    return f"{event.site}/{event.edge}/{event.spool}/{event.seq}"


def event_item(view: EventView, *, is_shown: bool = False) -> EventItem:
    """An event as JSON tells it; ``is_shown``: with its private body, and the look is on record."""
    event, stored = view.event, view.stored
    item = EventItem(
        site=event.site,
        edge=event.edge,
        spool=event.spool,
        seq=event.seq,
        at=event.at,
        occurred_at=at_text(stored.occurred_at),
        received_at=at_text(stored.received_at),
        time_doubted=stored.doubted,
        kind=str(event.__struct_config__.tag),
        waybill=sighted(event),
        by=event.by,
        device=event.device,
        source=event.source,
        simulated=is_simulated(event.source),
        late=stored.late,
        line_b64=view.line_b64,
        private=_private_item(view, is_shown=is_shown),
    )
    return _with_scan(item, event, view, is_shown=is_shown) if isinstance(event, Scan) else item


def _private_item(view: EventView, *, is_shown: bool) -> PrivateItem | None:
    match view.body:
        case CodeBody():
            return PrivateItem(masked=not is_shown)
        case ActBody(signer_name=name, signer_id=number, note=note):
            if is_shown:
                return PrivateItem(masked=False, signer_name=name, signer_id=number, note=note)
            return PrivateItem(
                masked=True,
                signer_name=None if name is None else mask_name(name),
                signer_id=None if number is None else mask_id(number),
                note=None if note is None else HIDDEN,
            )
        case None:
            return None


def _with_scan(item: EventItem, scan: Scan, view: EventView, *, is_shown: bool) -> EventItem:
    code_hex, text = scan.code_hex, scan.text
    if isinstance(view.body, CodeBody) and is_shown:
        text = unmasked_code(view.body.text)
        code_hex = view.body.code_hex if text == view.body.text else None
    return item.model_copy(
        update={
            "waybill": scan.waybill,
            "step": scan.step,
            "place": scan.place,
            "code_hex": code_hex,
            "text": text,
            "aim": scan.aim,
            "result": scan.result,
            "list_version": scan.list_version,
            "list_age_s": scan.list_age_s,
            "container": scan.container,
            "symbology": scan.symbology,
            "maybe_repeat_of": scan.maybe_repeat_of,
            "timing_us": TimingItem(decode=scan.timing_us.decode, verdict=scan.timing_us.verdict),
            "feedback": None if view.feedback is None else _feedback_item(view.feedback),
        }
    )


def _feedback_item(feedback: Feedback) -> FeedbackItem:
    return FeedbackItem(
        signal=feedback.signal,
        commit_us=feedback.commit_us,
        feedback_us=feedback.feedback_us,
        device_ack=feedback.device_ack,
        repeats=feedback.repeats,
    )
