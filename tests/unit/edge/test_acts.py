"""Acts at the station: written with the scan that completes them, or not at all (P1)."""

import msgspec
import pytest

from edge.open_work import open_work
from edge.page_state import HandoverOutcome, HandoverView, PersonView
from edge.screen import READY_AFTER_MS
from edge.session import parse_session
from edge.station_events import Acknowledged, PackChanged, Recorded
from edge.station_page import draw_page
from tests.unit.edge.fakes import (
    FULL_DISK,
    GIVER,
    HV,
    NOT_RECORDED,
    OK,
    PACK,
    PLAIN,
    RECEIVER,
    WANTED,
    WARN,
    Desk,
    acts,
    by,
    scans,
)
from wire.events import Act, ActKind, Feedback
from wire.limits import ACT_SCANS_MAX
from wire.names import Signal

TO_GIVER, TO_RECEIVER = f"CX:BY:{GIVER}", f"CX:BY:{RECEIVER}"
OTHER = "755000000002"


def with_pack() -> Desk:
    desk = Desk().start()
    desk.step(PackChanged(PACK, None))
    return desk


def begin(desk: Desk) -> None:
    for code in (TO_GIVER, "CX:PLACE:dock1", "CX:STEP:handover"):
        assert desk.scan(code) == OK


def half(desk: Desk) -> HandoverView:
    found = draw_page(desk.core, 1, desk.clock).handover
    assert found is not None
    return found


def restart(desk: Desk) -> Desk:
    """The station after a crash: everything it knows is what its spool kept."""
    kept = {device: parse_session(state) for device, state in desk.spool.sessions.items()}
    again = Desk(sessions=kept, work=open_work(s.line for s in desk.spool.sealed))
    again.spool, again.clock.wall = desk.spool, desk.clock.wall
    again.build()
    again.start()
    again.step(PackChanged(PACK, None))
    return again


def test_a_handover_is_one_act_behind_the_scan_that_ends_it() -> None:
    desk = with_pack()
    begin(desk)
    assert (desk.scan(PLAIN), desk.scan(OTHER)) == (OK, OK)
    assert (desk.scan(TO_RECEIVER), desk.scan("CX:END")) == (OK, OK)
    parcels = [scan for scan in scans(desk) if scan.waybill]
    (act,) = acts(desk)
    assert act == msgspec.structs.replace(
        act,
        act=ActKind.HANDOVER_ACCEPT,
        by=by(RECEIVER),
        giver=by(GIVER),
        receiver=by(RECEIVER),
        scans=tuple(scan.seq for scan in parcels),
        step="handover",
        place="dock1",
        device="dock-1",
        source="pts:/dev/pts/7",
    )
    assert [(scan.step, scan.by) for scan in parcels] == [("handover", by(GIVER))] * 2
    end = scans(desk)[-1]
    assert (end.text, end.by, act.seq) == ("CX:END", by(GIVER), end.seq + 1)
    desk.scan(PLAIN)
    assert (scans(desk)[-1].by, scans(desk)[-1].step) == (None, None)


def test_scan_and_act_are_durable_together_or_not_at_all() -> None:
    desk = with_pack()
    begin(desk)
    for code in (PLAIN, TO_RECEIVER):
        desk.scan(code)
    before = desk.spool.head()
    desk.spool.fails = FULL_DISK
    assert desk.scan("CX:END") == NOT_RECORDED
    assert desk.spool.head() == before
    desk.spool.fails = None
    assert desk.scan("CX:END") == OK
    assert len(acts(desk)) == 1


def test_after_a_commit_in_doubt_an_act_still_names_the_right_scans() -> None:
    desk = with_pack()
    begin(desk)
    desk.spool.fails, desk.spool.fails_after = FULL_DISK, True
    assert desk.scan(PLAIN) == NOT_RECORDED  # but it is there
    desk.spool.fails, desk.spool.fails_after = None, False
    for code in (PLAIN, TO_RECEIVER, "CX:END"):
        assert desk.scan(code) == OK
    (act,) = acts(desk)
    (covered,) = act.scans
    assert [scan.seq for scan in scans(desk) if scan.waybill][-1] == covered


@pytest.mark.parametrize("crash_after", range(1, 8))
def test_a_handover_survives_a_crash_at_every_step(crash_after: int) -> None:
    desk = with_pack()
    codes = [
        TO_GIVER,
        "CX:STEP:handover",
        PLAIN,
        OTHER,
        "CX:REFUSE:damaged",
        HV,
        TO_RECEIVER,
        "CX:END",
    ]
    for number, code in enumerate(codes, 1):
        assert desk.scan(code) in {OK, WANTED}
        if number == crash_after:
            desk = restart(desk)
    refused, accepted = acts(desk)
    seqs = {scan.waybill: scan.seq for scan in scans(desk) if scan.waybill}
    assert (refused.act, refused.scans) == (ActKind.HANDOVER_REFUSE, (seqs[OTHER],))
    assert (refused.waybill, refused.reason, refused.by) == (OTHER, "damaged", by(GIVER))
    assert (accepted.scans, accepted.receiver) == ((seqs[PLAIN], seqs[HV]), by(RECEIVER))


