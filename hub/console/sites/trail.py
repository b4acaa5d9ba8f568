"""How the stations' spools filled and emptied, as far as this program has heard.

Kept in memory, from each state that a station sent since the console began: nothing is invented
for the time before. Source: console.md ("spool depth sparkline").
"""

from collections import deque

from hub.console.feed import Snapshot
from hub.console.sites.views import DepthPoint

POINTS_KEPT_MAX = 60
"""At a state each 30 s: half an hour."""


class DepthTrail:
    """The newest depths of every station that is enrolled."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, str], deque[DepthPoint]] = {}

    def follow(self, snapshot: Snapshot) -> None:
        """Take what a beat of the feed says; a state that was seen before adds nothing."""
        if snapshot.health is None:
            return
        known = {(edge.site, edge.edge): edge for edge in snapshot.health.edges}
        for gone in self._points.keys() - known.keys():
            del self._points[gone]
        for place, edge in known.items():
            points = self._points.setdefault(place, deque(maxlen=POINTS_KEPT_MAX))
            if edge.heard_at is not None and (not points or points[-1].at != edge.heard_at):
                points.append(DepthPoint(edge.heard_at, edge.depth))

    def of(self, site: str, edge: str) -> tuple[DepthPoint, ...]:
        """A station's depths, oldest first."""
        return tuple(self._points.get((site, edge), ()))
