"""Cards for the console's unit tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hub.alerts.service import AlertKind
from hub.console.views import Card, Level, State

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def card(
    card_id: int,
    kind: AlertKind = AlertKind.WANTED,
    level: Level = Level.ACT,
    *,
    state: State = State.OPEN,
    site: str | None = "755A",
    ago_s: float = 60,
    value_cny: str | None = None,
) -> Card:
    raised_at = NOW - timedelta(seconds=ago_s)
    return Card(
        id=card_id,
        kind=kind,
        level=level,
        state=state,
        subject="103000000001",
        waybill="103000000001",
        site=site,
        site_name=None,
        raised_at=raised_at,
        last_at=raised_at,
        late=False,
        count=1,
        text_zh="",
        text_en="",
        value_cny=None if value_cny is None else Decimal(value_cny),
        is_high_value=False,
        moment=None,
    )


def passage(
    card_id: int, *, site: str = "755A", ago_s: float = 60, value_cny: str | None = None
) -> Card:
    return card(
        card_id, AlertKind.HV_PASSAGE, Level.PASSAGE, site=site, ago_s=ago_s, value_cny=value_cny
    )
