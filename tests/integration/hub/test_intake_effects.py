"""What follows from a scan, and what a failing room costs. Source: design section 5."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.access.store import set_salt
from hub.alerts.service import AlertKind, AlertState
from hub.app import make_projections
from hub.fact import Fact
from hub.ingest.refolding import refold_next
from hub.ingest.service import EventFilter
from hub.parcels.service import find_parcel
from hub.wanted.service import remove_entry
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from wire.events import Feedback, Station, StationFact
from wire.names import Result, Signal, format_at

pytestmark = on_both_databases


def test_a_high_value_parcel_passing_is_told_once_a_visit(hub: HubHome, edge: SigningEdge) -> None:
    other = hub.enrol(SigningEdge(site="755W", edge="dock", spool="ab" * 16))
    for minute, at_edge in enumerate((edge, edge, other)):
        at = format_at(START.replace(minute=minute))
        scan = at_edge.scan("103000000001", result=Result.HV, at=at)
        hub.take(at_edge.batch([at_edge.line(scan)]), site=at_edge.site)
    second, first = hub.alerts(AlertKind.HV_PASSAGE)
    assert (first.site, first.count, first.state) == ("755A", 2, AlertState.CLOSED)
    assert (second.site, second.count, second.state) == ("755W", 1, AlertState.OPEN)


def test_a_wanted_parcels_scan_is_an_alert_with_the_reason(hub: HubHome, edge: SigningEdge) -> None:
    hub.put_wanted("755123456789")
    hub.take(edge.batch([edge.line(edge.scan(result=Result.WANTED))]))
    (alert,) = hub.alerts()
    assert (alert.kind, alert.level, alert.late) == (AlertKind.WANTED, "act", False)
    assert "lost at 755W" in alert.text_zh


def test_a_scan_from_an_old_time_makes_a_late_alert(hub: HubHome, edge: SigningEdge) -> None:
    hub.clock.move(3600)
    hub.take(edge.batch([edge.line(edge.scan(result=Result.STOP))]))
    (alert,) = hub.alerts()
    assert (alert.kind, alert.late) == (AlertKind.STOP, True)
    assert hub.events()[0].stored.late is True


def test_a_new_entry_is_matched_against_past_scans(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    hub.put_wanted("755123456789")
    (alert,) = hub.alerts()
    assert (alert.kind, alert.late, alert.site) == (AlertKind.WANTED_PAST, True, "755A")
    assert format_at(START) in alert.text_en


def test_an_entry_for_other_sites_is_not_matched_here(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    hub.put_wanted("755123456789", scope=("755W",))
    assert hub.alerts() == []


def test_a_quiet_scan_that_arrives_late_is_matched(hub: HubHome, edge: SigningEdge) -> None:
    hub.put_wanted("755123456789")
    hub.take(edge.batch([edge.line(edge.scan(result=Result.CLEAR))]))
    assert [each.kind for each in hub.alerts()] == [AlertKind.WANTED_PAST]


def test_the_scanners_alarm_stands_also_when_its_entry_is_gone(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.put_wanted("755123456789")
    with hub.database.writing() as tx:
        remove_entry(tx, "755123456789", hub.clock.now())
    hub.take(edge.batch([edge.line(edge.scan(result=Result.WANTED))]))
    assert [each.kind for each in hub.alerts()] == [AlertKind.WANTED]


def test_a_parcel_knows_its_first_and_last_scan_in_any_order(hub: HubHome) -> None:
    hub.clock.move(600)
    for minute in (5, 9, 2):
        # Each from an edge of its own: inside a spool the order of recording counts.
        other = hub.enrol(SigningEdge(edge=f"dock-{minute}", spool=f"{minute:032x}"))
        scan = other.scan(at=format_at(START.replace(minute=minute)))
        hub.take(other.batch([other.line(scan)]), edge=other.edge)
    with hub.database.reading() as tx:
        parcel = find_parcel(tx, "755123456789")
    assert parcel is not None
    assert parcel.seen is not None
    assert (parcel.seen.first.at.minute, parcel.seen.last.at.minute) == (2, 9)
    assert parcel.seen.scans == 3


def test_a_lost_device_is_an_alert_that_closes_itself(hub: HubHome, edge: SigningEdge) -> None:
    def report(fact: StationFact) -> None:
        station = Station(
            site="755A",
            edge="dock",
            at=format_at(START),
            mono_ms=1,
            boot=samples.BOOT,
            clock=samples.CLOCK,
            device="dock-1",
            fact=fact,
        )
        hub.take(edge.batch([edge.line(station)]))

    report(StationFact.DEVICE_LOST)
    assert hub.alerts()[0].state is AlertState.OPEN
    report(StationFact.DEVICE_BACK)
    assert hub.alerts()[0].state is AlertState.CLOSED
    report(StationFact.SCANNER_REPROGRAMMED)
    assert hub.alerts()[0].kind is AlertKind.SCANNER_REPROGRAMMED


def test_a_hostile_label_warns(hub: HubHome, edge: SigningEdge) -> None:
    scan = edge.scan(None, result=Result.HOSTILE, code_hex=None, text=None, body="ab" * 32)
    hub.take(edge.batch([edge.line(scan)]))
    assert [each.kind for each in hub.alerts()] == [AlertKind.HOSTILE_LABEL]


def test_feedback_is_joined_to_its_scan_and_the_first_one_counts(
    hub: HubHome, edge: SigningEdge
) -> None:
    lines = [edge.line(edge.scan())]
    for signal in (Signal.OK, Signal.STOP):
        feedback = Feedback(
            site="755A",
            edge="dock",
            at=format_at(START),
            mono_ms=1,
            boot=samples.BOOT,
            clock=samples.CLOCK,
            of_seq=1,
            signal=signal,
            commit_us=900,
            feedback_us=300,
        )
        lines.append(edge.line(feedback))
    hub.take(edge.batch(lines))
    (scan,) = hub.events(EventFilter(waybill="755123456789"))
    assert scan.feedback is not None
    assert (scan.feedback.signal, scan.feedback.commit_us) == (Signal.OK, 900)


class _Breaks:
    """A room that fails on one waybill."""

    name = "broken"

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        set_salt(tx, f"{facts[0].event.seq}", "x")
        for fact in facts:
            if fact.event.seq == 2:
                raise ZeroDivisionError("two")


def test_a_failing_projection_costs_its_own_event_and_no_more(
    hub: HubHome, edge: SigningEdge
) -> None:
    lines = [edge.line(edge.scan()) for _ in range(3)]
    hub.take(edge.batch(lines), intake=hub.intake([_Breaks()]))
    assert [view.stored.seq for view in hub.events()] == [1, 2, 3]
    with hub.database.reading() as tx:
        errors = tx.exec_driver_sql("SELECT room, seq, error FROM projection_error").all()
        kept = tx.exec_driver_sql("SELECT site FROM site_salt WHERE salt = 'x'").scalars().all()
    assert [tuple(each) for each in errors] == [("broken", 2, "ZeroDivisionError: two")]
    assert list(kept) == ["1", "3"]
    assert [each.kind for each in hub.alerts()] == [AlertKind.PROJECTION_ERROR]


def test_what_a_room_failed_on_is_folded_once_a_newer_program_can(
    hub: HubHome, edge: SigningEdge
) -> None:
    lines = [edge.line(edge.scan()) for _ in range(3)]
    hub.take(edge.batch(lines), intake=hub.intake([_Breaks()]))
    still, mended, tried = _Breaks(), _Mended(), []
    for room in (still, mended, mended):
        with hub.database.writing() as tx:
            tried.append(refold_next(tx, [room], 0, hub.clock.now()))
        (alert,) = hub.alerts(AlertKind.PROJECTION_ERROR)
        assert (alert.state is AlertState.CLOSED) == (room is mended)
    assert [each and each.error for each in tried] == ["ZeroDivisionError: two", None, None]
    assert tried[-1] is None
    assert mended.seqs == [2]


class _Mended:
    """The same room in a newer program."""

    name = _Breaks.name

    def __init__(self) -> None:
        self.seqs: list[int] = []

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        self.seqs += [fact.event.seq for fact in facts]


def test_what_a_room_of_another_program_failed_on_is_said_and_waits(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.take(edge.batch([edge.line(edge.scan()) for _ in range(2)]), intake=hub.intake([_Breaks()]))
    with hub.database.writing() as tx:
        tried = refold_next(tx, make_projections(hub.role), 0, hub.clock.now())
    assert tried is not None
    assert tried.error == "this program has no such room"
