"""How a model did on a week that it had not seen, and whether it may count. Pure.

A model that would have wronged more parcels than the budget allows, or that would wait much longer
than the rule that stands (its history was poisoned, or too thin), is refused, and the reason is
told. Source: design section 7, docs/adr/0043.
"""

from dataclasses import dataclass
from math import sqrt

from msgspec import Struct

Reason = tuple[str, str]
"""Chinese, English."""

PARCELS_MIN = 1_000
DAYS_MIN = 14
"""Of these the last week is the one that the model does not see."""
SHADOW_DAYS = 7
JUDGED_MIN = 200
"""Parcels of the shadow week below which nothing can be said of it."""
FALSE_BAND = 2.0
"""So many times the budget of false alarms is refused, if chance does not explain it."""
WAIT_BAND = 1.5
WAIT_SLACK_H = 2.0
"""So much longer than the rule that stands, on average, and a theft could hide behind it."""
ODD_SHARE_MAX = 0.2
"""Of scans that were made hours before anybody could have made them, or days after their plan."""
ODD_EARLY_H, ODD_LATE_H = -24.0, 48.0
USUAL_LATE = 0.05
"""The share of scans that come later than 95 % should, where nothing has changed."""
COMPARED_H = (1.0, 2.0, 4.0, 8.0, 12.0)
"""So long after its plan a silence is held against the model's odds; it has as many looks."""
STRAY_SHARE_MAX = 0.06
"""Of silences that ended where nobody expected it: in one of two ways, then, and no carrier is so
bad at its own routes. A clock that is off by a day puts scans out of their order like this."""
_Z = 1.959964


class Bin(Struct, frozen=True):
    """Silences of which the model said about the same: S(t), and what share lasted longer."""

    said: float
    was: float
    count: int


class Drift(Struct, frozen=True):
    """Of a site's scans that came: how many were later than 95 % should be, of how many."""

    site: str
    late: int
    count: int


class Delays(Struct, frozen=True):
    """Hours from a loss, at a random moment of a silence, to its alarm."""

    mean_h: float
    median_h: float
    p90_h: float
    within_24: float
    within_48: float


class Report(Struct, frozen=True):
    """What a shadow week showed of a model, next to the rule that stood.

    ``suspected`` of ``judged`` good parcels, budget ``false_per_1000``; ``delays`` and ``before``
    are the model's and tier T0's; ``wait_h`` and ``before_wait_h`` how long each lets a scan be
    late, on average, and ``fresh_wait_h`` how long tier T0 would that had learned of the shadow
    week alone, which no older history can have poisoned. ``bins``: how far its odds can be
    believed. ``drifts``: by site. ``prices_h``: its thresholds. ``unknown``: share of silences that
    it knows nothing of. ``from_day``, ``until_day``: of the history, ISO dates.
    """

    false_per_1000: float
    parcels: int = 0
    silences: int = 0
    judged: int = 0
    suspected: int = 0
    before_suspected: int = 0
    delays: Delays | None = None
    before: Delays | None = None
    wait_h: float = 0.0
    before_wait_h: float = 0.0
    fresh_wait_h: float | None = None
    bins: tuple[Bin, ...] = ()
    drifts: tuple[Drift, ...] = ()
    prices_h: dict[str, float] = {}
    lost: dict[str, float] = {}
    unknown: float = 0.0
    from_day: str | None = None
    until_day: str | None = None

    @property
    def per_1000(self) -> float:
        """False alarms among 1,000 good parcels."""
        return 1_000 * self.suspected / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training.

    ``reason``: why the new model was refused; ``None``: it counts. ``taken_back``: why the one that
    counted before was. ``has_model``: one counts now, else tier T0 judges.
    """

    report: Report
    reason: Reason | None
    taken_back: Reason | None
    has_model: bool


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to learn from.

    ``odd``: scans whose times nobody could believe, of so many ``taught``; ``strays``: those at a
    site where nobody expected them, of so many ``ended`` silences. Both by site.
    """

    parcels: int
    days: int
    taught: int
    odd: dict[str, int]
    ended: int
    strays: dict[str, int]


