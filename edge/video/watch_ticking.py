"""Has the clock that a camera burns into its picture stopped? Pure.

A coder that refines a still picture hides that it is the same (see :mod:`edge.video.watch_still`),
but it cannot make a clock go on. So a small part at the upper or lower edge that changed in every
picture, also while nothing else did, is taken for a clock; where it stands still and nothing else
changes either, the picture is frozen. It takes six seconds and the look that ends them, whatever
the coding.

It notes *rest* as well: where something had changed in each of six looks and now nothing does, a
belt has stopped or the camera is frozen, and for half a minute every key frame is worth a look
(``is_suspicious``), so that a freeze which no clock gives away is found soon, too.

Tried and left out: to learn a clock beside what never rests (a belt). By where its tiles lie it
could not be told from an end of that belt, which stops: two false alarms in 20 hours.

Not told apart: a fan or a lamp there that never rested, and is switched off in an empty room.
"""

from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.pictures import Grey
from edge.video.watch_features import tile_means

CHANGED_LEVELS = 20
"""Of a digit that is another; coding a picture anew changes few points by so much."""
CHANGED_POINTS_MIN = 3
"""Of a tile's 400, at 320 x 180."""
LEARNED_LOOKS = 12
"""In so many pictures in a row a clock's tile has changed."""
ALONE_LOOKS_MIN = 3
"""In so many of them nothing but clocks had: parcels on a belt come in more tiles."""
CLOCK_TILES_MAX = 10
"""Of 144."""
EDGE_ROWS = (0, 1, 7, 8)
"""Of nine: a clock stands at the upper or lower edge."""
STOPPED_S_MIN = 6.0
RESTLESS_LOOKS = 6
"""So often in a row something has changed where rest is worth a closer look."""
CLOSELY_S_MAX = 30.0
"""So long every key frame is worth looking at after what never rested has come to rest."""

PerTile = NDArray[np.int_]


class Ticking:
    """One camera's burnt-in clock, if it has one."""

    def __init__(self) -> None:
        self._last: tuple[datetime, Grey] | None = None
        self._streak: PerTile | None = None
        self._alone: PerTile | None = None
        self._stopped_at: datetime | None = None
        self._restless = 0
        self._rest_since: datetime | None = None

    def is_suspicious(self, at: datetime) -> bool:
        """Say whether all came to rest a moment ago that never had: a belt, or the camera."""
        since = self._rest_since
        return since is not None and at - since <= timedelta(seconds=CLOSELY_S_MAX)

    def step(self, small: Grey, at: datetime) -> datetime | None:
        """Take the next key frame.

        Args:
            small: the key frame, 180 x 320.
            at: its time.

        Returns:
            The time of the first picture that shows the moment at which the clock stopped, while
            it stands still.
        """
        last, self._last = self._last, (at, small)
        if last is None:
            return None
        changed = _changed(small, last[1])
        self._note_rest(last[0], is_at_rest=not changed.any())
        if self._clock().any() and not changed.any():
            self._stopped_at = self._stopped_at or last[0]
            is_frozen = at - self._stopped_at >= timedelta(seconds=STOPPED_S_MIN)
            return self._stopped_at if is_frozen else None
        self._stopped_at = None
        self._learn(changed)
        return None

    def _note_rest(self, last_at: datetime, *, is_at_rest: bool) -> None:
        if not is_at_rest:
            self._restless, self._rest_since = self._restless + 1, None
        elif self._restless:
            is_strange = self._restless >= RESTLESS_LOOKS
            self._restless, self._rest_since = 0, last_at if is_strange else None

    def _learn(self, changed: NDArray[np.bool_]) -> None:
        if self._streak is None or self._alone is None:
            self._streak, self._alone = (np.zeros(changed.shape, np.int_) for _ in range(2))
        is_alone = np.count_nonzero(changed) <= CLOCK_TILES_MAX
        self._streak = np.where(changed, self._streak + 1, 0)
        self._alone = np.where(changed, self._alone + int(is_alone), 0)

    def _clock(self) -> NDArray[np.bool_]:
        if self._streak is None or self._alone is None:
            return np.zeros(0, np.bool_)
        clock = (self._streak >= LEARNED_LOOKS) & (self._alone >= ALONE_LOOKS_MIN)
        inner = [row for row in range(clock.shape[0]) if row not in EDGE_ROWS]
        clock[inner] = False
        return clock


def _changed(one: Grey, other: Grey) -> NDArray[np.bool_]:
    """The tiles in which enough points are another."""
    points = (cv2.absdiff(one, other) >= CHANGED_LEVELS).astype(np.float32)
    share = tile_means(points)
    return np.asarray(share * (one.size / share.size) >= CHANGED_POINTS_MIN - 0.5, np.bool_)
