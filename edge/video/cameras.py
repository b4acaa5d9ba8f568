"""All cameras of an edge: started after what a crash left is whole, stopped before the station.

Imported only where a camera is configured: an edge of scanners alone needs no video library.
Source: design sections 2 and 8.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge.clock import SystemClock
from edge.footage_post import FootagePost, Sender
from edge.metrics import Metrics
from edge.spool_reader import SpoolReader
from edge.station_events import FootageLined, FootageLines
from edge.video.camera_thread import CameraSetup, CameraThread, stills_of
from edge.video.footage_desk import FootageDesk
from edge.video.keeper import FootageKeeper
from edge.video.label_reader import LabelReader, rules_of
from edge.video.moments import Moments
from edge.video.own_clock_thread import OnvifSetup, OwnClockThread
from edge.video.retention import KeepRule
from edge.video.sender import FootageSender, SenderSetup
from edge.video.store import FILE_NAME, FootageError, FootageStore
from edge.video.upload_store import UploadStore
from edge.video.wall import WallStills
from wire.policy import RetentionPolicy, VideoPolicy
from wire.site_pack import SitePack

__all__ = ["Cameras", "FootageError", "House", "OnvifSetup"]

FOLDER = "footage"
AGAIN_NAME = "stills-again"
LINES_AT_ONCE = 500
LINE_BYTES_AT_ONCE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class House:
    """Whose cameras these are, and the shipped policy."""

    site: str
    edge: str
    boot: str
    directory: Path
    retention: RetentionPolicy
    video: VideoPolicy


class Cameras:
    """From :meth:`start` to :meth:`stop`."""

    def __init__(
        self,
        house: House,
        urls: Sequence[tuple[str, str]],
        clock: SystemClock,
        metrics: Metrics,
        lines: SpoolReader,
        to_station: Callable[[FootageLines], None],
        onvif: Sequence[OnvifSetup] = (),
    ) -> None:
        """``urls``: each camera's id and address; ``lines`` is read here only.

        ``onvif``: the cameras that are asked for their own time.

        Raises:
            FootageError, OSError: the record of the footage, or its folder, cannot be used.
        """
        # Each camera has its own thread: OpenCV's would only get in their way.
        cv2.setNumThreads(1)
        self._house, self._clock, self._metrics = house, clock, metrics
        self._wall = WallStills()
        self._send_kbit_s = house.video.send_kbit_s
        self._folder = folder = house.directory / FOLDER
        self._store = FootageStore(house.directory / FILE_NAME)
        self._uploads = UploadStore(house.directory / FILE_NAME)
        self._again = house.directory / AGAIN_NAME
        desk = FootageDesk(house.site, house.edge, folder, self._store, self._look)
        self._days_else = max(house.retention.days, house.retention.area_days)
        self._keeper = FootageKeeper(
            desk,
            self._store,
            to_station,
            lambda: self._look().picture_s,
            KeepRule({}, self._days_else),
            metrics,
        )
        after = self._store.last_line()
        self._keeper.find_lines(lines.pages(after, LINES_AT_ONCE, LINE_BYTES_AT_ONCE))
        setups = [CameraSetup(camera, url, folder / camera) for camera, url in urls]
        self._readers = {
            setup.id: LabelReader(
                setup.id,
                stills_of(setup),
                metrics,
                lambda: self._look().picture_s,
                self._keeper.tell,
            )
            for setup in setups
        }
        self._threads = {
            setup.id: CameraThread(
                setup,
                desk.recover(setup.id),
                self._store.learned(setup.id),
                self._readers[setup.id],
                self._wall,
                metrics,
                self._look,
                self._keeper.tell,
            )
            for setup in setups
        }
        self._own_clocks = [
            OwnClockThread(each, metrics, self._look, self._keeper.tell) for each in onvif
        ]

    def adopt(self, pack: SitePack | None) -> None:
        """Keep, hold, read and send what the site pack says."""
        channels = () if pack is None else pack.channels
        days = {each.camera: each.footage_days for each in channels}
        self._keeper.keep_rule = KeepRule(days, self._days_else)
        if pack is not None:
            # Without one, what was held before the start is held on.
            self._keeper.holds = pack.holds
        video = None if pack is None else pack.policy.video
        self._wall.every_s = None if video is None else float(video.still_s)
        self._send_kbit_s = (video or self._house.video).send_kbit_s
        for each in channels:
            if each.camera in self._threads:
                self._threads[each.camera].aim(each.view)
        rules = rules_of(pack)
        for camera, reader in self._readers.items():
            reader.adopt(rules.get(camera))

    def answer(self, lined: FootageLined) -> None:
        """What became of the lines that the station was given; never blocks."""
        self._keeper.answer(lined)

    def sender(self, post: FootagePost) -> Sender:
        """What brings footage to the hub; it closes its own connection to the record."""
        setup = SenderSetup(
            self._folder,
            self._again,
            send_kbit_s=lambda: self._send_kbit_s,
            hub_offset_ms=lambda: self._keeper.hub_offset_ms,
            now_s=lambda: self._look().picture_s,
        )
        return FootageSender(setup, self._uploads, self._wall, post, self._metrics)

    def start(self) -> None:
        """Start every thread."""
        self._keeper.start()
        for reader in self._readers.values():
            reader.start()
        for thread in self._threads.values():
            thread.start()
        for asking in self._own_clocks:
            asking.start()

    def stop(self, timeout_s: float) -> list[str]:
        """Close every file and put it on record; the threads that did not end in time."""
        threads: list[CameraThread | LabelReader | OwnClockThread]
        threads = [*self._threads.values(), *self._readers.values(), *self._own_clocks]
        for thread in threads:
            thread.ask_to_stop()
        stuck = [thread.name for thread in threads if not thread.stop(timeout_s)]
        if not self._keeper.stop(timeout_s):
            return [*stuck, "footage"]
        self._store.close()
        return stuck

    def _look(self) -> Moments:
        test_clock = self._clock.test_clock
        return Moments(
            wall_ms=int(self._clock.now().timestamp() * 1000),
            mono_ms=self._clock.boottime_ms(),
            boot=self._house.boot,
            picture_s=self._clock.mono_ns() / 1e9,
            rate=1.0 if test_clock is None else test_clock.rate,
        )
