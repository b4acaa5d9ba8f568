"""Past silences, one array a column, and what of them a model looks at. Pure.

A silence begins with a scan and ends with the next one. Everything that a model looks at is known
when it begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FOLDS = 5
"""In so many parts a past is cut where something is asked that has not seen each."""
STEADINESS = 0.7
"""Chosen by cross-validation (docs/adr/0041): the far end of a curve knows less of a single risk
than its middle does."""


@dataclass(frozen=True)
class Family:
    """Kinds of silence that are learned together, apart from those of other families.

    ``clip_h``: hours late beyond which it makes no difference to the risk. ``steadiness``: how much
    of a silence's own risk its deadline follows, from 0 (all alike) to 1; what is told as a
    probability follows all of it.
    """

    kinds: tuple[int, ...]
    clip_h: float
    steadiness: float = STEADINESS


@dataclass(frozen=True)
class Recipe:
    """What of a silence tells how late its end comes.

    ``keys``: columns that name its lane, from broad to narrow; of each, ``weights`` says how many
    silences the broader one weighs against its own. ``knots``: figures, and between which values
    their effect is a straight line; those in ``by_kind`` have an effect of their own in each kind,
    and the knots of those in ``unordered`` are no more like their neighbours than like any other.
    ``clip_h``: see :class:`Family`; ``families``: none says that all kinds are one. ``newcomer``:
    the one of ``keys`` of which a value that was never seen makes a newcomer, whose curve is
    learned from lanes that are held back; none says that they are as the broader lane is.
    """

    keys: tuple[str, ...]
    weights: tuple[float, ...]
    knots: Mapping[str, tuple[float, ...]]
    by_kind: frozenset[str]
    clip_h: float
    unordered: frozenset[str] = frozenset()
    families: tuple[Family, ...] = ()
    newcomer: str = ""

    def families_of(self, kinds: int) -> tuple[Family, ...]:
        """Each kind's family; each kind from nought to ``kinds`` is in one.

        Raises:
            ValueError: a kind is in none, or in two.
        """
        families = self.families or (Family(tuple(range(kinds)), self.clip_h),)
        if sorted(kind for each in families for kind in each.kinds) != list(range(kinds)):
            raise ValueError("recipe: each kind of silence must be in one family")
        return families


@dataclass(frozen=True)
class Silences:
    """Silences of parcels that were not lost.

    ``parcel`` and ``group`` are whole numbers: what is searched for, and what shares its fate (all
    parcels of a journey), so that nothing is judged by its own group. ``hours``: how long it was.
    ``plan_h``: from its begin until the plan had its end; below nought if that was over already.
    ``is_open``: it has not ended yet, ``hours`` is how long it is so far. ``kind``: from nought on.
    """

    parcel: Ints
    group: Ints
    hours: Floats
    plan_h: Floats
    is_open: Bools
    kind: Ints
    keys: Mapping[str, Ints]
    figures: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.parcel)

    @property
    def base_h(self) -> Floats:
        """Hours from its begin until it is late: when the plan has its end, or at once."""
        return np.maximum(self.plan_h, 0.0)

    @property
    def late_h(self) -> Floats:
        """Hours from then until its end; below nought: it ended before."""
        return np.asarray(self.hours - self.base_h)

    def where(self, chosen: Bools) -> "Silences":
        """The rows for which ``chosen`` holds."""
        return replace(
            self,
            parcel=self.parcel[chosen],
            group=self.group[chosen],
            hours=self.hours[chosen],
            plan_h=self.plan_h[chosen],
            is_open=self.is_open[chosen],
            kind=self.kind[chosen],
            keys={name: column[chosen] for name, column in self.keys.items()},
            figures={name: column[chosen] for name, column in self.figures.items()},
        )


def joined(one: Silences, other: Silences) -> Silences:
    """The rows of both."""
    columns = {
        each.name: np.concatenate([getattr(one, each.name), getattr(other, each.name)])
        for each in fields(Silences)
        if each.name not in ("keys", "figures")
    }
    return Silences(
        **columns,
        keys={name: np.concatenate([each, other.keys[name]]) for name, each in one.keys.items()},
        figures={
            name: np.concatenate([each, other.figures[name]]) for name, each in one.figures.items()
        },
    )


def folds_of(group: Ints, seed: int, count: int = FOLDS) -> Ints:
    """Which of so many parts each silence is in; a group is in one."""
    groups, place = np.unique(group, return_inverse=True)
    part = np.random.default_rng(seed).permutation(len(groups)) % count
    return np.asarray(part[place])
