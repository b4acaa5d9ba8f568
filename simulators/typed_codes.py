r"""Labels as a person types them, one a line.

Pure. ``755000000001`` is a code; ``]E01030000000014`` a code with another AIM id than the usual
one; ``\x1b``, ``\r``, ``\n``, ``\t`` and ``\\`` stand for characters that a label can hold and a
keyboard cannot type; a line that begins with ``:`` is an act on the plug.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|[rnt\\]|.?)", re.DOTALL)
_AIM = re.compile(rb"\]([A-Za-z][0-9A-Za-z])(?=.)", re.DOTALL)
_SIMPLE = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}


class PlugAct(StrEnum):
    """What a person can do to the plug by typing it after a colon."""

    UNPLUG = "unplug"
    REPLUG = "replug"


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A label; ``aim`` is None where the line names none and the usual one holds."""

    code: bytes
    aim: str | None


def parse_typed(line: bytes) -> TypedCode | PlugAct | None:
    """Read one line; None if it is empty.

    Raises:
        ValueError: an unknown act or escape; the sentence names it.
    """
    text = line.rstrip(b"\r\n")
    if not text:
        return None
    if text.startswith(b":"):
        try:
            return PlugAct(text[1:].decode("ascii", "replace"))
        except ValueError as error:
            known = " and ".join(f":{act}" for act in PlugAct)
            raise ValueError(f"there are {known}, not {text.decode('utf-8', 'replace')}") from error
    aim = _AIM.match(text)
    code = _ESCAPE.sub(_unescape, text[aim.end() :] if aim else text)
    return TypedCode(code, aim[1].decode("ascii") if aim else None)


def _unescape(found: re.Match[bytes]) -> bytes:
    name = found[1]
    if name in _SIMPLE:
        return _SIMPLE[name]
    if len(name) == 3:
        return bytes.fromhex(name[1:].decode("ascii"))
    raise ValueError(rf"after a backslash stands r, n, t, xNN or a backslash, not {name!r}")
