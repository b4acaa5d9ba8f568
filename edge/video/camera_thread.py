"""One thread owns one camera: it opens it, copies what comes into files, and opens it again.

Shell around :class:`edge.video.cutting.Cutter`. What is whole is handed to the keeper through its
bounded queue; while that is full this thread waits, and the camera's packets wait in the socket.
Source: design section 8, style ("Threads and time").
"""

import errno
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from devices.backoff import Backoff
from devices.cameras import Camera, CameraError, CameraRefusedError
from devices.key_frames import grey_of
from edge.metrics import Metrics
from edge.video.clock_reader import ClockReader
from edge.video.cutting import Act as CutterAct
from edge.video.cutting import Arrival, Begin, Cutter, End, Gap, GapReason
from edge.video.eye import Eye
from edge.video.footage_desk import space_of
from edge.video.label_reader import LabelReader
from edge.video.moments import Moments
from edge.video.noted import FactNoted, GapNoted, Learned, Noted, Opened, SegmentEnded
from edge.video.segment_file import PartName, SegmentFile
from edge.video.shown_clock import Moment
from edge.video.stills import FOLDER, Stills
from edge.video.wall import WallStills
from wire.events import CameraFact, Codec

REOPEN: Final = Backoff(first_s=0.5, max_s=5.0)
REFUSED_S: Final = 30.0
"""A camera that refuses is asked this seldom: some lock a user out who asks often."""
PICTURE_S: Final = 0.1
"""How long a picture is shown, where the camera does not say."""
SHOWN: Final = "shown"
"""How a clock was measured."""
GAP_EVERY_S: Final = 60.0
"""While nothing is recorded, the time without footage is told this often."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CameraSetup:
    """One camera of the config; ``folder`` is where its files go."""

    id: str
    url: str
    folder: Path


def stills_of(setup: CameraSetup) -> Stills:
    """Where pictures beside this camera's events are kept."""
    return Stills(setup.folder / FOLDER)


