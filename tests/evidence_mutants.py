"""Evidence that is wrong by one number, which whoever checks it must find out."""

import re
from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from hub.evidence import Evidence, Line
from tests.evidence_recount import HOUR


def mutants(evidence: Evidence) -> Iterator[Evidence]:
    """The same with one number changed: each digit of each line and bar, each figure beside it."""
    for nth, line in enumerate(evidence.lines):
        for wrong in mutant_lines(line):
            lines = list(evidence.lines)
            lines[nth] = wrong
            yield replace(evidence, lines=tuple(lines))
    for first in evidence.shares[:1]:
        rest = evidence.shares[1:]
        yield replace(evidence, shares=(replace(first, share=first.share * 0.99), *rest))
        yield replace(evidence, shares=(replace(first, site="nowhere"), *rest))
    for look in evidence.looks[:1]:
        rest = evidence.looks[1:]
        yield replace(evidence, looks=(replace(look, at=look.at + HOUR), *rest))
    if evidence.p_lost is not None and evidence.expected_by is not None:
        yield replace(evidence, p_lost=evidence.p_lost * 0.99)
        yield replace(evidence, prior_per_10000=evidence.prior_per_10000 + 1)
        yield replace(evidence, expected_by=evidence.expected_by + timedelta(minutes=15))


def mutant_lines(line: Line) -> Iterator[Line]:
    for name in ("zh", "en"):
        yield from (replace(line, **{name: wrong}) for wrong in one_digit_off(getattr(line, name)))
    bar = line.bar
    if bar is None:
        return
    for name in ("zh", "en"):
        for wrong in one_digit_off(getattr(bar, name)):
            yield replace(line, bar=replace(bar, **{name: wrong}))
    yield replace(line, bar=replace(bar, part=bar.part + 1))
    if bar.mark is not None:
        yield replace(line, bar=replace(bar, mark=bar.mark + 1))


def one_digit_off(text: str) -> Iterator[str]:
    for found in re.finditer("[0-9]", text):
        wrong = str((int(found[0]) + 1) % 10)
        yield text[: found.start()] + wrong + text[found.end() :]
