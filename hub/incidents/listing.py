"""What the wanted list says of parcels that incidents are about: one answer to all of them.

It follows from the incidents alone, so that what one of them ends, another still asks for.
Source: HV-2.11.2, HV-3, design section 7.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.incidents import store
from hub.incidents.rules import Wish, wish_of
from hub.parcels.service import on_their_way
from hub.wanted.service import (
    entry_id_of,
    find_entries,
    find_entry,
    is_high_value_entry,
    is_of_incident,
    lift_entry,
    owner_of_incident,
    place_above,
    place_entry,
)
from wire.wanted import WantedEntry, WantedResult

BANNER_ZH = "疑似遗失件 请截留"
BANNER_EN = "SUSPECTED LOST: HOLD IT"


def settle(tx: Connection, waybills: Sequence[str], now: datetime) -> None:
    """Make the list say what the incidents about these parcels ask for now.

    A search leaves a person's own entry alone, which says more than it could; a stop goes over it,
    and what lay beneath comes back with the release. What is delivered has no flow to stop.

    Raises:
        WantedError: the list takes no more; roll back, or tell what it does not say.
    """
    claims = store.claims_on(tx, waybills)
    standing = find_entries(tx, waybills)
    travelling = on_their_way(tx, waybills)
    for waybill in waybills:
        wish = wish_of(claims.get(waybill, ()))
        if wish is not None and wish.is_stop and waybill not in travelling:
            wish = None
        _say(tx, waybill, wish, standing.get(waybill), now)


def _say(
    tx: Connection, waybill: str, wish: Wish | None, known: WantedEntry | None, now: datetime
) -> None:
    if known is not None and is_of_incident(known) and not _outlasts(known, wish):
        lift_entry(tx, waybill, now)
        known = find_entry(tx, waybill)
    if wish is None:
        return
    entry = _entry_of(waybill, wish)
    if known is None or is_of_incident(known) or is_high_value_entry(known):
        place_entry(tx, entry, now)
    elif wish.is_stop:
        place_above(tx, entry, known, now)


def _outlasts(known: WantedEntry, wish: Wish | None) -> bool:
    """Say whether an incident's entry only has to be written anew, if at all."""
    return wish is not None and (wish.is_stop or known.result is WantedResult.WANTED)


def _entry_of(waybill: str, wish: Wish) -> WantedEntry:
    return WantedEntry(
        id=entry_id_of(waybill),
        waybill=waybill,
        result=WantedResult.STOP if wish.is_stop else WantedResult.WANTED,
        reason=f"事件 {wish.incident_id} / incident {wish.incident_id}",
        banner_zh=None if wish.is_stop else BANNER_ZH,
        banner_en=None if wish.is_stop else BANNER_EN,
        priority=1,
        owner=owner_of_incident(wish.incident_id),
        scope=wish.sites,
    )
