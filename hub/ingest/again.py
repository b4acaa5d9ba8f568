"""Quarantined bytes, read again because somebody asked: after a newer program, or an enrolment.

They stay as they came, whatever comes of it. Source: promise P4.
"""

from datetime import datetime

from sqlalchemy import Connection

from hub.ingest import quarantine_store, store
from hub.ingest.intake import Incoming, Intake
from hub.ingest.quarantine_store import AskedItem, Quarantined
from ledger.signing import peek
from wire.envelope import EnvelopeError
from wire.limits import BATCH_BYTES_MAX
from wire.lines import LineError, line_hash
from wire.messages import Batch, Receipt
from wire.topics import Channel, Topic

READ_AGAIN = "read again"
"""What stands as the words of an item that this program could use after all."""


def take_again(intake: Intake, tx: Connection, item: AskedItem, now: datetime) -> None:
    """Read an item as this program reads it now.

    A line becomes the event at its place, once, and the rooms work on it. A batch goes the way of
    every batch, so what is known of it already is stored once.
    """
    is_line = item.what is Quarantined.LINE
    tried = _read_line(intake, tx, item, now) if is_line else _take_batch(intake, tx, item, now)
    if tried is None:
        quarantine_store.work_off(tx, item.id, item.asked_by, READ_AGAIN, now)
    else:
        quarantine_store.note_tried(tx, item.id, tried)


def _read_line(intake: Intake, tx: Connection, item: AskedItem, now: datetime) -> str | None:
    if item.place is None or item.spool is None:
        return "it has no place in a spool"
    spool_id, seq = item.place
    store.lock_spools(tx, [(item.site, item.edge, item.spool)])
    if store.event_hashes(tx, spool_id, seq, seq):
        return None
    head = line_hash(item.raw)
    batch = Batch(
        site=item.site, edge=item.edge, spool=item.spool, first_seq=seq, count=1, head=head
    )
    try:
        intake.store_late(tx, batch, item.raw, now)
    except LineError as error:
        return str(error)
    return None


def _take_batch(intake: Intake, tx: Connection, item: AskedItem, now: datetime) -> str | None:
    try:
        claimed = peek(item.raw, BATCH_BYTES_MAX)
    except EnvelopeError as error:
        return str(error)
    if not isinstance(claimed, Batch):
        return "only a batch can be taken in later"
    topic = Topic(item.site, item.edge, Channel.EVENTS)
    # Its edge has long had its answer, and asks by itself where its spool stands.
    (answer,) = intake.take(tx, Incoming(str(topic), item.raw, now))
    receipt = answer.message
    assert isinstance(receipt, Receipt)
    if receipt.problem is not None:
        return receipt.problem.value
    is_stored = receipt.heads[0].seq >= claimed.first_seq + claimed.count - 1
    return None if is_stored else "lines before it have not come"
