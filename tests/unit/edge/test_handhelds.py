"""Handhelds at the station: paired by a code, their queues stored once and in order (P1, P2)."""

from typing import Any

import msgspec
import pytest

from edge.excerpt import ListSource
from edge.forms import PairForm, Refusal, RevokeForm
from edge.handheld_store import HANDHELDS_MAX, token_sha256
from edge.handheld_talk import (
    PATIENCE_MS,
    HandInAnswer,
    HandInProblem,
    ListAsk,
    PairAsk,
    PairRefusal,
)
from edge.page_state import Screen
from edge.station_events import FormAnswered, FormSent, LinkChanged, Recorded
from tests.unit.edge.fakes import (
    FULL_DISK,
    GIVER,
    HV,
    PLAIN,
    RECEIVER,
    Desk,
    acts,
    by,
    feedback,
    scans,
)
from tests.unit.edge.handheld_parts import OTHER_QUEUE, QUEUE, Handheld, ask, open_code, pair
from wire.events import ActKind, ClockReading
from wire.names import Result, Signal, Step, format_at, parse_at

CODES = [f"7550000010{n:02d}" for n in range(12)]


@pytest.fixture
def desk() -> Desk:
    return Desk().start()


@pytest.fixture
def handheld(desk: Desk) -> Handheld:
    return Handheld(desk)


def form(desk: Desk, sent: PairForm | RevokeForm) -> Refusal | None:
    (answered,) = [out for out in desk.step(FormSent(sent)) if isinstance(out, FormAnswered)]
    return answered.refusal


# ---------------------------------------------------------------- pairing


def test_a_code_pairs_one_browser_and_only_its_tokens_hash_is_kept(desk: Desk) -> None:
    token = pair(desk)
    (kept,) = desk.store.kept
    assert (kept.name, kept.queue, kept.token_sha256) == ("hht-1", QUEUE, token_sha256(token))
    assert desk.core.handhelds.changed().by_token == {token_sha256(token): "hht-1"}
    view = desk.core.handhelds.view()
    assert view.pairing is None
    assert [each.id for each in view.paired] == ["hht-1"]


def test_a_wrong_code_pairs_nothing(desk: Desk) -> None:
    code = open_code(desk)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert ask(desk, PairAsk(code=wrong, queue=QUEUE), None, "") is PairRefusal.WRONG
    assert desk.store.kept == ()
    assert desk.core.handhelds.desks == {}


def test_what_the_disk_does_not_keep_is_not_paired_and_the_code_still_counts(desk: Desk) -> None:
    asked = PairAsk(code=open_code(desk), queue=QUEUE)
    desk.store.fails = True
    assert ask(desk, asked, None, "") is PairRefusal.DISK
    assert desk.core.handhelds.desks == {}
    desk.store.fails = False
    assert not isinstance(ask(desk, asked, None, ""), PairRefusal)


def test_a_cabled_scanners_name_is_not_given_to_a_handheld(desk: Desk) -> None:
    assert form(desk, PairForm(key="1" * 32, name="dock-1")) is Refusal.NAME_TAKEN
    assert desk.core.handhelds.view().pairing is None


def test_no_more_handhelds_than_the_bound_but_a_paired_one_may_be_paired_anew(desk: Desk) -> None:
    for number in range(HANDHELDS_MAX):
        pair(desk, f"hht-{number}", f"{number:032x}")
    assert form(desk, PairForm(key="1" * 32, name="one-more")) is Refusal.TOO_MANY
    pair(desk, "hht-0", f"{99:032x}")
    assert len(desk.store.kept) == HANDHELDS_MAX


def test_a_revoked_handheld_is_not_heard_any_more(desk: Desk, handheld: Handheld) -> None:
    handheld.scan(PLAIN)
    assert form(desk, RevokeForm(key="1" * 32, name="hht-1")) is None
    assert handheld.say() is HandInProblem.NOT_PAIRED
    assert (scans(desk), desk.store.kept) == ([], ())
    assert form(desk, RevokeForm(key="2" * 32, name="hht-1")) is Refusal.NOT_PAIRED


