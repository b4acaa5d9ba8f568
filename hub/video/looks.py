"""Playback is a record: who looks at which footage is written down before anything is shown.

The caller owns the transaction. The files of a playback are given to who opened it, for as long as
a session lives. Source: HV-2.11.3, CS-P1, design section 8.

    PlaybackError         the time ends before it begins, or is longer than PLAYBACK_LONGEST
    UnknownPlaybackError  the caller has opened no such playback, or it is over
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.video.media import FileState, order_segments, states_of
from hub.video.rules.coverage import Stretch
from hub.video.rules.own_clock import OwnClock
from hub.video.rules.picture_clock import UNMEASURED, PictureClock
from hub.video.store import cameras, clips, footage, looks
from hub.video.store.clips import TakenClip
from hub.video.store.footage import FoundGap, FoundSegment
from hub.video.store.looks import Finding, FootageLook

__all__ = [
    "NOTE_CHARS_MAX",
    "PLAYBACK_LIFE",
    "PLAYBACK_LONGEST",
    "PURPOSE_CHARS_MAX",
    "AskedFootage",
    "Finding",
    "FootageLook",
    "Playback",
    "PlaybackError",
    "TakenClip",
    "UnknownPlaybackError",
    "clips_at_camera",
    "clips_for_parcel",
    "clips_of",
    "has_file",
    "looks_at_camera",
    "looks_for_parcel",
    "looks_of",
    "note_finding",
    "open_playback",
    "read_look",
    "read_part",
    "read_playback",
]

PLAYBACK_LONGEST = timedelta(minutes=30)
PLAYBACK_LIFE = timedelta(hours=12)
PURPOSE_CHARS_MAX = 300
NOTE_CHARS_MAX = 1000


class PlaybackError(ValueError):
    """The time cannot be played back; the sentence says why."""


class UnknownPlaybackError(Exception):
    """The caller has opened no such playback, or it is over."""


@dataclass(frozen=True, slots=True)
class AskedFootage:
    """What somebody wants to see, and what for."""

    site: str
    camera: str
    stretch: Stretch
    waybill: str | None
    purpose: str


@dataclass(frozen=True, slots=True)
class Playback:
    """A look with the footage that it is at; ``states`` by the files' hashes.

    ``own_clock``: what the camera writes into the picture, as far as it is known now.
    ``shown`` is what it is at by the footage's own time, ``clips`` what was taken away out of it.
    """

    look: FootageLook
    shown: Stretch
    segments: tuple[FoundSegment, ...]
    states: Mapping[str, FileState]
    gaps: tuple[FoundGap, ...]
    clock: PictureClock | None
    own_clock: OwnClock | None
    clips: tuple[TakenClip, ...]


def open_playback(tx: Connection, asked: AskedFootage, who: str, now: datetime) -> Playback:
    """Write a look down and order from the site what is not here yet.

    Raises:
        PlaybackError: the time is none, or too long.
    """
    since, until = asked.stretch.since, asked.stretch.until
    if not timedelta() < until - since <= PLAYBACK_LONGEST:
        minutes = PLAYBACK_LONGEST // timedelta(minutes=1)
        raise PlaybackError(f"a playback is of some time, at most {minutes} minutes")
    row: dict[str, object] = {
        "who": who,
        "site": asked.site,
        "camera": asked.camera,
        "since": since,
        "until": until,
        "waybill": asked.waybill,
        "purpose": asked.purpose,
        "at": now,
    }
    look = looks.find(tx, looks.add(tx, row))
    assert look is not None
    found = _playback(tx, look)
    order_segments(tx, found.segments, now, is_urgent=True)
    return _playback(tx, look)


def read_playback(tx: Connection, look_id: int, who: str, now: datetime) -> Playback:
    """A playback as it stands now: more files may have come.

    Raises:
        UnknownPlaybackError: see above.
    """
    return _playback(tx, read_look(tx, look_id, who, now))


def read_part(tx: Connection, look_id: int, asked: Stretch, who: str, now: datetime) -> Playback:
    """A playback with no more of its footage than what shows this time.

    Raises:
        UnknownPlaybackError: see above.
    """
    return _playback(tx, read_look(tx, look_id, who, now), asked)


def read_look(tx: Connection, look_id: int, who: str, now: datetime) -> FootageLook:
    """The look that a playback is.

    Raises:
        UnknownPlaybackError: see above.
    """
    found = looks.find(tx, look_id)
    if found is None or found.who != who or now - found.at > PLAYBACK_LIFE:
        raise UnknownPlaybackError(f"no playback {look_id} is open for you")
    return found


def has_file(tx: Connection, look_id: int, sha256: str) -> bool:
    """Say whether a file holds some of what a playback shows."""
    look = looks.find(tx, look_id)
    return look is not None and any(each.sha256 == sha256 for each in _playback(tx, look).segments)


def note_finding(
    tx: Connection, look_id: int, finding: Finding, who: str, now: datetime
) -> FootageLook:
    """Write down what was to be seen (HV-2.11.3); said again, the newer word counts.

    Raises:
        UnknownPlaybackError: see above.
    """
    read_look(tx, look_id, who, now)
    looks.put_finding(tx, look_id, finding, now)
    found = looks.find(tx, look_id)
    assert found is not None
    return found


def looks_of(tx: Connection, site: str, since: datetime, until: datetime) -> list[FootageLook]:
    """Looks that were taken at a site's footage in this time, the newest first."""
    return looks.of_site(tx, site, since, until)


def looks_at_camera(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[FootageLook]:
    """Looks, whenever they were, at a camera's footage of this time, the newest first."""
    return looks.of_camera(tx, site, camera, since, until)


def looks_for_parcel(tx: Connection, waybill: str) -> list[FootageLook]:
    """Looks that were taken for a parcel, the newest first."""
    return looks.of_parcel(tx, waybill)


def clips_of(tx: Connection, site: str, since: datetime, until: datetime) -> list[TakenClip]:
    """Clips of a site's footage that were taken away in this time, the newest first."""
    return clips.of_site(tx, site, since, until)


def clips_at_camera(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[TakenClip]:
    """Clips, whenever they were taken, of a camera's footage of this time, the newest first."""
    return clips.of_camera(tx, site, camera, since, until)


def clips_for_parcel(tx: Connection, waybill: str) -> list[TakenClip]:
    """Clips that were taken away for a parcel, the newest first."""
    return clips.of_parcel(tx, waybill)


def _playback(tx: Connection, look: FootageLook, asked: Stretch | None = None) -> Playback:
    camera = cameras.find(tx, look.site, look.camera)
    clock = None if camera is None else camera.clock
    shown = (clock or UNMEASURED).footage_of(asked or Stretch(look.since, look.until))
    where = (look.site, look.camera, shown.since, shown.until)
    segments = footage.segments_between(tx, *where)
    return Playback(
        look=look,
        shown=shown,
        segments=tuple(segments),
        states=states_of(tx, [each.sha256 for each in segments]),
        gaps=tuple(footage.gaps_between(tx, *where)),
        clock=clock,
        own_clock=None if camera is None else camera.own_clock,
        clips=tuple(clips.of_look(tx, look.id)),
    )
