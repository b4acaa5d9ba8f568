"""Messages that come together are one commit, and mean what they would have meant alone.

Source: design section 3 ("Exactly once"), docs/adr/0037.
"""

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.access import store as access_store
from hub.alerts import store as alert_store
from hub.alerts.service import AlertKind
from hub.custody import note_store
from hub.custody import store as custody_store
from hub.db.engine import parse_url
from hub.fact import Fact
from hub.incidents import store as incident_store
from hub.ingest import store as ingest_store
from hub.ingest.intake import Incoming, Outgoing
from hub.missing import store as missing_store
from hub.parcels import store as parcel_store
from hub.parcels import trace_store
from hub.wanted import store as wanted_store
from ledger.keys import SigningKey
from ledger.signing import seal
from tests.hub_parts import START, HubHome, SigningEdge, open_hub
from tests.postgres_parts import on_both_databases
from wire.events import ContainerKind
from wire.messages import Receipt, SpoolHead
from wire.names import Result, Step, format_at
from wire.topics import Channel, Topic

SITES = ("755A", "755W", "020W")
MESSAGES = 160
PASSAGES = "alert WHERE kind = 'hv_passage'"
# Who hears two scans one after the other may find a breach that the second one takes back: it was
# believed for a moment, and stays on record as withdrawn. Together they say what stands.
WHAT_IS_KNOWN = {
    "event": "spool_id, seq, kind, waybill, occurred_at, received_at, late, doubted, line",
    "spool_head": "site, edge, spool, upto_seq, head",
    "quarantine": "what, seq, reason, raw",
    "unit_trace": "unit, spool, seq, at, site, step, container",
    "unit_state": "unit, first_at, last_site, last_at, scans, step, state, container, stay_site",
    "missing_watch": "waybill, fold, last_at, expected_site, due_at",
    "missing_site": "site, last_at",
    PASSAGES: "state, subject, site, first_at, last_at, late, count, text_zh, open_key",
    "alert WHERE kind != 'hv_passage' AND state != 'closed'": "kind, subject, site, first_at",
    "custody_watch": "waybill, due_at",
    "custody_note": "subject, occurred_at, spool, seq, waybill, note",
    "custody_breach WHERE withdrawn_at IS NULL": "scope, kind, waybill",
    "custody_gap": "waybill, site, kind, from_at, to_at",
    "footage_certificate": "site, seq, waybill, occurred_at, state",
}


def make_day(rng: random.Random) -> list[tuple[str, bytes]]:
    """Batches of three sites, in their order; some come again, overlap or are broken."""
    edges = {
        site: SigningEdge(site=site, key=SigningKey(bytes([n]) * 32), spool=f"{n + 1:032x}")
        for n, site in enumerate(SITES)
    }
    sent: dict[str, list[bytes]] = {site: [] for site in SITES}
    day: list[tuple[str, bytes]] = []
    for number in range(MESSAGES):
        edge = edges[rng.choice(SITES)]
        lines = [_line(edge, rng, number) for _ in range(rng.randrange(1, 5))]
        first = edge.seq - len(lines) + 1
        known = sent[edge.site]
        if known and rng.random() < 0.2:
            again = min(len(known), rng.randrange(1, 4))
            lines, first = known[-again:] + lines, first - again
        known += lines[-(edge.seq - len(known)) :]
        batch = edge.batch(lines, first_seq=first)
        day.append((edge.site, batch))
        if rng.random() < 0.2:
            day.append((edge.site, batch))
        if rng.random() < 0.1:
            day.append((edge.site, edge.batch(lines, first_seq=first + 100)))
        if rng.random() < 0.1:
            day.append((edge.site, batch.replace(b"755", b"756", 1)))
    return day


def _line(edge: SigningEdge, rng: random.Random, number: int) -> bytes:
    if rng.random() < 0.03:
        return edge.raw_line(b"no line of ours %d" % rng.randrange(1000))
    series = rng.choice(("103", "755"))
    waybill = f"{series}{rng.randrange(12):09d}"
    # Late ones and such as come out of order among them.
    at = START + timedelta(minutes=number + rng.choice((0, 0, 0, -90, 20)))
    bag = rng.random() < 0.3
    scan = edge.scan(
        waybill,
        code_hex=waybill.encode().hex(),
        text=waybill,
        at=format_at(at),
        step=rng.choice(tuple(Step)),
        result=Result.HV if series == "103" else Result.CLEAR,
        container=f"B-{rng.randrange(3)}" if bag else None,
        container_kind=ContainerKind.BAG if bag else None,
    )
    return edge.line(scan)


@contextmanager
def fresh_hub(folder: Path, template: Path) -> Iterator[HubHome]:
    folder.mkdir()
    shutil.copy(template, folder / "hub.sqlite")
    with open_hub(folder, parse_url(None, folder)) as hub:
        for n, site in enumerate(SITES):
            hub.enrol(SigningEdge(site=site, key=SigningKey(bytes([n]) * 32)))
        hub.clock.move(3600)
        yield hub


def take_together(hub: HubHome, group: Sequence[tuple[str, bytes]]) -> list[Outgoing]:
    now = hub.clock.now()
    incoming = [
        Incoming(str(Topic(site, "dock", Channel.EVENTS)), payload, now) for site, payload in group
    ]
    with hub.database.writing() as tx:
        return hub.intake().take_group(tx, incoming)


