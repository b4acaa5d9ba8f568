"""A learned model as the hub asks it: tables, so that an answer costs a few microseconds. Pure.

For an expected scan its lane and its figures add up to a risk; the risk names a curve, S by hours
late. What it was taught with, and how, is ``hub.missing.learning``'s. Tables come out of a database
that somebody may have written to: they are checked when they are read. Source: docs/adr/0041.
"""

from math import isfinite
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from hub.missing.rules.figures import AHEAD_MAX, Place
from hub.missing.rules.scoring import LEAD_H_MAX
from hub.missing.rules.watch import LATE_H

FORMAT = 1
SLOT_H = 0.5
"""Hours between two points of a curve."""
FROM_H, TO_H = -24.0, 96.0
POINTS = int((TO_H - FROM_H) / SLOT_H) + 1
RISK_STEP = 0.1
RISKS_MAX = 120
NAMES_MAX = 200_000
"""Lanes and turns that a model knows; a large carrier has some ten thousand."""
BYTES_MAX = 32 * 1024 * 1024
EVERY = "*"
"""Stands for all products, or all sites, together."""

Curves = NDArray[np.float32]
Effects = tuple[float, ...]
Share = Annotated[float, Meta(ge=0, le=1)]


class Kind(Struct, frozen=True, kw_only=True):
    """Scans of one pool (:func:`hub.missing.rules.learned.pool_of`).

    Each effect has an entry for every whole number that its figure can be, ``late`` from
    ``-LATE_H`` on. ``curves``: 32-bit floats, little-endian, ``POINTS`` a curve; the first one is
    of ``risk_from``, the next ones ``RISK_STEP`` apart. ``steadiness``: deadlines are sought with
    a risk that differs from ``risk_mean`` only by so much of what it differs, for the tail knows
    less of a scan than the body does.
    """

    intercept: float
    slope: float
    hour: Annotated[Effects, Meta(min_length=24, max_length=24)]
    weekday: Annotated[Effects, Meta(min_length=7, max_length=7)]
    rests: Annotated[Effects, Meta(min_length=2, max_length=2)]
    lead: Annotated[Effects, Meta(min_length=LEAD_H_MAX + 1, max_length=LEAD_H_MAX + 1)]
    late: Annotated[Effects, Meta(min_length=2 * LATE_H + 1, max_length=2 * LATE_H + 1)]
    ahead: Annotated[Effects, Meta(min_length=AHEAD_MAX + 1, max_length=AHEAD_MAX + 1)]
    risk_from: float
    risk_mean: float
    steadiness: Share
    curves: bytes


class Tables(Struct, frozen=True, kw_only=True):
    """One model.

    ``usual``: the logarithm of the hours by which scans of a pool, lane or turn usually come late.
    ``read``: P(such a scan is made), by lane, and behind skipped ones. ``missed``: P(its departure
    is missed). ``elsewhere``: P(a silence ends at another site than any that is expected), by the
    site where it began; ``elsewhere_curve``: S of those. ``left_in_bag``: P(it is not scanned when
    its bag is opened, although it is there). ``prices_h``: hours of delay that a false
    alarm is held to cost, by product. ``lost``: P(a parcel is lost on its way), by product.
    ``newcomers``: as ``kinds``, of scans whose lane ``usual`` does not name; a model that was
    learned before there were any has none, and judges those by ``kinds``.
    """

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    kinds: Annotated[dict[str, Kind], Meta(max_length=64)]
    usual: Annotated[dict[str, float], Meta(max_length=NAMES_MAX)]
    read: Annotated[dict[str, Share], Meta(max_length=NAMES_MAX)]
    missed: Annotated[dict[str, Share], Meta(max_length=NAMES_MAX)]
    elsewhere: Annotated[dict[str, Share], Meta(max_length=NAMES_MAX)]
    elsewhere_curve: bytes
    left_in_bag: Share
    prices_h: Annotated[dict[str, float], Meta(max_length=64)]
    lost: Annotated[dict[str, Share], Meta(max_length=64)]
    newcomers: Annotated[dict[str, Kind], Meta(max_length=64)] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Tables)


def pack(tables: Tables) -> bytes:
    """As they are stored."""
    return _encoder.encode(tables)


def unpack(stored: bytes) -> Tables:
    """Read stored tables.

    Raises:
        ValueError: they are damaged, of another release, or no numbers to count with.
    """
    if len(stored) > BYTES_MAX:
        raise ValueError(f"model: {len(stored)} bytes, at most {BYTES_MAX} are read")
    try:
        tables = _decoder.decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"model: {error}") from error
    _check(tables)
    return tables


def curves_of(kind: Kind) -> Curves:
    """One row a risk."""
    return np.frombuffer(kind.curves, "<f4").reshape(-1, POINTS)


def base_risk(tables: Tables, kind: Kind, place: Place) -> float:
    """What a scan's names and calendar make of its risk."""
    usual = tables.usual
    hours = usual.get(place.turn, usual.get(place.lane, usual.get(place.pool, 0.0)))
    calendar = kind.hour[place.hour] + kind.weekday[place.weekday] + kind.rests[place.rests]
    return kind.intercept + kind.slope * hours + calendar


def _check(tables: Tables) -> None:
    numbers = [*tables.usual.values(), *tables.prices_h.values()]
    for kind in (*tables.kinds.values(), *tables.newcomers.values()):
        effects = (kind.hour, kind.weekday, kind.rests, kind.lead, kind.late, kind.ahead)
        numbers += [kind.intercept, kind.slope, kind.risk_from, kind.risk_mean]
        numbers += [each for effect in effects for each in effect]
        if not 1 <= len(kind.curves) // 4 // POINTS <= RISKS_MAX or len(kind.curves) % (4 * POINTS):
            raise ValueError(f"model: {len(kind.curves)} bytes are no curves")
        _check_curves(curves_of(kind))
    if len(tables.elsewhere_curve) != 4 * POINTS:
        raise ValueError("model: no curve of those that are seen elsewhere")
    _check_curves(np.frombuffer(tables.elsewhere_curve, "<f4"))
    if not all(isfinite(each) for each in numbers):
        raise ValueError("model: a number is not finite")
    if min(tables.prices_h.values(), default=-1.0) < 0 or EVERY not in tables.prices_h:
        raise ValueError("model: no price of a false alarm")
    if EVERY not in tables.lost:
        raise ValueError("model: no prior")


def _check_curves(curves: Curves) -> None:
    falls = np.diff(curves) <= 0
    if not (bool(falls.all()) and bool((curves >= 0).all()) and bool((curves <= 1).all())):
        raise ValueError("model: a curve is none: it rises, or leaves 0 to 1")
