"""Take what edges send of their footage: bytes on the disk first, then the word that they are.

Each use case has two transactions with the disk between them, and so owns them. What a kill cuts
off is asked for again, for ``have`` never says more than the disk holds. Source: design section 8.

    NotWantedError
    +- UnorderedError    nobody wants this of this edge, or it is gone: do not send it
    +- MisfitError       not what the order says: longer, cut, or another hash
"""

import hashlib
from datetime import datetime

from prometheus_client import Counter

from hub.access.service import EdgeKey
from hub.db.engine import Database
from hub.failpoints import NO_FAIL_POINTS, FailPoint, FailPoints
from hub.video.media import note_have, note_stored, note_wrong
from hub.video.media_shelf import MediaShelf, PartFile
from hub.video.store import media_files
from hub.video.store.media_files import FoundPicture, KnownFile
from wire.limits import PACK_CHANNELS_MAX
from wire.messages import FootagePart, Picture
from wire.names import parse_at

PLAIN_PICTURES_MAX = 240
"""Of one camera: four hours, a picture each minute."""
NAMED_PICTURES_MAX = 10_000
"""Of one camera; beyond it the oldest goes."""
CAMERAS_PER_SITE_MAX = PACK_CHANNELS_MAX
"""With pictures at all: so bounded is what an edge that invents cameras can fill."""
_SURPLUS_MAX = 10
_JPEG = b"\xff\xd8\xff"

_bytes = Counter("custos_hub_footage_bytes", "Bytes of footage taken from edges")
_pictures = Counter("custos_hub_pictures", "Pictures taken from edges")


class NotWantedError(Exception):
    """Nothing was taken; the sentence says why."""


class UnorderedError(NotWantedError):
    """The edge need not come again with it."""


class MisfitError(NotWantedError):
    """The request cannot be believed."""


def take_part(
    database: Database,
    shelf: MediaShelf,
    edge: EdgeKey,
    part: FootagePart,
    raw: bytes,
    now: datetime,
    fail_points: FailPoints = NO_FAIL_POINTS,
) -> int:
    """Take the next part of an ordered file; say how many of its bytes are on the disk.

    Raises:
        NotWantedError, ShelfError, OSError: nothing was taken.
    """
    if hashlib.sha256(raw).hexdigest() != part.part_sha256:
        raise MisfitError("the bytes do not hash to what the signed line says")
    file = _ordered(database, edge, part)
    if file.stored_at is not None:
        return file.wanted.bytes
    with shelf.open_part(part.sha256) as coming:
        # Anew: another request may have ended while this one waited for the file.
        file = _ordered(database, edge, part)
        if file.stored_at is not None or shelf.is_right(part.sha256):
            return _adopt(database, coming, file, now)
        have = min(file.have, coming.size)
        if not raw or part.offset != have:
            return have
        if have + len(raw) > file.wanted.bytes:
            raise MisfitError("more bytes than the file has")
        shelf.check_room()
        coming.append(have, raw)
        _bytes.inc(len(raw))
        fail_points.hit(FailPoint.FOOTAGE_ON_DISK)
        have = _grown(database, coming, file, have + len(raw), now)
        fail_points.hit(FailPoint.FOOTAGE_ON_RECORD)
        return have


def _ordered(database: Database, edge: EdgeKey, part: FootagePart) -> KnownFile:
    with database.reading() as tx:
        file = media_files.find(tx, part.sha256)
    if file is None or (file.wanted.site, file.wanted.edge) != (edge.site, edge.edge):
        raise UnorderedError("this file was not ordered of this edge")
    if file.gone_reason is not None:
        raise UnorderedError("this file is not waited for any more")
    if part.bytes != file.wanted.bytes:
        raise MisfitError("another length than the segment's line told")
    return file


def _grown(database: Database, coming: PartFile, file: KnownFile, have: int, now: datetime) -> int:
    sha256 = file.wanted.sha256
    if have < file.wanted.bytes:
        with database.writing() as tx:
            note_have(tx, sha256, have)
        return have
    if coming.sha256() == sha256:
        coming.take_name()
        with database.writing() as tx:
            note_stored(tx, file.wanted, now)
        return have
    coming.discard()
    with database.writing() as tx:
        note_wrong(tx, file, now)
    return 0


def _adopt(database: Database, coming: PartFile, file: KnownFile, now: datetime) -> int:
    """It has its name already: a crash came before that was on record."""
    coming.discard()
    if file.stored_at is None:
        with database.writing() as tx:
            note_stored(tx, file.wanted, now)
    return file.wanted.bytes


def take_picture(
    database: Database, shelf: MediaShelf, edge: EdgeKey, told: Picture, raw: bytes, now: datetime
) -> None:
    """Keep a picture of one of an edge's cameras, and let the oldest beyond the bound go.

    Raises:
        NotWantedError, ShelfError, OSError: it was not kept.
    """
    if len(raw) != told.bytes or hashlib.sha256(raw).hexdigest() != told.sha256:
        raise MisfitError("the bytes are not what the signed line says")
    if not raw.startswith(_JPEG):
        raise MisfitError("this is no JPEG")
    with database.reading() as tx:
        if media_files.cameras_beside(tx, edge.site, told.camera) >= CAMERAS_PER_SITE_MAX:
            raise UnorderedError("this site has pictures of as many cameras as it may have")
    shelf.check_room()
    shelf.put_picture(told.sha256, raw)
    # An edge whose clock runs ahead must not keep its picture the newest for ever.
    at = min(parse_at(told.at), now)
    picture = FoundPicture(edge.site, told.camera, told.sha256, at)
    kept = NAMED_PICTURES_MAX if told.is_named else PLAIN_PICTURES_MAX
    with database.writing() as tx:
        media_files.add_picture(tx, picture, now, is_named=told.is_named)
        old = media_files.surplus(
            tx, edge.site, told.camera, kept, _SURPLUS_MAX, is_named=told.is_named
        )
        lost = [
            each for each in old if media_files.forget_picture(tx, edge.site, told.camera, each)
        ]
    _pictures.inc()
    for each in lost:
        shelf.drop_picture(each)
