"""Look at every stored file again each night: is it still what its name says? A little at a time.

What is not is set aside, told, and ordered anew from its edge while that still has it. A disk that
does not answer proves nothing: what cannot be read is left as it is, told once, and looked at again
the next night. So is a damaged file that stands at its name; once it is right it counts again.
Source: design section 8; an auditor may look at footage months after it came.
"""

import hashlib
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection

from hub.network import DEFAULT_TIMEZONE
from hub.video.damage import AWAY, is_told_unread, tell_damage_here, tell_unread_here
from hub.video.media import note_damaged, note_stored
from hub.video.media_shelf import MediaShelf
from hub.video.store import media_files
from hub.video.store.media_files import KnownFile
from wire.events import Damage

NIGHT_AT = time(2, 0)
"""By the clock of most sites; what a night does not suffice for goes on by day."""
BYTES_PER_TURN = 2 * 1024 * 1024
"""Two turns a second: 15 GB an hour, a third of a terabyte a day. The turn holds up other writers
of the database for as long as this takes to read."""

_log = structlog.get_logger()
_checked = Counter("custos_hub_footage_checked", "Stored files looked at again", ["found"])


class ScrubDuty:
    """Reads stored files in turns; remembers only how far it is in one of them."""

    name = "scrub"

    def __init__(self, data_dir: Path) -> None:
        self._shelf = MediaShelf(data_dir)
        self._file: KnownFile | None = None
        self._offset = 0
        self._digest = hashlib.sha256()

    def run(self, tx: Connection, now: datetime) -> None:
        """Read on, at most ``BYTES_PER_TURN``; what is found of a file is on record with ``tx``."""
        file = self._file or self._begin(tx, now)
        if file is None:
            return
        try:
            piece = self._read(file)
        except FileNotFoundError:
            if self._shelf.is_there():
                self._found(tx, file, Damage.MISSING, now)
            else:
                self._put_off(tx, file, AWAY, now)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._put_off(tx, file, (reason, reason), now)
        else:
            self._go_on(tx, file, piece, now)

    def _begin(self, tx: Connection, now: datetime) -> KnownFile | None:
        self._file = media_files.next_to_check(tx, last_night(now))
        self._offset, self._digest = 0, hashlib.sha256()
        return self._file

    def _read(self, file: KnownFile) -> bytes:
        with self._shelf.path_of(file.wanted.sha256).open("rb") as opened:
            opened.seek(self._offset)
            return opened.read(BYTES_PER_TURN)

    def _go_on(self, tx: Connection, file: KnownFile, piece: bytes, now: datetime) -> None:
        self._digest.update(piece)
        self._offset += len(piece)
        if piece:
            return
        found = self._digest.hexdigest()
        if found == file.wanted.sha256:
            self._right(tx, file, now)
        elif media_files.find(tx, found) is not None:
            self._found(tx, file, Damage.SWAPPED, now)
        else:
            self._found(tx, file, Damage.CHANGED, now)

    def _right(self, tx: Connection, file: KnownFile, now: datetime) -> None:
        self._end(tx, file, "right", now)
        if file.stored_at is None:
            note_stored(tx, file.wanted, now)
        if is_told_unread(tx):
            # The shelf may be away, and this one have come since, to where it should be.
            return
        try:
            self._shelf.mark()
        except OSError as error:
            _log.error("the footage folder cannot be marked", reason=error.strerror)

    def _found(self, tx: Connection, file: KnownFile, damage: Damage, now: datetime) -> None:
        self._end(tx, file, damage, now)
        if file.stored_at is None:
            # It is told already; and a good one may have come while this one was read.
            return
        try:
            self._shelf.set_aside(file.wanted.sha256)
        except OSError as error:
            _log.error("a damaged file cannot be set aside", reason=error.strerror)
        note_damaged(tx, file.wanted.sha256, damage, now)
        tell_damage_here(tx, file.wanted, damage, now)

    def _put_off(
        self, tx: Connection, file: KnownFile, reason: tuple[str, str], now: datetime
    ) -> None:
        self._end(tx, file, "unread", now)
        if file.stored_at is not None:
            tell_unread_here(tx, file.wanted, reason, now)

    def _end(self, tx: Connection, file: KnownFile, found: str, now: datetime) -> None:
        """It goes to the end of the line, whatever it was found to be."""
        _checked.labels(found).inc()
        self._file = None
        media_files.change(tx, file.wanted.sha256, checked_at=now)


def last_night(now: datetime) -> datetime:
    """The last ``NIGHT_AT`` that has passed; ``now`` is aware UTC."""
    local = now.astimezone(ZoneInfo(DEFAULT_TIMEZONE))
    night = datetime.combine(local.date(), NIGHT_AT, local.tzinfo)
    return night if night <= local else night - timedelta(days=1)
