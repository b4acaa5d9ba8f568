"""A model as bytes, and back. Pure.

msgpack, and arrays as little-endian numbers: nothing in it can be run. Bytes come out of a database
or a file that somebody may have written to, so all that a model leans on is checked as it is read.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from hub.missing.learning import hazard as hazards
from hub.missing.learning import score as scores
from hub.missing.learning.hazard import Hazard
from hub.missing.learning.lanes import Lanes, Level
from hub.missing.learning.model import FamilyModel, Model, shapes
from hub.missing.learning.score import Score
from hub.missing.learning.silences import Family, Floats, Ints, Recipe

FORMAT = 1
BYTES_MAX = 64 * 1024 * 1024
LANES_MAX = 1_000_000
NUMBER_MAX = 1e12
"""Larger ones are no lateness of anything, and their products would leave the floats."""
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Some = Meta(min_length=1, max_length=64)


class StoredLevel(Struct, frozen=True):
    """See ``lanes.Level``; 64-bit whole numbers and floats."""

    weight: Annotated[float, Meta(gt=0)]
    keys: bytes
    sums: bytes
    counts: bytes


class StoredHazard(Struct, frozen=True):
    """See ``hazard.Hazard``; 64-bit floats."""

    means: bytes
    spreads: bytes
    effects: bytes


class StoredFamily(Struct, frozen=True, kw_only=True):
    """See ``model.FamilyModel``."""

    kinds: Annotated[tuple[Annotated[int, Meta(ge=0, lt=64)], ...], _Some]
    clip_h: Annotated[float, Meta(gt=0)]
    steadiness: Annotated[float, Meta(ge=0, le=1)]
    mean_h: Annotated[float, Meta(ge=0)]
    levels: tuple[StoredLevel, ...]
    effects: bytes
    hazards: Annotated[tuple[StoredHazard, ...], _Some]


class StoredModel(Struct, frozen=True, kw_only=True):
    """See ``model.Model``; ``keys`` and what follows is its recipe."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    keys: Annotated[tuple[_Name, ...], _Some]
    knots: Annotated[dict[_Name, Annotated[tuple[float, ...], Meta(min_length=2, max_length=256)]],
                     Meta(max_length=64)]  # fmt: skip
    by_kind: frozenset[_Name]
    unordered: frozenset[_Name]
    newcomer: Annotated[str, Meta(max_length=64)]
    families: Annotated[tuple[StoredFamily, ...], _Some]
    prices_h: Annotated[tuple[tuple[float, float], ...], _Some]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredModel)


def pack(model: Model) -> bytes:
    """As it is stored."""
    recipe = model.families[0].score.lanes.recipe
    stored = StoredModel(
        format=FORMAT,
        keys=recipe.keys,
        knots={name: tuple(map(float, knots)) for name, knots in recipe.knots.items()},
        by_kind=recipe.by_kind,
        unordered=recipe.unordered,
        newcomer=recipe.newcomer,
        families=tuple(_packed(each) for each in model.families),
        prices_h=tuple((float(budget), price) for budget, price in model.prices_h.items()),
    )
    return _encoder.encode(stored)


def unpack(stored: bytes, like: Recipe | None = None) -> Model:
    """Read a stored model.

    Args:
        stored: what ``pack`` wrote.
        like: what the silences tell that it will be asked about; it must not look at anything else.

    Raises:
        ValueError: it is damaged, of another release, or no numbers to count with; says which.
    """
    if len(stored) > BYTES_MAX:
        raise ValueError(f"model: {len(stored)} bytes, at most {BYTES_MAX} are read")
    try:
        told = _decoder.decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"model: {error}") from error
    weights = tuple(each.weight for each in told.families[0].levels)
    families = tuple(Family(each.kinds, each.clip_h, each.steadiness) for each in told.families)
    recipe = Recipe(
        told.keys,
        weights,
        told.knots,
        told.by_kind,
        families[0].clip_h,
        told.unordered,
        families,
        told.newcomer,
    )
    _check_recipe(recipe)
    if like and (like.keys != recipe.keys or set(like.knots) != set(recipe.knots)):
        raise ValueError("model: it looks at other things than are told of a silence here")
    prices_h = dict(told.prices_h)
    if not all(0 < each < NUMBER_MAX for pair in told.prices_h for each in pair):
        raise ValueError("model: a price or a budget is no number above nought")
    pairs = zip(told.families, families, strict=True)
    return Model(tuple(_unpacked(each, family, recipe) for each, family in pairs), prices_h)