def test_a_revocation_that_the_disk_refuses_is_said_and_changes_nothing(
    desk: Desk, handheld: Handheld
) -> None:
    desk.store.fails = True
    assert form(desk, RevokeForm(key="1" * 32, name="hht-1")) is Refusal.DISK
    assert isinstance(handheld.say(), HandInAnswer)


def test_a_browser_paired_anew_goes_on_with_its_queue(desk: Desk, handheld: Handheld) -> None:
    handheld.scan(PLAIN)
    assert handheld.hand_in().upto == 1
    old = handheld.token
    handheld.name, handheld.token = "hht-2", pair(desk, "hht-2")
    assert [kept.name for kept in desk.store.kept] == ["hht-2"]
    handheld.scan(HV)
    assert handheld.hand_in().upto == 2
    assert [(scan.device, scan.waybill) for scan in scans(desk)] == [
        ("hht-1", PLAIN),
        ("hht-2", HV),
    ]
    assert ask(desk, ListAsk(), "hht-1", old) is HandInProblem.NOT_PAIRED


def test_after_a_restart_the_paired_are_known_with_session_and_queue(
    desk: Desk, handheld: Handheld
) -> None:
    handheld.scan("CX:STEP:load")
    handheld.hand_in()
    desk.build()
    desk.start()
    handheld.scan(PLAIN)
    assert handheld.hand_in().upto == 2
    assert isinstance(ask(desk, ListAsk(), "hht-1", handheld.token), ListSource)


# ---------------------------------------------------------------- a scan that comes at once


def test_a_scan_is_durable_before_it_is_called_recorded(desk: Desk, handheld: Handheld) -> None:
    handheld.scan(PLAIN, kept=False)
    answer = handheld.hand_in()
    (told,) = answer.told
    assert (answer.upto, told.n, told.screen, told.scan.signal) == (
        1,
        1,
        Screen.RECORDED,
        Signal.OK,
    )
    (scan,) = scans(desk)
    assert (scan.waybill, scan.device, scan.source) == (PLAIN, "hht-1", "tcp:10.0.7.21:4711")
    assert (scan.queued, scan.at) == (None, format_at(desk.clock.wall))
    assert told.scan.seq == scan.seq


def test_a_high_value_parcel_is_answered_as_wanted(handheld: Handheld) -> None:
    handheld.scan(HV, kept=False)
    (told,) = handheld.hand_in().told
    assert (told.screen, told.scan.signal, told.scan.banner_en) == (
        Screen.WANTED, Signal.WANTED, "HIGH VALUE",
    )  # fmt: skip


def test_what_a_live_scan_was_told_is_written_down_once(desk: Desk, handheld: Handheld) -> None:
    handheld.scan(HV, kept=False)
    handheld.scan(PLAIN, kept=True)
    handheld.hand_in()
    desk.clock.advance(1_000)
    handheld.hand_in()
    handheld.scan(PLAIN, kept=False)
    handheld.hand_in()
    assert [(line.of_seq, line.signal) for line in feedback(desk)] == [
        (scans(desk)[0].seq, Signal.WANTED)
    ]


def test_a_handheld_does_not_take_the_stations_screen(desk: Desk, handheld: Handheld) -> None:
    handheld.scan(HV, kept=False)
    handheld.hand_in()
    assert desk.core.screen.latest_scan() is None


def test_labels_work_at_a_handheld_as_at_a_cable(desk: Desk, handheld: Handheld) -> None:
    for code in (f"CX:BY:{GIVER}", "CX:STEP:handover", PLAIN, f"CX:BY:{RECEIVER}", "CX:END"):
        handheld.scan(code)
    answer = handheld.hand_in()
    (act,) = acts(desk)
    assert (act.act, act.giver, act.receiver) == (ActKind.HANDOVER_ACCEPT, by(GIVER), by(RECEIVER))
    assert act.scans == (scans(desk)[2].seq,)
    assert [scan.queued.n for scan in scans(desk) if scan.queued] == [1, 2, 3, 4, 5]
    assert answer.told[2].screen is Screen.HANDOVER


