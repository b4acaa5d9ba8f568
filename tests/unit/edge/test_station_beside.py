"""The station, beside its scans: repeats, feedback lines, facts."""

from datetime import timedelta

import pytest

from devices.framing import ScannerProtocol
from devices.port_thread import AnswerFailed, AnswerSent, PortLost, PortOpened
from edge.scan_lines import LastScan, last_scans, missing_devices
from edge.station_events import (
    Answer,
    ClockStepped,
    DevicesChanged,
    LinkChanged,
    NotRecorded,
    Receipted,
    Recorded,
    Started,
    Stopping,
    Ticked,
)
from tests.unit.edge.fakes import (
    FULL_DISK,
    HV,
    NOT_RECORDED,
    PLAIN,
    POLICY,
    START_AT,
    WANTED,
    Desk,
    facts,
    feedback,
    scans,
)
from wire.events import ClockReading, Feedback, Head, Scan, Station, StationFact
from wire.names import Signal

# ---------------------------------------------------------------- repeats


def test_a_guarded_repeat_gets_the_same_answer_again_and_only_counts() -> None:
    desk = Desk().start()
    desk.scan(HV)
    desk.clock.advance(100)
    assert desk.read(b"]C0" + HV.encode() + b"\r") == [Answer("dock-1", WANTED, 0)]
    desk.clock.advance(1000)
    desk.step(Ticked())
    assert len(scans(desk)) == 1
    assert feedback(desk)[-1].repeats == 1


def test_the_same_code_after_the_guard_is_a_scan_of_its_own() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.scan(PLAIN)
    assert len(scans(desk)) == 2


def test_the_first_scan_after_a_start_may_be_a_resend_of_the_last_before_it() -> None:
    last = {"dock-1": LastScan(2, PLAIN.encode())}
    desk = Desk(last_scans=last).start()
    desk.scan(PLAIN)
    desk.scan(PLAIN)
    assert [scan.maybe_repeat_of for scan in scans(desk)] == [2, None]


def test_another_code_or_a_late_one_is_no_resend() -> None:
    last = {"dock-1": LastScan(2, PLAIN.encode())}
    other = Desk(last_scans=last).start()
    other.scan(HV)
    other.scan(PLAIN)
    assert [scan.maybe_repeat_of for scan in scans(other)] == [None, None]
    late = Desk(last_scans=last).start()
    late.clock.advance(POLICY.scan.resend_window_s * 1000)
    late.scan(PLAIN)
    assert scans(late)[0].maybe_repeat_of is None


def test_the_last_scans_are_found_in_the_spool_and_in_the_bodies_that_are_left() -> None:
    desk = Desk(scanners=3).start()
    desk.scan(PLAIN, "dock-1")
    desk.scan("6901234567892", "dock-2")
    desk.scan("6901234567893", "dock-3")
    gone = scans(desk)[-1].body
    assert gone is not None
    left = {key: body for key, body in desk.spool.bodies.items() if key != gone}
    lines = [b"no line at all", *(sealed.line for sealed in desk.spool.sealed)]
    found = last_scans(lines, left, desk.spool.id)
    assert [found[f"dock-{n}"].raw for n in (1, 2, 3)] == [PLAIN.encode(), b"6901234567892", None]


def test_devices_that_were_lost_and_not_yet_back_are_found_in_the_spool() -> None:
    desk = Desk(scanners=3).start()
    for device in ("dock-1", "dock-2"):
        desk.step(PortLost(device, "the cable is gone"))
    desk.step(PortOpened("dock-2", "pts:/dev/pts/7"))
    lines = [b"no line at all", *(sealed.line for sealed in desk.spool.sealed)]
    assert missing_devices(lines) == {"dock-1"}
    assert missing_devices([]) == frozenset()


# ---------------------------------------------------------------- feedback lines


def test_feedback_is_written_by_itself_when_no_scan_comes() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    seq = scans(desk)[-1].seq
    desk.step(AnswerSent("dock-1", seq, desk.clock.ns + 250_000))
    desk.clock.advance(500)
    desk.step(Ticked())
    assert feedback(desk) == []
    desk.clock.advance(500)
    assert isinstance(desk.step(Ticked())[0], Recorded)
    (line,) = feedback(desk)
    assert (line.of_seq, line.signal, line.repeats, line.device_ack) == (seq, Signal.OK, 0, None)
    assert line.feedback_us is not None
    assert 240 <= line.feedback_us <= 260
    assert line.commit_us is not None


def test_feedback_goes_along_with_the_next_scan_in_one_commit() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.step(AnswerSent("dock-1", scans(desk)[-1].seq, desk.clock.ns))
    appends = desk.spool.appends
    desk.scan(HV)
    assert desk.spool.appends == appends + 1
    kinds = [type(event) for event in desk.spool.events()[-3:]]
    assert kinds == [Scan, Feedback, Scan]


def test_an_answer_that_did_not_reach_the_port_has_no_feedback_time() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.step(AnswerFailed("dock-1", scans(desk)[-1].seq, "gone"))
    desk.scan(HV)
    assert feedback(desk)[0].feedback_us is None


def test_a_plain_scanner_has_feedback_without_a_time() -> None:
    desk = Desk(ScannerProtocol.PLAIN).start()
    assert desk.scan(HV, aim="") is None
    desk.scan(PLAIN, aim="")
    assert (feedback(desk)[0].signal, feedback(desk)[0].feedback_us) == (Signal.WANTED, None)


def test_feedback_waits_for_a_disk_that_refuses() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.spool.fails = FULL_DISK
    desk.clock.advance(2000)
    assert desk.step(Ticked()) == [NotRecorded(str(FULL_DISK), scans=0)]
    assert desk.core.wait_ms() == 1000
    desk.spool.fails = None
    desk.step(Ticked())
    assert len(feedback(desk)) == 1


