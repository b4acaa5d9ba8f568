"""Moments as the wire holds them.

Pure.
"""

from datetime import UTC, datetime


def utc(at: datetime) -> datetime:
    """A moment in UTC, cut to the milliseconds that an event line holds."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
