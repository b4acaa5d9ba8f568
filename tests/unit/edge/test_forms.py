"""What is typed on the station page: recorded once, durable before the page says so."""

import msgspec
import pytest

from edge.form_desk import FORMS_REMEMBERED_MAX
from edge.forms import (
    FORM_BYTES_MAX,
    NOTE_CHARS_MAX,
    SIGNER_ID_CHARS_MAX,
    Ack,
    DeliverForm,
    ExceptionForm,
    Form,
    Refusal,
    SelfCheckForm,
    parse_page_message,
)
from edge.open_work import ANSWERS_MAX, DELIVERIES_MAX, OpenWork, open_work
from edge.page_state import encode_page
from edge.scan_lines import body_hash
from edge.station_events import (
    FormAnswered,
    FormSent,
    ListChanged,
    NotRecorded,
    PackChanged,
    Recorded,
)
from edge.station_page import DELIVERIES_SHOWN_MAX, TASKS_SHOWN_MAX, draw_page
from edge.verdict import HeldList
from tests.unit.edge.fakes import (
    FULL_DISK,
    GIVER,
    HV,
    PACK,
    PLAIN,
    START_AT,
    TASK,
    Desk,
    acts,
    by,
    scans,
)
from wire.bodies import ActBody
from wire.events import ActKind
from wire.limits import ACT_CHECKS_MAX
from wire.names import ExceptionReason
from wire.wanted import WantedEntry, WantedIndex, WantedResult, make_list

KEY = "1" * 32
ID = "440301199001011234"


def delivered(waybill: str = HV) -> Desk:
    desk = Desk().start()
    desk.step(PackChanged(PACK, None))
    for code in (f"CX:BY:{GIVER}", "CX:PLACE:dock1", "CX:STEP:deliver", waybill):
        desk.scan(code)
    return desk


def deliver(waybill: str = HV, key: str = KEY, name: str = "张三", number: str = ID) -> DeliverForm:
    return DeliverForm(key=key, waybill=waybill, signer_name=name, signer_id=number)


def exception(waybill: str = PLAIN, device: str = "dock-1", note: str = "箱湿") -> ExceptionForm:
    return ExceptionForm(
        key=KEY, device=device, waybill=waybill, reason=ExceptionReason.DAMAGED, note=note
    )


def self_check(**fields: object) -> SelfCheckForm:
    form = SelfCheckForm(key=KEY, device="dock-1", incident=7, found=False, checks=("cage",))
    return msgspec.structs.replace(form, **fields)


def refusal_of(desk: Desk, form: Form) -> Refusal | None:
    outputs = desk.step(FormSent(form))
    answered = outputs[-1] if isinstance(outputs[-1], FormAnswered) else outputs[0]
    assert isinstance(answered, FormAnswered)
    assert answered.key == form.key
    return answered.refusal


def private(desk: Desk, sha256: str | None) -> ActBody:
    body = desk.spool.bodies[sha256 or ""]
    assert body_hash(body) == sha256
    return msgspec.json.decode(body.body, type=ActBody)


# ---------------------------------------------------------------- who signed (HV-2.6)


def test_the_signer_stands_in_the_private_body_and_nowhere_else() -> None:
    desk = delivered()
    outputs = desk.step(FormSent(deliver()))
    (act,) = acts(desk)
    assert outputs == [Recorded(act.seq, True), FormAnswered(KEY, None)]
    assert (act.act, act.waybill, act.by) == (ActKind.DELIVER, HV, by(GIVER))
    assert act.scans == (scans(desk)[-1].seq,)
    assert (act.step, act.place, act.device) == ("deliver", "dock1", "dock-1")
    assert private(desk, act.body) == ActBody(signer_name="张三", signer_id=ID)
    lines = b"".join(sealed.line for sealed in desk.spool.sealed)
    assert "张三".encode() not in lines
    assert ID.encode() not in lines
    shown = encode_page(draw_page(desk.core, 1, desk.clock))
    assert (ID in shown, "张三" in shown) == (False, False)


