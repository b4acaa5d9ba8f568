"""Fakes for the edge's cores: strict ones, that fail on a broken promise."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from msgspec.structs import replace

from devices.framing import ScannerProtocol
from devices.port_thread import BytesRead, PortOpened
from edge.handheld_store import PairedHandheld
from edge.open_work import OpenWork
from edge.scan_lines import LastScan
from edge.seams import NO_QUEUES, KeptSpool, Sealed, SpoolError
from edge.session import FixedSession, Session, pseudonym
from edge.spool_tail import seal
from edge.station import StationCore
from edge.station_events import (
    Answer,
    Input,
    Output,
    ScannerSetup,
    Started,
    StationSetup,
)
from edge.verdict import HeldList, shipped_list
from ledger.chain import ChainHead
from wire.bodies import PrivateBody
from wire.events import Act, Event, Feedback, Scan, Station, StationFact
from wire.lines import parse_line
from wire.messages import SpoolHead
from wire.names import ZERO_HEAD, parse_at
from wire.policy import parse_policy
from wire.site_pack import (
    CheckItem,
    Duty,
    PackPerson,
    PackPlace,
    PackShift,
    SelfCheckTask,
    SitePack,
    edge_policy,
)
from wire.wanted import WantedIndex

OK = b"\x1b7,"
WANTED = b"\x1b6,\x1b6,\x1b6,\x1b3,"
WARN = b"\x1b5,\x1b5,"
REJECT = b"\x1b8,"
NOT_RECORDED = b"\x1b8,\x1b8,"
PLAIN, HV = "755000000001", "103000000001"
FULL_DISK = SpoolError("not recorded: database or disk is full", is_full=True)

POLICY = edge_policy(parse_policy((files("wire") / "policy.toml").read_bytes()))
SPOOL_ID = "5" * 32
SALT = "ab" * 16
NOTHING_FIXED = FixedSession()
START_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


GIVER, RECEIVER, STRANGER = "g1v3r", "r3c31v3r", "str4ng3r"
"""Badges; the site pack below lists the first two."""
TASK = SelfCheckTask(
    incident=7,
    waybill=HV,
    since="2026-11-22T07:00:00.000Z",
    due_at="2026-11-22T09:00:00.000Z",
    last_seen_zh="755W 出港",
    last_seen_en="755W departure",
    contact="0755-1234567",
    checks=(
        CheckItem(id="cage", zh="滞留笼", en="Retention cage"),
        CheckItem(id="belt", zh="分拣线下", en="Under the belt"),
    ),
)


def by(badge: str) -> str:
    """A badge's pseudonym at the tests' site."""
    found = pseudonym(badge, SALT)
    assert found is not None
    return found


def person(badge: str, name: str) -> PackPerson:
    return PackPerson(by=by(badge), name=name, duty=Duty.WAREHOUSE_KEEPER)


PACK = SitePack(
    version=4,
    site="755A",
    timezone="Asia/Shanghai",
    staff=(person(GIVER, "李强"), person(RECEIVER, "王芳")),
    places=(PackPlace(id="dock1", kind="dock"),),
    shifts=(PackShift(name="day", starts="08:00", ends="20:00"),),
    tasks=(TASK,),
    policy=POLICY,
)


class FakeClock:
    """Stands still until it is moved; each look at ``mono_ns`` takes a microsecond."""

    def __init__(self) -> None:
        self.wall = START_AT
        self.boot_ms = 1_000_000
        self.ns = 1_000_000_000_000
        self._drawn = 0

    def now(self) -> datetime:
        return self.wall

    def mono_ns(self) -> int:
        self.ns += 1_000
        return self.ns

    def boottime_ms(self) -> int:
        return self.boot_ms

    def random_bytes(self, count: int) -> bytes:
        self._drawn += 1
        return self._drawn.to_bytes(count, "big")

    def advance(self, ms: int) -> None:
        self.wall += timedelta(milliseconds=ms)
        self.boot_ms += ms
        self.ns += ms * 1_000_000


class FakeSpool:
    """Spools in memory that can fail, and fail after it had happened."""

    def __init__(self) -> None:
        self.lines: dict[str, list[Sealed]] = {SPOOL_ID: []}
        self.uptos: dict[str, int] = {SPOOL_ID: 0}
        self.closed: set[str] = set()
        self.bodies: dict[str, PrivateBody] = {}
        self.delivered: dict[str, PrivateBody] = {}
        self.sessions: dict[str, bytes] = {}
        self.queues: dict[str, int] = {}
        self.appends = 0
        self.fill = 0.0
        self.forgotten_early = 0
        self._known = (SPOOL_ID, 0)
        self.fails: SpoolError | None = None
        self.fails_after = False

    @property
    def id(self) -> str:
        return self._known[0]

    @property
    def sealed(self) -> list[Sealed]:
        """The live spool's lines."""
        return self.lines[next(reversed(self.lines))]

    @property
    def head_seq(self) -> int:
        return self._known[1]

    @property
    def upto_seq(self) -> int:
        return self.uptos[self.id]

    @property
    def backlog(self) -> int:
        return max(0, self.head_seq - self.upto_seq)

    @property
    def depth(self) -> int:
        ended = (spool for spool in self.spools() if spool.id != self.id)
        return self.backlog + sum(spool.unsent for spool in ended)

    @property
    def spool_count(self) -> int:
        return len(self.lines)

    def fill_ratio(self) -> float:
        return self.fill

    def settle(self) -> int:
        if self.fails is not None and not self.fails_after:
            raise self.fails
        self._known = (next(reversed(self.lines)), len(self.sealed))
        return self.head_seq

    def head(self) -> ChainHead:
        return ChainHead(len(self.sealed), self.sealed[-1].head if self.sealed else ZERO_HEAD)

    def newest(self) -> SpoolHead:
        head = self.head()
        return SpoolHead(spool=next(reversed(self.lines)), seq=head.seq, head=head.head)

    def spools(self) -> list[KeptSpool]:
        found = []
        for n, (spool, lines) in enumerate(self.lines.items()):
            head = ChainHead(len(lines), lines[-1].head if lines else ZERO_HEAD)
            found.append(KeptSpool(n, spool, self.uptos[spool], head, spool in self.closed))
        return found

    def append(
        self,
        events: Sequence[Event],
        bodies: Mapping[str, PrivateBody],
        sessions: Mapping[str, bytes],
        queues: Mapping[str, int] = NO_QUEUES,
    ) -> list[Sealed]:
        assert events, "an append without events is a commit for nothing"
        if self.fails is not None and not self.fails_after:
            raise self.fails
        self.appends += 1
        added = self._seal(events)
        self.bodies.update(bodies)
        self.sessions.update(sessions)
        self.queues.update(queues)
        if self.fails is not None:
            raise self.fails  # head_seq stands where it stood, until somebody settles the doubt
        self.settle()
        return added

    def _seal(self, events: Sequence[Event]) -> list[Sealed]:
        added = seal(events, next(reversed(self.lines)), self.head())
        for each in added:
            parse_line(each.line)  # whatever the edge writes, the hub must be able to read
        self.sealed.extend(added)
        return added

    def change_over(
        self,
        new_id: str,
        last: Sequence[Event],
        first: Station,
        sessions: Mapping[str, bytes],
        *,
        closes: bool = False,
    ) -> list[Sealed]:
        assert new_id not in self.lines
        if self.fails is not None and not self.fails_after:
            raise self.fails
        ended = self._seal(last)
        old, end = next(reversed(self.lines)), self.head()
        self.lines[new_id], self.uptos[new_id] = [], 0
        link = replace(first, after_spool=old, after_seq=end.seq, after_head=end.head)
        begun = self._seal([link])
        self.sessions = dict(sessions)
        if closes:
            self.closed.add(old)
        self._refuse()
        self.settle()
        return [*ended, *begun]

    def close_spool(self, spool: str) -> None:
        self._refuse()
        if spool in self.lines and spool != self.id:
            self.closed.add(spool)

    def handed_in(self, queue: str) -> int:
        self.settle()
        return self.queues.get(queue, 0)

    def mark_receipted(self, spool: str, upto_seq: int) -> None:
        self.hub_has_less(spool, upto_seq)
        self.uptos[spool] = upto_seq

    def hub_has_less(self, spool: str, upto_seq: int) -> None:
        assert upto_seq <= len(self.lines.get(spool, range(upto_seq)))

    def _refuse(self) -> None:
        if self.fails is not None:
            raise self.fails

    def bodies_delivered(self, hashes: Sequence[str], at: str) -> None:
        self._refuse()
        parse_at(at)
        for sha256 in hashes:
            self.delivered[sha256] = self.bodies.pop(sha256)

    def deliver_again(self) -> None:
        self._refuse()
        self.bodies.update(self.delivered)
        self.delivered.clear()

    def oldest_at(self) -> str | None:
        waiting = next((spool for spool in self.spools() if spool.unsent), None)
        return self.recorded_at(waiting.id, waiting.upto_seq + 1) if waiting else None

    def recorded_at(self, spool: str, seq: int) -> str | None:
        lines = self.lines.get(spool, [])
        return parse_line(lines[seq - 1].line).at if 0 < seq <= len(lines) else None

    def head_at(self, spool: str, seq: int) -> str | None:
        return {each.seq: each.head for each in self.lines.get(spool, [])}.get(seq)

    def unsent(self, spool: str, after_seq: int, events_max: int, bytes_max: int) -> list[bytes]:
        lines: list[bytes] = []
        for sealed in self.lines[spool][after_seq : after_seq + events_max]:
            if sum(len(line) + 1 for line in lines) + len(sealed.line) + 1 > bytes_max:
                break
            lines.append(sealed.line)
        return lines

    def events(self) -> list[Event]:
        """Every event of every spool, in the order of their recording."""
        return [parse_line(each.line) for lines in self.lines.values() for each in lines]


