"""What was certified before it was certified otherwise. Rows are added, and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    func,
    insert,
    select,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.video.rules.coverage import CertificateState
from hub.video.store.certificates import CameraShare, Certificate, footage_certificate

EARLIER_MAX = 20
"""Of one certificate the newest that are shown."""
EARLIER_OF_A_PARCEL_MAX = 1000

footage_issue = Table(
    "footage_issue",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("certificate_id", BigInteger, nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("cameras", LargeBinary, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    # When it was issued otherwise, and what had it looked at again.
    Column("ended_at", UtcDateTime, nullable=False),
    Column("news", String(16)),
)


@dataclass(frozen=True, slots=True)
class Issue:
    """What a certificate said from ``issued_at`` until ``ended_at``.

    ``news`` had it looked at again; None: nothing but time, or nobody knows.
    """

    state: CertificateState
    cameras: tuple[CameraShare, ...]
    issued_at: datetime
    ended_at: datetime
    news: str | None


_decoder = msgspec.json.Decoder(tuple[CameraShare, ...])


def keep(tx: Connection, certificate: Certificate, now: datetime) -> None:
    """Keep what a certificate says before it says something else."""
    assert certificate.state is not None
    row = {
        "certificate_id": certificate.id,
        "state": certificate.state,
        "cameras": msgspec.json.encode(certificate.cameras),
        "issued_at": certificate.issued_at,
        "ended_at": now,
        "news": certificate.news,
    }
    tx.execute(insert(footage_issue).values(row))


def of_parcel(tx: Connection, waybill: str) -> Mapping[int, tuple[Issue, ...]]:
    """A parcel's earlier issues by certificate, the oldest first, the newest within the bounds."""
    mine, its = footage_issue.c, footage_certificate.c
    nth = func.row_number().over(partition_by=mine.certificate_id, order_by=mine.id.desc())
    newest = (
        select(footage_issue, nth.label("nth"))
        .join(footage_certificate, its.id == mine.certificate_id)
        .where(its.waybill == waybill)
        .subquery()
    )
    query = select(newest).where(newest.c.nth <= EARLIER_MAX).order_by(newest.c.id.desc())
    found: dict[int, tuple[Issue, ...]] = {}
    for row in tx.execute(query.limit(EARLIER_OF_A_PARCEL_MAX)):
        cameras = _decoder.decode(row.cameras)
        state = CertificateState(row.state)
        issue = Issue(state, cameras, row.issued_at, row.ended_at, row.news)
        found[row.certificate_id] = (issue, *found.get(row.certificate_id, ()))
    return found