@pytest.mark.parametrize("with_a_scan", [False, True])
def test_what_stood_beside_a_commit_that_failed_after_it_had_happened_is_written_once(
    with_a_scan: bool,
) -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    of_seq = scans(desk)[0].seq
    desk.step(PortLost("dock-1", "unplugged"))
    desk.step(PortOpened("dock-1", "pts:/dev/pts/8"))
    desk.clock.advance(2000)
    desk.spool.fails, desk.spool.fails_after = FULL_DISK, True
    if with_a_scan:
        assert desk.scan(HV) == NOT_RECORDED
    else:
        assert desk.step(Ticked()) == [NotRecorded(str(FULL_DISK), scans=0)]
    desk.spool.fails = None
    desk.clock.advance(2000)
    for _ in range(3):
        desk.step(Ticked())
        desk.scan(PLAIN)
    assert [each.of_seq for each in feedback(desk)].count(of_seq) == 1
    assert facts(desk).count(StationFact.DEVICE_BACK) == 1


def test_no_feedback_line_says_anything_of_a_scan_that_was_not_recorded() -> None:
    desk = Desk().start()
    desk.spool.fails = FULL_DISK
    desk.scan(PLAIN)
    desk.spool.fails = None
    desk.step(AnswerSent("dock-1", 0, desk.clock.ns))
    desk.step(Stopping())
    assert feedback(desk) == []


def test_a_clean_stop_writes_down_what_is_open() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.step(Stopping())
    assert len(feedback(desk)) == 1


# ---------------------------------------------------------------- facts about the station


def test_the_first_line_of_a_spool_is_its_start_and_only_the_first() -> None:
    desk = Desk().start()
    assert facts(desk)[0] is StationFact.SPOOL_START
    desk.step(Started())
    assert facts(desk).count(StationFact.SPOOL_START) == 1


def test_a_spool_start_that_the_disk_refused_is_written_later() -> None:
    desk = Desk()
    desk.spool.fails = FULL_DISK
    desk.step(Started())
    desk.spool.fails = None
    desk.step(Ticked())
    assert facts(desk) == [StationFact.SPOOL_START]


def test_a_head_line_is_written_each_minute() -> None:
    desk = Desk().start()
    for _ in range(120):
        desk.clock.advance(1000)
        desk.step(Ticked())
    heads = [event for event in desk.spool.events() if isinstance(event, Head)]
    assert len(heads) == 3
    assert heads[1].depth == 2


def test_a_lost_cable_and_its_return_are_facts_and_half_a_code_is_dropped() -> None:
    desk = Desk().start()
    desk.read(b"]C07550")
    outputs = desk.step(PortLost("dock-1", "unplugged"))
    assert isinstance(outputs[-1], DevicesChanged)
    assert not outputs[-1].devices[0].connected
    desk.step(PortOpened("dock-1", "pts:/dev/pts/8"))
    assert facts(desk)[-2:] == [StationFact.DEVICE_LOST, StationFact.DEVICE_BACK]
    desk.read(b"00000001\r]C0" + PLAIN.encode() + b"\r")
    assert scans(desk)[-1].waybill == PLAIN


def test_a_first_opening_is_no_return() -> None:
    assert StationFact.DEVICE_BACK not in facts(Desk().start())


def test_a_reprogrammed_scanner_is_one_fact_for_each_episode() -> None:
    desk = Desk().start()
    for aim in ("", "", "]C0", ""):
        desk.scan(PLAIN, aim=aim)
    assert facts(desk).count(StationFact.SCANNER_REPROGRAMMED) == 2


def test_a_fact_that_came_with_a_refused_scan_is_not_lost() -> None:
    desk = Desk().start()
    desk.spool.fails = FULL_DISK
    desk.scan(PLAIN, aim="")
    desk.spool.fails = None
    desk.scan(PLAIN, aim="")
    assert facts(desk).count(StationFact.SCANNER_REPROGRAMMED) == 1


def test_a_clock_that_was_set_is_a_fact_and_voids_the_offset() -> None:
    desk = Desk().start()
    desk.clock.wall = START_AT.replace(hour=9)
    assert ClockStepped() in desk.step(Ticked())
    steps = [event for event in desk.spool.events() if isinstance(event, Station)]
    assert steps[-1].clock_step_ms == 3_600_000
    assert ClockStepped() not in desk.step(Ticked())


def test_a_scan_before_the_next_tick_knows_already_that_the_clock_was_set() -> None:
    desk = Desk().start()
    desk.step(LinkChanged(True, 1, None, ClockReading(offset_ms=3, error_ms=1)))
    desk.scan(PLAIN)
    desk.clock.wall += timedelta(hours=1)
    outputs = desk.read(b"]C0" + HV.encode() + b"\r")
    assert outputs[0] == ClockStepped()
    before, after = scans(desk)
    assert before.clock == ClockReading(offset_ms=3, error_ms=1)
    assert after.clock == ClockReading()
    assert [type(event) for event in desk.spool.events()[-2:]] == [Station, Scan]


def test_the_hubs_time_is_known_from_the_offset_until_the_clock_is_set() -> None:
    desk = Desk().start()
    assert desk.core.time.known_hub_time() is None
    desk.step(LinkChanged(True, 1, None, ClockReading(offset_ms=5000, error_ms=1)))
    assert desk.core.time.known_hub_time() == desk.clock.now() + timedelta(seconds=5)
    desk.clock.wall += timedelta(days=365)
    desk.step(Ticked())
    assert desk.core.time.known_hub_time() is None


def test_receipts_move_upto() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.step(Receipted(desk.spool.id, 2))
    assert desk.core.depth == 1
