"""A hub with cameras and real footage: some here, some on its way, some never recorded."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2

from hub.video.media import note_stored
from hub.video.media_shelf import PICTURE, path_of
from hub.video.service import WantedFile, order_files
from hub.video.store.media_files import FoundPicture, add_picture
from simulators.cameras import clock_code
from simulators.cameras.cage import Cage, CageOptions
from simulators.cameras.pictures import luma_of
from tests import samples
from tests.browser.console_day import OpenHub
from tests.browser.hub_process import HubProcess, Pen
from tests.browser.player_parts import SIZE, Piece, film
from tests.network_parts import NETWORK_TOML
from wire.events import ActKind, Camera, CameraFact, ClockReading, Segment
from wire.names import Result, Step, format_at

SITE = "755A"
AREA, DOCK, GATE = "cage-1", "dock-1", "gate-1"
AREA_NAME = f"{SITE}特殊安全产品(高价值)快件监控通道"
PARCEL, WANTED = "103000004720", "755000000001"
_CHANNELS = f"""
[[channel]]
site = "{SITE}"
camera = "{AREA}"
name = "{AREA_NAME}"
places = ["cage1", "dock1"]
role = "dedicated"

[[channel]]
site = "{SITE}"
camera = "{DOCK}"
name = "{SITE} 一号月台"
places = ["dock1"]
role = "dock"

[[channel]]
site = "755W"
camera = "{GATE}"
name = "755W 大门"
places = []
role = "gate"
"""
LONG_AGO = timedelta(minutes=8)
SIMULATED = "tcp:localhost"


class FilmedHub(OpenHub):
    """A parcel is accepted, handed over and stored, and cameras saw most of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        try:
            network = folder / "network.toml"
            network.write_text(NETWORK_TOML + _CHANNELS, encoding="utf-8")
            self.process = HubProcess(folder, more_config=f'network = "{network}"\n')
            self._open.callback(self.process.stop)
            self.began = datetime.now(UTC).replace(microsecond=0) - LONG_AGO
            self.dock = self._pen(SITE, "dock")
            self.gate = self._pen("755W", "gate")
            self.dock_film = film(folder / "dock", 40, 5, camera_no=1, began=self.began)
            later = self.began + timedelta(seconds=20)
            self.area_film = film(folder / "area", 20, 5, camera_no=2, began=later)
            self._show_stills()
            self._move_a_parcel()
            self._tell_of_footage()
        except BaseException:
            self.stop()
            raise

    def at(self, second: float) -> datetime:
        """So many seconds after the footage begins."""
        return self.began + timedelta(seconds=second)

    def _move_a_parcel(self) -> None:
        dock, here = self.dock, {"place": "dock1"}
        dock.declare(PARCEL, "46800", SITE, "021W")
        dock.pull(PARCEL, Step.ACCEPT, "1002", ago=self._ago(3), **here)
        given = dock.pull(PARCEL, Step.HANDOVER, "1002", ago=self._ago(12), **here)
        halves = {"giver": dock.by("1002"), "receiver": dock.by("1001")}
        taken = {"by": dock.by("1001"), "step": Step.HANDOVER, **here}
        dock.act(ActKind.HANDOVER_ACCEPT, ago=self._ago(14), scans=(given,), **halves, **taken)
        dock.pull(PARCEL, Step.STORE, "1001", ago=self._ago(32), place="cage1")
        self.gate.pull(PARCEL, Step.ARRIVE, "2001", ago=timedelta(minutes=2), place="gate")
        dock.scan(WANTED, Result.WANTED, step=Step.LOAD, place="dock1")

    def _ago(self, second: float) -> timedelta:
        return datetime.now(UTC) - self.at(second)

    def _tell_of_footage(self) -> None:
        _tell(self.dock, DOCK, self.dock_film)
        _tell(self.dock, AREA, self.area_film)
        for until, length_s, reason in ((20, 20, "camera_lost"), (75, 35, "edge_down")):
            gap = {"fact": CameraFact.GAP, "length_ms": length_s * 1000, "reason": reason}
            self.dock.record(Camera(**_common(self.dock, AREA, self.at(until)), **gap))
        ahead = {"offset_ms": -192_410, "error_ms": 120, "reason": "onvif"}
        own = Camera(**_common(self.dock, DOCK, self.at(30)), fact=CameraFact.OWN_CLOCK, **ahead)
        self.dock.record(own)
        lost = Camera(**_common(self.gate, GATE, datetime.now(UTC)), fact=CameraFact.LOST)
        self.gate.record(lost)
        # One file stays at its site: the edge that would send it does not run.
        for camera, pieces in ((DOCK, self.dock_film[:6]), (AREA, self.area_film)):
            for piece in pieces:
                self.bring(camera, piece)

    def show(self, camera: str, pieces: Sequence[Piece]) -> None:
        """Let a camera have recorded this, all of it here."""
        _tell(self.dock, camera, pieces)
        for piece in pieces:
            self.bring(camera, piece)

    def bring(self, camera: str, piece: Piece) -> None:
        """Let a file have come from its edge."""
        wanted = WantedFile(piece.sha256, SITE, "dock", camera, piece.path.stat().st_size)
        path = path_of(self.process.settings.data_dir, piece.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(piece.path, path)
        with self.dock.database.writing() as tx:
            order_files(tx, [wanted], datetime.now(UTC))
            note_stored(tx, wanted, datetime.now(UTC))

    def _show_stills(self) -> None:
        self._still(AREA, 2, timedelta(seconds=40))
        self._still(DOCK, 1, timedelta(seconds=12))

    def _still(self, camera: str, number: int, ago: timedelta) -> None:
        at = datetime.now(UTC) - ago
        picture = Cage(CageOptions(SIZE, number)).frame(round(at.timestamp() * 1000))
        clock_code.draw(luma_of(picture), round(at.timestamp() * 1000), number)
        _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420))
        piece_sha256 = f"{number:064x}"
        path = path_of(self.process.settings.data_dir, piece_sha256, PICTURE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg.tobytes())
        with self.dock.database.writing() as tx:
            found = FoundPicture(SITE, camera, piece_sha256, at)
            add_picture(tx, found, datetime.now(UTC), is_named=False)


def _tell(pen: Pen, camera: str, pieces: Sequence[Piece]) -> None:
    pen.record(
        *(
            Segment(
                **_common(pen, camera, piece.ended_at),
                length_ms=piece.length_ms,
                error_ms=piece.error_ms,
                sha256=piece.sha256,
                bytes=piece.path.stat().st_size,
                codec=piece.codec,
                frames=50,
            )
            for piece in pieces
        )
    )


def _common(pen: Pen, camera: str, at: datetime) -> dict[str, object]:
    return {
        "site": pen.site,
        "edge": pen.edge,
        "at": format_at(at),
        "mono_ms": 1,
        "boot": samples.BOOT,
        "clock": ClockReading(offset_ms=0, error_ms=5),
        "device": camera,
        # One of them is no real camera, and says so on every screen.
        "source": SIMULATED if camera == AREA else "tcp:elsewhere",
    }
