"""Draws from corpora, mutated, against everything that reads what others wrote.

A corpus is the golden files and what was found before (``tests/faults/corpus``, one folder a
target): findings are tried first, always. What a probe lets through is a finding: an exception that
was not declared, an answer that takes longer than ``ANSWER_S_MAX``, memory that grows. Draws are
Hypothesis' own, made smaller before they are kept. Source: issue "The durable path" (fuzzing).
"""

import copy
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"
GOLDEN = Path(__file__).parents[1] / "golden"
EXAMPLES_PER_ROUND = 200
ANSWER_S_MAX = 10.0
"""A machine that stands still for a moment is no finding; a hang is ended by the runner."""
GROWTH_MIB_MAX = 150
"""Of the whole process over a run; what a run keeps must not grow with it."""
_PAGES_PER_MIB = 256

EXTREMES = (
    None, True, 0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64, 1.5, 1e300, "", "x",
    "x" * 40, "x" * 5000, "0" * 64, "f" * 64, "0" * 32, "a\u0000b", "\ud7ff", "😀" * 300, [], {},
    [[[[[[[]]]]]]], "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
    "2026-02-30T00:00:00.000Z", "2026-11-22T01:02:03.456Z", "CX:BY:x", "755A", "../../x",
)  # fmt: skip
TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"\r", b"\x00", b"\xff",
    b"\xed\xa0\x80", b"null", b"1e999", b"-0", b"NaN", b"18446744073709551616", b'"v":1',
    b'"v":2', b'"seq":0', b"[" * 400, b'{"a":' * 400, b"[" * 6000,
    b"a = " + b"[" * 3000, b"a." * 3000 + b"b = 1\n",
    b"\x1b", b"]C0", b"103000000001", b"CX:STEP:load", b"\x02\x00",
    b"[[x]]\n", b"= {}", b"'''",
)  # fmt: skip

Probe = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed: ``probe`` raises for nothing that was declared."""

    name: str
    corpus: Sequence[bytes]
    probe: Probe
    structured: bool = False
    """Also as JSON with extreme values in it."""


@dataclass(slots=True)
class Finding(Exception):  # noqa: N818  it is a finding, whatever was raised
    """Something that was not declared; ``data`` was kept in ``path``."""

    target: str
    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.target}: {self.why}; kept in {self.path}"


def files(*folders: Path, suffix: str = "") -> list[bytes]:
    """The contents of all files in some folders, by name."""
    found = [p for folder in folders for p in sorted(folder.iterdir()) if p.name.endswith(suffix)]
    return [path.read_bytes() for path in found if path.is_file()]


def findings(name: str, folder: Path = CORPUS) -> list[bytes]:
    """What was found before."""
    return files(folder / name) if (folder / name).is_dir() else []


# ---------------------------------------------------------------- draws


@st.composite
def mutated(draw: st.DrawFn, corpus: Sequence[bytes]) -> bytes:
    """One of a corpus after some cuts, insertions, flips and splices."""
    data = draw(st.sampled_from(corpus))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        match draw(st.integers(0, 5)):
            case 0:
                data = data[:at] + data[at + length :]
            case 1:
                data = data[:at] + draw(st.sampled_from(TOKENS)) + data[at:]
            case 2:
                data = data[:at] + draw(st.binary(max_size=8)) + data[at + length :]
            case 3:
                data = data[:at] + data[at : at + length] * draw(st.integers(2, 50)) + data[at:]
            case 4:
                other = draw(st.sampled_from(corpus))
                data = data[:at] + other[draw(st.integers(0, len(other))) :]
            case 5 if at < len(data):
                flipped = data[at] ^ (1 << draw(st.integers(0, 7)))
                data = data[:at] + bytes([flipped]) + data[at + 1 :]
    return data


@st.composite
def absurd(draw: st.DrawFn, corpus: Sequence[bytes]) -> bytes:
    """One of a corpus' JSON objects (first lines) with extreme values in some of its places."""
    head, _, rest = draw(st.sampled_from(corpus)).partition(b"\n")
    try:
        told = json.loads(head)
    except ValueError:
        return head
    for _ in range(draw(st.integers(1, 3))):
        told = _replaced(told, draw(st.integers(0, 200)), draw(st.sampled_from(EXTREMES)))
    raw = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return raw + (b"\n" + rest if rest else b"")


def _replaced(told: object, which: int, value: object) -> object:
    """A copy with another value in its ``which``-th place, counted round."""
    whole = copy.deepcopy(told)
    places = list(_places(whole))
    if places:
        holder, key = places[which % len(places)]
        holder[key] = copy.deepcopy(value)
    return whole


def _places(told: object) -> list[tuple[dict[object, object], object]]:
    items: list[tuple[object, object]] = []
    if isinstance(told, dict):
        items = list(told.items())
    elif isinstance(told, list):
        items = list(enumerate(told))
    found: list[tuple[dict[object, object], object]] = []
    for key, each in items:
        found.append((told, key))  # type: ignore[arg-type]  # a list is indexed alike
        found += _places(each)
    return found


# ---------------------------------------------------------------- runs


def fuzz(target: Target, first_seed: int, run_s: float, kept: Path = CORPUS) -> Mapping[str, float]:
    """Try what was found before, then new draws until the time is over.

    Raises:
        Finding: something was not declared; it lies in the corpus now.
    """
    began_s, began_mib = time.monotonic(), _resident_mib()
    known = findings(target.name)
    tried, slowest_s = 0, 0.0
    failed: list[bytes] = []

    def attempt(data: bytes) -> None:
        nonlocal tried, slowest_s
        tried += 1
        failed[:] = [data]
        at_s = time.monotonic()
        target.probe(data)
        took_s = time.monotonic() - at_s
        slowest_s = max(slowest_s, took_s)
        assert took_s < ANSWER_S_MAX, f"an answer took {took_s:.1f} s"

    try:
        for each in [*known, *target.corpus]:
            attempt(each)
        rounds = 0
        while time.monotonic() - began_s < run_s:
            _round(target, [*known, *target.corpus], first_seed * 1_000_003 + rounds, attempt)
            rounds += 1
    except Exception as error:
        raise _keep(target, failed[0], error, kept) from error
    grown_mib = _resident_mib() - began_mib
    assert grown_mib < GROWTH_MIB_MAX, f"{target.name} grew by {grown_mib:.0f} MiB"
    return {"tried": tried, "slowest_s": round(slowest_s, 3), "grown_mib": round(grown_mib)}


def _round(target: Target, corpus: Sequence[bytes], number: int, attempt: Probe) -> None:
    draws = mutated(corpus)
    if target.structured:
        draws = draws | absurd(corpus)

    @seed(number)
    @settings(
        max_examples=EXAMPLES_PER_ROUND,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(draws)
    def run(data: bytes) -> None:
        attempt(data)

    run()


def _keep(target: Target, data: bytes, error: Exception, kept: Path) -> Finding:
    folder = kept / target.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.bin"
    path.write_bytes(data)
    return Finding(target.name, path, f"{type(error).__name__}: {error}"[:300])


def _resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) / _PAGES_PER_MIB
