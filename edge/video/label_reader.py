"""A thread of its own reads the labels that one camera sees; recording never waits for it.

Shell around :class:`edge.video.sightings.Passages`. The camera's thread offers each packet; while
this thread is behind, the newest win and what was given up is counted. Source: design section 8
("Overhead cameras read labels: a sighting, not custody").
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import structlog
from av.packet import Packet
from av.video.stream import VideoStream

from devices.key_frames import Decoder, grey_of
from devices.labels import READABLE, SeenLabel, read_labels
from devices.pictures import Grey
from devices.symbology import Symbology, WaybillLabel, read_label
from edge.metrics import Metrics
from edge.video.backlog import Backlog
from edge.video.noted import FactNoted
from edge.video.sightings import Passages, Sighting
from edge.video.stills import StillError, Stills
from wire.events import CameraFact
from wire.policy import WaybillKind
from wire.site_pack import SitePack

READ_EVERY_S: Final = 0.07
"""Every second picture of 25 a second: what crosses a picture in half a second is read six times.
At 1080p, decoding all and reading these takes a fifth of a core (``make bench AREA=video``)."""
BUSY_SHARE_MAX: Final = 0.5
"""Of a core, for reading one camera: pictures that take long are read more seldom."""
CROP_MARGIN: Final = 0.5
"""So much of the label's size is kept around it: a linear code's corners may hold a few rows."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LabelRule:
    """What to look for, and how long out of view makes a new passage, in seconds."""

    kinds: tuple[WaybillKind, ...]
    apart_s: float

    @property
    def wanted(self) -> frozenset[Symbology]:
        """The symbologies that a waybill's label may have."""
        named = {each for kind in self.kinds for each in kind.symbologies}
        return frozenset(each for each in READABLE if each.value in named)


def rules_of(pack: SitePack | None) -> dict[str, LabelRule]:
    """What each camera of a site reads; those that read nothing are not in it."""
    if pack is None or pack.policy.video is None:
        return {}
    rule = LabelRule(pack.policy.waybill, pack.policy.video.sighting_s)
    return {each.camera: rule for each in pack.channels if each.reads_labels}


class LabelReader:
    """Reads while there is a rule, from :meth:`start` to :meth:`stop`."""

    def __init__(
        self,
        camera: str,
        stills: Stills,
        metrics: Metrics,
        now_s: Callable[[], float],
        tell: Callable[[FactNoted], None],
    ) -> None:
        """``now_s`` is for durations; ``tell`` may block, and holds up nothing but reading."""
        self._camera, self._stills = camera, stills
        self._metrics = metrics
        self._skipped = metrics.label_pictures_skipped.labels(camera)
        self._now_s, self._tell = now_s, tell
        self._passages = Passages()
        self._due_s = 0.0
        self._changed = threading.Condition()
        self._backlog: Backlog[tuple[Packet[VideoStream], float]] = Backlog()
        self._decoder: Decoder | None = None
        self._rule: LabelRule | None = None
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"labels-{camera}", daemon=True)

    @property
    def name(self) -> str:
        """The thread's name."""
        return self._thread.name

    def adopt(self, rule: LabelRule | None) -> None:
        """Read by this rule from now on; None: read nothing."""
        with self._changed:
            self._rule = rule
            if rule is None:
                self._backlog.clear()

    def open(self, video: VideoStream) -> None:
        """The camera was opened (again): nothing that comes belongs to what came before."""
        decoder = Decoder(video)
        with self._changed:
            self._skipped.inc(len(self._backlog.clear()))
            self._decoder = decoder

    def offer(self, packet: "Packet[VideoStream]", at_s: float) -> None:
        """Hand in what has come at ``at_s`` of the pictures' clock. Never waits."""
        with self._changed:
            if self._rule is None or self._is_stopping:
                return
            skipped = self._backlog.put((_copy(packet), at_s), is_key=packet.is_keyframe)
            self._changed.notify_all()
        if skipped:
            self._skipped.inc(skipped)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def stop(self, timeout_s: float) -> bool:
        """End with the picture at hand; say whether the thread ended in time."""
        self.ask_to_stop()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ------------------------------------------------------------ in the thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: len(self._backlog) > 0 or self._is_stopping)
                if self._is_stopping:
                    return
                packet, at_s = self._backlog.take()
                decoder, rule = self._decoder, self._rule
            if decoder is None or rule is None:
                continue
            try:
                self._take(decoder, packet, at_s, rule)
            except Exception:
                self._metrics.crashes.labels("labels").inc()
                _logger.exception("labels not read", camera=self._camera)

    def _take(
        self, decoder: Decoder, packet: "Packet[VideoStream]", at_s: float, rule: LabelRule
    ) -> None:
        frame = decoder.decode(packet)
        if frame is None or at_s < self._due_s:
            return
        began_s = self._now_s()
        picture = grey_of(frame)
        seen = read_waybills(picture, rule)
        for sighting in self._passages.read(seen, at_s, rule.apart_s):
            self._told(sighting, cut_out(picture, seen[sighting.waybill]))
        took_s = self._now_s() - began_s
        self._due_s = at_s + max(READ_EVERY_S, took_s / BUSY_SHARE_MAX)

    def _told(self, sighting: Sighting, label: Grey) -> None:
        try:
            picture = self._stills.keep(label)
        except StillError as error:
            _logger.error("no picture of a label", camera=self._camera, reason=str(error))
            picture = None
        self._tell(
            FactNoted(
                self._camera,
                CameraFact.SIGHTING,
                sighting.at_s,
                since_s=sighting.since_s,
                picture=picture,
                waybill=sighting.waybill,
            )
        )


def read_waybills(picture: Grey, rule: LabelRule) -> dict[str, SeenLabel]:
    """The waybills that a picture shows, and where; of what else it shows nothing is kept.

    Raises:
        PictureError: it is no picture of ours.
    """
    found = {}
    for seen in read_labels(picture, rule.wanted):
        label = read_label(seen.frame, rule.kinds)
        if isinstance(label, WaybillLabel):
            found[label.waybill] = seen
    return found


def cut_out(picture: Grey, seen: SeenLabel) -> Grey:
    """The label and a margin around it, upright as the picture is."""
    across, down = zip(*seen.corners, strict=True)
    margin = round(CROP_MARGIN * max(max(across) - min(across), max(down) - min(down)))
    top, left = (max(0, round(min(each)) - margin) for each in (down, across))
    bottom, right = (round(max(each)) + margin + 1 for each in (down, across))
    return picture[top:bottom, left:right]


def _copy(packet: "Packet[VideoStream]") -> "Packet[VideoStream]":
    """One that the recorder does not write to."""
    copy = Packet(bytes(packet))
    copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
    copy.is_keyframe = packet.is_keyframe
    return cast("Packet[VideoStream]", copy)
