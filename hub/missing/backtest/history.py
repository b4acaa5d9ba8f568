"""A carrier's scans, gathered, and the silences between them. Pure.

Memory is bounded: a scan takes some eighty bytes, names stand once, and there is a most of both.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.missing.backtest.rows import Doubt, Fault, Finding, Outcome, Scan
from hub.missing.learning.silences import Bools, Floats, Ints, Silences
from wire.names import Step

ROWS_MAX = 2_000_000
SITES_MAX = 10_000
SILENCES_MAX = 150_000
"""Of more, as many whole parcels are drawn as make so many: minutes of work, 1 GB."""
GONE_H = 240.0
"""A parcel that has been silent for longer, and of which nothing is said, counts as neither good
nor lost: scans that end without a last one are common, and say little."""
ENDS = frozenset({Step.DELIVER, Step.RETURN})
DAY_S = 86_400
STEPS = tuple(Step)


class TooManyRowsError(Exception):
    """The file holds more than is read."""


class Gatherer:
    """Takes scans row by row; ``done`` gives the history."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, int]] = {
            each: {} for each in ("waybill", "site", "product", "value_class")
        }
        self._whole = {each: array("q") for each in ("row", "waybill", "site", "step", "next")}
        self._times = {each: array("d") for each in ("at", "offset", "planned")}
        self._told: dict[int, tuple[Outcome, int, int]] = {}

    def __len__(self) -> int:
        return len(self._whole["row"])

    def add(self, scan: Scan) -> Finding | None:
        """Take one scan; what is told may contradict what was told of the parcel before.

        Raises:
            TooManyRowsError: there are more than ``ROWS_MAX``, or than ``SITES_MAX`` sites.
        """
        if len(self) >= ROWS_MAX:
            raise TooManyRowsError
        waybill = self._number("waybill", scan.waybill)
        next_site = self._number("site", scan.next_site) if scan.next_site else -1
        numbers = (
            scan.row, waybill, self._number("site", scan.site), STEPS.index(scan.step), next_site
        )  # fmt: skip
        if len(self._names["site"]) > SITES_MAX:
            raise TooManyRowsError
        for column, number in zip(self._whole.values(), numbers, strict=True):
            column.append(number)
        planned_s = float("nan") if scan.planned_s is None else scan.planned_s
        for times, second in zip(
            self._times.values(), (scan.at_s, scan.offset_s, planned_s), strict=True
        ):
            times.append(second)
        return self._tell(waybill, scan)

    def done(self) -> "History":
        """Sort each parcel's scans by time, and leave out what stands there twice."""
        whole = {name: np.array(each, dtype=np.int64) for name, each in self._whole.items()}
        times = {name: np.array(each, dtype=np.float64) for name, each in self._times.items()}
        columns, twice = _without_doubles({**whole, **times})
        order = np.lexsort((columns["row"], columns["at"], columns["waybill"]))
        columns = {name: each[order] for name, each in columns.items()}
        is_unsorted = _same(columns["waybill"]) & _falls(columns["row"])
        parcels = len(self._names["waybill"])
        nothing = (Outcome.NONE, -1, -1)
        told = [self._told.get(each, nothing) for each in range(parcels)]
        return History(
            **columns,
            lost=np.array([each[0] is Outcome.LOST for each in told], dtype=np.bool_),
            delivered=np.array([each[0] is Outcome.DELIVERED for each in told], dtype=np.bool_),
            product=np.array([each[1] for each in told], dtype=np.int64),
            value_class=np.array([each[2] for each in told], dtype=np.int64),
            names={name: tuple(each) for name, each in self._names.items()},
            twice=twice,
            unsorted=_places(columns["row"], is_unsorted),
        )

    def _number(self, kind: str, name: str) -> int:
        numbers = self._names[kind]
        return numbers.setdefault(name, len(numbers))

    def _tell(self, waybill: int, scan: Scan) -> Finding | None:
        known = self._told.get(waybill)
        if known is None and not (scan.outcome or scan.product or scan.value_class):
            return None
        before, product, value_class = known or (Outcome.NONE, -1, -1)
        outcome = scan.outcome or before
        is_odd = bool(scan.outcome and before and scan.outcome is not before)
        self._told[waybill] = (
            Outcome.LOST if is_odd else outcome,
            self._number("product", scan.product) if scan.product else product,
            self._number("value_class", scan.value_class) if scan.value_class else value_class,
        )
        return Finding(scan.row, "outcome", Doubt.TWO_OUTCOMES, scan.waybill) if is_odd else None


@dataclass(frozen=True)
class History:
    """All scans, each parcel's together and in order; times are seconds.

    ``step`` is a place in ``STEPS``; ``next`` and ``site`` are places in the names, -1 none.
    ``lost``, ``delivered``, ``product`` and ``value_class`` are of parcels, by number; the others
    are of scans. ``twice`` and ``unsorted``: rows of the file, each with the row it is seen by.
    """

    row: Ints
    waybill: Ints
    site: Ints
    step: Ints
    next: Ints
    at: Floats
    offset: Floats
    planned: Floats
    lost: Bools
    delivered: Bools
    product: Ints
    value_class: Ints
    names: dict[str, tuple[str, ...]]
    twice: tuple[tuple[int, int], ...]
    unsorted: tuple[tuple[int, int], ...]

    def findings(self) -> Iterator[Finding]:
        """What only shows once all rows are read."""
        for row, first in self.twice:
            yield Finding(row, "", Fault.DUPLICATE, more=str(first))
        for row, before in self.unsorted:
            yield Finding(row, "at", Doubt.UNSORTED, more=str(before))


