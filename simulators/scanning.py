"""Work through typed codes with one simulated scanner, and say what it answers.

Shell; behind ``custos-sim scanner``.
"""

import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from simulators.typed_codes import PlugAct, TypedCode, parse_typed
from simulators.words import meaning

LINE_BYTES_MAX = 64 * 1024
"""A longer line is read as several, so that no file can fill the memory."""


def read_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file or of what somebody types, each as soon as it is there."""
    while line := stream.readline(LINE_BYTES_MAX):
        yield line


def work_through(
    scanner: SimulatedScanner, lines: Iterator[bytes], every_ms: int, say: Callable[[str], None]
) -> None:
    """Scan each line's code and say the answer; a line that cannot be read is said, not fatal.

    ``lines`` are what ``typed_codes`` reads; ``every_ms`` is the pause after each code.
    """
    for line in lines:
        try:
            typed = parse_typed(line)
            if isinstance(typed, PlugAct):
                _act(scanner, typed, say)
            elif typed is not None:
                say(_scan(scanner, typed))
                time.sleep(every_ms / 1000)
        except ValueError as error:
            say(f"cannot scan this: {error}")


def _act(scanner: SimulatedScanner, act: PlugAct, say: Callable[[str], None]) -> None:
    if act is PlugAct.UNPLUG:
        scanner.unplug()
    else:
        scanner.replug()
    say(f"{act}ged: {scanner.cable.url}")


def _scan(scanner: SimulatedScanner, typed: TypedCode) -> str:
    shown = typed.code.decode("utf-8", "backslashreplace")
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in shown)
    scanner.pull(typed.code, typed.aim or "C0")
    scanner.wait_answer()
    pull = scanner.last_pull
    if pull is None or not pull.sent:
        return f"{shown:<24} not sent: no edge has {scanner.cable.url} open"
    if scanner.protocol is ScannerProtocol.PLAIN:
        return f"{shown:<24} sent; plain has no return channel"
    if pull.answer is None and pull.answer_hex is not None:
        return f"{shown:<24} bytes that are no answer: {pull.answer_hex}"
    took = "" if pull.answer_ms is None else f"{pull.answer_ms:.1f} ms"
    return f"{shown:<24} {pull.answer or 'error tone':<13} {took:>10}   {meaning(pull.answer)}"
