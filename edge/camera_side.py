"""Where the edge meets its cameras: nothing at all where it has none.

What imports the video libraries (``edge.video.cameras`` and all below it) is itself imported in
:func:`open_cameras` alone, and only for a configured camera: an edge of scanners starts without
them. Source: design section 2.

    CameraSideError    cameras are configured and cannot be had: one sentence, exit 2
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from edge.footage_post import FootagePost, Sender
from edge.hub_http import HubHttp, HubRefusedError
from edge.hub_side import Surroundings
from edge.spool import FILE_NAME
from edge.spool_reader import SpoolReader
from edge.station_events import FootageLined, FootageLines
from edge.uplink_events import OrderFootage
from wire.policy import Policy
from wire.site_pack import SitePack

ORDERS_WAITING_MAX = 1_000
IDLE_S = 1.0


class CameraSideError(Exception):
    """The sentence says what is missing."""


class CameraSide(Protocol):
    """All cameras of an edge (``edge.video.cameras``)."""

    def adopt(self, pack: SitePack | None) -> None:
        """Keep footage by this site pack."""

    def answer(self, lined: FootageLined) -> None:
        """What became of the lines that the station was given; never blocks."""

    def sender(self, post: FootagePost) -> Sender:
        """What answers the hub's orders of footage."""

    def start(self) -> None:
        """Start every thread."""

    def stop(self, timeout_s: float) -> list[str]:
        """Close every file and put it on record; the threads that did not end in time."""


class NoCameras:
    """An edge of scanners alone."""

    def adopt(self, pack: SitePack | None) -> None:
        """Nothing is kept."""

    def answer(self, lined: FootageLined) -> None:
        """Nothing was asked."""

    def sender(self, post: FootagePost) -> Sender:
        """Tells the hub that there is no footage here."""
        return NoFootage(post)

    def start(self) -> None:
        """Nothing to start."""

    def stop(self, timeout_s: float) -> list[str]:  # noqa: ARG002  the seam's
        """Nothing to stop."""
        return []


class NoFootage:
    """Answers each order with the word that there are no cameras here."""

    def __init__(self, post: FootagePost) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._ordered: deque[str] = deque()

    def order(self, order: OrderFootage) -> bool:
        """The hub wants these files; see :class:`edge.footage_post.Sender`."""
        with self._lock:
            if len(self._ordered) + len(order.sha256s) > ORDERS_WAITING_MAX:
                return False
            self._ordered.extend(order.sha256s)
        return True

    def deliver_again(self, since: datetime | None) -> None:
        """There is nothing to send again."""

    def turn(self, hub: HubHttp) -> float:
        """Answer one order.

        Raises:
            HubUnreachableError: the hub did not hear it; it is told again.
        """
        with self._lock:
            sha256 = self._ordered[0] if self._ordered else None
        if sha256 is None:
            return IDLE_S
        with suppress(HubRefusedError):
            self._post.gone(hub, sha256, "no_cameras")
        with self._lock:
            self._ordered.popleft()
        return 0.0

    def close(self) -> None:
        """Nothing is open."""


def open_cameras(
    around: Surroundings,
    shipped: Policy,
    to_station: Callable[[FootageLines], None],
) -> CameraSide:
    """Open the configured cameras' record, and make whole what a crash left of it.

    Raises:
        CameraSideError: the video libraries are not installed, or the record cannot be used.
        OSError: the disk refuses.
    """
    config = around.config
    if not config.camera:
        return NoCameras()
    try:
        from edge.video.cameras import Cameras, FootageError, House, OnvifSetup
    except ImportError as error:
        raise CameraSideError(f"cameras need the extra 'vision': {error}") from error
    house = House(
        site=config.site,
        edge=config.edge,
        boot=around.clock.boot_id(),
        directory=around.directory,
        retention=shipped.retention,
        video=shipped.video,
    )
    urls = [(each.id, each.url.get_secret_value()) for each in config.camera]
    onvif = [
        OnvifSetup(each.id, each.onvif.get_secret_value())
        for each in config.camera
        if each.onvif is not None
    ]
    lines = SpoolReader(around.directory / FILE_NAME)
    try:
        return Cameras(house, urls, around.clock, around.metrics, lines, to_station, onvif)
    except FootageError as error:
        raise CameraSideError(f"the footage's record: {error}") from error
    finally:
        lines.close()
