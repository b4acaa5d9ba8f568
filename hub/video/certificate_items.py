"""Footage certificates as the REST interface tells them. Source: interface (REST)."""

from collections.abc import Sequence

from pydantic import BaseModel

from hub.video.items import GapItem, StretchItem, ToldTroubleItem, gap_items, unknown_items
from hub.video.service import CameraShare, Certificate, CertificateState, Issue, ToldTrouble
from hub.web.context import at_text
from wire.names import format_at


class CameraShareItem(BaseModel):
    """One camera's part in a certificate; ``segments`` are the files' hashes.

    Time in which the picture was black, covered or frozen is a gap with that reason; ``troubles``
    tells of these and of a camera that was moved or out of focus.
    """

    camera: str
    state: CertificateState
    segments: list[str]
    gaps: list[GapItem]
    unknown: list[StretchItem]
    troubles: list[ToldTroubleItem]
    simulated: bool


class IssueItem(BaseModel):
    """What a certificate said from ``issued_at`` until ``ended_at``.

    ``news`` had it looked at again then: ``footage``, ``trouble``, ``damage``, ``copy`` (a good one
    came to the hub) or ``deletion``; null: nothing but time, or nobody knows.
    """

    state: CertificateState
    issued_at: str
    ended_at: str
    news: str | None
    cameras: list[CameraShareItem]


class CertificateItem(BaseModel):
    """What is certain of the footage of one event; ``state`` null: not issued yet.

    ``is_clock_sure``: how far the clocks of its edge, and of the edges whose footage counts, were
    off was known; of another edge's to a minute.
    ``first_issued_at`` was before its site told more; ``earlier`` is what it said then, the oldest
    first, at most the newest 20, and 1000 of a parcel.
    """

    edge: str
    spool: str
    seq: int
    waybill: str
    site: str
    place: str | None
    what: str
    occurred_at: str
    since: str
    until: str
    is_clock_sure: bool
    state: CertificateState | None
    is_final: bool
    issued_at: str | None
    first_issued_at: str | None
    cameras: list[CameraShareItem]
    earlier: list[IssueItem]


class CertificateList(BaseModel):
    """A parcel's footage certificates, the oldest event first."""

    items: list[CertificateItem]


def certificate_item(found: Certificate, earlier: Sequence[Issue] = ()) -> CertificateItem:
    """A certificate."""
    return CertificateItem(
        edge=found.edge,
        spool=found.spool,
        seq=found.seq,
        waybill=found.waybill,
        site=found.site,
        place=found.place,
        what=found.what,
        occurred_at=format_at(found.occurred_at),
        since=format_at(found.since),
        until=format_at(found.until),
        is_clock_sure=found.are_clocks_sure,
        state=found.state,
        is_final=found.is_final,
        issued_at=at_text(found.issued_at),
        first_issued_at=at_text(found.first_issued_at),
        cameras=[_share_item(each) for each in found.cameras],
        earlier=[_issue_item(each) for each in earlier],
    )


def _issue_item(found: Issue) -> IssueItem:
    return IssueItem(
        state=found.state,
        issued_at=format_at(found.issued_at),
        ended_at=format_at(found.ended_at),
        news=found.news,
        cameras=[_share_item(each) for each in found.cameras],
    )


def _share_item(found: CameraShare) -> CameraShareItem:
    return CameraShareItem(
        camera=found.camera,
        state=found.coverage.state,
        segments=list(found.coverage.segments),
        gaps=gap_items(found.coverage),
        unknown=unknown_items(found.coverage),
        troubles=[_told_trouble_item(each) for each in found.troubles],
        simulated=found.is_simulated,
    )


def _told_trouble_item(found: ToldTrouble) -> ToldTroubleItem:
    return ToldTroubleItem(
        fact=found.fact,
        since=format_at(found.since),
        until=at_text(found.until),
        doubt_ms=found.doubt_ms,
    )
