"""Simulated power cuts: a VFS that remembers what was synced and what was only written.

A disk that loses power keeps everything before a file's last sync, and of the writes after it any
subset, each whole, torn at a sector, or not at all. One run is recorded; every point of the
record can then be cut, so hundreds of power cuts cost one run.
Source: facts.md, "SQLite, spool".
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that reached the disk's cache; ``sync`` makes the file's earlier ones durable."""

    file: str
    kind: str  # write | truncate | sync | delete
    offset: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What was promised to the outside, at its place among the disk's operations."""

    what: Any


class PowerDisk:
    """Records every disk operation of the connections opened under its VFS ``name``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log: list[Op | Acknowledged] = []
        self._vfs = _RecordingVFS(name, self)

    def close(self) -> None:
        self._vfs.unregister()

    def remember(self, path: Path) -> None:
        """A file that was whole and durable before anything was recorded."""
        self.log += [Op(path.name, "write", 0, path.read_bytes()), Op(path.name, "sync")]

    def acknowledge(self, what: Any) -> None:
        self.log.append(Acknowledged(what))

    def cuts(self, count: int, first: int, rng: random.Random) -> Iterator[int]:
        """``count`` points of the record at or behind its ``first`` entry, drawn evenly."""
        for _ in range(count):
            yield rng.randrange(first, len(self.log) + 1)

    def acknowledged_before(self, cut: int) -> list[Any]:
        return [entry.what for entry in self.log[:cut] if isinstance(entry, Acknowledged)]

    def restore(self, cut: int, into: Path, rng: random.Random) -> None:
        """Write the files as a disk might hold them after losing power at ``cut``."""
        files: dict[str, bytearray] = {}
        pending: dict[str, list[Op]] = {}
        for op in self.log[:cut]:
            if isinstance(op, Acknowledged):
                continue
            if op.kind == "delete":
                files.pop(op.file, None)
                pending.pop(op.file, None)
            elif op.kind == "sync":
                for done in pending.pop(op.file, []):
                    _apply(files.setdefault(op.file, bytearray()), done)
            else:
                pending.setdefault(op.file, []).append(op)
        for file, ops in pending.items():
            for op in ops:
                survivor = _survivor(op, rng)
                if survivor is not None:
                    _apply(files.setdefault(file, bytearray()), survivor)
        for file, content in files.items():
            (into / file).write_bytes(content)


def _survivor(op: Op, rng: random.Random) -> Op | None:
    fate = rng.random()
    if fate < 0.4:
        return None
    if fate < 0.6 and len(op.data) > SECTOR:
        sectors = rng.randrange(1, len(op.data) // SECTOR + 1)
        return Op(op.file, op.kind, op.offset, op.data[: sectors * SECTOR])
    return op


def _apply(content: bytearray, op: Op) -> None:
    if op.kind == "truncate":
        del content[op.offset :]
        return
    if len(content) < op.offset:
        content.extend(bytes(op.offset - len(content)))
    content[op.offset : op.offset + len(op.data)] = op.data


class _RecordingVFS(apsw.VFS):
    def __init__(self, name: str, disk: PowerDisk) -> None:
        self._disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _RecordingFile(name, flags, self._disk)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        super().xDelete(filename, syncdir)
        self._disk.log.append(Op(Path(filename).name, "delete"))


class _RecordingFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: PowerDisk) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._file = Path(path).name
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._disk.log.append(Op(self._file, "write", offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(size)
        self._disk.log.append(Op(self._file, "truncate", size))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._disk.log.append(Op(self._file, "sync"))
