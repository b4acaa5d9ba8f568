"""Write a simulated carrier's days to a folder, for people and other programs.

Shell. ``network.toml`` is the hub's file; ``doings.jsonl`` holds pulls, typed entries and calls in
order of time, ``truth.jsonl`` what really happened.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from simulators.carrier.day import CarrierDays
from simulators.carrier.network_text import network_text
from simulators.carrier.pulls import Doing
from simulators.refused import RefusedError
from wire.names import format_at


def write_days(days: CarrierDays, folder: Path) -> None:
    """Write everything into ``folder``, which is made if need be.

    Raises:
        RefusedError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "network.toml").write_text(network_text(days.world), encoding="utf-8")
        _write_lines(folder / "doings.jsonl", map(doing_line, days.doings))
        _write_lines(folder / "truth.jsonl", days.truth.lines())
    except OSError as error:
        raise RefusedError(f"cannot write {folder}: {error.strerror}") from error


def doing_line(doing: Doing) -> str:
    """One pull, typed entry or call as a JSON line; its ``kind`` says which."""
    row = {"kind": type(doing).__name__.lower(), **doing._asdict(), "at": format_at(doing.at)}
    return json.dumps(row, ensure_ascii=False)


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
