"""Edge and hub joined in one thread: every way in which their heads can differ, and the act.

Source: design section 3 ("Exactly once"): it heals, or both sides tell and a recorded act frees it.
"""

import shutil
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from hub.alerts.service import AlertKind
from hub.ingest.heads import LinkState
from hub.ingest.spools import UnknownSpoolError
from ledger.signing import open_sealed, seal
from tests.hub_parts import START, HubHome, SigningEdge, receipt_of
from tests.integration.hub.spool_parts import (
    OTHER,
    all_is_stored,
    close,
    fact,
    fill,
    is_red,
    lines_of,
    standing,
    views,
)
from tests.joined_parts import FIRST, JoinedEdge
from tests.postgres_parts import on_both_databases
from tests.rest_parts import problem
from wire.events import ClockReading, StationFact
from wire.limits import BATCH_BYTES_MAX
from wire.lines import line_hash, parse_line
from wire.messages import Batch, Problem, SpoolClose, SpoolHead
from wire.names import ZERO_HEAD, format_at
from wire.topics import Channel

pytestmark = on_both_databases


# ---------------------------------------------------------------- heads that differ


def roll_back(edge: JoinedEdge, folder: Path) -> None:
    """Put the edge's disk back to a copy that was made before its last scans."""
    edge.stop()
    copy = folder / "copy"
    copy.mkdir()
    for part in folder.glob("spool.sqlite*"):
        shutil.copy(part, copy / part.name)
    edge.start()
    fill(edge, 5, 100)
    edge.run(2)
    edge.stop()
    for part in folder.glob("spool.sqlite*"):
        part.unlink()
    for part in copy.iterdir():
        shutil.copy(part, folder / part.name)


@pytest.mark.parametrize("scans_before_it_hears", [0, 3, 20])
def test_a_disk_put_back_from_a_copy_is_told_on_both_sides_and_freed_by_a_recorded_act(
    hub: HubHome, joined: JoinedEdge, tmp_path: Path, scans_before_it_hears: int
) -> None:
    fill(joined, 5)
    joined.run(2)
    roll_back(joined, tmp_path)
    joined.start()
    joined.cut()
    fill(joined, scans_before_it_hears, 200)
    joined.connect()
    joined.run(65)
    assert is_red(joined) == Problem.EQUIVOCATION
    assert len(standing(hub, AlertKind.SPOOL_DIVERGED)) == 1
    before = joined.stored()[FIRST]

    close(hub, FIRST)
    joined.run(65)
    assert joined.spool.id != FIRST
    assert is_red(joined) is None
    assert standing(hub, AlertKind.SPOOL_DIVERGED) == []
    fill(joined, 3, 300)
    joined.run(5)
    stored = joined.stored()
    assert stored[FIRST] == before
    assert stored[joined.spool.id] == joined.lines()[joined.spool.id]
    assert joined.spool.depth == 0
    (live, closed) = views(hub)
    assert (live.link, closed.edge_seq) == (LinkState.GAP, None)
    assert closed.closing is not None
    assert (closed.closing.by, closed.closing.why) == ("li", "its disk was put back from a copy")
    # The act is done once, however often it is told.
    joined.run(65)
    assert len(joined.lines()) == 2


def test_a_new_disk_is_told_at_the_hub_until_the_lost_spool_is_closed(
    hub: HubHome, joined: JoinedEdge, tmp_path: Path
) -> None:
    fill(joined, 5)
    joined.run(2)
    joined.stop()
    for part in tmp_path.glob("spool.sqlite*"):
        part.unlink()
    joined.spool_id = OTHER
    joined.start()
    joined.run(31)
    (text,) = standing(hub, AlertKind.SPOOL_DIVERGED)
    assert "replaced" in text
    fill(joined, 2, 50)
    joined.run(31)
    assert joined.stored()[OTHER] == joined.lines()[OTHER]  # the living go on
    close(hub, FIRST)
    joined.run(31)
    assert standing(hub, AlertKind.SPOOL_DIVERGED) == []


