"""Parcels that go on under a new waybill. The caller owns the transaction.

The new number's first sign is the moment: until then somebody holds the parcel under its old one,
whatever was declared at a desk (docs/adr/0025). Source: HV-2.9.

    ReplacementError    the two cannot be the same parcel     (hub.parcels.rules.forwarding)
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from hub.custody.service import judge_again
from hub.incidents.service import Search, see_parcel
from hub.missing.service import end_suspicion
from hub.parcels import link_store
from hub.parcels.rules.acceptance import is_high_value
from hub.parcels.rules.forwarding import (
    ReplacementClashError,
    ReplacementError,
    check_going_on,
    check_replacement,
)
from hub.parcels.rules.parcel import Declaration, Parcel
from hub.parcels.service import find_parcel, high_value_among
from hub.wanted.service import drop_high_value, is_stopped
from wire.policy import Policy

__all__ = ["ReplacementClashError", "ReplacementError", "check_link", "end_replaced"]


def check_link(
    tx: Connection, waybill: str, said: Declaration, policy: Policy, now: datetime
) -> None:
    """Refuse a declaration whose ``replaces`` cannot be so.

    Raises:
        ReplacementError: see the rules; nothing was written.
    """
    new = find_parcel(tx, waybill) or Parcel(waybill)
    check_going_on(new, said)
    if said.replaces is None:
        return
    was_high = bool(high_value_among(tx, [said.replaces], policy))
    check_replacement(
        new,
        find_parcel(tx, said.replaces),
        is_stopped=is_stopped(tx, said.replaces, now),
        keeps_value=not was_high or is_high_value(waybill, said.declared_value_cny, policy),
    )


def end_replaced(tx: Connection, new: Iterable[str], search: Search, now: datetime) -> None:
    """What follows for the old waybills from the first signs of these new ones, however often.

    Nobody waits for the old label any more: its custody is closed, its search has found it, it is
    no suspect, and it needs no entry on the wanted list.
    """
    for link in link_store.of_new(tx, new).values():
        if link.first is None:
            continue
        judge_again(tx, link.old, now)
        end_suspicion(tx, link.old, now)
        drop_high_value(tx, link.old, now)
        see_parcel(tx, search, link.old, link.first.site, link.first.at, now)
