"""What becomes of each message, on a real database. Source: design section 3."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import Connection

from hub.alerts.service import Alert, AlertKind, AlertState, list_alerts
from hub.fact import Fact
from hub.ingest import intake as intake_module
from hub.ingest.intake import Incoming, Outgoing
from hub.ingest.service import EventFilter, EventView, edges, events, quarantined
from hub.parcels.service import find_parcel
from hub.wanted.rules import entry_id_of
from hub.wanted.service import put_entry, remove_entry
from ledger.keys import SigningKey
from ledger.signing import seal
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge, receipt_of
from wire.events import Feedback, Station, StationFact
from wire.limits import (
    BATCH_BYTES_MAX,
    DELTA_ENTRIES_MAX,
    MESSAGE_BYTES_MAX,
    SCOPE_SITES_MAX,
)
from wire.messages import Gone, Problem, SpoolHead, WantedDelta, WantedFetch, WantedHead
from wire.names import Result, Signal, format_at
from wire.topics import Channel
from wire.wanted import ListHead, WantedEntry, WantedResult

EVERY = EventFilter()
TABLES = ("event", "spool_head", "parcel", "outbox", "alert")


def stored(hub: HubHome, wanted: EventFilter = EVERY) -> list[EventView]:
    with hub.database.reading() as tx:
        return events(tx, wanted, hub.keys.bodies, limit=1000)


def alerts(hub: HubHome, kind: AlertKind | None = None) -> list[Alert]:
    with hub.database.reading() as tx:
        return [each for each in list_alerts(tx) if kind in (None, each.kind)]


def counts(hub: HubHome, tables: Sequence[str] = TABLES) -> dict[str, int]:
    return {table: hub.count(table) for table in tables}


def put_wanted(hub: HubHome, waybill: str, **fields: object) -> None:
    plain: dict[str, object] = {"result": WantedResult.WANTED, "reason": "lost at 755W"}
    entry = WantedEntry(id=entry_id_of(waybill), waybill=waybill, **{**plain, **fields})
    with hub.database.writing() as tx:
        put_entry(tx, entry, hub.clock.now())


# ---------------------------------------------------------------- exactly once


def test_a_batch_is_stored_as_received_and_answered_with_the_new_head(
    hub: HubHome, edge: SigningEdge
) -> None:
    lines = [edge.line(edge.scan(f"75512345678{n}")) for n in range(3)]
    receipt = receipt_of(hub.take(edge.batch(lines)))
    assert receipt.heads == (SpoolHead(spool=edge.spool, seq=3, head=edge.head),)
    assert receipt.problem is None
    assert [view.stored.line for view in stored(hub)] == lines


def test_a_replayed_batch_is_stored_once_and_answered_again(
    hub: HubHome, edge: SigningEdge
) -> None:
    batch = edge.batch([edge.line(edge.scan())])
    hub.take(batch)
    before = counts(hub)
    receipt = receipt_of(hub.take(batch))
    assert counts(hub) == before
    assert receipt.heads[0].seq == 1


def test_an_overlapping_batch_adds_only_what_is_new(hub: HubHome, edge: SigningEdge) -> None:
    lines = [edge.line(edge.scan()) for _ in range(4)]
    hub.take(edge.batch(lines[:2], first_seq=1))
    hub.take(edge.batch(lines, first_seq=1))
    assert [view.stored.seq for view in stored(hub)] == [1, 2, 3, 4]


def test_a_batch_ahead_is_not_stored_and_told_where_the_spool_stands(
    hub: HubHome, edge: SigningEdge
) -> None:
    lines = [edge.line(edge.scan()) for _ in range(3)]
    hub.take(edge.batch(lines[:1], first_seq=1))
    before = counts(hub)
    receipt = receipt_of(hub.take(edge.batch(lines[2:], first_seq=3)))
    assert counts(hub) == before
    assert (receipt.heads[0].seq, receipt.problem) == (1, None)


def test_an_unreadable_line_is_quarantined_and_those_behind_it_flow(
    hub: HubHome, edge: SigningEdge
) -> None:
    lines = [edge.line(edge.scan()), edge.raw_line(b"\xff\x00 garbage"), edge.line(edge.scan())]
    receipt = receipt_of(hub.take(edge.batch(lines)))
    assert receipt.heads[0].seq == 3
    assert [view.stored.seq for view in stored(hub)] == [1, 3]
    with hub.database.reading() as tx:
        (kept,) = quarantined(tx, 0, 10)
    assert (kept.raw, kept.seq, kept.spool) == (lines[1], 2, edge.spool)
    assert len(alerts(hub, AlertKind.LINE_QUARANTINED)) == 1


def test_a_batch_with_a_quarantined_line_is_a_duplicate_when_it_comes_again(
    hub: HubHome, edge: SigningEdge
) -> None:
    batch = edge.batch([edge.line(edge.scan()), edge.raw_line(b"garbage")])
    hub.take(batch)
    before = counts(hub, (*TABLES, "quarantine"))
    assert receipt_of(hub.take(batch)).problem is None
    assert counts(hub, (*TABLES, "quarantine")) == before


# ---------------------------------------------------------------- attackers


def refused_with(hub: HubHome, payload: bytes, problem: Problem, edge: str = "dock") -> None:
    before = counts(hub, ("event", "spool_head", "parcel"))
    receipt = receipt_of(hub.take(payload, edge=edge))
    assert receipt.problem is problem
    assert receipt.heads == ()
    assert counts(hub, ("event", "spool_head", "parcel")) == before
    (alert,) = alerts(hub, AlertKind.EDGE_REFUSED)
    assert problem.value in alert.text_en
    with hub.database.reading() as tx:
        assert [each.raw for each in quarantined(tx, 0, 10)] == [payload[:BATCH_BYTES_MAX]]


def test_an_edge_that_never_enrolled_is_refused(hub: HubHome) -> None:
    stranger = SigningEdge()
    refused_with(hub, stranger.batch([stranger.line(stranger.scan())]), Problem.UNKNOWN_KEY)


def test_another_key_is_refused(hub: HubHome, edge: SigningEdge) -> None:
    forger = SigningEdge(key=SigningKey(b"f" * 32))
    refused_with(hub, forger.batch([forger.line(forger.scan())]), Problem.BAD_SIGNATURE)


def test_an_edge_cannot_speak_on_anothers_topic(hub: HubHome, edge: SigningEdge) -> None:
    hub.enrol(SigningEdge(edge="cage"))
    batch = edge.batch([edge.line(edge.scan())])
    refused_with(hub, batch, Problem.WRONG_IDENTITY, edge="cage")


def test_a_changed_byte_is_refused(hub: HubHome, edge: SigningEdge) -> None:
    batch = edge.batch([edge.line(edge.scan())])
    refused_with(hub, batch.replace(b"arrive", b"depart"), Problem.BROKEN_CHAIN)


def test_a_forked_spool_is_refused_as_equivocation(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    fork = SigningEdge()
    refused_with(hub, fork.batch([fork.line(fork.scan("755000000000"))]), Problem.EQUIVOCATION)


@pytest.mark.parametrize(
    "payload",
    [b"", b"garbage", b"{}\n\n", b"\xff" * 100, b"x" * (BATCH_BYTES_MAX + 1)],
    ids=["empty", "text", "cut", "binary", "oversize"],
)
def test_garbage_is_kept_and_alarmed(hub: HubHome, edge: SigningEdge, payload: bytes) -> None:
    refused_with(hub, payload, Problem.UNREADABLE)


def test_a_message_of_the_hubs_own_kind_is_refused(hub: HubHome, edge: SigningEdge) -> None:
    refused_with(hub, seal(samples.MESSAGES["receipt"], edge.key), Problem.UNREADABLE)


def test_a_foreign_topic_is_ignored(hub: HubHome) -> None:
    with hub.database.writing() as tx:
        incoming = Incoming("weather/today", b"sun", hub.clock.now())
        assert hub.intake().take(tx, incoming) == []


def test_a_refused_batch_is_kept_once_and_its_alarm_counts(hub: HubHome, edge: SigningEdge) -> None:
    for _ in range(3):
        hub.take(b"garbage")
    assert hub.count("quarantine") == 1
    assert alerts(hub, AlertKind.EDGE_REFUSED)[0].count == 3


def test_refused_messages_are_kept_up_to_a_bound(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "MESSAGES_KEPT_MAX", 2)
    for n in range(4):
        hub.take(b"garbage %d" % n)
    assert hub.count("quarantine") == 2


def test_strangers_without_number_share_one_alert(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "STRANGERS_MAX", 3)
    for n in range(6):
        hub.take(b"garbage", edge=f"stranger-{n}")
    assert [each.count for each in alerts(hub, AlertKind.EDGE_REFUSED)] == [3, 1, 1, 1]


# ---------------------------------------------------------------- what follows from a scan


def test_a_high_value_parcel_passing_is_told_once_a_visit(hub: HubHome, edge: SigningEdge) -> None:
    other = hub.enrol(SigningEdge(site="755W", edge="dock", spool="ab" * 16))
    for minute, at_edge in enumerate((edge, edge, other)):
        at = format_at(START.replace(minute=minute))
        scan = at_edge.scan("103000000001", result=Result.HV, at=at)
        hub.take(at_edge.batch([at_edge.line(scan)]), site=at_edge.site)
    second, first = alerts(hub, AlertKind.HV_PASSAGE)
    assert (first.site, first.count, first.state) == ("755A", 2, AlertState.CLOSED)
    assert (second.site, second.count, second.state) == ("755W", 1, AlertState.OPEN)


def test_a_wanted_parcels_scan_is_an_alert_with_the_reason(hub: HubHome, edge: SigningEdge) -> None:
    put_wanted(hub, "755123456789")
    hub.take(edge.batch([edge.line(edge.scan(result=Result.WANTED))]))
    (alert,) = alerts(hub)
    assert (alert.kind, alert.level, alert.late) == (AlertKind.WANTED, "act", False)
    assert "lost at 755W" in alert.text_zh


def test_a_scan_from_an_old_time_makes_a_late_alert(hub: HubHome, edge: SigningEdge) -> None:
    hub.clock.move(3600)
    hub.take(edge.batch([edge.line(edge.scan(result=Result.STOP))]))
    (alert,) = alerts(hub)
    assert (alert.kind, alert.late) == (AlertKind.STOP, True)
    assert stored(hub)[0].stored.late is True


def test_a_new_entry_is_matched_against_past_scans(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    put_wanted(hub, "755123456789")
    (alert,) = alerts(hub)
    assert (alert.kind, alert.late, alert.site) == (AlertKind.WANTED_PAST, True, "755A")
    assert format_at(START) in alert.text_en


def test_an_entry_for_other_sites_is_not_matched_here(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    put_wanted(hub, "755123456789", scope=("755W",))
    assert alerts(hub) == []


def test_a_quiet_scan_that_arrives_late_is_matched(hub: HubHome, edge: SigningEdge) -> None:
    put_wanted(hub, "755123456789")
    hub.take(edge.batch([edge.line(edge.scan(result=Result.CLEAR))]))
    assert [each.kind for each in alerts(hub)] == [AlertKind.WANTED_PAST]


def test_the_scanners_alarm_stands_also_when_its_entry_is_gone(
    hub: HubHome, edge: SigningEdge
) -> None:
    put_wanted(hub, "755123456789")
    with hub.database.writing() as tx:
        remove_entry(tx, "755123456789", hub.clock.now())
    hub.take(edge.batch([edge.line(edge.scan(result=Result.WANTED))]))
    assert [each.kind for each in alerts(hub)] == [AlertKind.WANTED]


def test_a_parcel_knows_its_first_and_last_scan_in_any_order(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.clock.move(600)
    for minute in (5, 9, 2):
        at = format_at(START.replace(minute=minute))
        hub.take(edge.batch([edge.line(edge.scan(at=at))]))
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
    assert alerts(hub)[0].state is AlertState.OPEN
    report(StationFact.DEVICE_BACK)
    assert alerts(hub)[0].state is AlertState.CLOSED
    report(StationFact.SCANNER_REPROGRAMMED)
    assert alerts(hub)[0].kind is AlertKind.SCANNER_REPROGRAMMED


def test_a_hostile_label_warns(hub: HubHome, edge: SigningEdge) -> None:
    scan = edge.scan(None, result=Result.HOSTILE, code_hex=None, text=None, body="ab" * 32)
    hub.take(edge.batch([edge.line(scan)]))
    assert [each.kind for each in alerts(hub)] == [AlertKind.HOSTILE_LABEL]


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
    (scan,) = stored(hub, EventFilter(waybill="755123456789"))
    assert scan.feedback is not None
    assert (scan.feedback.signal, scan.feedback.commit_us) == (Signal.OK, 900)


class _Breaks:
    """A room that fails on one waybill."""

    name = "broken"

    def __init__(self) -> None:
        self.seen: list[int] = []

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        tx.exec_driver_sql("INSERT INTO site_salt VALUES (?, 'x')", (f"{facts[0].event.seq}",))
        for fact in facts:
            if fact.event.seq == 2:
                raise ZeroDivisionError("two")
            self.seen.append(fact.event.seq)


def test_a_failing_projection_costs_its_own_event_and_no_more(
    hub: HubHome, edge: SigningEdge
) -> None:
    room = _Breaks()
    lines = [edge.line(edge.scan()) for _ in range(3)]
    hub.take(edge.batch(lines), intake=hub.intake([room]))
    assert [view.stored.seq for view in stored(hub)] == [1, 2, 3]
    assert room.seen == [1, 1, 3]
    with hub.database.reading() as tx:
        errors = tx.exec_driver_sql("SELECT room, seq, error FROM projection_error").all()
        kept = tx.exec_driver_sql("SELECT site FROM site_salt WHERE salt = 'x'").scalars().all()
    assert [tuple(each) for each in errors] == [("broken", 2, "ZeroDivisionError: two")]
    assert list(kept) == ["1", "3"]
    assert [each.kind for each in alerts(hub)] == [AlertKind.PROJECTION_ERROR]


# ---------------------------------------------------------------- states


def take_state(
    hub: HubHome, edge: SigningEdge, wanted: ListHead | None, **fields: object
) -> list[Outgoing]:
    payload = seal(edge.state(wanted, **fields), edge.key)
    return hub.take(payload, Channel.STATE)


def head_of(hub: HubHome, version: int, sha256: str = "00" * 32) -> ListHead:
    return ListHead(version=version, list_sha256=sha256, head_at=format_at(hub.clock.now()))


def test_a_state_is_answered_with_each_spools_head(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.line(edge.scan())]))
    unknown = SpoolHead(spool="cd" * 16, seq=9, head="ab" * 32)
    known = SpoolHead(spool=edge.spool, seq=1, head=edge.head)
    receipt = receipt_of(take_state(hub, edge, None, heads=(known, unknown)))
    assert [(each.spool, each.seq) for each in receipt.heads] == [(edge.spool, 1), ("cd" * 16, 0)]


def test_an_edge_without_a_list_is_told_to_fetch_it(hub: HubHome, edge: SigningEdge) -> None:
    command = take_state(hub, edge, None)[-1].message
    assert isinstance(command, WantedFetch)
    assert command.version == 1


def test_an_edge_that_is_behind_gets_the_changes(hub: HubHome, edge: SigningEdge) -> None:
    put_wanted(hub, "755123456789")
    command = take_state(hub, edge, head_of(hub, 1))[-1].message
    assert isinstance(command, WantedDelta)
    assert (command.from_version, command.head.version) == (1, 2)
    assert [each.waybill for each in command.put] == ["755123456789"]
    up_to_date = take_state(hub, edge, command.head)
    assert [type(each.message).__name__ for each in up_to_date] == ["Receipt"]


def test_an_old_head_is_renewed(hub: HubHome, edge: SigningEdge) -> None:
    put_wanted(hub, "755123456789")
    delta = take_state(hub, edge, head_of(hub, 1))[-1].message
    assert isinstance(delta, WantedDelta)
    hub.clock.move(61)
    renewed = take_state(hub, edge, delta.head)[-1].message
    assert isinstance(renewed, WantedHead)
    assert renewed.head.head_at == format_at(hub.clock.now())


@pytest.mark.parametrize("version", [1, 99], ids=["another list", "a version the hub never had"])
def test_an_edge_with_another_list_fetches(hub: HubHome, edge: SigningEdge, version: int) -> None:
    command = take_state(hub, edge, head_of(hub, version, "11" * 32))[-1].message
    assert isinstance(command, WantedFetch)


def test_the_longest_delta_fits_into_a_message(hub: HubHome, edge: SigningEdge) -> None:
    scope = tuple(f"site-{n:027d}" for n in range(SCOPE_SITES_MAX))
    longest = {"reason": "𠀀" * 200, "banner_zh": "𠀀" * 80, "banner_en": "𠀀" * 80}
    for n in range(DELTA_ENTRIES_MAX):
        waybill = f"{n:064d}"
        put_wanted(hub, waybill, scope=scope, owner="𠀀" * 64, **longest)
    command = take_state(hub, edge, head_of(hub, 1))[-1].message
    assert isinstance(command, WantedDelta)
    assert len(seal(command, edge.key)) <= MESSAGE_BYTES_MAX


def test_a_replayed_state_changes_nothing(hub: HubHome, edge: SigningEdge) -> None:
    old = seal(edge.state(depth=7), edge.key)
    hub.take(old, Channel.STATE)
    take_state(hub, edge, None, depth=1)
    take_state(hub, edge, None, depth=2, boot="12" * 16)
    hub.take(old, Channel.STATE)
    with hub.database.reading() as tx:
        (view,) = edges(tx)
    assert view.state is not None
    assert view.state.depth == 2


def test_a_last_will_ends_its_own_connection_only(hub: HubHome, edge: SigningEdge) -> None:
    def connected() -> bool:
        with hub.database.reading() as tx:
            return edges(tx)[0].connected

    def gone(connection: str) -> None:
        will = Gone(site="755A", edge="dock", boot=samples.BOOT, connection=connection)
        hub.take(seal(will, edge.key), Channel.STATE)

    take_state(hub, edge, None)
    gone("00" * 16)
    assert connected()
    gone(samples.CONNECTION)
    assert not connected()
