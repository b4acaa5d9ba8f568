"""Footage as the REST interface tells it. Source: interface (REST)."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from hub.video.service import (
    CameraView,
    CertificateState,
    Coverage,
    FootageHold,
    FoundSegment,
    MadeLog,
    OwnClock,
    Stretch,
    Trouble,
)
from hub.web.context import at_text
from wire.names import format_at


class StretchItem(BaseModel):
    """A stretch of time."""

    since: str
    until: str


class ToldTroubleItem(BaseModel):
    """What was wrong with what a camera showed; ``until`` null: its end was not told.

    It may have begun ``doubt_ms`` before ``since``: detection is late.
    """

    fact: str
    since: str
    until: str | None
    doubt_ms: int


class TroubleItem(ToldTroubleItem):
    """The same with the camera's own reason; ``picture`` is a still's hash."""

    picture: str | None
    reason: str | None


class CameraClockItem(BaseModel):
    """``offset_ms`` is added to a picture's time to get its edge's, wrong by ``error_ms``."""

    offset_ms: int
    error_ms: int
    measured_at: str
    measured_by: str


class OwnClockItem(BaseModel):
    """The clock that a camera writes into its picture; the footage's times are not its.

    ``offset_ms`` is added to it to get the true time, wrong by ``error_ms`` (null: unknown, since
    its edge's clock was); the texts say the same in words.
    """

    offset_ms: int
    error_ms: int | None
    measured_at: str
    measured_by: str
    text_zh: str
    text_en: str

    @classmethod
    def of(cls, clock: OwnClock) -> Self:
        """A camera's own clock."""
        chinese, english = clock.said
        return cls(
            offset_ms=clock.offset_ms,
            error_ms=clock.error_ms,
            measured_at=format_at(clock.measured_at),
            measured_by=clock.measured_by,
            text_zh=chinese,
            text_en=english,
        )


class CameraItem(BaseModel):
    """A camera; ``edge`` and the times are null until an edge has told of it.

    ``simulated``: of no real camera, by what its edge says of its other end.
    """

    site: str
    camera: str
    edge: str | None
    name: str | None
    role: str | None
    places: list[str]
    is_lost: bool
    troubles: list[TroubleItem]
    heard_at: str | None
    last_footage_at: str | None
    clock: CameraClockItem | None
    own_clock: OwnClockItem | None
    is_own_clock_wrong: bool
    footage_days: int
    simulated: bool


class CameraList(BaseModel):
    """Cameras by site and name."""

    items: list[CameraItem]


class SegmentItem(BaseModel):
    """A recorded file of footage; ``until`` is the surest moment of it."""

    sha256: str
    site: str
    camera: str
    since: str
    until: str
    error_ms: int
    length_ms: int
    bytes: int
    codec: str
    frames: int
    salvaged: bool
    deleted_at: str | None
    simulated: bool


class GapItem(StretchItem):
    """There is no footage of this time, and why."""

    reason: str


class ClipList(BaseModel):
    """What is known of a camera's footage of a time: files, gaps, and what nobody has told.

    ``troubles`` is what was wrong with the pictures then: black ones are footage, too, and so
    ``state`` is of the files alone. A certificate asks for more.
    """

    state: CertificateState
    items: list[SegmentItem]
    gaps: list[GapItem]
    unknown: list[StretchItem]
    troubles: list[TroubleItem]


class HoldItem(StretchItem):
    """Footage that stays, whatever its days and the disk say."""

    id: int
    site: str
    camera: str
    waybill: str | None
    reason: str
    held_by: str
    held_at: str


class HoldList(BaseModel):
    """Holds that stand, the oldest first."""

    items: list[HoldItem]


class LogItem(BaseModel):
    """A site's monitoring log of a day (``2026-11-21``) or month; ``sent_at`` null: not yet."""

    site: str
    period: str
    views: int
    made_at: str
    due_at: str
    sent_at: str | None
    is_late: bool


class LogList(BaseModel):
    """Monitoring logs, the newest first."""

    items: list[LogItem]


def log_item(found: MadeLog, now: datetime) -> LogItem:
    """A monitoring log."""
    return LogItem(
        site=found.site,
        period=found.period,
        views=found.views,
        made_at=format_at(found.made_at),
        due_at=format_at(found.due_at),
        sent_at=at_text(found.sent_at),
        is_late=(found.sent_at or now) > found.due_at,
    )


def camera_item(view: CameraView) -> CameraItem:
    """A camera."""
    clock = view.clock
    return CameraItem(
        site=view.site,
        camera=view.camera,
        edge=view.edge,
        name=view.name,
        role=view.role,
        places=list(view.places),
        is_lost=view.is_lost,
        troubles=[trouble_item(each) for each in view.troubles],
        heard_at=at_text(view.heard_at),
        last_footage_at=at_text(view.last_footage_at),
        clock=None
        if clock is None
        else CameraClockItem(
            offset_ms=clock.offset_ms,
            error_ms=clock.error_ms,
            measured_at=format_at(clock.measured_at),
            measured_by=clock.measured_by,
        ),
        own_clock=None if view.own_clock is None else OwnClockItem.of(view.own_clock),
        is_own_clock_wrong=view.is_own_clock_wrong,
        footage_days=view.footage_days,
        simulated=view.is_simulated,
    )


def segment_item(found: FoundSegment) -> SegmentItem:
    """A segment."""
    return SegmentItem(
        sha256=found.sha256,
        site=found.site,
        camera=found.camera,
        since=format_at(found.began_at),
        until=format_at(found.ended_at),
        error_ms=found.error_ms,
        length_ms=found.length_ms,
        bytes=found.bytes,
        codec=found.codec,
        frames=found.frames,
        salvaged=found.salvaged,
        deleted_at=at_text(found.deleted_at),
        simulated=found.is_simulated,
    )


def gap_items(coverage: Coverage) -> list[GapItem]:
    """What a coverage lacks for certain."""
    return [
        GapItem(since=format_at(each.since), until=format_at(each.until), reason=each.reason)
        for each in coverage.gaps
    ]


def unknown_items(coverage: Coverage) -> list[StretchItem]:
    """What nobody has told."""
    return [_stretch_item(each) for each in coverage.unknown]


def hold_item(found: FootageHold) -> HoldItem:
    """A hold."""
    return HoldItem(
        id=found.id,
        site=found.site,
        camera=found.camera,
        since=format_at(found.since),
        until=format_at(found.until),
        waybill=found.waybill,
        reason=found.reason,
        held_by=found.held_by,
        held_at=format_at(found.held_at),
    )


def trouble_item(found: Trouble) -> TroubleItem:
    """What was or is wrong with a camera."""
    return TroubleItem(
        fact=found.fact,
        since=format_at(found.since),
        until=at_text(found.until),
        doubt_ms=found.doubt_ms,
        picture=found.picture,
        reason=found.reason,
    )


def _stretch_item(found: Stretch) -> StretchItem:
    return StretchItem(since=format_at(found.since), until=format_at(found.until))
