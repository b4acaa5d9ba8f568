"""Take in one message: verify, decide, store, project; say what to answer.

No thread, no clock, no broker: a transaction, a message and a time go in, answers come out, and
they may leave only after the commit. Source: design section 3 ("Exactly once").
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection

from hub.access.service import EdgeKey, find_edge
from hub.alerts.service import AlertKind, Finding, count_unclosed, raise_alert
from hub.fact import Fact, sighted, time_of
from hub.ingest import quarantine_store, spool_watch, states, store
from hub.ingest.commands import CommandDesk
from hub.ingest.projecting import Projection, project
from hub.ingest.quarantine_store import Quarantined
from hub.ingest.rules import NEW_SPOOL, Refused, Store, classify, read_line
from hub.ingest.store import Spool
from hub.packs.service import outgrow_pack
from hub.wanted.service import list_version, outgrow
from ledger.chain import ChainHead
from ledger.signing import Opened, SignatureError, open_sealed, peek
from wire.envelope import EnvelopeError, split_lines
from wire.events import Event, Feedback, Scan
from wire.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, MESSAGE_BYTES_MAX
from wire.lines import LineError
from wire.messages import Batch, Gone, MessageBase, Problem, Receipt, SpoolHead, State
from wire.names import format_at
from wire.policy import Policy
from wire.topics import Channel, Topic, parse_topic
from wire.wanted import ListHead

MESSAGES_KEPT_MAX = 1_000
"""Refused messages in quarantine; more are only counted."""
STRANGERS_MAX = 50
"""Unclosed alerts about refused edges; more strangers share one."""

_log = structlog.get_logger()
_events = Counter("custos_hub_events_stored", "Event lines stored", ["kind"])
_batches = Counter("custos_hub_batches", "Batches by what became of them", ["verdict"])
_refusals = Counter("custos_hub_messages_refused", "Messages refused", ["problem"])

_BYTES_MAX = {Channel.EVENTS: BATCH_BYTES_MAX, Channel.STATE: MESSAGE_BYTES_MAX}
_CHANNEL_OF = {Batch: Channel.EVENTS, State: Channel.STATE, Gone: Channel.STATE}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from the broker, as received."""

    topic: str
    payload: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to an edge; to be signed and sent after the commit."""

    topic: Topic
    message: MessageBase


class Intake:
    """Holds what stays the same from message to message."""

    def __init__(
        self, projections: Sequence[Projection], policy: Policy, commands: CommandDesk
    ) -> None:
        self._projections = projections
        self._policy = policy
        self._commands = commands

    def take(self, tx: Connection, incoming: Incoming) -> list[Outgoing]:
        """Work on one message within a transaction.

        Raises:
            SQLAlchemyError: the database failed; roll back and try the same message again.
        """
        try:
            topic = parse_topic(incoming.topic)
        except ValueError:
            _refusals.labels("topic").inc()
            return []
        opened = self._open(tx, topic, incoming)
        if isinstance(opened, Refused):
            return self._refuse(tx, topic, incoming, opened)
        message = opened.message
        if isinstance(message, Batch):
            return self._take_batch(tx, topic, incoming, message, opened.lines)
        if isinstance(message, State):
            return self._take_state(tx, topic, incoming, message)
        if isinstance(message, Gone):
            states.note_gone(tx, message)
        return []

    def _open(
        self, tx: Connection, topic: Topic, incoming: Incoming
    ) -> Opened[MessageBase] | Refused:
        try:
            claimed = peek(incoming.payload, _BYTES_MAX.get(topic.channel, 0))
        except EnvelopeError as error:
            return Refused(Problem.UNREADABLE, str(error))
        if (claimed.site, claimed.edge) != (topic.site, topic.edge):
            return Refused(Problem.WRONG_IDENTITY, "topic and message name different edges")
        if _CHANNEL_OF.get(type(claimed)) is not topic.channel:
            return Refused(Problem.UNREADABLE, "no message that belongs on this topic")
        edge = find_edge(tx, topic.site, topic.edge)
        if edge is None:
            return Refused(Problem.UNKNOWN_KEY, "this edge is not enrolled")
        return _verify(incoming.payload, type(claimed), edge)

    # ------------------------------------------------------------ batches

    def _take_batch(
        self, tx: Connection, topic: Topic, incoming: Incoming, batch: Batch, payload_lines: bytes
    ) -> list[Outgoing]:
        spool = store.lock_spool(tx, batch.site, batch.edge, batch.spool)
        known = NEW_SPOOL if spool is None else spool.head
        if spool is not None and spool.is_closed:
            # By an administrator's act: the edge hears of it with the answer to its next state.
            _batches.labels("closed").inc()
            return [self._receipt(tx, topic, incoming, {batch.spool: known})]
        try:
            lines = split_lines(payload_lines, BATCH_EVENTS_MAX)
        except EnvelopeError as error:
            return self._refuse(tx, topic, incoming, Refused(Problem.UNREADABLE, str(error)))
        stored = _stored_hashes(tx, spool, batch)
        verdict = classify(batch, lines, known, stored)
        _batches.labels(type(verdict).__name__.lower()).inc()
        if isinstance(verdict, Refused):
            return self._refuse(tx, topic, incoming, verdict)
        if isinstance(verdict, Store):
            self._store(tx, batch, spool, verdict, incoming.received_at)
            known = verdict.head
        return [self._receipt(tx, topic, incoming, {batch.spool: known})]

    def _store(
        self, tx: Connection, batch: Batch, spool: Spool | None, new: Store, now: datetime
    ) -> None:
        if spool is None:
            spool_id = store.add_spool(tx, batch.site, batch.edge, batch.spool, new.head, now)
        else:
            spool_id = spool.id
            store.move_head(tx, spool_id, new.head)
            if spool.is_ended:
                spool_watch.tell_gone_on(tx, batch.site, batch.edge, batch.spool, now)
        rows: list[dict[str, object]] = []
        facts: list[Fact] = []
        for seq, line in enumerate(new.lines, new.first_seq):
            try:
                event = read_line(line, batch, seq)
            except LineError as error:
                _quarantine_line(tx, batch, (spool_id, seq), line, str(error), now)
                continue
            fact, row = self._row(event, spool_id, line, now)
            facts.append(fact)
            rows.append(row)
            _events.labels(str(row["kind"])).inc()
        self._keep(tx, batch, spool_id, facts, rows, now)

    def store_late(
        self, tx: Connection, batch: Batch, spool_id: int, event: Event, line: bytes, now: datetime
    ) -> None:
        """Store one event at its place in a spool that has gone on without it, and project it."""
        fact, row = self._row(event, spool_id, line, now)
        self._keep(tx, batch, spool_id, [fact], [row], now)

    def _keep(
        self,
        tx: Connection,
        batch: Batch,
        spool_id: int,
        facts: Sequence[Fact],
        rows: Sequence[dict[str, object]],
        now: datetime,
    ) -> None:
        store.add_events(tx, rows)
        events = [fact.event for fact in facts]
        spool_watch.note_marks(tx, batch.site, batch.edge, spool_id, events, now)
        for failure in project(tx, self._projections, facts, now):
            place = (spool_id, failure.fact.event.seq)
            quarantine_store.add_projection_error(tx, failure.room, place, failure.error, now)
            finding = Finding(AlertKind.PROJECTION_ERROR, failure.room, now, site=batch.site)
            raise_alert(tx, finding, now)

    def _row(
        self, event: Event, spool_id: int, line: bytes, now: datetime
    ) -> tuple[Fact, dict[str, object]]:
        when = time_of(event, now, self._policy.late)
        row: dict[str, object] = {
            "spool_id": spool_id,
            "seq": event.seq,
            "kind": event.__struct_config__.tag,
            "waybill": event.waybill if isinstance(event, Scan) else sighted(event),
            "of_seq": event.of_seq if isinstance(event, Feedback) else None,
            "occurred_at": when.occurred_at,
            "received_at": now,
            "late": when.late,
            "doubted": when.doubted,
            "line": line,
        }
        return Fact(event, when.occurred_at, now, when.late), row

    # ------------------------------------------------------------ states

    def _take_state(
        self, tx: Connection, topic: Topic, incoming: Incoming, state: State
    ) -> list[Outgoing]:
        is_news = states.note_state(tx, state, incoming.received_at)
        named = [each.spool for each in state.heads]
        stored = store.heads_of(tx, state.site, state.edge, named)
        heads = {each.spool: stored.get(each.spool, NEW_SPOOL) for each in state.heads}
        answers = [self._receipt(tx, topic, incoming, heads)]
        if state.wanted is not None:
            self._outgrow(tx, state, state.wanted, incoming.received_at)
        outgrow_pack(tx, state.site, state.pack_version)
        now, cmd = incoming.received_at, Topic(state.site, state.edge, Channel.CMD)
        commands = (
            self._commands.missing_for(tx, state.site, state.edge, state.wanted, now),
            self._commands.pack_for(tx, state.site, state.edge, state.pack_version, now),
        )
        answers += [Outgoing(cmd, command) for command in commands if command is not None]
        closed = spool_watch.compare(tx, state, now) if is_news else []
        answers += [Outgoing(cmd, self._commands.spool_close(state, each, now)) for each in closed]
        orders = self._commands.footage_for(tx, state.site, state.edge, now)
        answers += [Outgoing(cmd, order) for order in orders]
        return answers

    def _outgrow(self, tx: Connection, state: State, held: ListHead, now: datetime) -> None:
        if not self._commands.is_overtaken_by(tx, held, now):
            return
        subject = f"{state.site}/{state.edge}"
        words = {"held": str(held.version), "version": str(list_version(tx))}
        is_newer_now = outgrow(tx, held.version, now)
        _log.error("an edge holds a list we never made", edge=subject, newer_now=is_newer_now)
        finding = Finding(AlertKind.LIST_OVERTAKEN, subject, now, site=state.site, words=words)
        raise_alert(tx, finding, now)

    # ------------------------------------------------------------ answers

    def _receipt(
        self,
        tx: Connection,
        topic: Topic,
        incoming: Incoming,
        heads: dict[str, ChainHead],
        problem: Problem | None = None,
    ) -> Outgoing:
        received_at = format_at(incoming.received_at)
        receipt = Receipt(
            site=topic.site,
            edge=topic.edge,
            answers=hashlib.sha256(incoming.payload.partition(b"\n")[0]).hexdigest(),
            heads=tuple(SpoolHead(spool=s, seq=h.seq, head=h.head) for s, h in heads.items()),
            wanted_version=list_version(tx),
            problem=problem,
            received_at=received_at,
            sent_at=received_at,
        )
        return Outgoing(Topic(topic.site, topic.edge, Channel.RECEIPT), receipt)

    def _refuse(
        self, tx: Connection, topic: Topic, incoming: Incoming, refused: Refused
    ) -> list[Outgoing]:
        now = incoming.received_at
        _refusals.labels(refused.problem).inc()
        _log.warning(
            "message refused",
            site=topic.site,
            edge=topic.edge,
            problem=refused.problem,
            why=refused.why,
        )
        keep_message(tx, topic, incoming, f"{refused.problem}: {refused.why}")
        known = find_edge(tx, topic.site, topic.edge) is not None
        subject = f"{topic.site}/{topic.edge}" if known or _few_refused(tx) else "…"
        words = {"problem": refused.problem.value}
        finding = Finding(AlertKind.EDGE_REFUSED, subject, now, site=topic.site, words=words)
        raise_alert(tx, finding, now)
        return [self._receipt(tx, topic, incoming, {}, refused.problem)]


def keep_unusable(tx: Connection, incoming: Incoming) -> None:
    """A message that our own code fails on: its bytes are kept, and a person is told."""
    try:
        topic = parse_topic(incoming.topic)
    except ValueError:
        return
    keep_message(tx, topic, incoming, "the hub failed on this message; see its log")
    subject = f"{topic.site}/{topic.edge}"
    finding = Finding(AlertKind.PROJECTION_ERROR, subject, incoming.received_at, site=topic.site)
    raise_alert(tx, finding, incoming.received_at)


def keep_message(tx: Connection, topic: Topic, incoming: Incoming, reason: str) -> None:
    """Put a message into quarantine: once per hash, at most ``MESSAGES_KEPT_MAX``, cut to size."""
    raw = incoming.payload[:BATCH_BYTES_MAX]
    if quarantine_store.has_message(tx, raw):
        return
    if quarantine_store.count_messages(tx) >= MESSAGES_KEPT_MAX:
        return
    quarantine_store.add_quarantined(
        tx,
        Quarantined.MESSAGE,
        topic.site,
        topic.edge,
        reason,
        raw,
        incoming.received_at,
    )


def _verify(
    payload: bytes, expected: type[MessageBase], edge: EdgeKey
) -> Opened[MessageBase] | Refused:
    try:
        return open_sealed(payload, expected, bytes.fromhex(edge.public_key), BATCH_BYTES_MAX)
    except SignatureError as error:
        return Refused(Problem.BAD_SIGNATURE, str(error))
    except EnvelopeError as error:
        return Refused(Problem.UNREADABLE, str(error))


def _stored_hashes(tx: Connection, spool: Spool | None, batch: Batch) -> dict[int, str]:
    if spool is None or batch.first_seq > spool.head.seq:
        return {}
    place = (spool.id, batch.first_seq, batch.first_seq + batch.count - 1)
    return store.event_hashes(tx, *place) | quarantine_store.line_hashes(tx, *place)


def _quarantine_line(
    tx: Connection, batch: Batch, place: tuple[int, int], line: bytes, why: str, now: datetime
) -> None:
    quarantine_store.add_quarantined(
        tx, Quarantined.LINE, batch.site, batch.edge, why, line, now, place
    )
    subject = f"{batch.site}/{batch.edge}"
    raise_alert(tx, Finding(AlertKind.LINE_QUARANTINED, subject, now, site=batch.site), now)


def _few_refused(tx: Connection) -> bool:
    counts = count_unclosed(tx)
    refused = sum(n for (kind, _, _), n in counts.items() if kind is AlertKind.EDGE_REFUSED)
    return refused < STRANGERS_MAX