# ---------------------------------------------------------------- scans that were kept


def test_a_kept_scan_stands_at_its_own_moment_in_the_edges_time(
    desk: Desk, handheld: Handheld
) -> None:
    reading = ClockReading(offset_ms=-40, error_ms=5)
    desk.step(LinkChanged(True, 0, None, reading))
    queued = handheld.scan(PLAIN, result=Result.HV)
    moment = desk.clock.wall
    desk.clock.advance(600_000)
    handheld.hand_in()
    (scan,) = scans(desk)
    assert scan.at == format_at(moment)
    assert scan.clock == ClockReading(offset_ms=-40, error_ms=20)
    assert scan.queued is not None
    assert (scan.queued.queue, scan.queued.n, scan.queued.at) == (QUEUE, 1, queued.at)
    assert (scan.queued.result, scan.result) == (Result.HV, Result.CLEAR)


def test_a_scan_that_was_long_on_its_way_is_a_kept_one(desk: Desk, handheld: Handheld) -> None:
    """Its person was told "kept" meanwhile; the line says so, and when it was scanned."""
    for late_ms, is_kept in ((PATIENCE_MS, False), (PATIENCE_MS + 1, True)):
        handheld.scan(PLAIN, kept=False)
        moment = desk.clock.wall
        desk.clock.advance(late_ms)
        handheld.hand_in()
        scan = scans(desk)[-1]
        assert (scan.queued is not None) is is_kept
        assert scan.at == format_at(moment if is_kept else desk.clock.wall)
    desk.clock.advance(1_000)
    handheld.hand_in()
    handheld.scan(HV, kept=False)
    handheld.hand_in()
    assert [line.of_seq for line in feedback(desk)] == [scans(desk)[0].seq]


def test_without_a_clock_of_its_own_the_edge_says_so_of_a_kept_scan(
    desk: Desk, handheld: Handheld
) -> None:
    handheld.scan(PLAIN)
    handheld.hand_in()
    assert scans(desk)[0].clock == ClockReading()


def test_a_handhelds_clock_never_puts_a_scan_into_the_future(
    desk: Desk, handheld: Handheld
) -> None:
    assert handheld.clock is not None
    for offset_ms in (10**9, 10**12):
        handheld.clock = msgspec.structs.replace(handheld.clock, offset_ms=offset_ms)
        handheld.scan(PLAIN)
        handheld.hand_in()
        assert scans(desk)[-1].at == format_at(desk.clock.wall)


def test_a_moment_that_no_clock_can_show_is_not_invented(desk: Desk, handheld: Handheld) -> None:
    queued = msgspec.structs.replace(handheld.scan(PLAIN), at="0001-01-01T00:00:00.000Z")
    handheld.kept = [queued]
    assert handheld.clock is not None
    handheld.clock = msgspec.structs.replace(handheld.clock, offset_ms=-(2**53 - 1))
    handheld.hand_in()
    (scan,) = scans(desk)
    assert scan.queued is not None
    assert (parse_at(scan.at).year, scan.queued.at) == (1, "0001-01-01T00:00:00.000Z")


def test_the_session_is_that_of_the_moment_of_the_scan(desk: Desk, handheld: Handheld) -> None:
    handheld.scan("CX:STEP:load")
    handheld.scan(PLAIN)
    desk.clock.advance(40 * 60_000)
    handheld.scan(PLAIN)
    handheld.hand_in()
    assert [scan.step for scan in scans(desk)] == [Step.LOAD, Step.LOAD, None]


# ---------------------------------------------------------------- once, and in order (P2)


def test_what_is_handed_in_twice_is_stored_once(desk: Desk, handheld: Handheld) -> None:
    for code in CODES[:3]:
        handheld.scan(code)
    first, again = handheld.say(), handheld.say()
    assert isinstance(first, HandInAnswer)
    assert isinstance(again, HandInAnswer)
    assert (first.upto, again.upto, len(first.told), again.told) == (3, 3, 3, ())
    assert [scan.waybill for scan in scans(desk)] == CODES[:3]


