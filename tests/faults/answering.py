"""A program of ours that answers one line after the other, so that many lives cost one start."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tests.rig.programs import ROOT

Ask = Callable[[Sequence[object]], Any]
"""Hands an order over and waits for its answer, both JSON."""


@contextmanager
def answering(module: str, *arguments: str, log: Path | None = None) -> Iterator[Ask]:
    """Start a module as a program; what it says on stderr goes to ``log``."""
    with (
        nullcontext() if log is None else log.open("ab") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as program,
    ):
        assert program.stdin is not None
        assert program.stdout is not None
        orders, answers = program.stdin, program.stdout

        def ask(order: Sequence[object]) -> Any:
            orders.write(json.dumps(order) + "\n")
            orders.flush()
            answer = answers.readline()
            assert answer, "it has ended" if log is None else log.read_text()[-4000:]
            return json.loads(answer)

        yield ask
