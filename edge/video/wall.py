"""What each camera shows now and then, for the wall of pictures at the hub. Best effort.

A camera's thread puts its newest picture here, the thread that sends takes it; one that was not
taken in time gives way to a newer one. Source: console.md (camera wall).
"""

import threading
from dataclasses import dataclass

import cv2
from av.video.frame import VideoFrame

WIDTH_PX_MAX = 640
QUALITY = 75


@dataclass(frozen=True, slots=True)
class WallStill:
    """A picture (JPEG) of a camera; ``at_ms`` is wall time as this edge had it."""

    camera: str
    at_ms: int
    jpeg: bytes


class WallStills:
    """The newest still of each camera that was not sent. Any thread may use it."""

    def __init__(self) -> None:
        """Nothing is taken until :attr:`every_s` says how often."""
        self.every_s: float | None = None
        self._lock = threading.Lock()
        self._waiting: dict[str, WallStill] = {}
        self._offered_s: dict[str, float] = {}

    def offer(self, camera: str, frame: VideoFrame, now_s: float, at_ms: int) -> None:
        """A picture of a camera, of ``now_s`` on a clock for durations; taken when one is due."""
        every_s, offered_s = self.every_s, self._offered_s.get(camera)
        if every_s is None or (offered_s is not None and now_s - offered_s < every_s):
            return
        still = WallStill(camera, at_ms, _encoded(frame))
        with self._lock:
            self._offered_s[camera] = now_s
            self._waiting.pop(camera, None)
            self._waiting[camera] = still

    def take(self) -> WallStill | None:
        """The one that waits longest; it is sent now or never."""
        with self._lock:
            camera = next(iter(self._waiting), None)
            return None if camera is None else self._waiting.pop(camera)


def _encoded(frame: VideoFrame) -> bytes:
    width = min(frame.width, WIDTH_PX_MAX)
    height = max(1, frame.height * width // frame.width)
    picture = frame.reformat(width, height, format="bgr24").to_ndarray()
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return coded.tobytes()
