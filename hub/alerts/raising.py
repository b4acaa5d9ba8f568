"""Raise, count and close alerts. The caller owns the transaction.

Source: design section 5 ("Alerts").
"""

from datetime import datetime

from sqlalchemy import Connection

from hub.alerts import store
from hub.alerts.rules import LEVEL_OF, SYSTEM, Act, AlertKind, AlertState, Finding
from hub.alerts.store import Alert
from hub.alerts.texts import texts_of
from hub.db import outbox
from hub.db.outbox import NewsTopic


class UnknownAlertError(Exception):
    """No alert has this id."""


def raise_alert(tx: Connection, finding: Finding, now: datetime) -> int:
    """Raise an alert, or count it in the one that is not closed yet; return its id."""
    found = store.find_unclosed(tx, finding.kind, finding.subject)
    if found is None:
        return _add(tx, finding, now, over=False)
    _count(tx, found, finding, now)
    return found.id


def close_alert(tx: Connection, kind: AlertKind, subject: str, now: datetime) -> bool:
    """Close what has ended by itself; say whether there was anything to close."""
    found = store.find_unclosed(tx, kind, subject)
    if found is None:
        return False
    _close(tx, found.id, now)
    return True


def restate_alert(tx: Connection, newest: Finding, first_at: datetime, now: datetime) -> None:
    """One of the findings behind an alert was none: say of the others since when, and where last.

    Its count stays: that often it was believed.
    """
    found = store.find_unclosed(tx, newest.kind, newest.subject)
    if found is None:
        return
    if store.restate(tx, found, newest, first_at, texts_of(newest)):
        outbox.tell(tx, NewsTopic.ALERT, [found.id], now)


def _add(tx: Connection, finding: Finding, now: datetime, *, over: bool) -> int:
    level = LEVEL_OF[finding.kind]
    alert_id = store.add(tx, finding, level, texts_of(finding), now, over=over)
    store.record(tx, alert_id, Act.RAISED, SYSTEM, None, now)
    outbox.tell(tx, NewsTopic.ALERT, [alert_id], now)
    return alert_id


def _count(tx: Connection, found: Alert, finding: Finding, now: datetime) -> None:
    store.count_again(tx, found, finding, texts_of(finding))
    outbox.tell(tx, NewsTopic.ALERT, [found.id], now)


def _close(tx: Connection, alert_id: int, now: datetime) -> None:
    store.set_state(tx, alert_id, AlertState.CLOSED, now)
    store.record(tx, alert_id, Act.CLOSED, SYSTEM, None, now)
    outbox.tell(tx, NewsTopic.ALERT, [alert_id], now)
