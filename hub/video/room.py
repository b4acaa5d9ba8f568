"""Tell people that the hub's disk runs out of room for footage, while they can still do something.

The hub deletes no stored footage by itself: it is evidence (ADR 0028). Source: design section 8.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, find_unclosed, raise_alert
from hub.video.media_shelf import DiskRoom, MediaShelf

EVERY = timedelta(minutes=1)
SHORT_BELOW = 2.0
"""Times the reserve: as much as the reserve itself may still come."""
AMPLE_FROM = 2.5
"""Times the reserve: what was told is over only from here on, so that it is not told to and fro."""
_SHORT, _FULL = "hub/short", "hub/full"
_WORDS = {
    _SHORT: ("录像磁盘空间不足", "is running out of room for footage"),
    _FULL: ("录像磁盘已满，不再接收录像", "has no room for footage and takes no more"),
}

_log = structlog.get_logger()


@dataclass(slots=True)
class RoomDuty:
    """Looks once a minute; one alert stands for "short", another for "full"."""

    data_dir: Path
    name = "footage room"
    _due_at: datetime | None = None

    def run(self, tx: Connection, now: datetime) -> None:
        """Raise and close what the disk's room asks for."""
        if self._due_at is not None and now < self._due_at:
            return
        self._due_at = now + EVERY
        try:
            room = MediaShelf(self.data_dir).room()
        except OSError as error:
            _log.error("the disk's room is not known", reason=error.strerror)
            return
        told = {s for s in _WORDS if find_unclosed(tx, AlertKind.FOOTAGE_ROOM, s) is not None}
        wanted = subject_for(room, was_told=bool(told))
        for subject in told - {wanted}:
            close_alert(tx, AlertKind.FOOTAGE_ROOM, subject, now)
        if wanted is not None and wanted not in told:
            raise_alert(tx, _finding(wanted, room, now), now)


def subject_for(room: DiskRoom, *, was_told: bool) -> str | None:
    """What is to be told of so much room; None: nothing."""
    if room.free < room.reserve:
        return _FULL
    enough = AMPLE_FROM if was_told else SHORT_BELOW
    return _SHORT if room.free < enough * room.reserve else None


def _finding(subject: str, room: DiskRoom, now: datetime) -> Finding:
    chinese, english = _WORDS[subject]
    words = {"what_zh": chinese, "what_en": english}
    words |= {"free": _gib(room.free), "reserve": _gib(room.reserve)}
    return Finding(AlertKind.FOOTAGE_ROOM, subject, now, words=words)


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f}"