def test_a_signer_without_a_name_is_recorded_by_the_id_alone() -> None:
    desk = delivered()
    assert refusal_of(desk, deliver(name="  ")) is None
    assert private(desk, acts(desk)[0].body) == ActBody(signer_id=ID)


def test_the_courier_who_scanned_it_delivered_it_also_after_the_end() -> None:
    desk = delivered()
    desk.scan("CX:END")
    assert refusal_of(desk, deliver()) is None
    assert (acts(desk)[0].by, acts(desk)[0].step) == (by(GIVER), "deliver")


@pytest.mark.parametrize("waybill", [PLAIN, "103999999999"])
def test_only_a_scanned_delivery_is_signed_for(waybill: str) -> None:
    desk = delivered()
    before = desk.spool.head()
    assert refusal_of(desk, deliver(waybill)) is Refusal.NOT_DELIVERED
    assert (desk.spool.head(), desk.spool.bodies.keys()) == (before, desk.spool.bodies.keys())


def test_a_delivery_is_signed_for_once() -> None:
    desk = delivered()
    assert refusal_of(desk, deliver()) is None
    assert refusal_of(desk, deliver(key="2" * 32)) is Refusal.NOT_DELIVERED
    assert len(acts(desk)) == 1


def test_open_deliveries_are_asked_for_newest_first_and_after_a_crash_too() -> None:
    desk = delivered()
    desk.scan("103000000002")
    again = Desk(work=open_work(sealed.line for sealed in desk.spool.sealed)).start()
    for station in (desk, again):
        state = draw_page(station.core, 1, station.clock)
        assert [view.waybill for view in state.deliveries] == ["103000000002", HV]
        assert state.delivery_count == 2
    assert refusal_of(desk, deliver()) is None
    work = open_work(sealed.line for sealed in desk.spool.sealed)
    assert list(work.deliveries) == ["103000000002"]


def test_an_ordinary_delivery_asks_for_no_id_and_a_covert_entry_does_not_show_itself() -> None:
    desk = delivered(PLAIN)
    assert draw_page(desk.core, 1, desk.clock).delivery_count == 0
    entry = WantedEntry(id="e", waybill=PLAIN, result=WantedResult.WANTED, reason="r", covert=True)
    held = HeldList(WantedIndex(make_list(7, (), (entry,))), START_AT)
    desk.step(ListChanged(held, None))
    desk.scan(PLAIN)
    assert draw_page(desk.core, 1, desk.clock).delivery_count == 0


def test_the_page_is_sent_the_newest_deliveries_and_their_number() -> None:
    desk = delivered()
    for number in range(DELIVERIES_MAX + 5):
        desk.scan(f"103{number:09d}")
    state = draw_page(desk.core, 1, desk.clock)
    assert (state.delivery_count, len(state.deliveries)) == (DELIVERIES_MAX, DELIVERIES_SHOWN_MAX)
    assert state.deliveries[0].waybill == f"103{DELIVERIES_MAX + 4:09d}"


# ---------------------------------------------------------------- exceptions (HV-3)


def test_an_exception_names_reason_and_person_and_keeps_its_words_private() -> None:
    desk = delivered()
    assert refusal_of(desk, exception()) is None
    (act,) = acts(desk)
    assert (act.act, act.waybill, act.reason) == (ActKind.EXCEPTION, PLAIN, "damaged")
    assert (act.by, act.step, act.place) == (by(GIVER), "deliver", "dock1")
    assert private(desk, act.body) == ActBody(note="箱湿")
    assert "箱湿".encode() not in desk.spool.sealed[-1].line


def test_an_exception_waits_for_no_badge_and_needs_no_words() -> None:
    desk = Desk().start()
    assert refusal_of(desk, exception(note=" ")) is None
    (act,) = acts(desk)
    assert (act.by, act.body) == (None, None)
    assert desk.spool.bodies == {}