class FakeStore:
    """Paired handhelds in memory; can fail."""

    def __init__(self) -> None:
        self.kept: tuple[PairedHandheld, ...] = ()
        self.fails = False

    def save(self, handhelds: tuple[PairedHandheld, ...]) -> None:
        if self.fails:
            raise OSError("no space left on device")
        self.kept = handhelds


class Desk:
    """A station with its fakes, driven in one thread."""

    def __init__(
        self,
        protocol: ScannerProtocol = ScannerProtocol.HONEYWELL,
        fixed: FixedSession = NOTHING_FIXED,
        salt: str | None = SALT,
        scanners: int = 1,
        sessions: Mapping[str, Session] | None = None,
        last_scans: Mapping[str, LastScan] | None = None,
        work: OpenWork | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.spool = FakeSpool()
        setups = [ScannerSetup(f"dock-{n}", protocol, fixed) for n in range(1, scanners + 1)]
        self.setup = StationSetup(
            site="755A",
            edge="dock",
            boot="b" * 32,
            version="1",
            test_clock=None,
            policy=POLICY,
            scanners=tuple(setups),
        )
        self.held = HeldList(WantedIndex(shipped_list(POLICY.waybill)), None)
        self.store = FakeStore()
        self._kept = (salt, sessions or {}, last_scans or {}, work or OpenWork())
        self.build()

    def build(self) -> None:
        """Make the core anew, from what was kept."""
        self.core = StationCore(
            self.setup,
            self.spool,
            self.clock,
            self.held,
            *self._kept,
            self.store,
            self.store.kept,
        )

    def start(self) -> "Desk":
        self.core.step(Started())
        for scanner in self.setup.scanners:
            self.core.step(PortOpened(scanner.id, "pts:/dev/pts/7"))
        return self

    def step(self, event: Input) -> list[Output]:
        return self.core.step(event)

    def read(self, data: bytes, device: str = "dock-1") -> list[Output]:
        return self.core.step(BytesRead(device, data, self.clock.mono_ns()))

    def scan(self, code: str, device: str = "dock-1", aim: str = "]C0") -> bytes | None:
        """Scan after the guard's window; the bytes of the answer."""
        self.clock.advance(400)
        answers = [out for out in self.read(f"{aim}{code}\r".encode(), device) if _is_answer(out)]
        assert len(answers) <= 1
        return answers[0].data if answers else None


def _is_answer(output: Output) -> bool:
    return isinstance(output, Answer)


def facts(desk: Desk) -> list[StationFact]:
    return [event.fact for event in desk.spool.events() if isinstance(event, Station)]


def scans(desk: Desk) -> list[Scan]:
    return [event for event in desk.spool.events() if isinstance(event, Scan)]


def acts(desk: Desk) -> list[Act]:
    return [event for event in desk.spool.events() if isinstance(event, Act)]


def feedback(desk: Desk) -> list[Feedback]:
    return [event for event in desk.spool.events() if isinstance(event, Feedback)]
