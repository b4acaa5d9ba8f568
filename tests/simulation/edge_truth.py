"""What an edge really has on its disk, and what its scanners were told: noted from outside.

Looked at after each step of the station: a tone for a recorded scan needs its line on the disk
(P1), every line follows the one before it (P2), and every verdict is that of the list which the
edge held (P3). A line that was once seen here is never gone, but for the bound of the spool.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from devices.feedback import answer_steps
from devices.framing import ScannerProtocol
from devices.port_thread import AnswerSent, BytesRead
from edge.seams import KeptSpool
from edge.spool_reader import SpoolReader
from edge.station_events import (
    Answer,
    HubHasLess,
    Input,
    LinkChanged,
    ListChanged,
    Output,
    Receipted,
)
from edge.uplink_events import UplinkOutput
from edge.verdict import HeldList
from tests.simulation.world import World
from wire.events import Event, Scan
from wire.lines import line_hash, parse_line
from wire.names import ZERO_HEAD, Result, Signal, parse_at
from wire.wanted import WantedList, WantedResult, list_sha256

if TYPE_CHECKING:
    from tests.simulation.edge_process import EdgeProcess

SERIES_HV = "103"
GUARD_MS = 300
_ALL = 1 << 30
_WRITE_NOTHING = (AnswerSent, HubHasLess, LinkChanged, ListChanged, Receipted)
"""After these steps there is nothing new to be seen, unless something is put out."""
_RECORDED = {
    Result.CLEAR: Signal.OK,
    Result.HV: Signal.WANTED,
    Result.WANTED: Signal.WANTED,
    Result.STOP: Signal.STOP,
}
"""What a parcel sounds like; an ordinary one may warn instead, for a reason of its session."""


def _signals() -> dict[bytes, Signal]:
    found = {}
    for signal in Signal:
        if signal is not Signal.OFFLINE:
            steps = answer_steps(ScannerProtocol.HONEYWELL, signal)
            assert steps is not None
            found[steps[0]] = signal
    return found


SIGNAL_OF = _signals()
"""What a scanner's bytes mean to whoever holds it."""


@dataclass
class Lists:
    """Every wanted list that the hub has signed, by version and hash; two edges share it."""

    known: dict[tuple[int, str], WantedList] = field(default_factory=dict)

    def signed(self, version: int, sha256: str, wanted: WantedList) -> None:
        """The hub let this one out."""
        assert (wanted.version, list_sha256(wanted)) == (version, sha256), "a head of another list"
        assert self.known.setdefault((version, sha256), wanted) == wanted

    def judge(self, held: WantedList, waybill: str, site: str, now: datetime) -> Result:
        """What a waybill is, by a list that an edge says it holds."""
        found = Result.HV if waybill.startswith(SERIES_HV) else Result.CLEAR
        if held.version:
            wanted = self.known[held.version, list_sha256(held)]
            for entry in wanted.entries:
                is_over = entry.expires_at is not None and now >= parse_at(entry.expires_at)
                is_here = entry.scope is None or site in entry.scope
                if entry.waybill == waybill and is_here and not is_over:
                    is_stop = entry.result is WantedResult.STOP
                    found = Result.STOP if is_stop else Result.WANTED
        return found


