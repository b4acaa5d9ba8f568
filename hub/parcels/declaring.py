"""Declare parcels. The caller owns the transaction.

Source: HV-1.2.1, HV-1.2.2, HV-1.2.8, HV-2.2.2.2, HV-2.4.1, HV-2.9, design section 3 ("High value by
declared value").

    DeclarationRefusedError   the rules do not allow it     (hub.parcels.rules.acceptance)
    ListFullError             no room on the wanted list    (hub.wanted.service)
    ReplacementError          it replaces what it cannot    (hub.parcels.rules.forwarding)
"""

from datetime import datetime

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, close_alert
from hub.missing.service import note_declared
from hub.parcels import declaration_store, store
from hub.parcels.forwarding import check_link
from hub.parcels.rules.acceptance import (
    DeclarationRefusedError,
    check_declaration,
    is_above_threshold,
    is_in_series,
)
from hub.parcels.rules.parcel import Declaration
from hub.parcels.service import belongs_on_list
from hub.parcels.signed_returns import renew as renew_signed_return
from hub.wanted.service import drop_high_value, want_high_value
from wire.policy import Policy

__all__ = ["DeclarationRefusedError"]


def declare_parcel(
    tx: Connection,
    waybill: str,
    declaration: Declaration,
    who: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Keep what was declared of a parcel; from now on it counts instead of what was said before.

    A high value outside the HV series goes onto the wanted list until the parcel is delivered, so
    that every scanner knows it.

    Raises:
        DeclarationRefusedError: the rules do not allow it; nothing was written.
        ReplacementError: it cannot replace the waybill that it names; nothing was written.
        ListFullError: the wanted list takes no more; roll back.
    """
    check_declaration(waybill, declaration, policy)
    check_link(tx, waybill, declaration, policy, now)
    value = declaration.declared_value_cny
    by_value = is_above_threshold(value, policy) and not is_in_series(waybill, policy)
    declaration_id = declaration_store.add(tx, waybill, declaration, who, now)
    store.set_declared(tx, waybill, declaration_id, hv_by_value=by_value)
    renew = want_high_value if belongs_on_list(tx, waybill) else drop_high_value
    renew(tx, waybill, now)
    note_declared(tx, waybill, policy, now)
    renew_signed_return(tx, waybill, policy, now)
    close_alert(tx, AlertKind.UNDECLARED, waybill, now)


def keep_refusal(
    tx: Connection,
    waybill: str,
    declaration: Declaration,
    error: DeclarationRefusedError,
    who: str,
    now: datetime,
) -> None:
    """Keep a refused declaration: a scan of the waybill all the same is a breach of that rule."""
    declaration_store.add(tx, waybill, declaration, who, now, error.refusal)