class CameraThread:
    """Records camera ``setup`` from :meth:`start` to :meth:`stop`.

    Errors that nobody foresaw are counted and logged with their stack, and the camera is opened
    again.
    """

    def __init__(
        self,
        setup: CameraSetup,
        covered_s: float | None,
        learned: bytes | None,
        labels: LabelReader,
        wall: WallStills,
        metrics: Metrics,
        look: Callable[[], Moments],
        tell: Callable[[Noted], None],
    ) -> None:
        """``covered_s``: see :class:`Cutter`; ``learned``: :class:`Eye`; ``tell`` may block.

        ``labels`` is offered every packet.
        """
        self._setup = setup
        self._wall = wall
        self._metrics = metrics
        self._look = look
        self._tell = tell
        self._cutter = Cutter(covered_s)
        self._eye = Eye(setup.id, learned, stills_of(setup), look().boot)
        self._clock = ClockReader(setup.id, metrics)
        self._labels = labels
        self._file: SegmentFile | None = None
        self._codec = Codec.H264
        self._is_lost = False
        self._is_refused = False
        self._failures = 0
        self._file_began_s: float | None = None
        self._stopping = threading.Event()
        name = f"camera-{setup.id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def aim(self, view: str | None) -> None:
        """See :meth:`Eye.aim`."""
        self._eye.aim(view)

    @property
    def name(self) -> str:
        """The thread's name."""
        return self._thread.name

    def ask_to_stop(self) -> None:
        """Begin to end; a camera that sends nothing is noticed only after its stall."""
        self._stopping.set()

    def stop(self, timeout_s: float) -> bool:
        """Close what is open; say whether the thread ended in time."""
        self.ask_to_stop()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ------------------------------------------------------------ in the thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._wait(self._turn())
            except Exception:
                self._metrics.crashes.labels("camera").inc()
                _logger.exception("camera failed", camera=self._setup.id)
                self._stopping.wait(REOPEN.max_s)

    def _turn(self) -> float:
        """Record while the camera sends; say how long to wait then, in seconds."""
        try:
            self._record()
        except CameraError as error:
            return self._fail(error)
        finally:
            self._do(self._cutter.stop(GapReason.CAMERA_LOST))
        return 0.0

    def _record(self) -> None:
        camera = Camera(self._setup.url)
        self._tell(Opened(self._setup.id, camera.source))
        self._eye.open(camera.video)
        self._labels.open(camera.video)
        self._file_began_s = None
        try:
            for packet in camera.packets():
                if self._stopping.is_set():
                    return
                if not camera.is_live:
                    self._pace(packet)
                self._heard()
                self._labels.offer(packet, self._look().picture_s)
                arrival = self._take(camera, packet)
                self._tell_long_gap()
                if packet.is_keyframe:
                    self._look_at(packet, arrival)
        finally:
            camera.close()

    def _pace(self, packet: "Packet[VideoStream]") -> None:
        now_s = self._look().picture_s
        due_s = float((packet.dts or 0) * packet.time_base)
        if self._file_began_s is None:
            self._file_began_s = now_s - due_s
        self._stopping.wait(max(0.0, self._file_began_s + due_s - now_s))

    def _look_at(self, packet: "Packet[VideoStream]", arrival: Arrival) -> None:
        now_s = self._look().picture_s
        for seen in self._eye.look(packet, now_s):
            began_at = seen.finding.began_at
            self._tell(
                FactNoted(
                    self._setup.id,
                    CameraFact(seen.finding.kind),
                    now_s,
                    since_s=None if began_at is None else began_at.timestamp(),
                    is_over=seen.finding.is_over,
                    picture=seen.picture,
                )
            )
        frame = self._eye.take_frame()
        if frame is not None:
            self._wall.offer(self._setup.id, frame, now_s, self._look().wall_ms)
            self._look_for_clock(frame, arrival)
        kept = self._eye.keep(now_s)
        if kept is not None:
            self._tell(Learned(self._setup.id, kept))

    def _look_for_clock(self, frame: VideoFrame, arrival: Arrival) -> None:
        taken, moments = self._cutter.taken(arrival), self._look()
        if taken is None:
            return
        taken_s, error_s = taken
        doubt_ms = moments.span_ms(error_s + (arrival.length_s or PICTURE_S))
        moment = Moment(moments.at(taken_s).at_ms, doubt_ms, moments.rate)
        told = self._clock.look(grey_of(frame), moment, moments.picture_s)
        if told is not None:
            at_s = moments.picture_s
            noted = FactNoted(self._setup.id, CameraFact.CLOCK, at_s, SHOWN, offset=told)
            self._tell(noted)

    def _take(self, camera: Camera, packet: "Packet[VideoStream]") -> Arrival:
        arrival = _arrival(packet, self._look().picture_s)
        for act in self._cutter.take(arrival):
            if isinstance(act, Begin):
                self._begin(camera)
            else:
                self._do([act])
        if self._file is not None:
            self._trying(partial(self._write, self._file, packet))
        return arrival

    def _write(self, file: SegmentFile, packet: "Packet[VideoStream]") -> None:
        if not file.write(packet):
            self._metrics.picture_times_mended.labels(self._setup.id).inc()

    def _begin(self, camera: Camera) -> None:
        moments = self._look()
        name = PartName(moments.wall_ms, moments.mono_ms, moments.boot)
        self._codec = camera.codec

        def begin() -> None:
            self._setup.folder.mkdir(parents=True, exist_ok=True)
            if space_of(self._setup.folder).is_full:
                raise OSError(errno.ENOSPC, "the disk has no room left for footage")
            self._file = SegmentFile(self._setup.folder / str(name), camera.video)

        self._trying(begin)
        if self._file is not None:
            self._do(self._cutter.begun())

    def _trying(self, act: Callable[[], None]) -> None:
        """Do something with the open file; where the disk refuses, its time has no footage."""
        try:
            act()
        except OSError as error:
            self._do(self._cutter.give_up(GapReason.DISK))
            file, self._file = self._file, None
            self._abandon(file, error)

    def _abandon(self, file: SegmentFile | None, error: OSError) -> None:
        # A full disk refuses a file with each key frame: it is told once until it takes one again.
        if not self._is_refused:
            _logger.error("footage not recorded", camera=self._setup.id, reason=error.strerror)
        self._is_refused = True
        if file is not None:
            with suppress(OSError):
                file.abandon()

    def _do(self, acts: Sequence[CutterAct]) -> None:
        for act in acts:
            match act:
                case End():
                    self._end(act)
                case Gap():
                    self._tell(GapNoted(self._setup.id, act))

    def _end(self, act: End) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            facts = file.close()
        except OSError as error:
            # The cutter is past this file already, perhaps in the next one.
            self._abandon(file, error)
            gap = Gap(act.span.began_s, act.span.ended_s, GapReason.DISK)
            self._tell(GapNoted(self._setup.id, gap))
            return
        self._is_refused = False
        self._tell(SegmentEnded(self._setup.id, file.path, self._codec, act.span, facts))

    # ------------------------------------------------------------ lost and back

    def _heard(self) -> None:
        self._failures = 0
        if self._is_lost:
            self._is_lost = False
            self._tell(FactNoted(self._setup.id, CameraFact.BACK, self._look().picture_s))

    def _fail(self, error: CameraError) -> float:
        self._failures += 1
        if not self._is_lost:
            self._is_lost = True
            _logger.warning("camera lost", camera=self._setup.id, reason=str(error))
            now_s = self._look().picture_s
            self._tell(FactNoted(self._setup.id, CameraFact.LOST, now_s, str(error)))
        if isinstance(error, CameraRefusedError):
            return REFUSED_S
        return REOPEN.delay_s(self._failures)

    def _wait(self, wait_s: float) -> None:
        self._stopping.wait(wait_s)
        self._tell_long_gap()

    def _tell_long_gap(self) -> None:
        if not self._cutter.is_waiting:
            return
        now_s = self._look().picture_s
        covered_s = self._cutter.covered_s
        if covered_s is not None and now_s - covered_s >= GAP_EVERY_S:
            self._do(self._cutter.gap_until(now_s))


def _arrival(packet: "Packet[VideoStream]", arrived_s: float) -> Arrival:
    assert packet.pts is not None
    unit = packet.time_base
    return Arrival(
        pts_s=float(packet.pts * unit),
        length_s=float((packet.duration or 0) * unit),
        is_key=packet.is_keyframe,
        size=packet.size,
        arrived_s=arrived_s,
    )
