"""Take a clip of footage away: one file out of a playback, and a record that it was taken.

The caller owns the transactions: the clip is planned in one, made outside of any, and on record in
another before a byte of it is given out. Source: design section 8, docs/adr/0030.

    ClipRefusedError
    +- NoClipError      not of this playback, too long, or of no footage: ask otherwise
    +- NotHereError     some of it, or word of some, has still to come from its site: ask again
    +- TakenOutError    so many were taken out of this playback: open another
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.video.certificates import GIVE_UP_AFTER
from hub.video.jobs import Master
from hub.video.looks import FootageLook, Playback, read_look, read_part
from hub.video.media import FileStatus, path_of
from hub.video.rules.coverage import Missing, Recorded, Stretch, cover
from hub.video.store import clips
from hub.video.store.footage import FoundSegment
from hub.video.workshop import CLIP_BYTES_MAX, Cut, CutFile
from wire.names import format_at

CLIP_LONGEST = timedelta(minutes=15)
"""Longer ones are several clips."""
CLIPS_OF_LOOK_MAX = 100
_NOT_EVIDENCE = "COPY, NOT EVIDENCE / 副本，非证据"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class ClipRefusedError(Exception):
    """No clip was made; the sentence says why."""


class NoClipError(ClipRefusedError):
    """There is no such clip."""


class NotHereError(ClipRefusedError):
    """It can be made when its footage has come."""


class TakenOutError(ClipRefusedError):
    """Enough was taken out of this playback."""


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """A clip that can be made: of which look, of what time, and how; ``name`` is the file's."""

    look_id: int
    asked: Stretch
    cut: Cut
    name: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the files lie, by which clock people read times, and how fast the hub's runs."""

    data_dir: Path
    zone: ZoneInfo
    rate: float


def plan_clip(
    tx: Connection, look_id: int, asked: Stretch, who: str, now: datetime, around: Surroundings
) -> ClipPlan:
    """See what a clip of some of a playback is made of; ``asked`` is by the hub's clock.

    Raises:
        ClipRefusedError, UnknownPlaybackError: see above.
    """
    _check_asked(read_look(tx, look_id, who, now), asked)
    _check_count(tx, look_id)
    part = read_part(tx, look_id, asked, who, now)
    untold = _untold(part)
    here = _here(part, untold, now)
    size = sum(each.bytes for each in here)
    if size > CLIP_BYTES_MAX:
        raise NoClipError(f"that are {size} bytes: a clip has at most {CLIP_BYTES_MAX}")

    def to_ms(at: datetime) -> int:
        # Seconds of a test clock are fewer of the pictures' own.
        return round((at - _EPOCH) / _MS / around.rate)

    cut = Cut(
        masters=tuple(
            Master(
                path=str(path_of(around.data_dir, each.sha256)),
                sha256=each.sha256,
                # The end of its last picture is the surest moment of it.
                began_ms=to_ms(each.ended_at - timedelta(milliseconds=each.length_ms)),
            )
            for each in here
        ),
        since_ms=to_ms(part.shown.since),
        until_ms=to_ms(part.shown.until),
        bytes=size,
        words=_words(part, asked, here, untold, around.zone),
    )
    return ClipPlan(look_id, asked, cut, _name(part, asked, around.zone))


def note_taken(tx: Connection, plan: ClipPlan, made: CutFile, now: datetime) -> None:
    """Write down that a clip is being taken away.

    Raises:
        TakenOutError: see above; nothing was written.
    """
    _check_count(tx, plan.look_id)
    row: dict[str, object] = {
        "look_id": plan.look_id,
        "since": plan.asked.since,
        "until": plan.asked.until,
        "at": now,
        "sha256": made.sha256,
        "bytes": made.bytes,
    }
    clips.add(tx, row)


def _check_asked(look: FootageLook, asked: Stretch) -> None:
    if not timedelta() < asked.until - asked.since <= CLIP_LONGEST:
        minutes = CLIP_LONGEST // timedelta(minutes=1)
        raise NoClipError(f"a clip is of some time, at most {minutes} minutes")
    if asked.since < look.since or asked.until > look.until:
        since, until = format_at(look.since), format_at(look.until)
        raise NoClipError(f"this playback is from {since} to {until}: a clip lies within")


def _check_count(tx: Connection, look_id: int) -> None:
    if clips.count_of_look(tx, look_id) >= CLIPS_OF_LOOK_MAX:
        raise TakenOutError(
            f"{CLIPS_OF_LOOK_MAX} clips were taken out of this playback: open another"
        )


