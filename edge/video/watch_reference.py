"""What a camera is known to show, learned while all is well, and how a key frame compares. Pure.

The reference is a slow mean of the grain (``watch_features``). What moves has no lasting grain and
averages out; what stays makes the *firm* tiles, and only they are asked for. It survives a restart
as bytes.

    DamagedReferenceError    bytes that are no reference of this version: learn anew
"""

import math
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.video.watch_features import GRAIN_SHAPE, TILES, Features, Grain, PerTile, tile_means

LEARNED_S_MIN = 20.0
"""Before this nothing is compared: one passer-by must not be the reference."""
ADAPT_S = 600.0
"""Time constant of the mean: a filled cage is the new normal after ten minutes, a person is not."""
FIRM_MIN = 0.04
"""Mean squared length of a tile's lasting grain: an edge through it that was there most times."""
BEST_PART = 35
"""Percent of the firm tiles that speak for the rest: people and carts may hide all the others."""
SOFT_PART = 0.25
"""A tile is soft when it has less than this of the detail that goes with its coarse contrast."""
OVER_NOISE_MIN = 2.0
"""Detail is missed only where it would stand out of the noise by this: not in the dark."""
DETAILED_SHARE_MIN = 0.15
"""With fewer of the firm tiles to ask for detail, nothing is said about the focus."""
_VERSION = 1
_SCALE = 127
"""The grain is kept as signed bytes."""


