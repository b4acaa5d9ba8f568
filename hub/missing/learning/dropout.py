"""What models say of silences that they have not seen, also where its lane was dropped. Pure.

A new lane is late like one of its pool, and nobody knows like which: more may become of it than of
a known lane that is as late on the mean. So some silences are told of once more without their lane,
and newcomers' curves are learned from what became of those.
"""

from dataclasses import dataclass, replace

import numpy as np

from hub.missing.learning.score import Score, learn_score
from hub.missing.learning.silences import Bools, Floats, Ints, Recipe, Silences, joined

NEVER_SEEN = np.iinfo(np.int64).min
"""No lane has this number."""


@dataclass(frozen=True)
class Unseen:
    """What a score that had not seen a silence would have said of it, in one cut into folds."""

    part: Ints
    risk: Floats
    shape: Ints


def shapes(recipe: Recipe, kinds: int) -> int:
    """How many shapes the curves of so many kinds have."""
    return kinds * (2 if recipe.newcomer else 1)


def shape_of(score: Score, silences: Silences) -> Ints:
    """Which of the curves' shapes is a silence's: its kind's, or that of the kind's newcomers."""
    return silences.kind + score.kinds * score.lanes.newcomers(silences)


def tell_unseen(
    mine: Silences, part: Ints, dropped: Bools, recipe: Recipe, kinds: int
) -> tuple[Silences, Unseen]:
    """The silences and behind them those that are ``dropped``, as newcomers; and what is said.

    Args:
        mine: the past.
        part: the fold of each; where there is but one, what it says it has seen.
        dropped: which are told of once more, without their lane and all that is narrower.
        recipe: what of them is looked at.
        kinds: how many kinds of silence there are.
    """
    told = joined(mine, _without_lane(mine.where(dropped), recipe))
    part = np.append(part, part[dropped])
    risk, shape = np.zeros(len(told)), np.zeros(len(told), dtype=np.int64)
    own = np.arange(len(told)) < len(mine)
    for fold in np.unique(part):
        unseen = part == fold
        seen = own & ~unseen
        score = learn_score(told.where(seen if seen.any() else own), recipe, kinds)
        asked = told.where(unseen)
        risk[unseen], shape[unseen] = score.risk(asked), shape_of(score, asked)
    return told, Unseen(part, risk, shape)


def _without_lane(silences: Silences, recipe: Recipe) -> Silences:
    narrower = recipe.keys[recipe.keys.index(recipe.newcomer) :] if recipe.newcomer else ()
    nobody = np.full(len(silences), NEVER_SEEN, dtype=np.int64)
    return replace(silences, keys={**silences.keys, **dict.fromkeys(narrower, nobody)})