class EdgeTruth:
    """One edge's lines, in the order in which they became durable, by spool."""

    def __init__(self, world: World, site: str) -> None:
        self.lines: dict[str, list[bytes]] = {}
        self.lists = Lists()
        self.ever_stored: Counter[str] = Counter()
        """How far the hub has ever had each spool; its own, looked at from here."""
        self.tones: Counter[Signal] = Counter()
        self.heard_of: Counter[str] = Counter()
        self.forks: dict[str, list[list[bytes]]] = {}
        """What spools held before their disk was put back to an older copy"""
        self.was_put_back = False
        self._world = world
        self._site = site
        self._heads: dict[str, str] = {}
        self._newest: dict[str, tuple[Scan, int]] = {}

    # ------------------------------------------------------------ looking at the disk

    def looked_at_start(self, reader: SpoolReader, *, forgets: bool) -> None:
        """A program has started: all that was durable is there still, and perhaps more.

        A line may be new: its commit had happened, but its program did not live to say so.
        ``forgets``: the spool's bound may have taken whole spools that the hub has.
        """
        kept = reader.spools()
        if self.was_put_back:
            self._go_back(reader, kept)
        for spool in kept:
            self._compare(reader, spool, is_given_up=forgets and spool.is_closed)
        missing = self.lines.keys() - {spool.id for spool in kept}
        assert forgets or not missing, f"spools are gone from the disk: {missing}"
        self._newest.clear()

    def _go_back(self, reader: SpoolReader, kept: list[KeptSpool]) -> None:
        """The disk is an older copy: its lines are a beginning of those that were known."""
        self.was_put_back = False
        now: dict[str, list[bytes]] = {}
        for spool in kept:
            lines = reader.unsent(spool.id, 0, _ALL, _ALL)
            forgotten = parse_line(lines[0]).seq - 1 if lines else 0
            known = self.lines.get(spool.id, [])
            now[spool.id] = known[: forgotten + len(lines)]
            assert now[spool.id][forgotten:] == lines, "the copy holds other lines"
        for spool_id, known in self.lines.items():
            if len(now.get(spool_id, ())) < len(known):
                self.forks.setdefault(spool_id, []).append(known)
        self.lines = now
        self._heads = {each: line_hash(lines[-1]) for each, lines in now.items() if lines}

    def _compare(self, reader: SpoolReader, spool: KeptSpool, *, is_given_up: bool) -> None:
        known = self.lines.get(spool.id, [])
        kept = reader.unsent(spool.id, 0, _ALL, _ALL)
        first = parse_line(kept[0]).seq if kept else len(known) + 1
        assert is_given_up or first <= spool.upto_seq + 1, "an unreceipted line was forgotten"
        common = known[first - 1 :]
        assert kept[: len(common)] == common, "a durable line is lost or another one"
        self._follow(spool.id, kept[len(common) :])

    def look(self, reader: SpoolReader) -> list[Event]:
        """The lines that became durable since the last look."""
        newest = reader.newest()
        live = next(reversed(self.lines), None)
        if newest.spool == live and newest.seq == len(self.lines[live]):
            return []
        spools = reader.spools()
        start = next((n for n, each in enumerate(spools) if each.id == live), 0)
        found = []
        for spool in spools[start:]:
            known = len(self.lines.get(spool.id, ()))
            found += self._follow(spool.id, reader.unsent(spool.id, known, _ALL, _ALL))
        return found

    def _follow(self, spool: str, lines: list[bytes]) -> list[Event]:
        known = self.lines.setdefault(spool, [])
        head = self._heads.get(spool, ZERO_HEAD)
        events = []
        for line in lines:
            event = parse_line(line)
            assert (event.spool, event.seq) == (spool, len(known) + 1), "a gap in the spool"
            assert event.prev == head, "a line does not follow the one before it"
            head = line_hash(line)
            known.append(line)
            events.append(event)
            self._world.note(f"line {head}")
        self._heads[spool] = head
        return events

    # ------------------------------------------------------------ a step of the station

    def saw(
        self, process: "EdgeProcess", event: Input, held: HeldList, outputs: list[Output]
    ) -> None:
        """The station took one event and is about to answer."""
        if isinstance(event, Receipted):
            is_stored = event.upto_seq <= self.ever_stored[event.spool]
            assert is_stored, "taken for receipted, and never stored"
        now = process.station.time.hub_time(process.clock.now())
        added: list[Event] = []
        if outputs or not isinstance(event, _WRITE_NOTHING):
            with process.machine.disk.trusted():
                added = self.look(process.reader)
        scans = [each for each in added if isinstance(each, Scan)]
        pulled = event.data.count(b"\r") if isinstance(event, BytesRead) else 0
        assert len(scans) <= pulled, "a scan that nobody made"
        for scan in scans:
            self._check_verdict(scan, held.index.wanted, now)
            self._newest[scan.device or ""] = (scan, process.clock.mono_ns() // 1_000_000)
        answers = [each for each in outputs if isinstance(each, Answer)]
        assert len(scans) <= len(answers) <= pulled, "a recorded scan without an answer"
        for answer in answers:
            self._check_tone(answer, scans, process.clock.mono_ns() // 1_000_000)

    def _check_verdict(self, scan: Scan, held: WantedList, now: datetime) -> None:
        assert scan.list_version == held.version, "judged by another list than the edge held"
        if scan.waybill is not None:
            truth = self.lists.judge(held, scan.waybill, self._site, now)
            assert scan.result is truth, f"{scan.waybill} is {truth}, not {scan.result}"

    def _check_tone(self, answer: Answer, scans: list[Scan], now_ms: int) -> None:
        signal = SIGNAL_OF[answer.data]
        self.tones[signal] += 1
        self._world.note(f"tone {answer.device} {signal}")
        if signal is Signal.NOT_RECORDED:
            return
        scan, at_ms = self._newest.get(answer.device, (None, 0))
        assert scan is not None, "a good-read tone without a durable line"
        is_repeat = scan not in scans
        assert not is_repeat or now_ms - at_ms <= 2 * GUARD_MS, "a tone without a durable line"
        if scan.waybill is not None:
            told = {signal, Signal.OK} if signal is Signal.WARN else {signal}
            assert _RECORDED[scan.result] in told, "a tone that belies the verdict"

    def heard(self, output: UplinkOutput) -> None:
        """Something that concerns the uplink's shell alone."""
        self.heard_of[type(output).__name__] += 1