def known(hub: HubHome) -> dict[str, list[tuple[object, ...]]]:
    with hub.database.reading() as tx:
        return {
            table: sorted((tuple(row) for row in _rows(tx, table, columns)), key=repr)
            for table, columns in WHAT_IS_KNOWN.items()
        }


def _rows(tx: Connection, table: str, columns: str) -> Sequence[Sequence[object]]:
    return tx.exec_driver_sql(f"SELECT {columns} FROM {table}").all()


def receipts(outgoing: list[Outgoing]) -> list[tuple[object, ...]]:
    found = [each.message for each in outgoing if isinstance(each.message, Receipt)]
    return [(each.answers, each.heads, each.problem) for each in found]


@pytest.mark.timeout(120)
def test_a_day_in_groups_is_known_as_the_same_day_message_by_message(
    tmp_path: Path, sqlite_template: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    day = make_day(random.Random(seed))
    with fresh_hub(tmp_path / "alone", sqlite_template) as alone:
        told_alone = [answer for each in day for answer in receipts(take_together(alone, [each]))]
        known_alone = known(alone)
    rng, told, place = random.Random(seed), [], 0
    with fresh_hub(tmp_path / "together", sqlite_template) as together:
        while place < len(day):
            size = rng.choice((1, 2, 7, 40))
            told += receipts(take_together(together, day[place : place + size]))
            place += size
        known_together = known(together)
    assert told == told_alone
    assert len(known_alone["event"]) > MESSAGES
    assert all(known_alone.values()), "a day that shows nothing of some table"
    for table in WHAT_IS_KNOWN:
        assert known_together[table] == known_alone[table], table


def test_a_state_behind_a_batch_in_one_group_hears_of_the_new_head(
    hub: HubHome, edge: SigningEdge
) -> None:
    batch = edge.batch([edge.line(edge.scan())])
    now, place = hub.clock.now(), ("755A", "dock")
    group = [
        Incoming(str(Topic(*place, Channel.EVENTS)), batch, now),
        Incoming(str(Topic(*place, Channel.STATE)), seal(edge.state(), edge.key), now),
    ]
    with hub.database.writing() as tx:
        outgoing = hub.intake().take_group(tx, group)
    found = [each.message for each in outgoing if isinstance(each.message, Receipt)]
    assert [each.heads[0].seq for each in found] == [1, 1]


class _FailsOnEvery97th:
    name = "broken"

    def __init__(self) -> None:
        self.turns = 0

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        self.turns += 1
        if any(fact.event.seq % 97 == 0 for fact in facts):
            raise ZeroDivisionError("97")


@on_both_databases
def test_a_failing_event_in_a_large_group_is_found_in_few_turns(
    hub: HubHome, edge: SigningEdge
) -> None:
    room = _FailsOnEvery97th()
    batches = [edge.batch([edge.line(edge.scan()) for _ in range(50)]) for _ in range(10)]
    group = [
        Incoming(str(Topic("755A", "dock", Channel.EVENTS)), each, hub.clock.now())
        for each in batches
    ]
    with hub.database.writing() as tx:
        hub.intake([room]).take_group(tx, group)
    assert hub.count("event") == 500
    with hub.database.reading() as tx:
        errors = tx.exec_driver_sql("SELECT seq FROM projection_error ORDER BY seq").scalars().all()
    assert list(errors) == [97, 194, 291, 388, 485]
    # Halving: five events cost five ways down a tree of 500, not 500 turns.
    assert room.turns <= 2 + 5 * 2 * 9


HOT = {
    "edge": access_store._FIND_EDGES,
    "spool_head": ingest_store._LOCK_SPOOLS,
    "unit_state": trace_store._STATES,
    "missing_watch": missing_store._KNOWN,
    "event": ingest_store._NEWEST,
    "parcel": parcel_store._HV_BY_VALUE,
    "custody_breach": custody_store._STANDING,
    "custody_note": note_store._NOTES,
    "alert": alert_store._PASSAGES,
    "incident_parcel": incident_store._AWAITING,
    "wanted_entry": wanted_store._FIND_ALL,
}


@pytest.mark.parametrize("table", HOT)
def test_what_each_commit_asks_of_a_table_is_found_by_its_index(hub: HubHome, table: str) -> None:
    with hub.database.reading() as tx:
        asked = HOT[table].statement.compile(dialect=tx.dialect)
        given = tuple("[]" for _ in asked.positiontup or ())
        plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", given).all()
    steps = [row[3] for row in plan]
    assert any(step.startswith(f"SEARCH {table} USING") for step in steps), steps
    assert not any(step.startswith(f"SCAN {table}") for step in steps), steps


def test_a_state_behind_a_batch_in_one_group_is_compared_with_what_that_brought(
    hub: HubHome, edge: SigningEdge
) -> None:
    first = edge.line(edge.scan())
    head = SpoolHead(spool=edge.spool, seq=1, head=edge.head)
    batch = edge.batch([first, *(edge.line(edge.scan()) for _ in range(2))])
    state = seal(edge.state(heads=(head,)), edge.key)
    now, place = hub.clock.now(), ("755A", "dock")
    group = [
        Incoming(str(Topic(*place, Channel.EVENTS)), batch, now),
        Incoming(str(Topic(*place, Channel.STATE)), state, now),
    ]
    with hub.database.writing() as tx:
        hub.intake().take_group(tx, group)
    # Its first line is the very same: the edge's disk went back, it has no other history.
    (alert,) = hub.alerts(AlertKind.SPOOL_DIVERGED)
    assert "older than what it sent" in alert.text_en