def _packed(model: FamilyModel) -> StoredFamily:
    lanes = model.score.lanes
    return StoredFamily(
        kinds=model.family.kinds,
        clip_h=float(model.family.clip_h),
        steadiness=float(model.family.steadiness),
        mean_h=lanes.mean_h,
        levels=tuple(
            StoredLevel(
                float(each.weight),
                each.keys.astype("<i8").tobytes(),
                _bytes(each.sums),
                _bytes(each.counts),
            )
            for each in lanes.levels
        ),
        effects=_bytes(model.score.effects),
        hazards=tuple(
            StoredHazard(_bytes(each.means), _bytes(each.spreads), _bytes(each.effects))
            for each in model.hazards
        ),
    )


def _unpacked(told: StoredFamily, family: Family, recipe: Recipe) -> FamilyModel:
    kinds = len(family.kinds)
    own = replace(recipe, clip_h=family.clip_h)
    if len(told.levels) != len(recipe.keys):
        raise ValueError("model: a family has other lanes than its recipe")
    _finite((told.mean_h, told.clip_h, *(each.weight for each in told.levels)))
    lanes = Lanes(told.mean_h, tuple(_level(each) for each in told.levels), own)
    effects = _floats(told.effects, scores.effects_of(own, kinds))
    score = Score(lanes, kinds, effects)
    return FamilyModel(
        family, score, tuple(_hazard(each, shapes(own, kinds)) for each in told.hazards)
    )


def _level(told: StoredLevel) -> Level:
    count = len(told.keys) // 8
    if not 1 <= count <= LANES_MAX or len(told.keys) % 8:
        raise ValueError(f"model: {len(told.keys)} bytes are no lanes, or more than {LANES_MAX}")
    keys: Ints = np.frombuffer(told.keys, "<i8").astype(np.int64)
    sums, counts = _floats(told.sums, count), _floats(told.counts, count)
    if not bool((keys[1:] > keys[:-1]).all()):
        raise ValueError("model: its lanes are not in order")
    if sums.min() < 0 or counts.min() < 0:
        raise ValueError("model: a lane has seen less than nothing")
    return Level(keys, sums, counts, told.weight)


def _hazard(told: StoredHazard, count: int) -> Hazard:
    means, spreads = _floats(told.means, count), _floats(told.spreads, count)
    if spreads.min() <= 0:
        raise ValueError("model: a spread is not above nought")
    return Hazard(means, spreads, _floats(told.effects, hazards.effects_of(count)))


def _check_recipe(recipe: Recipe) -> None:
    kinds = sum(len(each.kinds) for each in recipe.families)
    recipe.families_of(kinds)
    if len(recipe.weights) != len(recipe.keys):
        raise ValueError("model: a family has other lanes than its recipe")
    if recipe.newcomer and recipe.newcomer not in recipe.keys:
        raise ValueError("model: its newcomers are of no lane that it knows")
    for name, knots in recipe.knots.items():
        _finite(knots)
        if any(right <= left for left, right in pairwise(knots)):
            raise ValueError(f"model: the knots of {name} are not in order")


def _bytes(values: Floats) -> bytes:
    return values.astype("<f8").tobytes()


def _floats(told: bytes, count: int) -> Floats:
    if len(told) != 8 * count:
        raise ValueError(f"model: {len(told)} bytes where {count} numbers are due")
    values = np.frombuffer(told, "<f8").astype(np.float64)
    _finite(values)
    return values


def _finite(values: Sequence[float] | Floats) -> None:
    if not bool((np.abs(np.asarray(values, dtype=np.float64)) <= NUMBER_MAX).all()):
        raise ValueError("model: a number is not finite, or too large to count with")
