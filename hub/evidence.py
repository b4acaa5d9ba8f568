"""Why something is suspected, as values that rooms hand to each other: three lines with bars. Pure.

``hub.missing`` makes them, ``hub.incidents`` keeps and mails them, REST and console show them.
Source: console.md ("the evidence as three plain lines with bars"), HV-2.11.2, docs/adr/0042, 0044.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct

CELLS = 10
"""Cells of a bar that is written as text."""
Probability = Annotated[float, Meta(ge=0, le=1)]


class LineKind(StrEnum):
    """What a line of evidence is about."""

    SILENCE = "silence"
    """Where it was seen last, and where it should have been by when."""
    RARITY = "rarity"
    """How seldom a parcel that is not lost is silent for so long."""
    COMPANY = "company"
    """What became of those that travelled with it."""
    READS = "reads"
    """How many of the scans that are due its next site makes."""
    UNKNOWN = "unknown"
    """What cannot be told, and why."""


class Bar(Struct, frozen=True):
    """``part`` of ``whole``, in the unit that the words name; ``mark`` is a place on it to compare.

    The words say all that it shows, the whole included; Chinese and English.
    """

    part: Annotated[float, Meta(ge=0)]
    whole: Annotated[float, Meta(gt=0)]
    zh: str
    en: str
    mark: float | None = None

    @property
    def share(self) -> float:
        """How much of it is filled, 0 to 1."""
        return min(1.0, self.part / self.whole)

    @property
    def mark_share(self) -> float | None:
        """Where its mark stands, 0 to 1."""
        return None if self.mark is None else min(1.0, self.mark / self.whole)


class Line(Struct, frozen=True):
    """One plain sentence in both languages; ``bar`` null: there is no figure, and it says why."""

    kind: LineKind
    zh: str
    en: str
    bar: Bar | None = None


class Share(Struct, frozen=True):
    """How much of the ways in which it can be lost is a site's to answer for."""

    site: str
    share: Probability


class Look(Struct, frozen=True):
    """What is looked at next, until ``at``, aware UTC."""

    at: datetime
    zh: str
    en: str


class Evidence(Struct, frozen=True):
    """Why a parcel was suspected, as it stood at ``at``; it does not change afterwards.

    ``p_lost``: P(lost | silent until then), from a prior of ``prior_per_10000`` for its whole way;
    ``p_diverted``: P(it goes another way and will be seen elsewhere); both null where nothing
    tells. ``budget_per_1000``: so many good parcels may be suspected at some time of their way.
    ``shares`` are by site, the largest first, and sum to one; ``looks`` come in order of time.
    """

    at: datetime
    lines: tuple[Line, Line, Line]
    expected_site: str | None
    expected_by: datetime | None
    p_lost: Probability | None
    p_diverted: Probability | None
    prior_per_10000: float
    budget_per_1000: int
    shares: tuple[Share, ...]
    looks: tuple[Look, ...]

    @property
    def texts_zh(self) -> tuple[str, ...]:
        """The lines in Chinese."""
        return tuple(line.zh for line in self.lines)

    @property
    def texts_en(self) -> tuple[str, ...]:
        """The lines in English."""
        return tuple(line.en for line in self.lines)


class Verdict(StrEnum):
    """What a look after the first alert came to."""

    DOUBTFUL = "doubtful"
    """As the first alert: P(lost) is below ``missing.doubtful_pct``, and nothing explains it."""
    SURER = "surer"
    VEHICLE_LATE = "vehicle_late"
    CUT_OFF = "cut_off"
    """The scan that is due may have been made unheard, its site was cut off."""
    NOT_DUE = "not_due"
    """By what is known now it would not be suspected yet."""

    @property
    def is_explained(self) -> bool:
        """The silence has a reason other than a loss, for now; the search goes on all the same."""
        return self in (Verdict.VEHICLE_LATE, Verdict.CUT_OFF, Verdict.NOT_DUE)


class SecondLook(Struct, frozen=True):
    """The newest look at a suspicion whose first alert was doubtful.

    ``evidence`` is as it stood at this look, and ``p_lost_first`` what the first alert said, both
    of ``waybill``; ``why_zh`` and ``why_en`` tell what explains it, null where nothing does.
    """

    waybill: str
    verdict: Verdict
    evidence: Evidence
    tier: str
    p_lost_first: Probability | None
    why_zh: str | None = None
    why_en: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What it says anew of a suspicion, by the names that a suspicion and a suspect have."""
        return {
            "expected_site": self.evidence.expected_site,
            "expected_by": self.evidence.expected_by,
            "p_lost": self.evidence.p_lost,
            "tier": self.tier,
            "reasons_zh": self.evidence.texts_zh,
            "reasons_en": self.evidence.texts_en,
            "evidence": self.evidence,
        }


def drawn(bar: Bar) -> str:
    """A bar as text, e.g. ``▮▮▮▮|▮▮▮▮▮▯``, with its mark; it is full only where nothing lacks."""
    filled = CELLS if bar.part >= bar.whole else min(CELLS - 1, round(CELLS * bar.share))
    cells = "▮" * filled + "▯" * (CELLS - filled)
    if bar.mark_share is None:
        return cells
    place = round(CELLS * bar.mark_share)
    return f"{cells[:place]}|{cells[place:]}"


def percent(share: float) -> str:
    """A share as people read it; a small one is not none, and nearly all of it is not all."""
    if 0.995 <= share < 1:
        return ">99%"
    if share >= 0.01:
        return f"{share:.0%}"
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"
