"""What becomes of footage: each file and each gap gets its row and its event, crash or not.

Order is the promise: a file is whole and on the disk, then its row and its event, then its name,
then its line in the spool. What a crash cuts off of this, :meth:`FootageDesk.recover` does.
Source: design section 8, promise P2.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
from msgspec.structs import replace

from edge.data_dir import sync_directory
from edge.event_lines import CommonFields, Stamp, common_fields
from edge.station_events import CLOCK_UNKNOWN
from edge.video.cutting import Gap, GapReason
from edge.video.footage import Covered, Hold, Kept
from edge.video.forecast import Forecast
from edge.video.moments import Moments
from edge.video.noted import FactNoted, GapNoted, Learned, Noted, Opened, SegmentEnded
from edge.video.retention import Doomed, KeepRule, Space, to_delete
from edge.video.salvage import salvage
from edge.video.segment_file import (
    PART_SUFFIX,
    PartName,
    parse_part_name,
    settle,
)
from edge.video.store import FootageStore
from wire.events import Camera, CameraFact, Damage, Segment
from wire.names import format_at, parse_at

SUFFIX = ".mp4"
FILES_AT_ONCE_MAX = 500
PAGES_MAX = 200
"""So many handfuls are looked through in one go, when held footage stands before what may go."""
DISK_IS_FULL = "disk"
DAYS_ARE_OVER = "days"
SALVAGED_ERROR_MS = 1000
"""How soon its pictures arrived died with the program: the machine's own moment was kept."""
_REASON_CHARS_MAX = 256

_logger = structlog.get_logger(__name__)


def space_of(folder: Path) -> Space:
    """The disk below a folder that exists.

    Raises:
        OSError: it does not.
    """
    found = os.statvfs(folder)
    return Space(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)


