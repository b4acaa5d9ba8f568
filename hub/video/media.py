"""Order footage of edges, and say what has become of it. The caller owns the transaction.

A file is ordered once, by its hash; it is stored when its content was found to be that, gone when
its edge has it no more, damaged when the nightly look found it changed or missing here.
Source: design section 8.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from prometheus_client import Counter
from sqlalchemy import Connection

from hub.video.media_shelf import path_of
from hub.video.rules.coverage import Stretch
from hub.video.rules.losses import loss_of
from hub.video.store import certificates, footage, media_files
from hub.video.store.certificates import News
from hub.video.store.footage import FoundSegment
from hub.video.store.media_files import FoundPicture, KnownFile, Order, WantedFile

__all__ = [
    "WRONG_MAX",
    "FileState",
    "FileStatus",
    "FoundPicture",
    "Order",
    "WantedFile",
    "find_pictures",
    "losses_among",
    "newest_order",
    "newest_pictures",
    "note_damaged",
    "note_gone",
    "note_have",
    "note_stored",
    "note_wrong",
    "open_orders",
    "order_files",
    "order_segments",
    "orders_after",
    "path_of",
    "picture_near",
    "states_of",
    "wake_counting_on",
]

WRONG_MAX = 3
"""So often a file that came wrong is asked for anew."""
CHANGED = "changed"
"""Why a file is gone that comes wrong each time."""

_outcomes = Counter("custos_hub_footage_files", "Ordered files by what became of them", ["outcome"])


class FileStatus(StrEnum):
    """How far a file is."""

    NONE = "none"
    """Nobody has ordered it."""
    ORDERED = "ordered"
    PARTIAL = "partial"
    STORED = "stored"
    GONE = "gone"
    DAMAGED = "damaged"
    """It was stored, and is not what it was; it is ordered anew."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What has become of a file; ``have`` of its ``bytes`` are here, ``reason`` why it is gone."""

    status: FileStatus
    have: int = 0
    bytes: int = 0
    reason: str | None = None

    @property
    def is_gone(self) -> bool:
        """Nothing of it comes any more, also where it was here and is damaged."""
        return self.status is not FileStatus.STORED and self.reason is not None


def order_files(
    tx: Connection, files: Sequence[WantedFile], now: datetime, *, is_urgent: bool = False
) -> None:
    """Ask edges for files; what is ordered, stored or gone already is not asked for again.

    ``is_urgent``: somebody waits to see them: they come before all others, and what is open
    already is asked for once more, so that its edge hears of it.
    """
    found = media_files.find_all(tx, {each.sha256 for each in files})
    known = {each.wanted.sha256: each for each in found}
    order_no = media_files.newest_order(tx)
    for wanted in {each.sha256: each for each in files}.values():
        order_no += 1
        file = known.get(wanted.sha256)
        if file is None:
            media_files.add(tx, wanted, order_no, now, is_urgent=is_urgent)
        elif is_urgent and file.is_open and not file.is_urgent:
            media_files.change(tx, wanted.sha256, is_urgent=True, order_no=order_no)


def order_segments(
    tx: Connection, segments: Sequence[FoundSegment], now: datetime, *, is_urgent: bool = False
) -> None:
    """Ask edges for the files of these segments; what they have deleted is not asked for."""
    files = [
        WantedFile(each.sha256, each.site, each.edge, each.camera, each.bytes)
        for each in segments
        if each.deleted_at is None
    ]
    order_files(tx, files, now, is_urgent=is_urgent)


def states_of(tx: Connection, sha256s: Collection[str]) -> dict[str, FileState]:
    """What has become of each of these files."""
    found = {each.wanted.sha256: _state_of(each) for each in media_files.find_all(tx, sha256s)}
    return {each: found.get(each, FileState(FileStatus.NONE)) for each in sha256s}


def _state_of(file: KnownFile) -> FileState:
    if file.stored_at is not None:
        status = FileStatus.STORED
    elif file.damaged_at is not None:
        status = FileStatus.DAMAGED
    elif file.gone_reason is not None:
        status = FileStatus.GONE
    else:
        status = FileStatus.PARTIAL if file.have else FileStatus.ORDERED
    return FileState(status, file.have, file.wanted.bytes, file.gone_reason)


# ---------------------------------------------------------------- what is certified of it


def losses_among(tx: Connection, segments: Sequence[FoundSegment]) -> dict[str, str]:
    """Of these segments' files those that nobody has any more, by their hashes, and why."""
    known = {each.wanted.sha256: each for each in media_files.find_all(tx, _hashes(segments))}
    damaged = footage.damaged_among(tx, segments)
    found: dict[str, str] = {}
    for each in segments:
        file = known.get(each.sha256)
        # What another edge cannot send of the same content says nothing of this one's.
        is_its = (
            file is not None and file.wanted.edge == each.edge and file.wanted.site == each.site
        )
        loss = loss_of(
            is_stored=file is not None and file.stored_at is not None,
            is_damaged_here=file is not None and file.damaged_at is not None,
            gone_reason=file.gone_reason if file is not None and is_its else None,
            is_damaged_there=each.sha256 in damaged,
            is_deleted=each.deleted_at is not None,
        )
        if loss is not None:
            found[each.sha256] = loss
    return found


