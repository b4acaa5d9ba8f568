"""Which scan the page shows, and what it sounds (console: "Station page")."""

import msgspec

from devices.framing import ScannerProtocol
from edge.page_state import (
    CommandView,
    PackView,
    PageState,
    PersonView,
    PlaceView,
    encode_page,
)
from edge.screen import READY_AFTER_MS, RECENT_MAX
from edge.seams import SpoolError
from edge.station_events import Acknowledged, LinkChanged, ListChanged, PackChanged, Ticked
from edge.station_page import draw_page
from edge.verdict import HeldList
from tests.unit.edge.fakes import (
    GIVER,
    HV,
    OK,
    PACK,
    PLAIN,
    POLICY,
    START_AT,
    STRANGER,
    WARN,
    Desk,
    by,
    scans,
)
from wire.events import ClockReading
from wire.names import Result
from wire.wanted import WantedEntry, WantedIndex, WantedResult, make_list


def page(desk: Desk) -> PageState:
    return draw_page(desk.core, 1, desk.clock)


def with_entry(desk: Desk, **fields: object) -> None:
    entry = WantedEntry(
        id="e",
        waybill=PLAIN,
        result=WantedResult.STOP,
        reason="stolen",
        owner="dispatcher",
        **fields,
    )
    desk.step(ListChanged(HeldList(WantedIndex(make_list(7, (), (entry,))), START_AT), None))


def test_before_the_first_scan_the_station_is_ready() -> None:
    state = page(Desk().start())
    assert (state.screen, state.scan, state.alarm, state.recent) == ("ready", None, None, ())


def test_a_recorded_scan_is_green_and_silent_where_the_scanner_sounds_itself() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    state = page(desk)
    assert (state.screen, state.ack_needed, state.alarm) == ("recorded", False, None)
    assert state.scan is not None
    assert (state.scan.seq, state.scan.waybill, state.scan.text) == (3, PLAIN, None)


def test_for_a_scanner_without_return_channel_the_page_sounds_every_signal() -> None:
    desk = Desk(ScannerProtocol.PLAIN).start()
    desk.scan(PLAIN, aim="")
    state = page(desk)
    assert state.alarm is not None
    assert not state.alarm.repeat
    assert state.scan is not None
    assert state.scan.symbology_unknown


def test_an_ordinary_verdict_does_not_stay_for_the_next_parcel() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    desk.clock.advance(READY_AFTER_MS + 1)
    assert page(desk).screen == "ready"


def test_an_alarm_stays_until_it_is_touched() -> None:
    desk = Desk().start()
    desk.scan(HV)
    desk.clock.advance(600_000)
    state = page(desk)
    assert (state.screen, state.ack_needed) == ("wanted", True)
    assert state.alarm is not None
    assert state.alarm.repeat
    desk.step(Acknowledged(state.alarm.seq))
    state = page(desk)
    assert (state.screen, state.ack_needed, state.alarm) == ("wanted", False, None)
    desk.clock.advance(READY_AFTER_MS + 1)
    assert page(desk).screen == "ready"


def test_a_scan_on_the_same_device_acknowledges_and_one_on_another_does_not() -> None:
    desk = Desk(scanners=2).start()
    desk.scan(HV, "dock-1")
    desk.scan(PLAIN, "dock-2")
    state = page(desk)
    assert state.screen == "wanted"
    assert state.scan is not None
    assert state.scan.device == "dock-1"
    desk.scan(PLAIN, "dock-1")
    assert page(desk).screen == "recorded"


def test_two_alarms_are_acknowledged_one_after_the_other() -> None:
    desk = Desk(scanners=2).start()
    desk.scan(HV, "dock-1")
    desk.scan("103000000002", "dock-2")
    for device in ("dock-2", "dock-1"):
        state = page(desk)
        assert state.ack_needed
        assert state.scan is not None
        assert state.scan.device == device
        assert state.alarm is not None
        desk.step(Acknowledged(state.alarm.seq))
    assert not page(desk).ack_needed


def test_a_touch_without_alarm_changes_nothing() -> None:
    desk = Desk().start()
    desk.scan(PLAIN)
    before = page(desk)
    desk.step(Acknowledged(1))
    assert page(desk) == before


def test_a_touch_does_not_silence_an_alarm_that_came_under_the_finger() -> None:
    desk = Desk(scanners=2).start()
    desk.scan(HV, "dock-1")
    touched = page(desk).alarm
    desk.scan("103000000002", "dock-2")
    newer = page(desk)
    assert touched is not None
    desk.step(Acknowledged(touched.seq))
    assert page(desk) == newer
    desk.step(Acknowledged(10**9))
    assert page(desk) == newer


def test_not_recorded_is_shown_over_an_alarm_and_until_the_next_scan() -> None:
    desk = Desk(scanners=2).start()
    desk.scan(HV, "dock-1")
    desk.spool.fails = SpoolError("full", is_full=True)
    desk.scan(PLAIN, "dock-2")
    desk.clock.advance(600_000)
    state = page(desk)
    assert (state.screen, state.ack_needed) == ("not_recorded", False)
    assert state.scan is not None
    assert (state.scan.seq, state.scan.hint) == (None, "disk_full")
    desk.spool.fails = None
    desk.scan(PLAIN, "dock-2")
    assert page(desk).screen == "wanted"


