"""One reading only: refuse JSON that two readers could understand differently.

The typed decoder takes the last of two equal keys, and skips what it does not know without a look
at its text. Bytes that are kept and proven for ever must say one thing to every reader, so what
our own encoder would not have written byte for byte is read again here, strictly. Pure.
Source: design section 3 ("Event line": UTF-8, integers only).
"""

import json
from typing import NoReturn


def read_keys(data: bytes) -> frozenset[str]:
    """Read one JSON object and return its keys.

    Raises:
        ValueError: not UTF-8, not JSON, no object, a key twice (at any depth), or a number that is
            no integer.
        RecursionError: nested deeper than the interpreter goes.
    """
    found = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_without_twins,
        parse_float=_refuse_number,
        parse_constant=_refuse_number,
    )
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return frozenset(found)


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no integer")