class FootageDesk:
    """The files of one edge. Not for sharing between threads."""

    def __init__(
        self,
        site: str,
        edge: str,
        folder: Path,
        store: FootageStore,
        look: Callable[[], Moments],
        measure: Callable[[Path], Space] = space_of,
    ) -> None:
        """``folder`` holds a folder for each camera; ``look`` looks at all clocks."""
        self._measure = measure
        self._site, self._edge = site, edge
        self.folder = folder
        self._store = store
        self._look = look
        self._sources: dict[str, str] = {}
        """Of the configured cameras; none before one was opened."""

    def wall_ms(self) -> int:
        """Wall time now, in ms since 1970."""
        return self._look().wall_ms

    def recover(self, camera: str) -> float | None:
        """Make whole what a crash left, and say until when the camera's time is on record.

        Returns:
            That moment by the pictures' clock; None: nothing was ever recorded of it.

        Raises:
            FootageError, OSError: the disk refuses.
        """
        home = self.folder / camera
        home.mkdir(parents=True, exist_ok=True)
        for part in sorted(home.glob(f"*{PART_SUFFIX}")):
            self._recover(camera, part)
        return self._covered_s(camera)

    def note(self, noted: Noted) -> None:
        """Put on record what a camera's thread tells.

        Raises:
            FootageError, OSError: the disk refuses; nothing changed, ask again.
        """
        moments = self._look()
        match noted:
            case SegmentEnded():
                self._end_segment(noted, moments)
            case GapNoted(camera, gap):
                end = moments.at(gap.ended_s)
                length_ms = moments.span_ms(gap.ended_s - gap.began_s)
                event = self._fact(camera, CameraFact.GAP, end, gap.reason, length_ms)
                self._store.add(event, end)
            case FactNoted():
                self._store.add(self._told(noted, moments))
            case Learned(camera, kept):
                self._store.learn(camera, kept)
            case Opened(camera, source):
                self._sources[camera] = source

    def make_room(self, rule: KeepRule, hub_now_ms: int | None) -> None:
        """Delete what may go; each deletion is on record before its files are gone.

        Raises:
            FootageError, OSError: the disk refuses; what is on record is deleted next time.
        """
        self._delete(self._store.doomed(FILES_AT_ONCE_MAX))
        after_id = 0
        for _ in range(PAGES_MAX):
            page = self._store.oldest(after_id, FILES_AT_ONCE_MAX)
            space = self.space()
            if not page or not (space.missing or rule.is_over(first_of(page), hub_now_ms)):
                return
            after_id = max(page)
            files = tuple(page.values())
            holds, ordered = self._store.holds(), self._store.ordered()
            for run in to_delete(files, holds, rule, hub_now_ms, space, ordered):
                self._store.doom(run.files, self._deleted(run))
                self._delete(run.files)

    def hold_only(self, holds: Sequence[Hold]) -> None:
        """Hold this footage and no other.

        Raises:
            FootageError: what was held is held on.
        """
        if holds != self._store.holds():
            self._store.hold_only(holds)

    def tell_damage(self, file: Kept, damage: Damage) -> None:
        """Put on record, once, that a file is not what it was.

        Raises:
            FootageError: nothing is on record; it will be looked at again.
        """
        moments = self._look()
        event = Camera(
            **self._at(moments.at(moments.picture_s)),
            device=file.camera,
            fact=CameraFact.DAMAGED,
            since=format_at(to_time(file.began_ms)),
            until=format_at(to_time(file.ended_ms)),
            segment=file.sha256,
            reason=damage,
        )
        self._store.found_damaged(file, damage, event)

    def space(self) -> Space:
        """The disk that holds the footage.

        Raises:
            OSError: it cannot be looked at.
        """
        return self._measure(self.folder)

    def tell_short(self, found: Forecast) -> None:
        """Put on record for how long the disk will hold footage.

        Raises:
            FootageError: it is not on record.
        """
        moments = self._look()
        event = Camera(
            **self._at(moments.at(moments.picture_s)),
            fact=CameraFact.SHORT,
            days_fit=found.days_fit,
            days_asked=found.days_asked,
            is_over=not found.is_short,
        )
        self._store.add(event)

    def _delete(self, files: Sequence[Kept]) -> None:
        for each in files:
            (self.folder / each.camera / each.file).unlink(missing_ok=True)
        if files:
            self._store.deleted(files)

    def _deleted(self, run: Doomed) -> Camera:
        first, last = run.files[0], run.files[-1]
        moments = self._look()
        return Camera(
            **self._at(moments.at(moments.picture_s)),
            device=first.camera,
            fact=CameraFact.DELETED,
            segments=len(run.files),
            since=format_at(to_time(first.began_ms)),
            until=format_at(to_time(last.ended_ms)),
            reason=DISK_IS_FULL if run.is_early else DAYS_ARE_OVER,
        )

    def _end_segment(self, ended: SegmentEnded, moments: Moments) -> None:
        span = ended.span
        self._keep(
            ended.part,
            Segment(
                **self._at(moments.at(span.ended_s)),
                device=ended.camera,
                source=self._sources.get(ended.camera),
                length_ms=moments.span_ms(span.ended_s - span.began_s),
                error_ms=moments.span_ms(span.error_s),
                sha256=ended.facts.sha256,
                bytes=ended.facts.bytes,
                codec=ended.codec,
                frames=span.frames,
            ),
        )

    def _recover(self, camera: str, part: Path) -> None:
        try:
            name = parse_part_name(part.name)
        except ValueError:
            _logger.error("not a segment of ours", file=part.name)
            return
        if self._store.has(camera, _final_name(part)):
            self._rename(part)
            return
        found = salvage(part)
        if found is None:
            part.unlink()
            return
        self._tell_before(camera, name)
        length_ms = round(found.length_s * 1000)
        end = Covered(name.began_ms + length_ms, name.mono_ms + length_ms, name.boot)
        facts = settle(part)
        self._keep(
            part,
            Segment(
                **self._at(end),
                device=camera,
                length_ms=length_ms,
                error_ms=SALVAGED_ERROR_MS,
                sha256=facts.sha256,
                bytes=facts.bytes,
                codec=found.codec,
                frames=found.frames,
                salvaged=True,
            ),
        )

    def _tell_before(self, camera: str, name: PartName) -> None:
        """Tell the gap before a file that began and was not told of: the crash was quicker."""
        covered_s, look = self._covered_s(camera), self._look()
        began_s = look.picture_time(Covered(name.began_ms, name.mono_ms, name.boot))
        if covered_s is not None and look.span_ms(began_s - covered_s) > SALVAGED_ERROR_MS:
            self.note(GapNoted(camera, Gap(covered_s, began_s, GapReason.EDGE_DOWN)))

    def _covered_s(self, camera: str) -> float | None:
        covered = self._store.covered().get(camera)
        return None if covered is None else self._look().picture_time(covered)

    def _keep(self, part: Path, segment: Segment) -> None:
        assert segment.device is not None
        ended_ms = to_ms(segment.at)
        kept = Kept(
            camera=segment.device,
            began_ms=ended_ms - segment.length_ms,
            ended_ms=ended_ms,
            sha256=segment.sha256,
            bytes=segment.bytes,
            file=_final_name(part),
        )
        if not self._store.has(kept.camera, kept.file):
            self._store.add(segment, Covered(ended_ms, segment.mono_ms, segment.boot), kept)
        self._rename(part)

    def _rename(self, part: Path) -> None:
        try:
            part.rename(part.with_name(_final_name(part)))
        except FileNotFoundError:
            # On record as kept: whoever took it away is found out when it is looked for.
            _logger.error("footage is gone", file=part.name)
        sync_directory(part.parent)

    def _told(self, noted: FactNoted, moments: Moments) -> Camera:
        fact = self._fact(noted.camera, noted.fact, moments.at(noted.at_s), noted.reason)
        since = None if noted.since_s is None else moments.at(noted.since_s)
        return replace(
            fact,
            since=None if since is None else format_at(to_time(since.at_ms)),
            is_over=noted.is_over,
            picture=noted.picture,
            waybill=noted.waybill,
            offset_ms=None if noted.offset is None else noted.offset.offset_ms,
            error_ms=None if noted.offset is None else noted.offset.error_ms,
        )

    def _fact(
        self,
        camera: str,
        fact: CameraFact,
        moment: Covered,
        reason: str | None,
        length_ms: int | None = None,
    ) -> Camera:
        return Camera(
            **self._at(moment),
            device=camera,
            source=self._sources.get(camera),
            fact=fact,
            reason=None if reason is None else reason[:_REASON_CHARS_MAX],
            length_ms=length_ms,
        )

    def _at(self, moment: Covered) -> CommonFields:
        return common_fields(
            Stamp(
                site=self._site,
                edge=self._edge,
                boot=moment.boot,
                now=to_time(moment.at_ms),
                mono_ms=moment.mono_ms,
                clock=CLOCK_UNKNOWN,
            )
        )


def first_of(page: Mapping[int, Kept]) -> Kept:
    """What was recorded first."""
    return page[min(page)]


def to_time(at_ms: int) -> datetime:
    """A time in ms since 1970, aware UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def to_ms(at: str) -> int:
    """A wire time as ms since 1970."""
    return round(parse_at(at).timestamp() * 1000)


def _final_name(part: Path) -> str:
    return part.name.removesuffix(PART_SUFFIX) + SUFFIX
