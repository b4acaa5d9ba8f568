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

from hub.access.service import EdgeKey
from hub.alerts.service import AlertKind, Finding, count_unclosed, raise_alert
from hub.ingest import quarantine_store, spool_watch, states, store
from hub.ingest.arrivals import Arrivals
from hub.ingest.commands import CommandDesk
from hub.ingest.projecting import Projection
from hub.ingest.quarantine_store import Quarantined
from hub.ingest.rules import NEW_SPOOL, Refused, Store, classify
from hub.ingest.store import SpoolName
from hub.packs.service import outgrow_pack
from hub.wanted.service import list_version, outgrow
from ledger.chain import ChainHead
from ledger.signing import Opened, SignatureError, open_sealed, peek
from wire.envelope import EnvelopeError, split_lines
from wire.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, MESSAGE_BYTES_MAX
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


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a message says that it is, not believed yet; or why it cannot even be read."""

    topic: Topic
    incoming: Incoming
    message: MessageBase | Refused


class Intake:
    """Holds what stays the same from message to message."""

    def __init__(
        self, projections: Sequence[Projection], policy: Policy, commands: CommandDesk
    ) -> None:
        self._projections = projections
        self._policy = policy
        self._commands = commands

    def take(self, tx: Connection, incoming: Incoming) -> list[Outgoing]:
        """Work on one message within a transaction: :meth:`take_group` of one."""
        return self.take_group(tx, [incoming])

    def take_group(self, tx: Connection, group: Sequence[Incoming]) -> list[Outgoing]:
        """Work on messages in their order within a transaction; nothing of it may leave before.

        Raises:
            SQLAlchemyError: the database failed; roll back and try the same messages again.
        """
        arrivals = Arrivals(tx, self._projections, self._policy)
        claims = [claim for claim in map(_claim, group) if claim is not None]
        arrivals.expect(
            ((each.topic.site, each.topic.edge) for each in claims),
            (_spool_name(each.message) for each in claims if isinstance(each.message, Batch)),
        )
        answers = [out for each in claims for out in self._answer(tx, arrivals, each)]
        arrivals.settle()
        return answers

    def _answer(self, tx: Connection, arrivals: Arrivals, claim: _Claim) -> list[Outgoing]:
        topic, incoming = claim.topic, claim.incoming
        opened = _open(claim, arrivals.edge(topic.site, topic.edge))
        if isinstance(opened, Refused):
            return self._refuse(tx, arrivals, topic, incoming, opened)
        message = opened.message
        if isinstance(message, Batch):
            return self._take_batch(tx, arrivals, claim, message, opened.lines)
        if isinstance(message, State):
            # It is compared with spools whose batches may have come in this very group.
            arrivals.write()
            return self._take_state(tx, arrivals, topic, incoming, message)
        if isinstance(message, Gone):
            states.note_gone(tx, message)
        return []

    # ------------------------------------------------------------ batches

    def _take_batch(
        self, tx: Connection, arrivals: Arrivals, claim: _Claim, batch: Batch, payload: bytes
    ) -> list[Outgoing]:
        topic, incoming, name = claim.topic, claim.incoming, _spool_name(batch)
        if arrivals.is_closed(name):
            # By a recorded act: the edge hears of it with the answer to its next state.
            _batches.labels("closed").inc()
            return [self._receipt(arrivals, topic, incoming, {batch.spool: arrivals.head(name)})]
        try:
            lines = split_lines(payload, BATCH_EVENTS_MAX)
        except EnvelopeError as error:
            refused = Refused(Problem.UNREADABLE, str(error))
            return self._refuse(tx, arrivals, topic, incoming, refused)
        verdict = classify(batch, lines, arrivals.head(name), arrivals.hashes(batch))
        _batches.labels(type(verdict).__name__.lower()).inc()
        if isinstance(verdict, Refused):
            return self._refuse(tx, arrivals, topic, incoming, verdict)
        if isinstance(verdict, Store):
            arrivals.store(batch, verdict, incoming.received_at)
        return [self._receipt(arrivals, topic, incoming, {batch.spool: arrivals.head(name)})]

    def store_late(self, tx: Connection, batch: Batch, line: bytes, now: datetime) -> None:
        """Store one event at its place in a spool that has gone on without it, and project it.

        Raises:
            LineError: it still cannot be read.
        """
        arrivals = Arrivals(tx, self._projections, self._policy)
        arrivals.expect((), [_spool_name(batch)])
        arrivals.store_late(batch, line, now)
        arrivals.settle()

    # ------------------------------------------------------------ states

    def _take_state(
        self,
        tx: Connection,
        arrivals: Arrivals,
        topic: Topic,
        incoming: Incoming,
        state: State,
    ) -> list[Outgoing]:
        is_news = states.note_state(tx, state, incoming.received_at)
        named = [each.spool for each in state.heads]
        stored = store.heads_of(tx, state.site, state.edge, named)
        heads = {each.spool: stored.get(each.spool, NEW_SPOOL) for each in state.heads}
        answers = [self._receipt(arrivals, topic, incoming, heads)]
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
        arrivals: Arrivals,
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
            wanted_version=arrivals.list_version,
            problem=problem,
            received_at=received_at,
            sent_at=received_at,
        )
        return Outgoing(Topic(topic.site, topic.edge, Channel.RECEIPT), receipt)

    def _refuse(
        self,
        tx: Connection,
        arrivals: Arrivals,
        topic: Topic,
        incoming: Incoming,
        refused: Refused,
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
        known = arrivals.edge(topic.site, topic.edge)
        is_named = known is not None or _few_refused(tx)
        subject = f"{topic.site}/{topic.edge}" if is_named else "…"
        words = {"problem": refused.problem.value}
        is_revoked = known is not None and known.revoked_at is not None
        kind = AlertKind.EDGE_REVOKED if is_revoked else AlertKind.EDGE_REFUSED
        finding = Finding(kind, subject, now, site=topic.site, words=words)
        raise_alert(tx, finding, now)
        return [self._receipt(arrivals, topic, incoming, {}, refused.problem)]


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


def _claim(incoming: Incoming) -> _Claim | None:
    try:
        topic = parse_topic(incoming.topic)
    except ValueError:
        _refusals.labels("topic").inc()
        return None
    try:
        claimed = peek(incoming.payload, _BYTES_MAX.get(topic.channel, 0))
    except EnvelopeError as error:
        return _Claim(topic, incoming, Refused(Problem.UNREADABLE, str(error)))
    return _Claim(topic, incoming, claimed)


def _open(claim: _Claim, edge: EdgeKey | None) -> Opened[MessageBase] | Refused:
    topic, claimed = claim.topic, claim.message
    if isinstance(claimed, Refused):
        return claimed
    if (claimed.site, claimed.edge) != (topic.site, topic.edge):
        return Refused(Problem.WRONG_IDENTITY, "topic and message name different edges")
    if _CHANNEL_OF.get(type(claimed)) is not topic.channel:
        return Refused(Problem.UNREADABLE, "no message that belongs on this topic")
    if edge is None:
        return Refused(Problem.UNKNOWN_KEY, "this edge is not enrolled")
    if edge.revoked_at is not None:
        return Refused(Problem.UNKNOWN_KEY, "the key of this edge is revoked")
    payload, key = claim.incoming.payload, bytes.fromhex(edge.public_key)
    try:
        return open_sealed(payload, type(claimed), key, BATCH_BYTES_MAX)
    except SignatureError as error:
        return Refused(Problem.BAD_SIGNATURE, str(error))
    except EnvelopeError as error:
        return Refused(Problem.UNREADABLE, str(error))


def _spool_name(batch: Batch) -> SpoolName:
    return batch.site, batch.edge, batch.spool


def _few_refused(tx: Connection) -> bool:
    counts = count_unclosed(tx)
    refused = sum(n for (kind, _, _), n in counts.items() if kind is AlertKind.EDGE_REFUSED)
    return refused < STRANGERS_MAX
