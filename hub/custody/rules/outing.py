"""By when what went out is delivered: by the site's local time. Pure. Source: HV-2.6."""

from datetime import UTC, datetime, time, timedelta

from hub.custody.rules.chain import Ground
from hub.custody.rules.records import Record


def delivery_due_at(out: Record, ground: Ground) -> datetime:
    """The first ``[delivery] due_at`` after a parcel went out, aware UTC.

    What goes out after a day's time is up is due on the next day (ours).
    """
    zone = ground.network.zone_of(out.site)
    clock = time.fromisoformat(ground.delivery.due_at)
    day = out.at.astimezone(zone).date()
    due_at = datetime.combine(day, clock, zone)
    if due_at <= out.at:
        due_at = datetime.combine(day + timedelta(days=1), clock, zone)
    return due_at.astimezone(UTC)
