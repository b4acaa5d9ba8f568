"""What the spool's one writer knows of its spools without asking the disk. Pure.

Source: design section 3 ("Backlog"), promise P2.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.seams import KeptSpool, Sealed
from ledger.chain import ChainHead
from wire.events import Event
from wire.lines import line_hash, seal_line


class SpoolTail:
    """The kept spools, the live one last, and which receipts the disk has not got yet."""

    def __init__(self, spools: Sequence[KeptSpool]) -> None:
        """``spools`` as the disk has them; at least one."""
        self.spools = list(spools)
        self.live = self.spools[-1]
        self._older_unsent = sum(spool.unsent for spool in self.spools[:-1])
        self.unwritten: dict[int, int] = {}
        """How far spools are receipted, by number, where the disk says less, or more."""
        self.went_back: dict[int, int] = {}
        """How little the hub had of a spool, by number, where it had more before, until the disk
        knows."""

    @property
    def depth(self) -> int:
        """Durable lines without a receipt."""
        return self._older_unsent + self.live.unsent

    def grown(self, sealed: Sequence[Sealed]) -> None:
        """These lines are durable in the live spool, with all that was unwritten."""
        if sealed:
            self._change(replace(self.live, head=ChainHead(sealed[-1].seq, sealed[-1].head)))
        self.written()

    def receipted(self, spool: str, upto_seq: int) -> None:
        """The hub has a spool up to here; one that is forgotten meanwhile stays so."""
        for known in self.spools:
            if known.id == spool:
                self.unwritten[known.n] = upto_seq
                self._change(replace(known, upto_seq=upto_seq))
                return

    def lost(self, spool: str, upto_seq: int) -> None:
        """The hub was restored and had no more than this of a spool then."""
        for known in self.spools:
            if known.id == spool:
                self.went_back[known.n] = min(upto_seq, self.went_back.get(known.n, upto_seq))
                return

    def close(self, spool: str) -> None:
        """Nothing more of an ended spool is sent."""
        for known in self.spools[:-1]:
            if known.id == spool:
                self._change(replace(known, is_closed=True))
                return

    def written(self) -> None:
        """The disk knows every receipt."""
        self.unwritten.clear()
        self.went_back.clear()

    def forgotten(self, numbers: Sequence[int]) -> None:
        """These ended spools are gone."""
        if numbers:
            self.spools = [spool for spool in self.spools if spool.n not in numbers]

    def begun(self, ended: Sequence[Sealed], begun: KeptSpool, *, closes: bool) -> None:
        """The live spool ended with these lines, and another is live; all is written."""
        self.grown(ended)
        self._change(replace(self.live, is_closed=closes))
        self._older_unsent += self.live.unsent
        self.spools.append(begun)
        self.live = begun

    def reread(self, spools: Sequence[KeptSpool]) -> "SpoolTail":
        """After a commit in doubt the disk says what there is; receipts are remembered here."""
        uptos = {spool.n: self.unwritten.get(spool.n, spool.upto_seq) for spool in spools}
        found = SpoolTail([replace(each, upto_seq=uptos[each.n]) for each in spools])
        found.unwritten = {n: upto for n, upto in self.unwritten.items() if n in uptos}
        found.went_back = self.went_back
        return found

    def oldest_unsent(self) -> tuple[int, int] | None:
        """The number of the oldest spool with an unreceipted line, and that line's seq."""
        for spool in self.spools:
            if spool.unsent:
                return spool.n, spool.upto_seq + 1
        return None

    def _change(self, changed: KeptSpool) -> None:
        if changed.n == self.live.n:
            self.live = self.spools[-1] = changed
            return
        place = next(at for at, each in enumerate(self.spools) if each.n == changed.n)
        self._older_unsent += changed.unsent - self.spools[place].unsent
        self.spools[place] = changed


def seal(events: Sequence[Event], spool: str, start: ChainHead) -> list[Sealed]:
    """Events as the next lines of a spool that ends in ``start``."""
    sealed = []
    seq, head = start.seq, start.head
    for event in events:
        seq += 1
        line = seal_line(event, spool, seq, head)
        head = line_hash(line)
        sealed.append(Sealed(seq, head, line))
    return sealed
