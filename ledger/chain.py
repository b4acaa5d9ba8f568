"""The edge chain: each line holds the hash of the line before it.

Source: design section 3 ("Event line"), section 9.
"""

from dataclasses import dataclass

import msgspec

from wire.lines import line_hash


class _Link(msgspec.Struct, frozen=True):
    seq: int
    prev: str


_decoder = msgspec.json.Decoder(_Link)


class ChainError(ValueError):
    """The lines do not follow each other, or not the head; the sentence says where."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last sequence number of a spool and its line's hash; (0, zeros) before the first."""

    seq: int
    head: str


def extend(start: ChainHead, first_seq: int, claimed_head: str, lines: list[bytes]) -> ChainHead:
    """Follow ``lines`` from ``start`` and return the new head.

    A line that is not even JSON with ``seq`` and ``prev`` still counts by its place and hash: the
    next line's ``prev`` and the signed ``claimed_head`` cover it, so it can be quarantined without
    losing those behind it (P4).

    Raises:
        ChainError: the first line does not follow ``start``, a readable line has another place or
            another ``prev``, or the last hash is not ``claimed_head``.
    """
    if first_seq != start.seq + 1:
        raise ChainError(f"seq {first_seq} does not follow {start.seq}")
    seq, head = start.seq, start.head
    for line in lines:
        seq += 1
        try:
            link = _decoder.decode(line)
        except (ValueError, RecursionError):
            link = None
        if link is not None and (link.seq != seq or link.prev != head):
            raise ChainError(f"line {seq} does not follow the line before it")
        head = line_hash(line)
    if head != claimed_head:
        raise ChainError(f"the lines end in another head than the header says (seq {seq})")
    return ChainHead(seq, head)