def test_a_hub_that_wants_what_the_edge_has_forgotten_is_told_on_both_sides(
    hub: HubHome, joined: JoinedEdge
) -> None:
    fill(joined, 20)
    joined.run(2)
    joined.spool.mark_receipted(FIRST, joined.spool.head_seq)
    assert joined.spool.tidy(hub.clock.now() + timedelta(days=9)).forgotten > 10
    for query in ("DELETE FROM event", "DELETE FROM spool_head"):
        with hub.database.writing() as tx:
            tx.exec_driver_sql(query)
    joined.run(65)
    assert is_red(joined) == Problem.BROKEN_CHAIN
    assert len(standing(hub, AlertKind.SPOOL_DIVERGED)) == 1
    close(hub, FIRST)  # a spool that this hub never saw
    joined.run(65)
    fill(joined, 2, 50)
    joined.run(5)
    assert (is_red(joined), standing(hub, AlertKind.SPOOL_DIVERGED)) == (None, [])
    assert list(joined.stored()) == [joined.spool.id]


def test_a_hub_that_is_behind_heals_by_itself_and_tells_nobody(
    hub: HubHome, joined: JoinedEdge
) -> None:
    fill(joined, 20)
    joined.run(2)
    sixth = parse_line(joined.lines()[FIRST][6])
    with hub.database.writing() as tx:
        tx.exec_driver_sql("DELETE FROM event WHERE seq > 6")
        tx.exec_driver_sql(f"UPDATE spool_head SET upto_seq = 6, head = '{sixth.prev}'")
    joined.run(31)
    assert all_is_stored(joined)
    assert hub.alerts(AlertKind.SPOOL_DIVERGED) == []