def wake_counting_on(tx: Connection, sha256: str, now: datetime, news: News) -> None:
    """What was certified of this file's time is looked at again."""
    for each in footage.segments_of(tx, sha256):
        told = Stretch(each.began_at, each.ended_at)
        certificates.wake(tx, each.site, told, now, news)


def _hashes(segments: Sequence[FoundSegment]) -> set[str]:
    return {each.sha256 for each in segments}


# ---------------------------------------------------------------- on the way here


def newest_order(tx: Connection) -> int:
    """The newest order: what to ask ``orders_after`` for next."""
    return media_files.newest_order(tx)


def orders_after(tx: Connection, order_no: int, limit: int) -> list[Order]:
    """Open orders made since, of all edges, oldest first."""
    return media_files.orders_after(tx, order_no, limit)


def open_orders(tx: Connection, site: str, edge: str, limit: int) -> list[Order]:
    """What an edge has still to send, the urgent ones first, and each kind oldest first."""
    return media_files.open_orders(tx, site, edge, limit)


def note_have(tx: Connection, sha256: str, have: int) -> None:
    """So many bytes of a file are on the disk."""
    media_files.change(tx, sha256, have=have)


def note_stored(tx: Connection, file: WantedFile, now: datetime) -> None:
    """A file has its name, and its content is what the name says."""
    _outcomes.labels("stored").inc()
    is_back = bool(losses_among(tx, footage.segments_of(tx, file.sha256)))
    media_files.change(
        tx,
        file.sha256,
        have=file.bytes,
        is_urgent=False,
        stored_at=now,
        checked_at=now,
        damaged_at=None,
        damage=None,
    )
    if is_back:
        wake_counting_on(tx, file.sha256, now, News.COPY)


def note_wrong(tx: Connection, file: KnownFile, now: datetime) -> None:
    """A file came whole, and is another: it is ordered anew, or given up after ``WRONG_MAX``."""
    _outcomes.labels("wrong").inc()
    sha256, wrong = file.wanted.sha256, file.wrong + 1
    if wrong > WRONG_MAX:
        media_files.change(tx, sha256, have=0, wrong=wrong, gone_reason=CHANGED)
        wake_counting_on(tx, sha256, now, News.DAMAGE)
    else:
        media_files.change(tx, sha256, wrong=wrong, **_anew(tx, now))


def note_gone(
    tx: Connection, site: str, edge: str, sha256: str, reason: str, now: datetime
) -> bool:
    """An edge has a file no more; say whether it was ordered of that edge at all."""
    file = media_files.find(tx, sha256)
    if file is None or (file.wanted.site, file.wanted.edge) != (site, edge):
        return False
    if file.stored_at is None and file.gone_reason is None:
        _outcomes.labels("gone").inc()
        media_files.change(tx, sha256, gone_reason=reason)
        wake_counting_on(tx, sha256, now, News.DAMAGE)
    return True


def note_damaged(tx: Connection, sha256: str, damage: str, now: datetime) -> None:
    """A stored file is not what it was: it is ordered anew."""
    _outcomes.labels("damaged").inc()
    media_files.change(
        tx, sha256, stored_at=None, damaged_at=now, damage=damage, wrong=0, **_anew(tx, now)
    )
    wake_counting_on(tx, sha256, now, News.DAMAGE)


def _anew(tx: Connection, now: datetime) -> dict[str, object]:
    return {"have": 0, "order_no": media_files.newest_order(tx) + 1, "ordered_at": now}


# ---------------------------------------------------------------- pictures


def newest_pictures(tx: Connection, sites: frozenset[str] | None) -> list[FoundPicture]:
    """The newest picture of what each camera shows; ``sites`` None: of all."""
    return media_files.newest_pictures(tx, sites)


def find_pictures(tx: Connection, sha256: str) -> list[FoundPicture]:
    """Whose picture this is; empty: there is none."""
    return media_files.find_pictures(tx, sha256)


def picture_near(
    tx: Connection, site: str, camera: str, at: datetime, within: timedelta
) -> FoundPicture | None:
    """The picture of what a camera showed closest to a moment, not further off than ``within``.

    Of two that are as close, the earlier.
    """
    found = media_files.pictures_between(tx, site, camera, at - within, at + within)
    return min(found, key=lambda each: abs(each.at - at), default=None)
