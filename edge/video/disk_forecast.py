"""Tell in time that the disk will not hold footage for as long as it is to be kept.

Runs in the keeper's thread. Source: design section 8 ("retention by policy").
"""

from prometheus_client import Gauge

from edge.video.footage_desk import FootageDesk
from edge.video.forecast import ROOM_FOR_MS, Forecast, foresee
from edge.video.retention import KeepRule
from edge.video.store import FootageStore


class DiskForecast:
    """Remembers what it told last, and tells only what is new."""

    def __init__(self, desk: FootageDesk, store: FootageStore, days_fit: Gauge) -> None:
        self._desk, self._store = desk, store
        self._days_fit = days_fit
        self._told: Forecast | None = None

    def turn(self, rule: KeepRule) -> None:
        """Look for how long footage will be kept, and tell it where that is news.

        Raises:
            FootageError, OSError: the disk refuses; nothing was told.
        """
        now_ms = self._desk.wall_ms()
        space = self._desk.space()
        room_bytes = self._store.kept_bytes() + space.free - space.reserve
        recorded = self._store.recorded_since(now_ms - ROOM_FOR_MS)
        found = foresee(recorded, rule, room_bytes, now_ms)
        if found is None:
            return
        self._days_fit.set(found.days_fit)
        was_short = self._told is not None and self._told.is_short
        if found == self._told or not (found.is_short or was_short):
            return
        self._desk.tell_short(found)
        self._told = found