def too_thin(extent: Extent) -> Reason | None:
    """Why there is too little to learn from; ``None``: there is enough."""
    if extent.parcels >= PARCELS_MIN and extent.days >= DAYS_MIN:
        return None
    return (
        f"历史太少：{extent.days} 天共 {extent.parcels} 件，"
        f"至少需要 {DAYS_MIN} 天 {PARCELS_MIN} 件",
        f"too little history: parcels: {extent.parcels}, at least {PARCELS_MIN} are needed; "
        f"days: {extent.days}, at least {DAYS_MIN}",
    )


def too_odd(extent: Extent) -> Reason | None:
    """Why the history is not to be believed; ``None``: it is."""
    odd, strays = sum(extent.odd.values()), sum(extent.strays.values())
    if odd > ODD_SHARE_MAX * extent.taught:
        site, count = _most(extent.odd)
        share = f"{odd / extent.taught:.0%}"
        return (
            f"历史不可信：{share} 的扫描比计划早一天以上或晚两天以上，"
            f"其中 {site} 最多（{count} 次）",
            f"history not to be believed: {share} of scans came a day before their plan or two "
            f"days after it, most of them at {site} ({count})",
        )
    if strays > STRAY_SHARE_MAX * extent.ended:
        site, count = _most(extent.strays)
        share = f"{strays / extent.ended:.0%}"
        return (
            f"历史不可信：{share} 的扫描出现在不应出现的站点，其中 {site} 最多（{count} 次），"
            "可能是时钟或路由有误",
            f"history not to be believed: {share} of scans were made where nobody expected them, "
            f"most of them at {site} ({count}): a clock or a route is wrong",
        )
    return None


def _most(by_site: dict[str, int]) -> tuple[str, int]:
    return max(by_site.items(), key=lambda each: each[1])


def out_of_band(report: Report) -> Reason | None:
    """Why a model may not count; ``None``: it may."""
    if report.judged < JUDGED_MIN:
        return (
            f"验证周只有 {report.judged} 件，至少需要 {JUDGED_MIN} 件",
            f"only {report.judged} parcels in the week of the test, at least {JUDGED_MIN} needed",
        )
    least = 1_000 * _lower(report.suspected) / report.judged
    if least > FALSE_BAND * report.false_per_1000:
        return (
            f"验证周误报千分之 {report.per_1000:.1f}，预算千分之 {report.false_per_1000:g}",
            f"{report.per_1000:.1f} false alarms in 1,000 in the week of the test, budget "
            f"{report.false_per_1000:g}",
        )
    fresh = report.fresh_wait_h
    stands = report.before_wait_h if fresh is None else min(report.before_wait_h, fresh)
    if report.wait_h > max(WAIT_BAND * stands, stands + WAIT_SLACK_H):
        of_week = stands < report.before_wait_h
        return (
            f"平均要等到晚点 {report.wait_h:.1f} 小时才报警，"
            + (
                f"而仅凭验证周的数据 {stands:.1f} 小时就够：历史比验证周晚得多"
                if of_week
                else f"现行规则为 {stands:.1f} 小时"
            ),
            f"it would wait until a scan is {report.wait_h:.1f} hours late on average, "
            + (
                f"where the week of the test by itself asks for {stands:.1f}: the history before "
                "it is later than it"
                if of_week
                else f"the rule that stands waits {stands:.1f}"
            ),
        )
    return None


def is_above_budget(report: Report) -> bool:
    """Say whether more were suspected than the budget allows, and chance does not explain it."""
    return 1_000 * _lower(report.suspected) > report.false_per_1000 * report.judged


def has_drifted(drift: Drift) -> bool:
    """Say whether a site is late more often than chance explains: half as often again, and sure."""
    if not drift.count:
        return False
    expected = USUAL_LATE * drift.count
    return drift.late > 1.5 * expected and drift.late - expected > 4 * sqrt(expected + 1)


def _lower(count: int) -> float:
    """Below which the true count lies with 2.5 % (Poisson, by the square root)."""
    return max(0.0, (sqrt(count) - _Z / 2)) ** 2
