"""What becomes of each batch, on a real database. Source: design section 3."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from hub.alerts.service import AlertKind
from hub.ingest import intake as intake_module
from hub.ingest.intake import Incoming
from hub.ingest.service import quarantined
from ledger.keys import SigningKey
from ledger.signing import seal
from tests import samples
from tests.hub_parts import HubHome, SigningEdge, receipt_of
from tests.postgres_parts import on_both_databases
from wire.limits import (
    BATCH_BYTES_MAX,
)
from wire.messages import Problem, SpoolHead

pytestmark = on_both_databases

TABLES = ("event", "spool_head", "parcel", "outbox", "alert")


def counts(hub: HubHome, tables: Sequence[str] = TABLES) -> dict[str, int]:
    return {table: hub.count(table) for table in tables}


# ---------------------------------------------------------------- exactly once


def test_a_batch_is_stored_as_received_and_answered_with_the_new_head(
    hub: HubHome, edge: SigningEdge
) -> None:
    lines = [edge.line(edge.scan(f"75512345678{n}")) for n in range(3)]
    receipt = receipt_of(hub.take(edge.batch(lines)))
    assert receipt.heads == (SpoolHead(spool=edge.spool, seq=3, head=edge.head),)
    assert receipt.problem is None
    assert [view.stored.line for view in hub.events()] == lines


def test_an_event_of_every_kind_is_stored_and_troubles_no_room(
    hub: HubHome, edge: SigningEdge
) -> None:
    kinds = [replace(each, site=edge.site, edge=edge.edge) for each in samples.EVENTS.values()]
    lines = [edge.line(each) for each in kinds]
    receipt_of(hub.take(edge.batch(lines)))
    assert [view.stored.line for view in hub.events()] == lines
    assert (hub.count("quarantine"), hub.count("projection_error")) == (0, 0)


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
    assert [view.stored.seq for view in hub.events()] == [1, 2, 3, 4]


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
    assert [view.stored.seq for view in hub.events()] == [1, 3]
    with hub.database.reading() as tx:
        (kept,) = quarantined(tx, 0, 10)
    assert (kept.raw, kept.seq, kept.spool) == (lines[1], 2, edge.spool)
    assert len(hub.alerts(AlertKind.LINE_QUARANTINED)) == 1


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
    (alert,) = hub.alerts(AlertKind.EDGE_REFUSED)
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
    assert hub.alerts(AlertKind.EDGE_REFUSED)[0].count == 3


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
    assert [each.count for each in hub.alerts(AlertKind.EDGE_REFUSED)] == [3, 1, 1, 1]