def test_a_stop_names_reason_and_owner() -> None:
    desk = Desk().start()
    with_entry(desk)
    desk.scan(PLAIN)
    state = page(desk)
    assert state.screen == "stop"
    assert state.scan is not None
    assert (state.scan.reason, state.scan.owner) == ("stolen", "dispatcher")
    assert state.scan.banner_zh == "禁止流转"


def test_a_covert_entry_looks_exactly_like_an_ordinary_scan() -> None:
    ordinary, covert = Desk().start(), Desk().start()
    ordinary.step(ListChanged(HeldList(WantedIndex(make_list(7, (), ())), START_AT), None))
    with_entry(covert, covert=True)
    answers = [desk.scan(PLAIN) for desk in (ordinary, covert)]
    assert answers[0] == answers[1]
    for desk in (ordinary, covert):
        desk.scan("755000000002")
    assert encode_page(page(ordinary)) == encode_page(page(covert))


def test_a_label_is_shown_as_what_it_sets_and_a_badge_by_its_person() -> None:
    desk = Desk().start()
    desk.scan(f"CX:BY:{GIVER}")
    state = page(desk)
    assert (state.screen, command(state).value) == ("command", None)
    assert command(state).person == PersonView(by=by(GIVER), name=None, unknown=False)
    desk.step(PackChanged(PACK, None))
    desk.scan(f"CX:BY:{GIVER}")
    assert command(page(desk)).person == PersonView(by=by(GIVER), name="李强", unknown=False)
    assert GIVER not in encode_page(page(desk))


def command(state: PageState) -> CommandView:
    assert state.scan is not None
    assert state.scan.command is not None
    return state.scan.command


def test_what_the_site_pack_does_not_list_is_recorded_and_called_unknown() -> None:
    desk = Desk().start()
    desk.step(PackChanged(PACK, None))
    assert desk.scan(f"CX:BY:{STRANGER}") == OK
    assert command(page(desk)).person == PersonView(by=by(STRANGER), name=None, unknown=True)
    assert desk.scan("CX:PLACE:attic") == OK
    assert command(page(desk)).place == PlaceView(id="attic", unknown=True)
    (session,) = page(desk).session
    assert session.who is not None
    assert session.place is not None
    assert (session.who.unknown, session.place.unknown) == (True, True)
    desk.scan(PLAIN)
    assert (scans(desk)[-1].by, scans(desk)[-1].place) == (by(STRANGER), "attic")


def test_without_a_site_pack_nobody_is_called_unknown() -> None:
    desk = Desk().start()
    desk.scan(f"CX:BY:{STRANGER}")
    desk.scan("CX:PLACE:attic")
    (session,) = page(desk).session
    assert session.place == PlaceView(id="attic", unknown=False)
    assert session.who == PersonView(by=by(STRANGER), name=None, unknown=False)


def test_a_label_without_effect_warns_and_says_why() -> None:
    desk = Desk().start()
    assert desk.scan("CX:SEAL:s1") == WARN
    state = page(desk)
    assert state.scan is not None
    assert (state.screen, state.scan.hint, command(state).verb) == ("warn", "no_handover", "SEAL")


def test_a_bad_label_says_what_is_wrong_with_it() -> None:
    desk = Desk().start()
    desk.scan("a\x01b")
    state = page(desk)
    assert state.screen == "reject"
    assert state.scan is not None
    assert (state.scan.hint, state.scan.result) == ("control_characters", Result.HOSTILE)


def test_the_last_eight_scans_before_the_newest_are_listed() -> None:
    desk = Desk().start()
    for n in range(RECENT_MAX + 3):
        desk.scan(f"7550000000{n:02d}")
    recent = page(desk).recent
    assert len(recent) == RECENT_MAX
    assert recent[0].waybill == f"7550000000{RECENT_MAX + 1:02d}"


def test_the_offline_light_is_on_without_receipts_or_with_a_stale_list() -> None:
    desk = Desk().start()
    fresh = HeldList(WantedIndex(make_list(1, (), ())), START_AT)
    assert page(desk).link.offline
    desk.step(ListChanged(fresh, None))
    desk.step(LinkChanged(True, desk.clock.boot_ms, None, ClockReading()))
    assert not page(desk).link.offline
    desk.clock.advance(POLICY.link.hub_silent_s * 1000 + 1000)
    assert page(desk).link.offline
    desk.step(LinkChanged(True, desk.clock.boot_ms, None, ClockReading()))
    desk.clock.advance(90_000)
    desk.step(LinkChanged(True, desk.clock.boot_ms, None, ClockReading()))
    state = page(desk)
    assert (state.list.stale, state.link.offline) == (True, True)


def test_the_surroundings_are_shown() -> None:
    desk = Desk().start()
    desk.step(LinkChanged(False, None, "broken_chain", ClockReading(offset_ms=-3, error_ms=5)))
    desk.scan("CX:STEP:load")
    desk.clock.advance(7_000)
    state = page(desk)
    assert state.link.problem == "broken_chain"
    assert (state.clock.offset_ms, state.clock.error_ms) == (-3, 5)
    assert (state.spool.depth, state.spool.oldest_age_s) == (3, 7)
    assert state.session[0].step == "load"
    assert state.pack == PackView(version=0, problem=None)
    assert state.devices[0].simulated
    message = msgspec.json.decode(encode_page(state))
    assert message["type"] == "state"


def test_the_page_is_drawn_when_something_changed() -> None:
    desk = Desk().start()
    assert desk.core.next_page() == 1
    assert desk.core.next_page() is None
    desk.step(Ticked())
    assert desk.core.next_page() == 2
