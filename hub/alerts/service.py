"""Answer and list alerts; raising and closing them is :mod:`hub.alerts.raising`'s.

The caller owns the transaction.

Source: design section 5 ("Alerts").

    UnknownAlertError    no alert has this id
    ClosedAlertError      it is closed                     (hub.alerts.rules)
"""

from datetime import datetime

from sqlalchemy import Connection

from hub.alerts import store
from hub.alerts.raising import UnknownAlertError, close_alert, raise_alert, restate_alert
from hub.alerts.rules import (
    Act,
    AlertKind,
    AlertState,
    ClosedAlertError,
    Finding,
    Level,
    state_after,
)
from hub.alerts.store import Alert, HistoryEntry
from hub.db import outbox
from hub.db.outbox import NewsTopic

__all__ = [
    "Act",
    "Alert",
    "AlertKind",
    "AlertState",
    "ClosedAlertError",
    "Finding",
    "HistoryEntry",
    "Level",
    "UnknownAlertError",
    "close_alert",
    "find_unclosed",
    "raise_alert",
    "restate_alert",
]


def answer_alert(
    tx: Connection, alert_id: int, act: Act, who: str, reason: str | None, now: datetime
) -> Alert:
    """Record a person's acknowledgement, acceptance or rejection and return the alert.

    Acknowledging what is acknowledged changes nothing: the first one stands in the history.

    Raises:
        UnknownAlertError: no such alert.
        ClosedAlertError: it is closed.
    """
    found = store.find(tx, alert_id)
    if found is None:
        raise UnknownAlertError(f"there is no alert {alert_id}")
    state = state_after(found.state, act)
    if state is found.state:
        return found
    store.set_state(tx, alert_id, state, now)
    store.record(tx, alert_id, act, who, reason, now)
    outbox.tell(tx, NewsTopic.ALERT, [alert_id], now)
    return get_alert(tx, alert_id)


def get_alert(tx: Connection, alert_id: int) -> Alert:
    """One alert.

    Raises:
        UnknownAlertError: no such alert.
    """
    found = store.find(tx, alert_id)
    if found is None:
        raise UnknownAlertError(f"there is no alert {alert_id}")
    return found


def find_unclosed(tx: Connection, kind: AlertKind, subject: str) -> Alert | None:
    """The one alert of a kind and subject that is not closed."""
    return store.find_unclosed(tx, kind, subject)


def list_alerts(
    tx: Connection,
    *,
    state: AlertState | None = None,
    level: Level | None = None,
    waybill: str | None = None,
    sites: frozenset[str] | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Alert]:
    """Alerts, newest first; ``before_id`` continues after the last one of a page.

    ``sites`` None: of all sites, and those of none, which are the whole hub's.
    """
    return store.page(tx, state, level, waybill, sites, before_id, limit)


def alerts_by_ids(tx: Connection, ids: list[int]) -> list[Alert]:
    """Those alerts that exist, in id order: what a reader of the outbox asks for."""
    return store.by_ids(tx, ids)


def alerts_of_station(tx: Connection, site: str, edge: str, limit: int) -> list[Alert]:
    """Alerts about an edge and its devices, closed ones too, the newest first."""
    return store.about_station(tx, f"{site}/{edge}", limit)


def alert_history(tx: Connection, alert_id: int) -> list[HistoryEntry]:
    """Who did what with an alert, oldest first."""
    return store.history(tx, alert_id)


def count_unclosed(tx: Connection) -> dict[tuple[AlertKind, str | None, AlertState], int]:
    """How many alerts of a kind stand at a site in a state; closed ones are not counted."""
    return store.count_unclosed(tx)
