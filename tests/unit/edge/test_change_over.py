"""When the live spool ends: after a time without the hub, in a moment to which nothing refers."""

from datetime import timedelta

import pytest

from devices.port_thread import AnswerSent
from edge import change_over
from edge.change_over import BACKLOG_EVENTS_MAX
from edge.forms import DeliverForm
from edge.scan_lines import last_scans
from edge.station_events import (
    CloseSpool,
    FormSent,
    LinkChanged,
    NotRecorded,
    Output,
    Receipted,
    Recorded,
    Ticked,
)
from tests.unit.edge.fakes import (
    FULL_DISK,
    GIVER,
    HV,
    NOT_RECORDED,
    OK,
    PLAIN,
    RECEIVER,
    SPOOL_ID,
    Desk,
    acts,
    facts,
    feedback,
    scans,
)
from wire.events import ActKind, ClockReading, Head, Station, StationFact
from wire.limits import SPOOLS_PER_EDGE_MAX
from wire.lines import parse_line

SILENT_MS = 91_000


def link(desk: Desk, *, connected: bool = True, receipt: bool = True) -> LinkChanged:
    receipt_ms = desk.clock.boot_ms if receipt else None
    return LinkChanged(connected, receipt_ms, None, ClockReading(offset_ms=0, error_ms=1))


def fill(desk: Desk, lines: int = BACKLOG_EVENTS_MAX) -> None:
    """Heads until so many lines of the live spool wait."""
    while desk.spool.backlog < lines:
        desk.clock.advance(60_000)
        desk.step(Ticked())


def filled(lines: int = BACKLOG_EVENTS_MAX + 1) -> Desk:
    desk = Desk().start()
    fill(desk, lines)
    return desk


def come_back(desk: Desk) -> list[Output]:
    desk.clock.advance(1_000)
    return [*desk.step(link(desk)), *desk.step(Ticked())]


@pytest.fixture(autouse=True)
def small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_over, "BACKLOG_EVENTS_MAX", 20)
    monkeypatch.setitem(globals(), "BACKLOG_EVENTS_MAX", 20)


def test_a_backlog_beyond_the_bound_ends_its_spool_when_the_hub_is_back() -> None:
    desk = filled()
    outputs = come_back(desk)
    old, new = desk.spool.lines
    end, start = parse_line(desk.spool.lines[old][-1].line), parse_line(desk.spool.sealed[0].line)
    assert isinstance(end, Station)
    assert isinstance(start, Station)
    assert (end.fact, start.fact) == (StationFact.SPOOL_END, StationFact.SPOOL_START)
    assert (start.seq, start.after_spool, start.after_seq) == (1, old, end.seq)
    assert desk.spool.id == new
    assert any(isinstance(each, Recorded) for each in outputs)
    # What is scanned now stands in the new spool, at once.
    desk.scan(PLAIN)
    assert scans(desk)[-1].spool == new


def test_at_the_bound_and_below_it_drains_in_order() -> None:
    desk = filled(BACKLOG_EVENTS_MAX)
    come_back(desk)
    assert list(desk.spool.lines) == [SPOOL_ID]


def test_without_the_hub_no_spool_ends_however_long_it_grows() -> None:
    desk = filled()
    desk.step(link(desk, receipt=False))  # the broker only
    desk.step(Ticked())
    assert list(desk.spool.lines) == [SPOOL_ID]


def test_a_burst_while_the_hub_answers_drains_in_order() -> None:
    desk = Desk().start()
    come_back(desk)
    for n in range(BACKLOG_EVENTS_MAX):
        desk.scan(f"755{n:09d}")
    come_back(desk)
    assert list(desk.spool.lines) == [SPOOL_ID]


@pytest.mark.parametrize("how", ["disconnected", "silent"])
def test_each_absence_ends_one_spool_only(how: str) -> None:
    desk = filled()
    come_back(desk)
    assert len(desk.spool.lines) == 2
    fill(desk, BACKLOG_EVENTS_MAX + 1)
    desk.step(link(desk))  # the first since the change-over, an absence ago
    if how == "disconnected":
        desk.step(link(desk, connected=False))
        come_back(desk)
    else:
        desk.step(Ticked())
    assert len(desk.spool.lines) == 3
    for _ in range(3):
        come_back(desk)
    assert len(desk.spool.lines) == 3


