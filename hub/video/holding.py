"""Holds: footage that stays, whatever its days and the disk say. The caller owns the transaction.

Source: design section 8 ("holds beat retention and a full disk").

    UnknownHoldError    no hold that stands has this id
    HoldError           the hold cannot be: its time is none, or too many stand at the site
    +- UnknownCameraError    nobody knows the camera
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.network import Network
from hub.packs.service import renew_packs
from hub.video.camera_views import is_camera_known
from hub.video.rules.coverage import Stretch
from hub.video.store import holds
from hub.video.store.holds import FootageHold
from wire.limits import PACK_HOLDS_MAX
from wire.names import format_at
from wire.site_pack import PackHold

HOLDS_MAX = 1000
HOLD_LONGEST = timedelta(days=31)


class HoldError(ValueError):
    """No hold was made; the sentence says why."""


class UnknownCameraError(HoldError):
    """Neither the network file nor an edge names this camera."""


class UnknownHoldError(Exception):
    """There is no such hold, or it has ended."""


def hold_footage(
    tx: Connection,
    network: Network,
    site: str,
    camera: str,
    asked: Stretch,
    waybill: str | None,
    reason: str,
    who: str,
    now: datetime,
) -> FootageHold:
    """Keep a camera's footage of a time, whatever its days and the disk say.

    Raises:
        HoldError: the time ends before it begins or is longer than ``HOLD_LONGEST``, or the site's
            edges hold as much as a pack can tell.
        UnknownCameraError: a hold of what does not exist would look like one.
    """
    if not is_camera_known(tx, network, site, camera):
        named = f"{site}/{camera}"
        raise UnknownCameraError(
            f"no camera {named}: neither the network file nor an edge names it"
        )
    if not timedelta() < asked.until - asked.since <= HOLD_LONGEST:
        raise HoldError(f"a hold is of some time, at most {HOLD_LONGEST.days} days")
    if len(holds.standing(tx, [site], PACK_HOLDS_MAX)) >= PACK_HOLDS_MAX:
        raise HoldError(f"{PACK_HOLDS_MAX} holds stand at {site}: end one first")
    row: dict[str, object] = {
        "site": site,
        "camera": camera,
        "since": asked.since,
        "until": asked.until,
        "waybill": waybill,
        "reason": reason,
        "held_by": who,
        "held_at": now,
    }
    found = holds.add(tx, row)
    renew_packs(tx, [site])
    return found


def end_hold(tx: Connection, hold_id: int, who: str, now: datetime) -> FootageHold:
    """Let footage go when its days are over.

    Raises:
        UnknownHoldError: it is not held by this.
    """
    found = find_hold(tx, hold_id)
    holds.end(tx, hold_id, who, now)
    renew_packs(tx, [found.site])
    return found


def find_hold(tx: Connection, hold_id: int) -> FootageHold:
    """A hold that stands.

    Raises:
        UnknownHoldError: there is none.
    """
    found = holds.find(tx, hold_id)
    if found is None or found.ended_at is not None:
        raise UnknownHoldError(f"no hold {hold_id} stands")
    return found


def list_holds(tx: Connection, sites: Collection[str] | None = None) -> list[FootageHold]:
    """Holds that stand, the oldest first, at most ``HOLDS_MAX``."""
    return holds.standing(tx, sites, HOLDS_MAX)


def pack_holds(tx: Connection, site: str) -> list[PackHold]:
    """A site's holds as its edges are told of them."""
    return [
        PackHold(
            id=f"hold-{each.id}",
            camera=each.camera,
            since=format_at(each.since),
            until=format_at(each.until),
        )
        for each in holds.standing(tx, [site], PACK_HOLDS_MAX)
    ]