@pytest.mark.parametrize("waybill", ["1234", "7550000000011", "75500000000x"])
def test_a_typed_waybill_must_be_one(waybill: str) -> None:
    desk = Desk().start()
    before = desk.spool.head()
    assert refusal_of(desk, exception(waybill)) is Refusal.NOT_A_WAYBILL
    assert desk.spool.head() == before


def test_a_form_for_a_scanner_that_is_not_here_is_refused() -> None:
    desk = Desk().start()
    assert refusal_of(desk, exception(device="dock-9")) is Refusal.NO_DEVICE
    assert acts(desk) == []


# ---------------------------------------------------------------- searches (HV-2.11.2)


def test_a_search_is_answered_by_a_named_person_with_what_was_ticked() -> None:
    desk = delivered()
    assert refusal_of(desk, self_check(found=True, checks=("cage", "belt"))) is None
    (act,) = acts(desk)
    assert (act.act, act.incident, act.waybill, act.found) == (ActKind.SELF_CHECK, 7, HV, True)
    assert (act.checks, act.by, act.body) == (("cage", "belt"), by(GIVER), None)


def test_nobody_answers_no_search() -> None:
    desk = Desk().start()
    desk.step(PackChanged(PACK, None))
    assert refusal_of(desk, self_check()) is Refusal.NOBODY
    assert acts(desk) == []


@pytest.mark.parametrize("fields", [{"incident": 8}, {"checks": ("attic",)}])
def test_a_search_that_was_not_asked_is_not_answered(fields: dict[str, object]) -> None:
    desk = delivered()
    assert refusal_of(desk, self_check(**fields)) is Refusal.NO_TASK
    assert acts(desk) == []


def test_searches_count_down_in_the_hubs_time_and_an_answered_one_stands_last() -> None:
    desk = delivered()
    late = msgspec.structs.replace(TASK, incident=8, due_at="2026-11-22T07:59:00.000Z")
    desk.step(PackChanged(msgspec.structs.replace(PACK, tasks=(TASK, late)), None))
    state = draw_page(desk.core, 1, desk.clock)
    assert [(view.incident, view.due_in_s) for view in state.tasks] == [(8, -61), (7, 3598)]
    assert (state.task_count, state.tasks[1].checks[0].zh) == (2, "滞留笼")
    assert refusal_of(desk, self_check(incident=8)) is None
    for station in (desk, Desk(work=open_work(s.line for s in desk.spool.sealed))):
        station.step(PackChanged(msgspec.structs.replace(PACK, tasks=(TASK, late)), None))
        state = draw_page(station.core, 1, station.clock)
        assert [(view.incident, view.found) for view in state.tasks] == [(7, None), (8, False)]
        assert state.task_count == 1


def test_the_page_is_sent_the_most_urgent_searches_and_their_number() -> None:
    desk = Desk().start()
    tasks = tuple(msgspec.structs.replace(TASK, incident=n) for n in range(1, 100))
    desk.step(PackChanged(msgspec.structs.replace(PACK, tasks=tasks), None))
    state = draw_page(desk.core, 1, desk.clock)
    assert (state.task_count, len(state.tasks)) == (99, TASKS_SHOWN_MAX)


def test_answers_are_remembered_up_to_a_bound() -> None:
    work, desk = OpenWork(), delivered()
    desk.step(FormSent(self_check()))
    (act,) = acts(desk)
    for incident in range(1, ANSWERS_MAX + 2):
        work.follow(msgspec.structs.replace(act, incident=incident))
    assert (len(work.answers), 1 in work.answers) == (ANSWERS_MAX, False)


# ---------------------------------------------------------------- once, and durable


def test_the_same_form_again_is_answered_and_not_recorded_again() -> None:
    desk = delivered()
    assert refusal_of(desk, exception()) is None
    assert desk.step(FormSent(exception())) == [FormAnswered(KEY, None)]
    assert len(acts(desk)) == 1