def test_a_seal_check_names_seal_parcel_and_scan() -> None:
    desk = with_pack()
    begin(desk)
    for code in (PLAIN, "CX:SEAL:s-871"):
        assert desk.scan(code) == OK
    (act,) = acts(desk)
    assert (act.act, act.seal, act.waybill) == (ActKind.SEAL_CHECK, "s-871", PLAIN)
    assert act.scans == (scans(desk)[-2].seq,)


def test_a_one_sided_end_warns_and_the_feedback_line_says_so() -> None:
    desk = with_pack()
    begin(desk)
    desk.scan(PLAIN)
    assert desk.scan("CX:END") == WARN
    assert acts(desk) == []
    assert half(desk).outcome is HandoverOutcome.ONE_SIDED
    desk.clock.advance(1000)
    desk.scan(PLAIN)
    told = [event for event in desk.spool.events() if isinstance(event, Feedback)]
    assert told[-1].signal is Signal.WARN


def test_at_its_bound_a_handover_warns_and_goes_on_after_the_receivers_badge() -> None:
    desk = with_pack()
    begin(desk)
    for number in range(ACT_SCANS_MAX):
        assert desk.scan(f"755{number:09d}") == OK
    assert half(desk).is_full
    assert desk.scan("755999999999") == WARN
    assert desk.scan(TO_RECEIVER) == OK
    outputs = desk.read(b"]C0755999999999\r") if desk.clock.advance(400) is None else []
    assert [out.head_seq for out in outputs if isinstance(out, Recorded)] == [desk.spool.head_seq]
    assert (half(desk).accepted, half(desk).parcels) == (ACT_SCANS_MAX, 1)
    desk.scan("CX:END")
    assert [len(act.scans) for act in acts(desk)] == [ACT_SCANS_MAX, 1]


# ---------------------------------------------------------------- the screen


LI, WANG = (
    PersonView(by=by(GIVER), name="李强", unknown=False),
    PersonView(by=by(RECEIVER), name="王芳", unknown=False),
)


def test_the_screen_shows_both_halves_and_what_is_counted() -> None:
    desk = with_pack()
    begin(desk)
    assert (half(desk).giver, half(desk).receiver, half(desk).parcels) == (LI, None, 0)
    for code in (PLAIN, OTHER, PLAIN, "CX:BAG:b-1", "CX:REFUSE:damaged"):
        desk.scan(code)
    assert draw_page(desk.core, 1, desk.clock).screen == "handover"
    view = half(desk)
    assert (view.parcels, view.units, view.refused, view.outcome) == (2, 0, 1, "open")
    desk.scan(TO_RECEIVER)
    assert half(desk).receiver == WANG
    desk.scan("CX:END")
    view = half(desk)
    assert (view.outcome, view.giver, view.receiver, view.parcels) == ("accepted", LI, WANG, 2)
    desk.clock.advance(READY_AFTER_MS + 1)
    state = draw_page(desk.core, 1, desk.clock)
    assert (state.screen, state.handover) == ("ready", None)


def test_a_handover_under_way_stays_on_the_screen_and_its_last_verdict_does_not() -> None:
    desk = with_pack()
    begin(desk)
    desk.scan(PLAIN)
    desk.clock.advance(READY_AFTER_MS + 1)
    state = draw_page(desk.core, 1, desk.clock)
    assert (state.screen, state.scan) == ("handover", None)
    assert half(desk).parcels == 1
    desk.clock.advance(31 * 60_000)
    assert draw_page(desk.core, 1, desk.clock).screen == "ready"


def test_an_alarm_in_a_handover_takes_the_screen_until_it_is_touched() -> None:
    desk = with_pack()
    begin(desk)
    assert desk.scan(HV) == WANTED
    state = draw_page(desk.core, 1, desk.clock)
    assert state.screen == "wanted"
    assert state.alarm is not None
    desk.step(Acknowledged(state.alarm.seq))
    desk.clock.advance(READY_AFTER_MS + 1)
    assert draw_page(desk.core, 1, desk.clock).screen == "handover"
    assert half(desk).parcels == 1


def test_of_two_scanners_the_handover_scanned_last_is_shown() -> None:
    desk = Desk(scanners=2).start()
    for device in ("dock-1", "dock-2"):
        for code in (TO_GIVER, "CX:STEP:handover", PLAIN):
            desk.scan(code, device)
    desk.scan(OTHER, "dock-1")
    desk.clock.advance(READY_AFTER_MS + 1)
    assert (half(desk).device, half(desk).parcels) == ("dock-1", 2)


def test_every_act_is_a_line_that_the_hub_can_read() -> None:
    desk = with_pack()
    begin(desk)
    for code in (PLAIN, "CX:SEAL:s-1", "CX:REFUSE:湿了", HV, TO_RECEIVER, "CX:END"):
        desk.scan(code)
    assert [event.act for event in desk.spool.events() if isinstance(event, Act)] == [
        ActKind.SEAL_CHECK,
        ActKind.HANDOVER_REFUSE,
        ActKind.HANDOVER_ACCEPT,
    ]
