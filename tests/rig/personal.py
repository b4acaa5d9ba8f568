"""Personal data that must stand in no log, error or metric (CS-P1): a scanner for all of a run.

It knows the shapes of mobile numbers and of ID numbers, and the very words that a test typed.
"""

import re
from collections.abc import Iterable
from pathlib import Path

PERSON = {"name": "欧阳见山", "phone": "13912341234", "address": "深圳市南山区科技园路1号"}
"""Somebody for tests to declare, sign for or write to."""

_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])")
_RANDOM = re.compile(
    r"(?<![0-9A-Za-z])"
    r"(?:[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"(?![0-9A-Za-z])"
)
"""Link codes, hashes and uuids: one link in 425 has eleven digits in a row like a number."""


def personal_in(text: str, words: Iterable[str] = tuple(PERSON.values())) -> list[str]:
    """What of a text is personal data."""
    told = _RANDOM.sub(" ", text)
    shapes = [found for shape in (_MOBILE, _ID_NUMBER) for found in shape.findall(told)]
    return [*shapes, *(word for word in words if word in text)]


def check_log(log: Path) -> None:
    """Nothing personal stands in a program's log, which may not have been begun."""
    if log.exists():
        found = personal_in(log.read_text(encoding="utf-8", errors="replace"))
        assert not found, (log.name, found)
