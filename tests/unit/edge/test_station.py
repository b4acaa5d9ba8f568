"""The station: judged, recorded, and only then answered."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.framing import ScannerProtocol
from edge.scan_lines import body_hash
from edge.session import FixedSession, parse_session, pseudonym
from edge.station_events import (
    Answer,
    BodiesDelivered,
    BodiesWait,
    Enrolled,
    HubHasLess,
    LinkChanged,
    ListChanged,
    LossNoted,
    NotRecorded,
    Receipted,
    Recorded,
    Stopping,
    Ticked,
)
from edge.verdict import HeldList
from tests.unit.edge.fakes import (
    FULL_DISK,
    HV,
    NOT_RECORDED,
    OK,
    PLAIN,
    REJECT,
    SALT,
    SPOOL_ID,
    START_AT,
    WANTED,
    WARN,
    Desk,
    scans,
)
from wire.bodies import CodeBody
from wire.events import ClockReading, Feedback
from wire.names import Result, Step
from wire.wanted import WantedEntry, WantedIndex, WantedResult, make_list

# ---------------------------------------------------------------- one scan


def test_the_answer_comes_after_the_commit() -> None:
    desk = Desk().start()
    desk.clock.advance(400)
    outputs = desk.read(b"]C0" + PLAIN.encode() + b"\r")
    scan = scans(desk)[-1]
    assert outputs == [Answer("dock-1", OK, scan.seq), Recorded(scan.seq, False, Result.CLEAR)]


def test_a_scan_that_is_not_recorded_is_never_answered_as_read() -> None:
    desk = Desk().start()
    desk.spool.fails = FULL_DISK
    before = desk.spool.head()
    outputs = desk.read(b"]C0" + PLAIN.encode() + b"\r")
    assert outputs == [
        Answer("dock-1", NOT_RECORDED, 0),
        NotRecorded(str(FULL_DISK), scans=1),
    ]
    assert desk.spool.head() == before


def test_the_next_try_is_recorded_even_inside_the_repeat_guard() -> None:
    desk = Desk().start()
    desk.spool.fails = FULL_DISK
    assert desk.scan(PLAIN) == NOT_RECORDED
    desk.spool.fails = None
    desk.clock.advance(50)
    assert desk.read(b"]C0" + PLAIN.encode() + b"\r")[0] == Answer("dock-1", OK, 3)
    assert [scan.waybill for scan in scans(desk)] == [PLAIN]


def test_a_commit_that_failed_after_it_had_happened_is_still_answered_as_not_recorded() -> None:
    desk = Desk().start()
    desk.spool.fails, desk.spool.fails_after = FULL_DISK, True
    assert desk.scan(PLAIN) == NOT_RECORDED
    desk.spool.fails = None
    assert desk.scan(PLAIN) == OK
    assert len(scans(desk)) == 2


def test_a_refused_scan_leaves_the_session_as_it_was() -> None:
    desk = Desk().start()
    desk.scan("CX:STEP:load")
    desk.spool.fails = FULL_DISK
    assert desk.scan("CX:STEP:sort") == NOT_RECORDED
    desk.spool.fails = None
    desk.scan(PLAIN)
    assert scans(desk)[-1].step is Step.LOAD


@pytest.mark.parametrize(
    ("code", "aim", "answer", "result"),
    [
        (PLAIN, "]C0", OK, Result.CLEAR),
        (HV, "]C0", WANTED, Result.HV),
        ("1030000000019", "]E0", WARN, Result.NOT_A_PARCEL),
        ("CX:STEP:load", "]C0", OK, Result.NOT_A_PARCEL),
        ("CX:VEH:truck", "]C0", OK, Result.NOT_A_PARCEL),
        ("CX:SEAL:s1", "]C0", WARN, Result.NOT_A_PARCEL),
        ("CX:STEP:fly", "]C0", REJECT, Result.HOSTILE),
        ("ab\x01", "]C0", REJECT, Result.HOSTILE),
    ],
)
def test_each_kind_of_code_has_its_signal(
    code: str, aim: str, answer: bytes, result: Result
) -> None:
    desk = Desk().start()
    assert desk.scan(code, aim=aim) == answer
    assert scans(desk)[-1].result is result


def test_one_read_with_several_codes_answers_each() -> None:
    desk = Desk().start()
    outputs = desk.read(f"]C0{PLAIN}\r]C0{HV}\r]C0".encode())
    assert [out.data for out in outputs if isinstance(out, Answer)] == [OK, WANTED]


def test_a_thousand_codes_in_one_read_are_each_recorded_and_answered_in_order() -> None:
    desk = Desk().start()
    codes = [f"755{n:09d}" for n in range(1000)]
    outputs = desk.read("".join(f"]C0{code}\r" for code in codes).encode())
    answers = [output.token for output in outputs if isinstance(output, Answer)]
    assert answers == [scan.seq for scan in scans(desk)]
    assert [scan.waybill for scan in scans(desk)] == codes
    # No feedback line waits longer than fifty scans, also under a flood.
    written = [event for event in desk.spool.events() if isinstance(event, Feedback)]
    assert len(written) >= 1000 - 51


def test_a_thousand_repeats_in_one_read_are_one_scan() -> None:
    desk = Desk().start()
    outputs = desk.read(f"]C0{PLAIN}\r".encode() * 1000)
    assert len(scans(desk)) == 1
    assert [output.data for output in outputs if isinstance(output, Answer)] == [OK] * 1000


def test_times_are_told_in_microseconds() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    assert scans(desk)[-1].timing_us.decode > 0
    assert scans(desk)[-1].timing_us.verdict > 0


def test_an_entry_expires_in_the_hubs_time() -> None:
    desk = Desk().start()
    entry = WantedEntry(
        id="e",
        waybill=PLAIN,
        result=WantedResult.STOP,
        reason="r",
        expires_at="2026-11-22T09:00:00.000Z",
    )
    held = HeldList(WantedIndex(make_list(3, (), (entry,))), START_AT)
    desk.step(ListChanged(held, None))
    assert desk.scan(PLAIN) == b"\x1b6," * 5 + b"\x1b3,"
    two_hours = ClockReading(offset_ms=7_200_000, error_ms=1)
    desk.step(LinkChanged(True, 1, None, two_hours))
    assert desk.scan(PLAIN) == OK


# ---------------------------------------------------------------- what must not stand in a line


@pytest.mark.parametrize("code", ["CX:BY:t0k3n", "6901234567892", "a\x02b", "CX:BY:"])
def test_a_private_code_stands_in_the_body_only(code: str) -> None:
    desk = Desk().start()
    desk.scan(code)
    scan = scans(desk)[-1]
    assert (scan.code_hex, scan.text) == (None, None)
    ((sha256, body),) = desk.spool.bodies.items()
    assert scan.body == sha256 == body_hash(body)
    kept = msgspec.json.decode(body.body, type=CodeBody)
    assert bytes.fromhex(kept.code_hex) == code.encode()
    assert scan.length == len(code)


def test_waybills_and_other_labels_stand_in_the_line() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.scan("CX:PLACE:cage1")
    assert [(scan.text, scan.body) for scan in scans(desk)] == [
        (PLAIN, None),
        ("CX:PLACE:cage1", None),
    ]
    assert desk.spool.bodies == {}


def test_the_same_badge_twice_gives_two_hashes() -> None:
    desk = Desk().start()
    desk.scan("CX:BY:t0k3n")
    desk.scan("CX:BY:t0k3n")
    assert len(desk.spool.bodies) == 2


def test_delivered_bodies_wait_no_more_and_wait_on_when_the_disk_refuses() -> None:
    desk = Desk().start()
    desk.scan("CX:BY:t0k3n")
    hashes = tuple(desk.spool.bodies)
    desk.spool.fails = FULL_DISK
    assert desk.step(BodiesDelivered(hashes)) == [NotRecorded(str(FULL_DISK), scans=0)]
    assert tuple(desk.spool.bodies) == hashes
    desk.spool.fails = None
    assert desk.step(BodiesDelivered(hashes)) == [BodiesWait()]
    assert desk.spool.bodies == {}


@given(st.lists(st.binary(max_size=700), max_size=4), st.sampled_from(list(ScannerProtocol)))
def test_whatever_comes_down_the_cable_gives_lines_that_the_hub_can_read(
    reads: list[bytes], protocol: ScannerProtocol
) -> None:
    desk = Desk(protocol).start()
    for data in reads:
        desk.read(data + b"\r")  # the fake spool parses every line
    desk.step(Stopping())


# ---------------------------------------------------------------- session


def test_labels_set_who_what_and_where_for_the_scans_that_follow() -> None:
    desk = Desk().start()
    for code in ("CX:BY:t0k3n", "CX:STEP:load", "CX:PLACE:dock1", "CX:BAG:b1", PLAIN):
        desk.scan(code)
    scan = scans(desk)[-1]
    assert (scan.by, scan.step, scan.place, scan.container) == (
        pseudonym("t0k3n", SALT),
        Step.LOAD,
        "dock1",
        "b1",
    )


def test_the_session_is_stored_with_the_scan_that_changed_it() -> None:
    desk = Desk().start()
    desk.scan("CX:STEP:load")
    kept = {device: parse_session(state) for device, state in desk.spool.sessions.items()}
    again = Desk(sessions=kept).start()
    again.scan(PLAIN)
    assert scans(again)[-1].step is Step.LOAD


def test_the_label_that_ends_a_session_still_belongs_to_whom_it_ends() -> None:
    desk = Desk().start()
    desk.scan("CX:BY:t0k3n")
    desk.scan("CX:END")
    desk.scan(PLAIN)
    assert [scan.by is None for scan in scans(desk)] == [False, False, True]


def test_fixed_values_apply_to_a_scanner_without_session() -> None:
    desk = Desk(fixed=FixedSession(badge="t0k3n", step=Step.SORT, place="belt")).start()
    desk.scan(PLAIN)
    scan = scans(desk)[-1]
    assert (scan.by, scan.step, scan.place) == (pseudonym("t0k3n", SALT), Step.SORT, "belt")


def test_after_enrolment_badges_can_be_named() -> None:
    desk = Desk(salt=None).start()
    desk.scan("CX:BY:t0k3n")
    desk.step(Enrolled(SALT))
    desk.scan("CX:BY:t0k3n")
    assert [scan.by for scan in scans(desk)] == [None, pseudonym("t0k3n", SALT)]


def test_a_hub_that_went_back_is_given_the_bodies_again_once_the_disk_lets_it() -> None:
    desk = Desk().start()
    desk.scan("CX:BY:t0k3n")
    bodies = dict(desk.spool.bodies)
    desk.step(BodiesDelivered(tuple(bodies)))
    assert desk.step(Receipted(SPOOL_ID, desk.spool.head_seq)) == []
    desk.spool.fails = FULL_DISK
    assert desk.step(HubHasLess(SPOOL_ID, 2)) == [NotRecorded(str(FULL_DISK), scans=0)]
    assert desk.step(HubHasLess(SPOOL_ID, 1)) == [NotRecorded(str(FULL_DISK), scans=0)]
    assert desk.step(HubHasLess(SPOOL_ID, 2)) == [NotRecorded(str(FULL_DISK), scans=0)]
    desk.spool.fails = None
    assert desk.spool.bodies == {}
    outputs = desk.step(Ticked())
    assert outputs[-2:] == [BodiesWait(), LossNoted(SPOOL_ID, 1)]
    assert desk.spool.bodies == bodies
    assert BodiesWait() not in desk.step(Ticked())


def test_bodies_of_a_commit_that_was_said_to_have_failed_are_looked_for_within_a_minute() -> None:
    desk = Desk().start()
    desk.clock.advance(60_000)
    assert BodiesWait() in desk.step(Ticked())
    desk.spool.fails, desk.spool.fails_after = FULL_DISK, True
    assert desk.scan("CX:BY:g1v3r") == NOT_RECORDED
    desk.spool.fails = None
    assert desk.spool.bodies
    asked = [desk.step(Ticked()) for _ in range(60) if desk.clock.advance(1_000) is None]
    assert sum(BodiesWait() in outputs for outputs in asked) == 1
