"""Exactly once: what a batch is to a spool whose head is known. Pure.

Source: design section 3 ("Exactly once").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.chain import ChainError, ChainHead, extend
from wire.events import Event
from wire.lines import LineError, line_hash, parse_line
from wire.messages import Batch, Problem
from wire.names import ZERO_HEAD

NEW_SPOOL = ChainHead(0, ZERO_HEAD)


@dataclass(frozen=True, slots=True)
class Store:
    """The lines from ``first_seq`` on are new and continue the spool up to ``head``."""

    first_seq: int
    lines: tuple[bytes, ...]
    head: ChainHead


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Everything is here already, byte for byte."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Lines before it are missing: store nothing, tell the edge where its spool stands."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Never stored as events; a person has to look. ``why`` is for the log and the alarm."""

    problem: Problem
    why: str


Verdict = Store | Duplicate | Ahead | Refused


def classify(
    batch: Batch, lines: Sequence[bytes], known: ChainHead, stored: Mapping[int, str]
) -> Verdict:
    """Decide what a batch with a good signature is to its spool.

    Args:
        batch: the verified header.
        lines: its lines without LF, as received.
        known: how far the spool is stored; ``NEW_SPOOL`` before the first batch.
        stored: the hashes of the stored lines that the batch brings again.
    """
    last_seq = batch.first_seq + len(lines) - 1
    if len(lines) != batch.count:
        return Refused(Problem.BROKEN_CHAIN, f"{len(lines)} lines came, {batch.count} were signed")
    if batch.first_seq > known.seq + 1:
        return Ahead()
    try:
        if batch.first_seq == known.seq + 1:
            head = extend(known, batch.first_seq, batch.head, list(lines))
            return Store(batch.first_seq, tuple(lines), head)
        # The header signs only the last hash: the links between the lines carry it to the others.
        first = ChainHead(batch.first_seq, line_hash(lines[0]))
        extend(first, batch.first_seq + 1, batch.head, list(lines[1:]))
        for seq in range(batch.first_seq, min(last_seq, known.seq) + 1):
            if line_hash(lines[seq - batch.first_seq]) != stored.get(seq):
                return Refused(Problem.EQUIVOCATION, f"line {seq} came before with other bytes")
        new = tuple(lines[known.seq + 1 - batch.first_seq :])
        if not new:
            return Duplicate()
        head = extend(known, known.seq + 1, batch.head, list(new))
    except ChainError as error:
        return Refused(Problem.BROKEN_CHAIN, str(error))
    return Store(known.seq + 1, new, head)


def read_line(line: bytes, batch: Batch, seq: int) -> Event:
    """Read one line of a good chain.

    Raises:
        LineError: unreadable, or it says that it belongs elsewhere; to quarantine with it.
    """
    event = parse_line(line)
    claimed = (event.site, event.edge, event.spool, event.seq)
    if claimed != (batch.site, batch.edge, batch.spool, seq):
        raise LineError("the line names another edge, spool or place than its batch")
    return event
