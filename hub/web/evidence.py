"""Evidence as REST shows it. Source: interface (REST), docs/adr/0042."""

from pydantic import BaseModel, Field

from hub.evidence import Bar, Evidence, LineKind
from hub.web.context import at_text


class BarItem(BaseModel):
    """``part`` of ``whole`` in one unit, which the words name; ``mark``: a place to compare."""

    part: float
    whole: float
    mark: float | None
    zh: str
    en: str


class LineItem(BaseModel):
    """A plain sentence; ``bar`` null: there is no figure, and the sentence says why.

    ``kind``: silence (last scan and plan; hours of silence, marked those within which 99 of 100
    such parcels are scanned), rarity (how many of 1,000 to 1,000,000 that are not lost stay silent
    so long), company (how many of its bag or vehicle were scanned since), reads (how many of the
    scans that are due its next site makes), unknown.
    """

    kind: LineKind
    zh: str
    en: str
    bar: BarItem | None


class ShareItem(BaseModel):
    """How much of the ways in which it can be lost is a site's to answer for, 0 to 1."""

    site: str
    share: float


class LookItem(BaseModel):
    """What is looked at next, until ``at``."""

    at: str | None
    zh: str
    en: str


class EvidenceItem(BaseModel):
    """Why a parcel was suspected, as it stood at ``at``: always three lines.

    ``p_lost``: P(lost | silent until then), from a prior of ``prior_per_10000``; ``p_diverted``:
    P(it goes another way and will be seen elsewhere); null where nothing tells. The budget is how
    many good parcels of 1,000 may be suspected. ``shares`` sum to 1, the largest first.
    """

    at: str | None
    lines: list[LineItem] = Field(min_length=3, max_length=3)
    expected_site: str | None
    expected_by: str | None
    p_lost: float | None
    p_diverted: float | None
    prior_per_10000: float
    budget_per_1000: int
    shares: list[ShareItem]
    looks: list[LookItem]


def evidence_item(evidence: Evidence | None) -> EvidenceItem | None:
    """Evidence as REST shows it; null: older than evidence was kept, or of no parcel's silence."""
    if evidence is None:
        return None
    return EvidenceItem(
        at=at_text(evidence.at),
        lines=[
            LineItem(kind=line.kind, zh=line.zh, en=line.en, bar=_bar_item(line.bar))
            for line in evidence.lines
        ],
        expected_site=evidence.expected_site,
        expected_by=at_text(evidence.expected_by),
        p_lost=evidence.p_lost,
        p_diverted=evidence.p_diverted,
        prior_per_10000=evidence.prior_per_10000,
        budget_per_1000=evidence.budget_per_1000,
        shares=[ShareItem(site=each.site, share=each.share) for each in evidence.shares],
        looks=[LookItem(at=at_text(each.at), zh=each.zh, en=each.en) for each in evidence.looks],
    )


def _bar_item(bar: Bar | None) -> BarItem | None:
    if bar is None:
        return None
    return BarItem(part=bar.part, whole=bar.whole, mark=bar.mark, zh=bar.zh, en=bar.en)
