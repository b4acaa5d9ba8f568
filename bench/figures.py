"""Percentiles, a disk's own speed, memory of a process tree, size of the code."""

import ast
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOMS = ("wire", "ledger", "devices", "edge", "hub", "simulators", "tests", "bench")


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 99th percentile and extremes of one figure, in its own unit."""

    median: float
    p99: float
    least: float
    most: float
    count: int

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        ordered = sorted(values)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return cls(statistics.median(ordered), p99, ordered[0], ordered[-1], len(ordered))

    def __str__(self) -> str:
        return (
            f"median {self.median:8.3f}   p99 {self.p99:8.3f}   "
            f"min {self.least:8.3f}   max {self.most:8.3f}   n {self.count}"
        )


def file_system(path: Path) -> str:
    """The type of the file system that holds ``path``, as the kernel names it."""
    best, kind = "", "unknown"
    real = str(path.resolve())
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, fs_type, *_ = line.split()
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, fs_type
    return kind


def fdatasync_ms(directory: Path, count: int = 200) -> Spread:
    """How long this disk takes to make 4 KiB durable: the floor of every commit."""
    path = directory / "fdatasync.probe"
    taken: list[float] = []
    with path.open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(os.urandom(4096))
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - start) * 1000)
    path.unlink()
    return Spread.of(taken)


def resident_mib(pid: int) -> float:
    """Resident memory of a process and all its children, MiB."""
    parent = psutil.Process(pid)
    total = 0
    for process in [parent, *parent.children(recursive=True)]:
        total += process.memory_info().rss
    return total / 2**20


def code_size() -> dict[str, object]:
    """Lines of each room, the longest file and the longest function of the product."""
    rooms: dict[str, int] = {}
    longest_file, longest_function = (0, ""), (0, "")
    for room in ROOMS:
        for path in sorted(Path(room).rglob("*.py")):
            text = path.read_text()
            lines = text.count("\n")
            rooms[room] = rooms.get(room, 0) + lines
            if room in ("tests", "bench"):
                continue
            longest_file = max(longest_file, (lines, str(path)))
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    longest_function = max(longest_function, (length, f"{path}:{node.name}"))
    return {"lines": rooms, "longest_file": longest_file, "longest_function": longest_function}
