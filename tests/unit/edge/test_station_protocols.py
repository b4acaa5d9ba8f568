"""SSI and Newland at the station: acknowledged after the commit, sent again, answered in steps."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.feedback import answer_steps
from devices.framing import ScannerProtocol
from edge.station_events import Answer, NotRecorded, Output, Recorded, Ticked
from simulators.ssi import SsiLink, code_packets, packet, sent_again
from tests.unit.edge.fakes import FULL_DISK, HV, PLAIN, POLICY, Desk, facts, feedback, scans
from wire.events import StationFact
from wire.names import Result, Signal

SSI, NEWLAND = ScannerProtocol.SSI, ScannerProtocol.NEWLAND
ACK = bytes.fromhex("04d00400ff28")
NAK = bytes.fromhex("05d1040001ff25")
TAKEN, REFUSED = packet(0xD0), packet(0xD1, b"\x06")


def ssi(code: str) -> bytes:
    return b"".join(code_packets(code.encode(), "C0"))


def steps(protocol: ScannerProtocol, signal: Signal) -> tuple[bytes, ...]:
    found = answer_steps(protocol, signal)
    assert found is not None
    return found


OK, OK_LIGHT = steps(SSI, Signal.OK)
WANTED, RED_LIGHT = steps(SSI, Signal.WANTED)
NOT_RECORDED, _ = steps(SSI, Signal.NOT_RECORDED)


def answers(outputs: list[Output]) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Answer)]


def ssi_desk() -> Desk:
    desk = Desk(SSI).start()
    desk.clock.advance(400)
    return desk


# ---------------------------------------------------------------- ssi: the ACK is the promise


def test_the_acknowledgement_comes_after_the_commit() -> None:
    desk = ssi_desk()
    outputs = desk.read(ssi(PLAIN))
    (scan,) = scans(desk)
    assert outputs == [Answer("dock-1", OK, scan.seq), Recorded(scan.seq, False, Result.CLEAR)]
    assert OK.startswith(ACK)
    assert (scan.aim, scan.symbology, scan.waybill) == ("C0", "code128", PLAIN)


def test_what_is_not_recorded_is_not_acknowledged_and_its_resend_is_a_new_attempt() -> None:
    desk = ssi_desk()
    desk.spool.fails = FULL_DISK
    assert desk.read(ssi(PLAIN)) == [
        Answer("dock-1", NOT_RECORDED, 0),
        NotRecorded(str(FULL_DISK), scans=1),
    ]
    assert ACK not in NOT_RECORDED
    assert scans(desk) == []
    desk.clock.advance(2000)
    desk.spool.fails = None
    assert answers(desk.read(sent_again(ssi(PLAIN)))) == [OK]
    assert [scan.waybill for scan in scans(desk)] == [PLAIN]


def test_a_code_sent_again_is_answered_again_and_stored_once() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    for _ in range(2):
        desk.clock.advance(9_000)
        assert answers(desk.read(sent_again(ssi(HV)))) == [WANTED]
    assert len(scans(desk)) == 1


def test_a_repeat_is_counted_in_the_scans_feedback() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    desk.clock.advance(500)
    desk.read(sent_again(ssi(HV)))
    desk.clock.advance(1000)
    desk.step(Ticked())
    assert [line.repeats for line in feedback(desk)] == [1]


def test_a_code_sent_again_long_after_is_stored() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    desk.clock.advance(POLICY.scan.resend_window_s * 1000 + 1)
    desk.read(sent_again(ssi(HV)))
    assert [scan.maybe_repeat_of for scan in scans(desk)] == [None, None]


def test_a_code_sent_again_after_a_broken_packet_is_stored_as_a_possible_repeat() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    desk.clock.advance(5000)
    broken = bytearray(ssi(HV))
    broken[7] ^= 1
    assert answers(desk.read(bytes(broken))) == [NAK]
    assert answers(desk.read(sent_again(ssi(HV)))) == [WANTED]
    first, second = scans(desk)
    assert (first.maybe_repeat_of, second.maybe_repeat_of) == (None, first.seq)


def test_a_refused_scan_sent_again_is_not_taken_for_the_one_recorded_before() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    desk.clock.advance(4000)
    desk.spool.fails = FULL_DISK
    assert answers(desk.read(ssi(HV))) == [NOT_RECORDED]
    desk.clock.advance(2000)
    assert answers(desk.read(sent_again(ssi(HV)))) == [NOT_RECORDED]
    desk.spool.fails = None
    desk.clock.advance(2000)
    assert answers(desk.read(sent_again(ssi(HV)))) == [WANTED]
    assert len(scans(desk)) == 2


def test_a_half_packet_is_given_up_when_the_line_was_quiet() -> None:
    desk = ssi_desk()
    assert desk.read(ssi(PLAIN)[:9]) == []
    desk.clock.advance(1001)
    assert answers(desk.read(ssi(PLAIN))) == [OK]


def test_an_ssi_scanner_cannot_look_reprogrammed() -> None:
    desk = ssi_desk()
    desk.read(packet(0xF3, b"\x77" + PLAIN.encode()))
    assert [(scan.aim, scan.result) for scan in scans(desk)] == [("X0", Result.NOT_A_PARCEL)]
    assert StationFact.SCANNER_REPROGRAMMED not in facts(desk)


# ---------------------------------------------------------------- steps, and the device's word


def device_acks(desk: Desk) -> list[bool | None]:
    desk.clock.advance(1000)
    desk.step(Ticked())
    return [line.device_ack for line in feedback(desk)]


def test_the_next_step_waits_for_the_scanners_word() -> None:
    desk = ssi_desk()
    assert answers(desk.read(ssi(HV))) == [WANTED]
    assert desk.read(TAKEN) == [Answer("dock-1", RED_LIGHT, 0)]
    assert desk.read(TAKEN) == []
    assert desk.read(TAKEN) == []  # one too many says nothing
    assert device_acks(desk) == [True]


def test_an_answer_of_which_the_scanner_took_half_is_not_acknowledged() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    desk.read(TAKEN)
    assert device_acks(desk) == [False]


def test_a_refused_step_is_not_acknowledged_and_the_rest_is_given_all_the_same() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    assert answers(desk.read(REFUSED)) == [RED_LIGHT]
    desk.read(TAKEN)
    assert device_acks(desk) == [False]


def test_the_next_scan_ends_the_steps_of_the_last() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    desk.clock.advance(400)
    assert answers(desk.read(ssi(PLAIN))) == [OK]
    assert answers(desk.read(TAKEN)) == [OK_LIGHT]
    desk.read(TAKEN)
    assert device_acks(desk) == [False, True]


def test_the_word_on_a_scan_that_was_not_recorded_belongs_to_no_scan() -> None:
    desk = ssi_desk()
    desk.spool.fails = FULL_DISK
    desk.read(ssi(HV))
    assert len(answers(desk.read(TAKEN))) == 1
    assert desk.read(TAKEN) == []


def test_feedback_waits_for_the_word_before_it_goes_along_with_a_scan() -> None:
    desk = ssi_desk()
    desk.read(ssi(HV))
    desk.clock.advance(400)
    desk.read(ssi(PLAIN))
    assert feedback(desk) == []


def test_every_newland_step_goes_when_the_last_was_acknowledged() -> None:
    desk = Desk(NEWLAND).start()
    expected = list(steps(NEWLAND, Signal.WANTED))
    desk.clock.advance(400)
    given = answers(desk.read(f"]C0{HV}\r".encode()))
    while len(given) < len(expected):
        reply = given[-1].replace(b"~", b"\x02").replace(b";\x03", b"\x06;\x03")
        given += answers(desk.read(reply))
    assert given == expected
    assert device_acks(desk) == [False]
    desk.read(given[-1].replace(b"~", b"\x02").replace(b";\x03", b"\x06;\x03"))


def test_a_newland_without_aim_ids_was_reprogrammed() -> None:
    desk = Desk(NEWLAND).start()
    desk.read(f"{PLAIN}\r".encode())
    assert StationFact.SCANNER_REPROGRAMMED in facts(desk)


@pytest.mark.parametrize("protocol", [ScannerProtocol.HONEYWELL, ScannerProtocol.PLAIN])
def test_a_scanner_that_cannot_acknowledge_has_no_word(protocol: ScannerProtocol) -> None:
    desk = Desk(protocol).start()
    desk.scan(PLAIN, aim="]C0" if protocol is ScannerProtocol.HONEYWELL else "")
    assert device_acks(desk) == [None]


# ---------------------------------------------------------------- both ends on a bad line


class BadLine:
    """A simulated scanner and a station, with a line between them that loses and changes bytes."""

    def __init__(self, seed: int, faults: int) -> None:
        self.desk = ssi_desk()
        self.link = SsiLink()
        self._rng = random.Random(seed)
        self._faults_left = faults

    def scan(self, code: str) -> list[Signal | None]:
        packets = code_packets(code.encode(), "C0")
        self.desk.clock.advance(3000)
        self.link.sent(packets, self.desk.clock.ns)
        heard = self._carry(packets[0])
        while (due_ns := self.link.resend_at_ns) is not None:
            self.desk.clock.advance((due_ns - self.desk.clock.ns) // 1_000_000 + 1)
            self.link.settle(self.desk.clock.ns)
            heard += self._carry(self.link.take_outgoing())
        return heard

    def _carry(self, to_host: bytes) -> list[Signal | None]:
        heard: list[Signal | None] = []
        while to_host:
            from_host = b"".join(answers(self.desk.read(self._damage(to_host))))
            self.desk.clock.advance(5)
            found = self.link.feed(self._damage(from_host), self.desk.clock.ns)
            heard += [answer.signal for answer in found]
            to_host = self.link.take_outgoing()
        return heard

    def _damage(self, chunk: bytes) -> bytes:
        if not chunk or not self._faults_left or self._rng.random() < 0.5:
            return chunk
        self._faults_left -= 1
        at = self._rng.randrange(len(chunk))
        if self._rng.random() < 0.5:
            return chunk[:at] + chunk[at + 1 :]
        changed = chunk[at] ^ (1 << self._rng.randrange(8))
        return chunk[:at] + bytes([changed]) + chunk[at + 1 :]


@given(st.integers(0, 2**32), st.integers(0, 8))
def test_on_a_bad_line_what_the_scanner_knows_acknowledged_is_durable_and_stored_once(
    seed: int, faults: int
) -> None:
    line = BadLine(seed, faults)
    for n in range(4):
        code = f"{755000000000 + n}"
        heard = line.scan(code)
        stored = [scan for scan in scans(line.desk) if scan.waybill == code]
        if Signal.OK in heard or not line.link.gave_up:
            assert stored
        assert sum(scan.maybe_repeat_of is None for scan in stored) <= 1
    assert {scan.waybill for scan in scans(line.desk)} <= {f"{755000000000 + n}" for n in range(4)}


def test_on_a_good_line_every_code_is_stored_once_and_heard_as_ok() -> None:
    line = BadLine(seed=0, faults=0)
    assert [line.scan(f"{755000000000 + n}") for n in range(3)] == [[Signal.OK]] * 3
    assert len(scans(line.desk)) == 3