class DamagedReferenceError(ValueError):
    """What was kept is damaged or of another version."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How one key frame compares with the reference."""

    kept: float
    """Correlation of the worst of the best firm tiles: -1 to 1, about 0 where all is new."""
    usual_kept: float
    """The same, as it mostly is."""
    soft_share: float
    """Share of the firm tiles, of those that should show detail now, that lost it; 0 to 1."""
    fit: float
    """Correlation of the whole, -1 to 1."""
    contrast: float
    """Median of the firm tiles' squared contrast against the reference's, 1 = as always. Not the
    mean: a burnt-in clock shines through every fault."""
    light: float
    """Brightness against the reference's, 1 = as always."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the reference would fit best."""

    distance: float
    """Share of the picture's width, 0 = where it always was."""
    fit: float
    """Correlation there, -1 to 1."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """The reference as it lies on disk."""

    version: int
    learned_s: float
    brightness: float
    usual_kept: float
    grain: bytes
    fine: bytes
    energy: bytes


class Reference:
    """A slow mean of what a camera shows. Holds 120 kB; 30 kB as bytes."""

    def __init__(self) -> None:
        self.learned_s = 0.0
        self._grain: Grain = np.zeros(GRAIN_SHAPE, np.complex64)
        self._fine: PerTile = np.zeros(TILES, np.float32)
        self._energy: PerTile = np.zeros(TILES, np.float32)
        self._brightness = 0.0
        self._usual_kept = 0.0
        self._weigh_grain()

    @property
    def is_learned(self) -> bool:
        """Whether enough was seen to compare with."""
        return self.learned_s >= LEARNED_S_MIN

    @property
    def firm_share(self) -> float:
        """Share of the tiles that have something lasting in them, 0 to 1."""
        return float(self._firm.mean())

    def learn(self, features: Features, dt_s: float) -> None:
        """Take in a frame that shows no fault and stands for ``dt_s`` seconds."""
        self.learned_s += dt_s
        # A plain mean at first, then an exponential one.
        part = np.float32(dt_s / max(min(self.learned_s, ADAPT_S), dt_s, 1e-6))
        self._grain += part * (features.grain - self._grain)
        self._weigh_grain()
        # Not as a ratio: a dark hour says little about detail, and so counts as little.
        self._fine += part * (features.fine - self._fine)
        self._energy += part * (features.energy - self._energy)
        self._brightness += float(part) * (features.brightness - self._brightness)
        if self._firm.any():
            kept = self._kept(self._correlations(features))
            self._usual_kept += float(part) * (kept - self._usual_kept)

    def compare(self, features: Features) -> Likeness:
        """Compare where the edges are; call only with a reference that has firm tiles."""
        firm = self._firm
        return Likeness(
            kept=self._kept(self._correlations(features)),
            usual_kept=self._usual_kept,
            soft_share=self._soft_share(features),
            fit=float(np.vdot(self._grain, features.grain).real) / self._power(features),
            contrast=float(np.median((features.energy / (self._energy + 1e-6))[firm])),
            light=features.brightness / max(1.0, self._brightness),
        )

    def shift_of(self, features: Features) -> Shift:
        """Look for the place where the reference fits best, by correlation of the grain."""
        spectrum = np.fft.fft2(features.grain) * np.conj(np.fft.fft2(self._grain))
        fits = np.real(np.fft.ifft2(spectrum)) / self._power(features)
        row, column = (int(n) for n in np.unravel_index(int(fits.argmax()), fits.shape))
        height, width = GRAIN_SHAPE
        distance = math.hypot(min(row, height - row), min(column, width - column)) / width
        return Shift(distance, float(fits[row, column]))

    def pack(self) -> bytes:
        """As bytes, for ``unpack``."""
        parts = np.stack([self._grain.real, self._grain.imag]) * _SCALE
        return msgspec.msgpack.encode(
            _Kept(
                version=_VERSION,
                learned_s=self.learned_s,
                brightness=self._brightness,
                usual_kept=max(0.0, self._usual_kept),
                grain=np.rint(parts).astype(np.int8).tobytes(),
                fine=self._fine.tobytes(),
                energy=self._energy.tobytes(),
            )
        )

    @classmethod
    def unpack(cls, kept: bytes) -> "Reference":
        """The reference that ``pack`` wrote, to a 127th.

        Raises:
            DamagedReferenceError: damaged, or of another version.
        """
        try:
            found = msgspec.msgpack.decode(kept, type=_Kept)
            parts = np.frombuffer(found.grain, np.int8).reshape(2, *GRAIN_SHAPE)
            fine = np.frombuffer(found.fine, np.float32).reshape(TILES)
            energy = np.frombuffer(found.energy, np.float32).reshape(TILES)
        except (msgspec.MsgspecError, ValueError) as error:
            raise DamagedReferenceError(f"no camera reference: {error}") from error
        single = [found.learned_s, found.brightness, found.usual_kept]
        numbers = np.concatenate([fine.ravel(), energy.ravel(), single])
        if found.version != _VERSION or not (np.isfinite(numbers) & (numbers >= 0)).all():
            raise DamagedReferenceError("no camera reference of this version")
        reference = cls()
        reference.learned_s, reference._brightness = found.learned_s, found.brightness
        reference._usual_kept = found.usual_kept
        reference._grain = ((parts[0] + 1j * parts[1]) / _SCALE).astype(np.complex64)
        reference._fine, reference._energy = fine.copy(), energy.copy()
        reference._weigh_grain()
        return reference

    def _correlations(self, features: Features) -> PerTile:
        product = tile_means(np.real(features.grain * np.conj(self._grain)))
        power = tile_means(_squared(features.grain)) * self._tile_power
        return np.asarray(product / np.sqrt(power + 1e-9), np.float32)

    def _kept(self, correlations: PerTile) -> float:
        return float(np.percentile(correlations[self._firm], 100 - BEST_PART))

    def _power(self, features: Features) -> float:
        power = float(_squared(features.grain).mean()) * float(self._tile_power.mean())
        return self._grain.size * math.sqrt(power + 1e-12)

    def _soft_share(self, features: Features) -> float:
        expected = features.energy * self._fine / (self._energy + 1e-6)
        asked = self._firm & (expected >= OVER_NOISE_MIN * features.noise + 1)
        if asked.sum() < DETAILED_SHARE_MIN * self._firm.sum():
            return 0.0
        return float((features.fine < SOFT_PART * expected)[asked].mean())

    def _weigh_grain(self) -> None:
        """Work out once for each new grain what every comparison needs of it."""
        self._tile_power = tile_means(_squared(self._grain))
        self._firm: NDArray[np.bool_] = self._tile_power >= FIRM_MIN


def _squared(grain: Grain) -> NDArray[np.float32]:
    return np.asarray(grain.real**2 + grain.imag**2, np.float32)