def test_a_backlog_that_drained_before_the_moment_came_ends_nothing() -> None:
    desk = filled()
    begin_handover(desk)
    come_back(desk)
    desk.step(Receipted(SPOOL_ID, desk.spool.head_seq))
    desk.scan("CX:END")
    come_back(desk)
    fill(desk, BACKLOG_EVENTS_MAX + 1)
    desk.step(Ticked())
    assert list(desk.spool.lines) == [SPOOL_ID]


def test_no_more_spools_than_a_state_can_name() -> None:
    desk = filled()
    for n in range(SPOOLS_PER_EDGE_MAX - 1):
        desk.spool.lines = {f"{n:032x}": [], **desk.spool.lines}
        desk.spool.uptos[f"{n:032x}"] = 0
    come_back(desk)
    assert len(desk.spool.lines) == SPOOLS_PER_EDGE_MAX


# ---------------------------------------------------------------- what refers to lines


def begin_handover(desk: Desk) -> None:
    for label in (f"CX:BY:{GIVER}", "CX:STEP:handover", HV):
        desk.scan(label)


def test_feedback_that_is_owed_is_written_into_the_spool_of_its_scan() -> None:
    desk = filled()
    assert desk.scan(PLAIN) == OK
    seq = scans(desk)[-1].seq
    desk.step(link(desk))
    (told,) = [each for each in feedback(desk) if each.of_seq == seq]
    assert told.spool == SPOOL_ID
    # The tone's end is told by nobody any more, and by no line of the new spool.
    desk.step(AnswerSent("dock-1", seq, desk.clock.mono_ns()))
    desk.clock.advance(5_000)
    desk.step(Ticked())
    assert {each.spool for each in feedback(desk)} == {SPOOL_ID}


def test_a_handover_under_way_is_waited_for_so_that_its_act_names_its_own_spools_scans() -> None:
    desk = filled()
    begin_handover(desk)
    come_back(desk)
    assert list(desk.spool.lines) == [SPOOL_ID]
    desk.scan(f"CX:BY:{RECEIVER}")
    desk.scan("CX:END")
    come_back(desk)
    (act,) = acts(desk)
    assert (act.act, act.spool) == (ActKind.HANDOVER_ACCEPT, SPOOL_ID)
    covered = [each for each in scans(desk) if each.seq in act.scans]
    assert [(each.waybill, each.spool) for each in covered] == [(HV, SPOOL_ID)]
    assert len(desk.spool.lines) == 2


def test_a_handover_that_idled_out_does_not_come_back_with_a_clock_set_back() -> None:
    desk = filled()
    begin_handover(desk)
    desk.clock.advance(31 * 60_000)
    come_back(desk)
    assert len(desk.spool.lines) == 2
    desk.clock.wall -= timedelta(minutes=20)
    desk.scan(f"CX:BY:{RECEIVER}")
    desk.scan("CX:END")
    assert acts(desk) == []


def test_a_signature_for_a_delivery_of_the_old_spool_names_its_waybill_alone() -> None:
    desk = filled()
    for label in (f"CX:BY:{GIVER}", "CX:STEP:deliver", HV):
        desk.scan(label)
    come_back(desk)
    assert len(desk.spool.lines) == 2
    form = DeliverForm(key="k" * 32, waybill=HV, signer_name="", signer_id="440301")
    desk.step(FormSent(form))
    (act,) = acts(desk)
    assert (act.act, act.waybill, act.scans) == (ActKind.DELIVER, HV, ())
    desk.scan(HV)
    desk.step(FormSent(DeliverForm(key="m" * 32, waybill=HV, signer_name="", signer_id="440302")))
    assert acts(desk)[-1].scans == (scans(desk)[-1].seq,)


