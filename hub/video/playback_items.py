"""A playback as REST tells of it, and as the player plays it."""

from typing import Self

from pydantic import BaseModel, Field

from hub.video.items import OwnClockItem
from hub.video.looks import Playback, TakenClip
from hub.video.media import FileState, FileStatus
from hub.video.rules.picture_clock import PictureClock
from hub.video.store.footage import FoundGap, FoundSegment
from wire.names import format_at

DELETED = "deleted"
"""What became of a file that its edge has deleted before it was ordered."""


class PlayedSegment(BaseModel):
    """A file of the playback: the picture at its place p was taken at ``to`` - (its length - p).

    ``state``: ``none``, ``ordered``, ``partial``, ``stored``, ``gone``, ``damaged`` or ``deleted``;
    ``have`` of its ``bytes`` are at the hub.
    """

    sha256: str
    since: str = Field(serialization_alias="from")
    until: str = Field(serialization_alias="to")
    error_ms: int
    length_ms: int
    bytes: int
    codec: str
    state: str
    have: int

    @classmethod
    def of(cls, segment: FoundSegment, state: FileState) -> Self:
        """A segment with what has become of its file."""
        is_lost = segment.deleted_at is not None and state.status is FileStatus.NONE
        status = FileStatus.GONE if state.is_gone else state.status
        return cls(
            sha256=segment.sha256,
            since=format_at(segment.began_at),
            until=format_at(segment.ended_at),
            error_ms=segment.error_ms,
            length_ms=segment.length_ms,
            bytes=segment.bytes,
            codec=segment.codec,
            state=DELETED if is_lost else str(status),
            have=state.have,
        )


class PlayedGap(BaseModel):
    """No footage from one moment to another, and why."""

    since: str = Field(serialization_alias="from")
    until: str = Field(serialization_alias="to")
    reason: str

    @classmethod
    def of(cls, gap: FoundGap) -> Self:
        """A gap."""
        return cls(since=format_at(gap.began_at), until=format_at(gap.ended_at), reason=gap.reason)


class PlayedClockItem(BaseModel):
    """``offset_ms`` is added to every time of this camera, which then is wrong by ``error_ms``."""

    offset_ms: int
    error_ms: int

    @classmethod
    def of(cls, clock: PictureClock) -> Self:
        """A measured clock."""
        return cls(offset_ms=clock.offset_ms, error_ms=clock.error_ms)


class TakenClipItem(BaseModel):
    """A clip that was taken away; ``sha256`` is the hash of the copy that was given out."""

    since: str = Field(serialization_alias="from")
    until: str = Field(serialization_alias="to")
    at: str
    sha256: str
    bytes: int

    @classmethod
    def of(cls, clip: TakenClip) -> Self:
        """A clip."""
        return cls(
            since=format_at(clip.since),
            until=format_at(clip.until),
            at=format_at(clip.at),
            sha256=clip.sha256,
            bytes=clip.bytes,
        )


class PlaybackItem(BaseModel):
    """A look with its footage; ``clock`` null: how late its pictures come was never measured.

    ``own_clock`` is what the camera writes into them, and moves nothing.

    Segments and gaps are at the camera's own time, oldest first. ``found_at`` null: nobody has
    written down what was to be seen. ``rate``: seconds of these times to a second of the pictures,
    1 but under a test clock. ``simulated``: some of it is of no real camera.
    """

    id: str
    who: str
    site: str
    camera: str
    since: str = Field(serialization_alias="from")
    until: str = Field(serialization_alias="to")
    waybill: str | None
    purpose: str
    at: str
    safe_at_rest: bool | None
    standard_placement: bool | None
    note: str | None
    found_at: str | None
    segments: list[PlayedSegment]
    gaps: list[PlayedGap]
    clock: PlayedClockItem | None
    own_clock: OwnClockItem | None
    clips: list[TakenClipItem]
    rate: float
    simulated: bool


def playback_item(playback: Playback, rate: float) -> PlaybackItem:
    """A playback as REST tells of it; ``rate`` is the hub's clock's."""
    look, clock = playback.look, playback.clock
    finding = look.finding
    return PlaybackItem(
        id=str(look.id),
        who=look.who,
        site=look.site,
        camera=look.camera,
        since=format_at(look.since),
        until=format_at(look.until),
        waybill=look.waybill,
        purpose=look.purpose,
        at=format_at(look.at),
        safe_at_rest=None if finding is None else finding.safe_at_rest,
        standard_placement=None if finding is None else finding.standard_placement,
        note=None if finding is None else finding.note,
        found_at=None if look.found_at is None else format_at(look.found_at),
        segments=[
            PlayedSegment.of(each, playback.states[each.sha256]) for each in playback.segments
        ],
        gaps=[PlayedGap.of(each) for each in playback.gaps],
        clock=None if clock is None else PlayedClockItem.of(clock),
        own_clock=None if playback.own_clock is None else OwnClockItem.of(playback.own_clock),
        clips=[TakenClipItem.of(each) for each in playback.clips],
        rate=rate,
        simulated=any(each.is_simulated for each in playback.segments),
    )
