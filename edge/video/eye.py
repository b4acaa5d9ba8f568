"""One camera's eye: looks at a key frame now and then, and says what is wrong with the picture.

Shell around :class:`edge.video.watch.CameraWatch`; belongs to the camera's thread. Source: design
section 8 ("Camera watch on key frames").
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from devices.key_frames import Decoder, grey_of
from devices.pictures import Grey
from edge.video.stills import StillError, Stills
from edge.video.watch import CameraWatch, Finding
from edge.video.watch_features import features_of
from edge.video.watch_reference import DamagedReferenceError

LOOK_EVERY_S = 2.5
"""Every third of key frames that come each second: the first black one tells, within five seconds.
To look at all of them would cost more than copying the stream does; it is done for a while where
what never rested has come to rest."""
KEEP_EVERY_S = 60.0
"""How often what was learned is put by for the next start."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is to be told, and the hash of the still that shows it."""

    finding: Finding
    picture: str | None


class Eye:
    """What one camera should show, and whether it does."""

    def __init__(self, camera: str, kept: bytes | None, stills: Stills, boot: str) -> None:
        """``kept``: what :meth:`keep` gave before the last start; ``boot``: the id of this boot."""
        self._camera, self._stills, self._boot = camera, stills, boot
        self._watch = _open(camera, kept, boot)
        self._aimed: tuple[str | None] | None = None
        self._decoder: Decoder | None = None
        self._frame: VideoFrame | None = None
        self._looked_s: float | None = None
        self._kept_s: float | None = None

    def aim(self, view: str | None) -> None:
        """What a person says the camera is aimed at; from any thread."""
        self._aimed = (view,)

    def open(self, video: VideoStream) -> None:
        """The camera was opened (again)."""
        self._decoder = Decoder(video)

    def look(self, packet: "Packet[VideoStream]", now_s: float) -> list[Seen]:
        """Look at a key frame, if it is time; ``now_s`` is of the pictures' clock."""
        if self._decoder is None or self._is_too_soon(now_s):
            return []
        frame = self._decoder.decode(packet)
        if frame is None:
            return []
        self._looked_s, self._frame = now_s, frame
        picture = grey_of(frame)
        found = self._aim(now_s) + self._watch.step(features_of(picture), picture_time(now_s))
        if found:
            # A start that has forgotten a fault which is told would never tell its end.
            self._kept_s = now_s - KEEP_EVERY_S
        return [Seen(each, self._still_of(picture)) for each in found]

    def _aim(self, now_s: float) -> tuple[Finding, ...]:
        # Nobody was heard since the start: it looks where it looked before.
        return () if self._aimed is None else self._watch.aim(*self._aimed, picture_time(now_s))

    def _is_too_soon(self, now_s: float) -> bool:
        if self._looked_s is None or now_s - self._looked_s >= LOOK_EVERY_S:
            return False
        return not self._watch.is_suspicious(picture_time(now_s))

    def take_frame(self) -> VideoFrame | None:
        """The picture that was looked at last, in its colours, once."""
        frame, self._frame = self._frame, None
        return frame

    def keep(self, now_s: float) -> bytes | None:
        """What a restart must not forget, now and then."""
        if self._kept_s is None:
            self._kept_s = now_s
        if now_s - self._kept_s < KEEP_EVERY_S:
            return None
        self._kept_s = now_s
        return self._watch.pack(self._boot)

    def _still_of(self, picture: Grey) -> str | None:
        try:
            return self._stills.keep(picture)
        except StillError as error:
            _logger.error("no still", camera=self._camera, reason=str(error))
            return None


def picture_time(at_s: float) -> datetime:
    """A moment of the pictures' clock as the watch counts time: dated 1970, and no wall time.

    Nobody sets that clock, and each boot of the machine has its own.
    """
    return datetime.fromtimestamp(at_s, UTC)


def _open(camera: str, kept: bytes | None, boot: str) -> CameraWatch:
    try:
        return CameraWatch() if kept is None else CameraWatch.unpack(kept, boot)
    except DamagedReferenceError as error:
        _logger.warning("camera has to be learned anew", camera=camera, reason=str(error))
        return CameraWatch()
