"""Does a camera send the same picture again and again? Pure.

A sensor never draws a picture twice: with a noise of 0.3 levels, at any bit rate tried, two key
frames of a still room differ in at least 2 of 100 points at 320 x 180. A frozen sensor's picture is
the same, but an encoder that is held to a bit rate codes it now finer, now coarser: it repeats not
the last key frame but one of the last few. So a repeat is looked for among the last sixteen, and
the picture is frozen when repeats reach back long enough: a live stream that hiccups repeats only
for a moment.

Tried and left out: the sizes of the packets between key frames. A rate-controlled encoder spends
its bits on a frozen picture too (to refine it), and few on a live one whose noise is below its
step.

Not told apart: a camera whose own noise reduction leaves nothing of the noise in a still room, and
a frozen one. It is told as frozen, for nothing on it proves that it is not.

How long it takes depends on the encoder (x264, key frames each second): 5 to 12 s at 3 Mbit/s
for 1280 x 720 at 25/s, 5 to 17 s at 1 Mbit/s. A rate so short that the same picture is never coded
the same way (0.15 Mbit/s for 640 x 360, key frames each 4 s) hides a freeze for good.

Where the camera burns a clock into its picture, that tells sooner: :mod:`edge.video.watch_ticking`.
With slower presets of the same encoder it took up to 50 s, and the first picture that came again
came up to 18 s after the freeze: the hub takes it to have begun 20 s before it is said to have.
"""

from collections import deque
from datetime import datetime, timedelta

import cv2
import numpy as np

from devices.pictures import Grey
from edge.video.watch_features import tile_means

COMPARED = 16
"""Key frames among which a repeat is looked for; 58 kB each."""
SAME_SHARE_MAX = 0.002
"""Share of the points that differ in a repeat: the digits of a burnt-in clock may go on."""
SAME_S_MIN = 5.0
"""From a picture to its repeat. At key frames each 4 s the second repeat comes 8 s after the first
frozen picture, 12 s after the freeze at the latest."""
STIRRED_LEVELS = 4.0
"""Mean change of a tile when something moved in it; coding a picture anew changes it by 1 or 2."""
STIRRED_TILES_MIN = 6
"""Fewer of the 144 tiles: a burnt-in clock."""
RENEWED_S = 12.0
"""Without a repeat for so long the picture is no longer frozen, even if nothing moves."""


class Stillness:
    """The last key frames of one camera, and which of them came again."""

    def __init__(self) -> None:
        self._recent: deque[tuple[datetime, Grey]] = deque(maxlen=COMPARED)
        self._since: datetime | None = None
        self._repeated_at: datetime | None = None

    def step(self, small: Grey, at: datetime) -> datetime | None:
        """Take the next key frame.

        Args:
            small: the key frame, 180 x 320.
            at: its time.

        Returns:
            The time of the first picture that came again, while the camera is frozen.
        """
        first_at = self._first_of(small)
        if self._is_stirred(small) or self._is_renewed(at):
            self._since = self._repeated_at = None
        if first_at is not None:
            self._since, self._repeated_at = self._since or first_at, at
        self._recent.append((at, small))
        if self._since is None or self._repeated_at is None:
            return None
        is_frozen = self._repeated_at - self._since >= timedelta(seconds=SAME_S_MIN)
        return self._since if is_frozen else None

    def _first_of(self, small: Grey) -> datetime | None:
        """When the same picture came first."""
        most = SAME_SHARE_MAX * small.size
        same = (at for at, other in self._recent if np.count_nonzero(small != other) <= most)
        return next(same, None)

    def _is_stirred(self, small: Grey) -> bool:
        if not self._recent:
            return False
        change = cv2.absdiff(small, self._recent[-1][1]).astype(np.float32)
        return int((tile_means(change) >= STIRRED_LEVELS).sum()) >= STIRRED_TILES_MIN

    def _is_renewed(self, at: datetime) -> bool:
        if self._repeated_at is None:
            return False
        return at - self._repeated_at >= timedelta(seconds=RENEWED_S)
