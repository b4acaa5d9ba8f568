"""The usual lateness of a lane: its own past, weighed against that of all lanes like it. Pure.

A lane with two silences says little, and nothing of what it will do: each level is drawn towards
the broader one by as many silences as that one weighs (James and Stein; Gelman and others, Bayesian
Data Analysis, chapter 5).
"""

from dataclasses import dataclass

import numpy as np

from hub.missing.learning.silences import Bools, Floats, Ints, Recipe, Silences


@dataclass(frozen=True)
class Level:
    """What was summed up of each lane at one level; ``keys`` are sorted, and each stands once."""

    keys: Ints
    sums: Floats
    counts: Floats
    weight: float

    def draw(self, keys: Ints, broader: Floats, without: tuple[Floats, Floats]) -> Floats:
        """The means of these keys, drawn towards ``broader``; ``without``: sums and counts."""
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        is_known = self.keys[place] == keys
        sums = np.where(is_known, self.sums[place], 0.0) - without[0]
        counts = np.where(is_known, self.counts[place], 0.0) - without[1]
        return np.asarray((sums + self.weight * broader) / (counts + self.weight))


@dataclass(frozen=True)
class Lanes:
    """Mean lateness by lane, in hours, clipped as the recipe says."""

    mean_h: float
    levels: tuple[Level, ...]
    recipe: Recipe

    def usual_h(self, silences: Silences) -> Floats:
        """How late such silences usually end; at least 0 hours."""
        return self.usual_by_level_h(silences)[-1]

    def usual_by_level_h(self, silences: Silences) -> list[Floats]:
        """The same as far as each level knows it, from the mean of all down to the narrowest."""
        nothing = np.zeros(len(silences))
        found = [np.full(len(silences), self.mean_h)]
        for level, name in zip(self.levels, self.recipe.keys, strict=True):
            found.append(level.draw(silences.keys[name], found[-1], (nothing, nothing)))
        return found

    def newcomers(self, silences: Silences) -> Bools:
        """Of which the recipe's key for that was never seen."""
        if not self.recipe.newcomer:
            return np.zeros(len(silences), dtype=np.bool_)
        level = self.levels[self.recipe.keys.index(self.recipe.newcomer)]
        return ~np.isin(silences.keys[self.recipe.newcomer], level.keys)

    def usual_without_own_h(self, learned: Silences) -> Floats:
        """The same of the very silences that were learned from, each without its own group."""
        late_h = clipped_late_h(learned, self.recipe)
        usual = np.full(len(learned), self.mean_h)
        for level, name in zip(self.levels, self.recipe.keys, strict=True):
            pairs = np.stack([learned.keys[name], learned.group], axis=1)
            _, place = np.unique(pairs, axis=0, return_inverse=True)
            sums, counts = _sums(place, late_h)
            usual = level.draw(learned.keys[name], usual, (sums[place], counts[place]))
        return usual


def learn_lanes(silences: Silences, recipe: Recipe) -> Lanes:
    """Sum up every lane at every level."""
    late_h = clipped_late_h(silences, recipe)
    levels = []
    for name, weight in zip(recipe.keys, recipe.weights, strict=True):
        keys, place = np.unique(silences.keys[name], return_inverse=True)
        levels.append(Level(keys, *_sums(place, late_h), weight))
    return Lanes(float(late_h.mean()), tuple(levels), recipe)


def clipped_late_h(silences: Silences, recipe: Recipe) -> Floats:
    """Hours late, from nought to what makes a difference; of an open one as late as it is."""
    return np.clip(silences.late_h, 0.0, recipe.clip_h)


def _sums(place: Ints, late_h: Floats) -> tuple[Floats, Floats]:
    """By place: the hours of all that stand there, and how many do."""
    return np.bincount(place, late_h).astype(np.float64), np.bincount(place).astype(np.float64)