def test_a_resend_over_the_change_over_names_the_line_that_names_the_old_spool() -> None:
    desk = filled()
    desk.scan(PLAIN)
    last = scans(desk)[-1]
    lines = [each.line for each in desk.spool.sealed]
    assert last_scans(lines, {}, SPOOL_ID)["dock-1"].seq == last.seq
    assert last_scans(lines, {}, "9" * 32)["dock-1"].seq == 1


def test_a_repeat_inside_the_guard_after_the_change_over_is_answered_and_not_stored() -> None:
    desk = filled()
    desk.clock.advance(400)
    desk.read(f"]C0{PLAIN}\r".encode())
    desk.step(link(desk))
    assert desk.spool.id != SPOOL_ID
    before = len(scans(desk))
    desk.clock.advance(100)
    outputs = desk.read(f"]C0{PLAIN}\r".encode())
    assert [type(each).__name__ for each in outputs] == ["Answer"]
    assert len(scans(desk)) == before
    desk.clock.advance(5_000)
    desk.step(Ticked())
    assert all(each.of_seq != 1 for each in feedback(desk))


# ---------------------------------------------------------------- a disk that refuses


@pytest.mark.parametrize("after", [False, True])
def test_a_disk_that_refuses_the_change_over_loses_nothing_and_it_is_tried_again(
    after: bool,
) -> None:
    desk = filled()
    desk.scan(PLAIN)
    seq = scans(desk)[-1].seq
    desk.spool.fails, desk.spool.fails_after = FULL_DISK, after
    outputs = desk.step(link(desk))
    assert any(isinstance(each, NotRecorded) for each in outputs)
    if not after:
        assert desk.scan(PLAIN) == NOT_RECORDED
    desk.spool.fails = None
    desk.clock.advance(1_000)
    desk.step(Ticked())
    desk.clock.advance(1_000)
    desk.step(Ticked())
    assert len(desk.spool.lines) == 2
    assert desk.scan(PLAIN) == OK
    assert scans(desk)[-1].spool == desk.spool.id != SPOOL_ID
    ends = [fact for fact in facts(desk) if fact is StationFact.SPOOL_END]
    assert len(ends) == 1
    (told,) = [each for each in feedback(desk) if each.of_seq == seq]
    assert told.spool == SPOOL_ID


# ---------------------------------------------------------------- by the hub's order


def test_an_order_ends_the_live_spool_at_once_and_is_obeyed_once() -> None:
    desk = Desk().start()
    begin_handover(desk)
    desk.step(CloseSpool(SPOOL_ID))
    assert len(desk.spool.lines) == 2
    assert desk.spool.closed == {SPOOL_ID}
    assert desk.spool.depth == 1
    desk.step(CloseSpool(SPOOL_ID))
    assert len(desk.spool.lines) == 2
    # The handover's parcels stand in the closed spool: no act of the new one names them.
    desk.scan(f"CX:BY:{RECEIVER}")
    desk.scan("CX:END")
    assert acts(desk) == []


def test_an_order_for_an_ended_spool_leaves_the_live_one_alone() -> None:
    desk = filled()
    come_back(desk)
    live = desk.spool.id
    desk.step(CloseSpool(SPOOL_ID))
    assert (desk.spool.id, desk.spool.closed) == (live, {SPOOL_ID})


def test_an_order_that_the_disk_refuses_changes_nothing() -> None:
    desk = Desk().start()
    desk.spool.fails = FULL_DISK
    assert NotRecorded(str(FULL_DISK), scans=0) in desk.step(CloseSpool(SPOOL_ID))
    desk.spool.fails = None
    assert (desk.spool.id, desk.spool.closed) == (SPOOL_ID, set())


def test_the_depth_that_a_head_tells_is_that_of_all_spools() -> None:
    desk = filled()
    come_back(desk)
    desk.clock.advance(60_000)
    before = desk.core.depth
    desk.step(Ticked())
    last = [each for each in desk.spool.events() if isinstance(each, Head)][-1]
    assert last.depth == before > BACKLOG_EVENTS_MAX
