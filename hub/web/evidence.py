"""Evidence as REST shows it. Source: interface (REST), docs/adr/0042, 0044."""

from pydantic import BaseModel, Field

from hub.evidence import Bar, Evidence, LineKind, SecondLook, Verdict
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


class SecondLookItem(BaseModel):
    """The newest look since the first alert, which was doubtful; what is told is by this one.

    ``looked_at``: when; of a group's search ``waybill`` is whom it tells of. ``p_lost_first``,
    ``tier_first`` and ``evidence_first`` are the first alert's, as the mails had them.
    ``verdict``: doubtful (as it was), surer (P(lost) is ``missing.doubtful_pct`` or more), and
    three that explain the silence for now, while the search goes on: vehicle_late (nobody of its
    vehicle has come), cut_off (nothing was heard of the site that should have scanned it), not_due
    (by what is known now it would not be suspected yet). Why is in ``explained_zh`` and
    ``explained_en``, else null.
    """

    looked_at: str | None
    waybill: str
    verdict: Verdict
    explained_zh: str | None
    explained_en: str | None
    p_lost_first: float | None
    tier_first: str
    evidence_first: EvidenceItem | None


def second_look_item(
    look: SecondLook | None, tier_first: str, evidence_first: Evidence | None
) -> SecondLookItem | None:
    """A look as REST shows it; null: there was none."""
    if look is None:
        return None
    return SecondLookItem(
        looked_at=at_text(look.evidence.at),
        waybill=look.waybill,
        verdict=look.verdict,
        explained_zh=look.why_zh,
        explained_en=look.why_en,
        p_lost_first=look.p_lost_first,
        tier_first=tier_first,
        evidence_first=evidence_item(evidence_first),
    )


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
