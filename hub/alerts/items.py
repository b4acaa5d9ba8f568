"""An alert as JSON, the same by REST and by WebSocket. Source: interface (REST)."""

from pydantic import BaseModel

from hub.alerts.rules import AlertKind, AlertState, Level
from hub.alerts.service import Alert
from hub.web.context import at_text


class AlertItem(BaseModel):
    """An alert as REST and the live WebSocket tell it."""

    id: int
    kind: AlertKind
    level: Level
    state: AlertState
    subject: str
    waybill: str | None
    site: str | None
    raised_at: str | None
    first_at: str | None
    last_at: str | None
    late: bool
    count: int
    text_zh: str
    text_en: str


def alert_item(alert: Alert) -> AlertItem:
    """An alert as JSON tells it."""
    return AlertItem(
        id=alert.id,
        kind=alert.kind,
        level=alert.level,
        state=alert.state,
        subject=alert.subject,
        waybill=alert.waybill,
        site=alert.site,
        raised_at=at_text(alert.raised_at),
        first_at=at_text(alert.first_at),
        last_at=at_text(alert.last_at),
        late=alert.late,
        count=alert.count,
        text_zh=alert.text_zh,
        text_en=alert.text_en,
    )