def test_a_hand_in_that_overtakes_another_stores_both_in_order(
    desk: Desk, handheld: Handheld
) -> None:
    """The handheld sends from its oldest on until that is acknowledged: nothing is skipped."""
    for code in CODES[:4]:
        handheld.scan(code)
    late = handheld.event(count=2)
    handheld.hand_in()
    desk.step(late)
    assert [scan.waybill for scan in scans(desk)] == CODES[:4]


@pytest.mark.parametrize("happened", [False, True])
def test_a_commit_that_failed_is_asked_of_the_disk_whether_it_happened(
    desk: Desk, handheld: Handheld, happened: bool
) -> None:
    for code in CODES[:3]:
        handheld.scan(code)
    handheld.say(count=1)
    desk.spool.fails, desk.spool.fails_after = FULL_DISK, happened
    answer = handheld.say()
    if happened:
        assert isinstance(answer, HandInAnswer)
        assert (answer.upto, answer.problem) == (1, HandInProblem.DISK)
    else:
        assert answer is HandInProblem.DISK
    desk.spool.fails = None
    assert handheld.hand_in().upto == 3
    assert [scan.waybill for scan in scans(desk)] == CODES[:3]
    assert [scan.queued.n for scan in scans(desk) if scan.queued] == [1, 2, 3]


def test_a_full_disk_in_the_middle_keeps_the_rest_at_the_handheld(
    desk: Desk, handheld: Handheld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in CODES[:3]:
        handheld.scan(code)
    append = desk.spool.append

    def fill_up(*args: Any) -> Any:
        sealed = append(*args)
        desk.spool.fails = FULL_DISK
        return sealed

    monkeypatch.setattr(desk.spool, "append", fill_up)
    answer = handheld.hand_in()
    assert (answer.upto, answer.problem, len(answer.told)) == (1, HandInProblem.DISK, 1)
    assert [code.n for code in handheld.kept] == [2, 3]


def test_a_spool_put_back_from_a_copy_does_not_stop_a_handheld(
    desk: Desk, handheld: Handheld
) -> None:
    for code in CODES[:5]:
        handheld.scan(code)
    handheld.hand_in(count=4)
    desk.spool.queues[QUEUE] = 2  # two hand-ins ago
    assert handheld.hand_in().upto == 5
    assert scans(desk)[-1].waybill == CODES[4]


def test_two_handhelds_have_two_queues(desk: Desk, handheld: Handheld) -> None:
    other = Handheld(desk, "hht-2", OTHER_QUEUE)
    handheld.scan(PLAIN)
    other.scan(HV)
    assert (handheld.hand_in().upto, other.hand_in().upto) == (1, 1)
    assert desk.spool.queues == {QUEUE: 1, OTHER_QUEUE: 1}


def test_another_handhelds_queue_is_refused(desk: Desk, handheld: Handheld) -> None:
    Handheld(desk, "hht-2", OTHER_QUEUE)
    handheld.scan(PLAIN)
    assert handheld.say(queue=OTHER_QUEUE) is HandInProblem.OTHER_QUEUE
    assert scans(desk) == []


def test_the_station_is_told_of_each_line_for_the_uplink(desk: Desk, handheld: Handheld) -> None:
    handheld.scan(PLAIN)
    recorded = [out for out in desk.step(handheld.event()) if isinstance(out, Recorded)]
    assert [out.result for out in recorded] == [Result.CLEAR]


def test_an_overlong_or_hostile_code_is_stored_and_answered_with_the_error_tone(
    desk: Desk, handheld: Handheld
) -> None:
    handheld.scan("1" * 512)
    long = msgspec.structs.replace(handheld.kept[0], size=4000)
    handheld.kept = [long]
    handheld.scan("CX:NONSENSE")
    screens = [told.screen for told in handheld.hand_in().told]
    assert screens == [Screen.REJECT, Screen.REJECT]
    assert [scan.length for scan in scans(desk)] == [4000, 11]