@dataclass(frozen=True)
class Past:
    """Silences of a history, and what a trial asks of them beside.

    ``begin_s`` and ``first_s``: when each began, and when its parcel was seen first. ``lost`` holds
    the last silence of each parcel that was lost, ``gone`` how many ended in nothing.
    ``names``: of products and value classes, which stand in the silences' keys by number, -1 none.
    ``of_all``: silences before some were drawn.
    """

    silences: Silences
    begin_s: Floats
    first_s: Floats
    lost: Silences
    lost_first_s: Floats
    names: Mapping[str, tuple[str, ...]]
    gone: int
    open: int
    of_all: int

    @property
    def planned_share(self) -> float:
        """Of how many silences a plan says when they should end."""
        return float(self.silences.figures["has_plan"].mean()) if len(self.silences) else 0.0


def past_of(history: History, seed: int = 1) -> Past:
    """Each scan begins a silence, but a last one that ends the parcel's way.

    A silence's kind is twice its step's number, and one more if a plan says when it should end.
    """
    ends = ~np.append(_same(history.waybill)[1:], False)
    until = np.where(ends, history.at.max(initial=0.0), np.append(history.at[1:], 0.0))
    hours = (until - history.at) / 3600
    is_over = ends & (
        np.isin(history.step, [STEPS.index(each) for each in ENDS])
        | history.delivered[history.waybill]
    )
    is_lost = ends & history.lost[history.waybill]
    is_gone = ends & ~is_over & ~is_lost & (hours > GONE_H)
    kept = ~is_over & ~is_gone
    whole = _silences(history, hours, ends)
    first_s = _first(history)
    of_all = int((kept & ~is_lost).sum())
    good = kept & ~is_lost & _drawn(history.waybill, of_all, seed)
    return Past(
        silences=whole.where(good),
        begin_s=history.at[good],
        first_s=first_s[good],
        lost=whole.where(kept & is_lost),
        lost_first_s=first_s[kept & is_lost],
        names=history.names,
        gone=int(is_gone.sum()),
        open=int((good & ends).sum()),
        of_all=of_all,
    )


def _without_doubles(
    columns: dict[str, NDArray[Any]],
) -> tuple[dict[str, NDArray[Any]], tuple[tuple[int, int], ...]]:
    """The same scan of a parcel once, and the rows that told it again."""
    marks = [columns[name] for name in ("waybill", "at", "site", "step")]
    order = np.lexsort((columns["row"], *reversed(marks)))
    is_again = _same(*(each[order] for each in marks))
    twice = _places(columns["row"][order], is_again)
    again = np.zeros(len(order), dtype=np.bool_)
    again[order] = is_again
    return {name: each[~again] for name, each in columns.items()}, twice


def _silences(history: History, hours: Floats, is_open: Bools) -> Silences:
    has_plan = ~np.isnan(history.planned)
    plan_h = np.where(has_plan, (history.planned - history.at) / 3600, 0.0)
    is_next = _same(history.waybill)
    late_h = np.append(0.0, (history.at[1:] - history.planned[:-1]) / 3600)
    before_h = np.append(0.0, np.diff(history.at) / 3600)
    local_s = history.at + history.offset
    sites, steps = len(history.names["site"]) + 1, len(STEPS)
    kind = history.step * 2 + has_plan
    lane = (history.site * steps + history.step) * sites + history.next + 1
    hour = np.mod(local_s, DAY_S) / 3600
    begin = np.flatnonzero(~is_next)
    number = np.arange(len(hours)) - np.repeat(begin, np.diff(np.append(begin, len(hours))))
    return Silences(
        parcel=history.waybill,
        group=history.waybill,
        hours=hours,
        plan_h=plan_h,
        is_open=is_open,
        kind=kind,
        keys={
            "kind": kind,
            "place": history.site * steps + history.step,
            "lane": lane,
            "turn": lane * 24 + hour.astype(np.int64),
            "product": history.product[history.waybill],
            "value_class": history.value_class[history.waybill],
        },
        figures={
            "plan_h": plan_h,
            "has_plan": has_plan.astype(np.float64),
            "late_h": np.where(is_next, np.nan_to_num(late_h), 0.0),
            "before_h": np.where(is_next, before_h, 0.0),
            "hour": hour,
            "weekday": np.mod(np.floor(local_s / DAY_S) + 3, 7),
            "number": number.astype(np.float64),
        },
    )


def _drawn(waybill: Ints, silences: int, seed: int) -> Bools:
    """Whole parcels, as many as make ``SILENCES_MAX``."""
    if silences <= SILENCES_MAX:
        return np.ones(len(waybill), dtype=np.bool_)
    drawn = np.random.default_rng(seed).random(int(waybill.max()) + 1)
    return np.asarray(drawn[waybill] < SILENCES_MAX / silences)


def _first(history: History) -> Floats:
    begin = np.flatnonzero(~_same(history.waybill))
    return np.repeat(history.at[begin], np.diff(np.append(begin, len(history.at))))


def _same(*columns: Ints | Floats) -> Bools:
    """Whether each row is like the one before."""
    found = np.ones(len(columns[0]), dtype=np.bool_)
    found[:1] = False
    for column in columns:
        found[1:] &= column[1:] == column[:-1]
    return found


def _falls(column: Ints) -> Bools:
    return np.append(False, column[1:] < column[:-1])


def _places(row: Ints, chosen: Bools) -> tuple[tuple[int, int], ...]:
    """The rows that were chosen, each with the one that stands before it in time."""
    at = np.flatnonzero(chosen)
    pairs = zip(row[at].tolist(), row[at - 1].tolist(), strict=True)
    return tuple(sorted(pairs))
