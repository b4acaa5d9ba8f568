"""What reads the bytes of others, each as a probe: it ends in an answer or a declared refusal."""

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files as resources
from itertools import pairwise
from pathlib import Path
from random import Random

from devices.framing import ScannerProtocol, make_framer
from edge.spool_feed import answer_key
from edge.uplink_events import Arrived, PackArrived, SnapshotArrived, Waited
from hub.fact import time_of
from hub.ingest.rules import NEW_SPOOL, Store, classify, read_line
from hub.network_file import parse_network
from ledger.chain import ChainHead
from ledger.keys import SigningKey
from ledger.signing import open_sealed
from tests import samples
from tests.faults.fuzzing import GOLDEN, Target, files, fuzz
from tests.network_parts import NETWORK_TOML
from tests.unit.edge.fakes import SPOOL_ID, Desk
from tests.unit.edge.test_uplink_core import HUB, House
from wire import envelope
from wire.envelope import EnvelopeError, split_lines
from wire.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX
from wire.lines import LineError, parse_line, seal_line
from wire.messages import Batch, MessageBase
from wire.policy import parse_policy
from wire.site_pack import parse_pack
from wire.wanted import parse_list

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
FAULT_S = 12.0
"""Of one run of ``make faults``: its fifty seeds make ten minutes of each."""
HANG_S = 120
_SHIPPED = (resources("wire") / "policy.toml").read_bytes()
_WIRE, _FIRST = GOLDEN / "wire", GOLDEN / "wire-first"


def _frames(data: bytes) -> None:
    """A scanner's cable, in pieces; and the whole station behind it."""
    for protocol in ScannerProtocol:
        framer = make_framer(protocol)
        cuts = sorted({0, len(data), *(byte * 7 % (len(data) + 1) for byte in data[:8])})
        for low, high in pairwise(cuts):
            framer.feed(data[low:high])
    if data:
        desk = Desk(list(ScannerProtocol)[data[0] % len(ScannerProtocol)]).start()
        desk.read(data[:4096])
        for sealed in desk.spool.sealed:
            parse_line(sealed.line)


def _line(data: bytes) -> None:
    """An event line: read, or refused; what was read has a time, and can be written."""
    for line in data.split(b"\n")[:4]:
        with suppress(LineError):
            event = parse_line(line)
            time_of(event, NOW, samples.POLICY.late)
            seal_line(event, samples.SPOOL, 1, "0" * 64)


def _signed(data: bytes, key: SigningKey) -> bytes:
    """The same with line 2 a right signature of line 1, whatever that is."""
    head, _, rest = data.partition(b"\n")
    _, _, lines = rest.partition(b"\n")
    kind = head.partition(b'"type":"')[2].partition(b'"')[0]
    name = kind.decode("ascii", "ignore")
    return envelope.join(head, key.sign(envelope.signing_bytes(name, head))) + lines


def _batch(data: bytes) -> None:
    """A batch as the hub takes it, as it came and with a right signature."""
    for payload in (data, _or_none(data, samples.EDGE_KEY)):
        with suppress(EnvelopeError):
            opened = open_sealed(payload, MessageBase, samples.EDGE_KEY.public_key, BATCH_BYTES_MAX)
            if isinstance(opened.message, Batch):
                _take(opened.message, split_lines(opened.lines, BATCH_EVENTS_MAX))


def _or_none(data: bytes, key: SigningKey) -> bytes:
    try:
        return _signed(data, key)
    except ValueError:
        return b""


def _take(batch: Batch, lines: list[bytes]) -> None:
    if not lines:
        return
    for known in (NEW_SPOOL, ChainHead(2, batch.head), ChainHead(2**53 - 1, "f" * 64)):
        verdict = classify(batch, lines, known, {1: batch.head})
        if isinstance(verdict, Store):
            for seq, line in enumerate(verdict.lines, verdict.first_seq):
                with suppress(LineError):
                    time_of(read_line(line, batch, seq), NOW, samples.POLICY.late)


def _uplink(data: bytes) -> None:
    """What comes from the hub's side: as it came, and rightly signed but absurd."""
    house = House()
    house.connect()
    house.desk.scan("755000000001")
    house.clock.advance(30_000)
    house.step(Waited())
    # As if the hub had answered what this edge asked, about the spool that it has.
    asked = data.replace(b"a" * 64, answer_key(house.state_payload).encode())
    asked = asked.replace(samples.SPOOL.encode(), SPOOL_ID.encode())
    asked = asked.replace(b'"seq":200', b'"seq":2')
    asked = asked.replace(b"c" * 64, house.desk.spool.sealed[1].head.encode())
    for payload in (data, _or_none(data, HUB), _or_none(asked, HUB)):
        for event in (Arrived(payload), SnapshotArrived(payload), PackArrived(payload)):
            house.step(event)
            assert 0 <= house.core.wait_ms() <= 1000
    house.clock.advance(60_000)
    house.step(Waited())
    house.core.list_changed()


def _lists(data: bytes) -> None:
    """Wanted lists, site packs, policies and networks."""
    readers: tuple[Callable[[bytes], object], ...] = (
        parse_list,
        parse_pack,
        lambda own: parse_policy(_SHIPPED, own),
        parse_network,
    )
    for read in readers:
        with suppress(ValueError):
            read(data)


def _tapes() -> list[bytes]:
    return files(GOLDEN / "tapes", suffix=".bin")


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("frames", _tapes(), _frames),
        Target("lines", files(_WIRE, _FIRST, suffix=".json"), _line, structured=True),
        Target("batches", files(_WIRE, _FIRST, suffix=".msg"), _batch, structured=True),
        Target("commands", files(_WIRE, _FIRST, suffix=".msg"), _uplink, structured=True),
        Target(
            "lists",
            [
                *files(_WIRE, _FIRST, suffix="list.json"),
                *files(_WIRE, suffix="pack.json"),
                _SHIPPED,
                NETWORK_TOML.encode(),
            ],
            _lists,
            structured=True,
        ),
    )
}


def fuzz_fault(name: str) -> Callable[[Path, Random], dict[str, float]]:
    """One target as a fault of ``make faults``; a finding is kept in the corpus."""

    def run(_folder: Path, rng: Random) -> dict[str, float]:
        signal.signal(signal.SIGALRM, _hangs)
        signal.alarm(HANG_S)
        try:
            return dict(fuzz(TARGETS[name], rng.randrange(2**31), FAULT_S))
        finally:
            signal.alarm(0)

    return run


def _hangs(_number: int, _frame: object) -> None:
    raise TimeoutError("it hangs")


FUZZ_FAULTS = {f"fuzz {name}": fuzz_fault(name) for name in TARGETS}
