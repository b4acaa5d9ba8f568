"""Every look at personal data is a record.

The caller owns the transaction, and commits it before it shows anything. Source: CS-P1.

    MayNotUnmaskError    the caller's role is not shown personal data, whatever the reason
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from hub.access import look_store
from hub.access.look_store import Look
from hub.access.rules import UNMASKING_ROLES, Caller

REASON_CHARS_MIN = 3
REASON_CHARS_MAX = 300


class MayNotUnmaskError(Exception):
    """The caller's role is not shown personal data, whatever the reason."""


def record_look(
    tx: Connection, caller: Caller, what: str, about: str, now: datetime, *, reason: str
) -> None:
    """Write down that somebody is shown personal data; see :func:`record_looks`."""
    record_looks(tx, caller, what, [about], now, reason=reason)


def record_looks(
    tx: Connection,
    caller: Caller,
    what: str,
    abouts: Iterable[str],
    now: datetime,
    *,
    reason: str,
) -> None:
    """Write down that somebody is shown personal data, one row for each thing.

    Args:
        tx: to be committed before anything is shown.
        caller: who looks.
        what: kind of data, e.g. ``people`` or ``code``.
        abouts: the waybills, or the events (site/edge/spool/seq).
        now: aware UTC.
        reason: in the caller's words.

    Raises:
        MayNotUnmaskError: the role may not.
    """
    if caller.role not in UNMASKING_ROLES:
        raise MayNotUnmaskError(f"the role {caller.role} may not see personal data")
    row = {"at": now, "who": caller.name, "role": caller.role, "what": what, "reason": reason}
    look_store.add_looks(tx, [row | {"about": about} for about in abouts])


def list_looks(
    tx: Connection, *, about: str | None, who: str | None, before_id: int | None, limit: int
) -> list[Look]:
    """Looks, newest first."""
    return look_store.page_of_looks(tx, about, who, before_id, limit)