def _here(part: Playback, untold: Sequence[Stretch], now: datetime) -> list[FoundSegment]:
    """The segments whose files are here; what is lost, or never told of, is a gap.

    Raises:
        ClipRefusedError: some, or word of some, may still come, or there are none.
    """
    here = [each for each in part.segments if _is_here(part, each)]
    coming = [each for each in part.segments if each not in here and not _is_lost(part, each)]
    if coming:
        raise NotHereError(_missing(part, coming))
    for each in untold:
        # So long a certificate waits for news, too.
        if now - each.until < GIVE_UP_AFTER:
            since, until = format_at(each.since), format_at(each.until)
            what = f"what there is of footage between {since} and {until}"
            raise NotHereError(f"its site has not told yet {what}: ask again")
    if not here:
        raise NoClipError(f"there is no footage of that time: {_why_none(part, untold)}")
    return here


def _why_none(part: Playback, untold: Sequence[Stretch]) -> str:
    if part.segments:
        return "its site has it no more"
    return "its site never told of all of it" if untold else "none was recorded"


def _untold(part: Playback) -> list[Stretch]:
    """The time that neither a segment nor a gap is told of, by the hub's clock."""
    recorded = [
        Recorded(each.sha256, Stretch(each.began_at, each.ended_at)) for each in part.segments
    ]
    gaps = [Missing(each.began_at, each.ended_at, each.reason) for each in part.gaps]
    return [_by_hub(part, each) for each in cover(part.shown, recorded, gaps).unknown]


def _is_here(part: Playback, segment: FoundSegment) -> bool:
    return part.states[segment.sha256].status is FileStatus.STORED


def _is_lost(part: Playback, segment: FoundSegment) -> bool:
    state = part.states[segment.sha256]
    deleted = segment.deleted_at is not None and state.status is FileStatus.NONE
    return deleted or state.is_gone


def _missing(part: Playback, coming: list[FoundSegment]) -> str:
    """Which part is not here, and how much of it has come."""
    whole = _by_hub(part, Stretch(coming[0].began_at, coming[-1].ended_at))
    have = sum(part.states[each.sha256].have for each in coming)
    total = sum(each.bytes for each in coming)
    return (
        f"footage between {format_at(whole.since)} and {format_at(whole.until)} is not here yet: "
        f"{len(coming)} of {len(part.segments)} files are on their way from the site, "
        f"{have} of their {total} bytes have come"
    )


def _by_hub(part: Playback, stretch: Stretch) -> Stretch:
    offset = timedelta(milliseconds=0 if part.clock is None else part.clock.offset_ms)
    return Stretch(stretch.since + offset, stretch.until + offset)


# ---------------------------------------------------------------- what it says of itself


def _words(
    part: Playback,
    asked: Stretch,
    here: list[FoundSegment],
    untold: Sequence[Stretch],
    zone: ZoneInfo,
) -> dict[str, str]:
    look = part.look
    since, until = asked.since.astimezone(zone), asked.until.astimezone(zone)
    title = f"{look.site} {look.camera} {since:%Y-%m-%d %H:%M:%S}–{until:%H:%M:%S %z}"
    masters = (f"{each.sha256} {_times(part, each.began_at, each.ended_at)}" for each in here)
    lines = [
        f"{_NOT_EVIDENCE}. {title}.",
        f"Asked for: {format_at(asked.since)} to {format_at(asked.until)}; it begins at the key "
        f"frame before. Copied, not coded anew. Playback {look.id}.",
        "Evidence are the recorded files (SHA-256, from, to) / 证据为以下原始文件：",
        *masters,
    ]
    lost = [each for each in part.segments if each not in here]
    lines += [f"missing {_times(part, each.began_at, each.ended_at)}" for each in lost]
    lines += [
        f"missing {_times(part, each.began_at, each.ended_at)} {each.reason}" for each in part.gaps
    ]
    lines += [f"missing {format_at(each.since)} {format_at(each.until)} unknown" for each in untold]
    return {"title": f"{title} ({_NOT_EVIDENCE})", "comment": "\n".join(lines)}


def _times(part: Playback, since: datetime, until: datetime) -> str:
    found = _by_hub(part, Stretch(since, until))
    return f"{format_at(found.since)} {format_at(found.until)}"


def _name(part: Playback, asked: Stretch, zone: ZoneInfo) -> str:
    """The file's name: where and when, and what it is not; plain ASCII."""
    look, length_s = part.look, (asked.until - asked.since).total_seconds()
    at = asked.since.astimezone(zone)
    return f"{look.site}_{look.camera}_{at:%Y%m%d-%H%M%S%z}_{length_s:g}s_copy-not-evidence.mp4"