def test_forms_are_remembered_up_to_a_bound() -> None:
    desk = delivered()
    for number in range(FORMS_REMEMBERED_MAX + 1):
        desk.step(FormSent(msgspec.structs.replace(exception(), key=f"{number:032x}")))
    recorded = len(acts(desk))
    desk.step(FormSent(msgspec.structs.replace(exception(), key=f"{1:032x}")))
    assert len(acts(desk)) == recorded
    desk.step(FormSent(msgspec.structs.replace(exception(), key=f"{0:032x}")))
    assert len(acts(desk)) == recorded + 1


def test_what_the_disk_refuses_is_never_called_recorded_and_can_be_sent_again() -> None:
    desk = delivered()
    desk.spool.fails = FULL_DISK
    outputs = desk.step(FormSent(deliver()))
    assert outputs == [FormAnswered(KEY, Refusal.DISK), NotRecorded(str(FULL_DISK), scans=0)]
    desk.spool.fails = None
    assert refusal_of(desk, deliver()) is None
    assert len(acts(desk)) == 1


# ---------------------------------------------------------------- strictly read


def test_what_a_page_may_say_is_read() -> None:
    assert parse_page_message('{"type":"ack","seq":3}') == Ack(3)
    text = f'{{"type":"deliver","key":"{KEY}","waybill":"{HV}","signer_name":"","signer_id":"1"}}'
    assert parse_page_message(text) == deliver(name="", number="1")
    for form in (deliver(), exception(), self_check()):
        assert parse_page_message(msgspec.json.encode(form).decode()) == form


GOOD = '{"type":"deliver","key":"' + KEY + '","waybill":"1","signer_name":"a","signer_id":"b"}'
CHECK = (
    '{"type":"self_check","key":"' + KEY + '","device":"d","incident":1,"found":true,"checks":[]}'
)


@pytest.mark.parametrize(
    ("good", "part", "bad"),
    [
        (GOOD, '"signer_id":"b"', '"signer_id":""'),
        (GOOD, '"signer_id":"b"', '"signer_id":"  "'),
        (GOOD, '"signer_id":"b"', f'"signer_id":"{"x" * (SIGNER_ID_CHARS_MAX + 1)}"'),
        (GOOD, '"signer_id":"b"', '"signer_id":"b\\n"'),
        (GOOD, '"signer_id":"b"', '"signer_id":"\\u001b[2J"'),
        (GOOD, '"signer_name":"a"', '"signer_name":"a\\u2028b"'),
        (GOOD, KEY, "1" * 31),
        (GOOD, '"waybill":"1"', '"waybill":"运单"'),
        (GOOD, '"signer_id":"b"', '"signer_id":"b","extra":1'),
        (GOOD, '"deliver"', '"correction"'),
        (CHECK, '"found":true', '"found":null'),
        (CHECK, '"incident":1', '"incident":0'),
        (CHECK, "[]", '["' + '","'.join(["c"] * (ACT_CHECKS_MAX + 1)) + '"]'),
        (CHECK, '"device":"d"', '"device":"a b"'),
    ],
)
def test_anything_else_is_not(good: str, part: str, bad: str) -> None:
    parse_page_message(good)
    assert part in good
    with pytest.raises(ValueError, match=r"."):
        parse_page_message(good.replace(part, bad))


def test_the_longest_form_fits_into_one_message() -> None:
    widest = exception(note="\U0001f4e6" * NOTE_CHARS_MAX, waybill="7" * 64)
    assert len(msgspec.json.encode(widest)) <= FORM_BYTES_MAX
    ticked = self_check(checks=tuple(f"{n:032d}" for n in range(ACT_CHECKS_MAX)))
    assert len(msgspec.json.encode(ticked)) <= FORM_BYTES_MAX