def test_an_older_edge_that_tells_no_problem_is_compared_all_the_same(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.take(edge.batch(lines_of(edge, 4)))
    other = SpoolHead(spool=edge.spool, seq=2, head="e" * 64)
    hub.take(seal(edge.state(heads=(other,)), edge.key), Channel.STATE)
    (text,) = standing(hub, AlertKind.SPOOL_DIVERGED)
    assert "other records" in text
    hub.take(seal(edge.state(), edge.key), Channel.STATE)
    assert standing(hub, AlertKind.SPOOL_DIVERGED) == []


def test_an_old_state_that_comes_again_raises_nothing(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch(lines_of(edge, 2)))
    old = seal(edge.state(), edge.key)
    hub.take(old, Channel.STATE)
    hub.take(edge.batch(lines_of(edge, 2)))
    hub.take(old, Channel.STATE)
    assert hub.alerts(AlertKind.SPOOL_DIVERGED) == []


# ---------------------------------------------------------------- the act


UNSURE = ClockReading()
SLOW = ClockReading(offset_ms=60_000, error_ms=20)


@pytest.mark.parametrize("begins_anew", [False, True])
@pytest.mark.parametrize(("clock", "slow_s"), [(UNSURE, 0), (SLOW, 60)])
def test_a_state_that_newer_lines_have_overtaken_raises_nothing(
    hub: HubHome, edge: SigningEdge, begins_anew: bool, clock: ClockReading, slow_s: int
) -> None:
    def at(seconds: float) -> str:
        return format_at(START + timedelta(seconds=seconds - slow_s))

    hub.take(edge.batch(lines_of(edge, 2)))
    older = edge.state(at=at(0), clock=clock)
    hub.clock.move(1)
    if begins_anew:
        after = {"after_spool": edge.spool, "after_seq": 2, "after_head": edge.head}
        edge.spool, edge.seq, edge.head = OTHER, 0, ZERO_HEAD
        line = fact(edge, StationFact.SPOOL_START, at=at(1), **after)
    else:
        line = edge.line(edge.scan(at=at(1)))
    hub.take(edge.batch([line]))
    hub.take(seal(older, edge.key), Channel.STATE)
    assert standing(hub, AlertKind.SPOOL_DIVERGED) == []
    # The very same heads in a state that was made afterwards say that the edge has lost it.
    newer = replace(older, n=edge.n + 1, at=at(2))
    hub.take(seal(newer, edge.key), Channel.STATE)
    assert len(standing(hub, AlertKind.SPOOL_DIVERGED)) == 1


def test_a_line_that_waited_to_be_written_overtakes_a_state_too(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.take(edge.batch(lines_of(edge, 2)))
    clock = ClockReading(offset_ms=0, error_ms=20)
    older = edge.state(at=format_at(START + timedelta(seconds=9)), clock=clock)
    hub.clock.move(10)
    hub.take(edge.batch([fact(edge, StationFact.DEVICE_LOST, device="dock-1")]))
    hub.take(seal(older, edge.key), Channel.STATE)
    assert standing(hub, AlertKind.SPOOL_DIVERGED) == []


@pytest.mark.parametrize("offset_ms", [9 * 10**14, -9 * 10**14])
def test_a_state_of_an_impossible_time_is_compared_all_the_same(
    hub: HubHome, edge: SigningEdge, offset_ms: int
) -> None:
    lines = lines_of(edge, 2)
    hub.take(edge.batch(lines))
    edge.seq, edge.head = 1, line_hash(lines[0])
    at = "9999-12-31T23:59:59.999Z" if offset_ms > 0 else "0001-01-01T00:00:00.000Z"
    clock = ClockReading(offset_ms=offset_ms, error_ms=0)
    hub.take(seal(edge.state(at=at, clock=clock), edge.key), Channel.STATE)
    assert len(standing(hub, AlertKind.SPOOL_DIVERGED)) == 1


def test_an_edge_whose_clock_was_set_back_with_its_disk_is_told_after_a_while(
    hub: HubHome, edge: SigningEdge
) -> None:
    later = format_at(START + timedelta(hours=1))
    first = edge.line(edge.scan())
    hub.take(edge.batch([first, edge.line(edge.scan(at=later))]))
    edge.seq, edge.head = 1, line_hash(first)
    for _ in range(6):
        hub.clock.move(30)
        hub.take(seal(edge.state(at=format_at(START), clock=UNSURE), edge.key), Channel.STATE)
    assert len(standing(hub, AlertKind.SPOOL_DIVERGED)) == 1


def test_of_a_closed_spool_nothing_more_is_stored(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch(lines_of(edge, 2)))
    close(hub, edge.spool)
    before = hub.count("event")
    receipt = receipt_of(hub.take(edge.batch(lines_of(edge, 2))))
    assert (receipt.heads[0].seq, receipt.problem, hub.count("event")) == (2, None, before)
    assert hub.count("quarantine") == 0


def test_an_edge_is_told_until_its_state_does_not_name_the_spool(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.take(edge.batch(lines_of(edge, 2)))
    close(hub, edge.spool)

    def told(**fields: object) -> list[SpoolClose]:
        answers = hub.take(seal(edge.state(**fields), edge.key), Channel.STATE)
        return [each.message for each in answers if isinstance(each.message, SpoolClose)]

    for _ in range(2):
        (command,) = told()
        assert (command.spool, command.upto_seq) == (edge.spool, 2)
    other = SpoolHead(spool=OTHER, seq=0, head=ZERO_HEAD)
    assert told(heads=(other,)) == []


def test_the_first_act_stands_and_an_unknown_spool_is_none(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch(lines_of(edge, 2)))
    close(hub, edge.spool, "first")
    close(hub, edge.spool, "second")
    (view,) = views(hub)
    assert view.closing is not None
    assert view.closing.why == "first"
    with pytest.raises(UnknownSpoolError):
        close(hub, "c" * 32)
    assert len(views(hub)) == 1


def test_a_batch_in_flight_for_a_closed_spool_does_not_turn_in_a_loop(
    hub: HubHome, joined: JoinedEdge
) -> None:
    fill(joined, 3)
    joined.run(2)
    close(hub, FIRST)
    sent = []
    send = joined.send

    def count(channel: Channel, payload: bytes) -> None:
        if channel is Channel.EVENTS:
            batch = open_sealed(payload, Batch, joined.key.public_key, BATCH_BYTES_MAX).message
            sent.append(batch.spool)
        send(channel, payload)

    joined.send = count  # type: ignore[method-assign]  # to see what is sent
    fill(joined, 3, 10)
    joined.run(40)
    assert 1 <= sent.count(FIRST) <= 5
    assert joined.spool.id != FIRST


@pytest.mark.anyio
async def test_administrators_close_a_spool_by_rest_and_everyone_who_watches_reads_it(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    hub.take(edge.batch(lines_of(edge, 2)))
    path = f"/api/v1/edges/755A/dock/spools/{edge.spool}/close"
    for _ in range(2):
        answer = await admin.post(path, json={"reason": "the disk died"})
        assert answer.status_code == 200
        closed = answer.json()["closed"]
        assert (closed["by"], closed["why"]) == ("administrator", "the disk died")
    listed = (await admin.get("/api/v1/edges/755A/dock/spools")).json()["items"]
    assert [(each["spool"], each["upto_seq"], each["link"]) for each in listed] == [
        (edge.spool, 2, "first")
    ]
    problem(await admin.post(path.replace(edge.spool, "c" * 32), json={"reason": "why"}), 404)
    problem(await admin.post(path, json={"reason": ""}), 422)
