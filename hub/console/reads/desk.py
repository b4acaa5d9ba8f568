"""The scans that sites skip, as the console reads them."""

from collections.abc import Iterable
from math import ceil, floor

from hub.access.service import Caller
from hub.console.reads.views import ReadRow, ReadSight, Scale
from hub.missing.service import Reads, SiteReads, against, read_rates
from hub.web.context import HubContext

SITES_SHOWN_MAX = 100
DAY_OWED_MIN = 10
"""A day on which fewer scans were owed is drawn grey: one skip would fill half of it."""
_FLOOR_MAX, _TALLEST_MIN = 0.9, 0.05
_TENTH, _TWENTIETH = 0.1, 0.05


class ReadDesk:
    """Reads for the screen."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def reads(self, caller: Caller, days: int, chosen: str | None = None) -> ReadSight:
        """What the caller's sites skipped in so many days, beside the median of all sites.

        ``chosen``: the site that is told of at length; None, or one that is not here: the first.
        """
        hub = self._hub
        with hub.database.reading() as tx:
            now = hub.clock.now()
            found = read_rates(tx, hub.network, caller.sites, days, now, limit=SITES_SHOWN_MAX)
        rows = tuple(self._row(each, found.medians.share) for each in found.sites)
        first = rows[0] if rows else None
        medians = [found.medians.share, *found.medians.by_passing.values()]
        return ReadSight(
            days=days,
            rows=rows,
            total=found.total,
            medians=found.medians,
            scale=scale_of(found.sites, [each for each in medians if each is not None]),
            chosen=next((row for row in rows if row.figures.site == chosen), first),
        )

    def _row(self, figures: SiteReads, median: float | None) -> ReadRow:
        site = self._hub.network.sites.get(figures.site)
        name = None if site is None else site.name
        return ReadRow(figures, name, against(figures.reads, median))


def scale_of(sites: Iterable[SiteReads], medians: Iterable[float]) -> Scale:
    """The smallest scale that has room for all sites, in tenths of shares made.

    It never shows less than the last tenth, nor days with less than a twentieth skipped: what is
    nearly nothing should look so.
    """
    lows, skips = list(medians), [_TALLEST_MIN]
    for site in sites:
        figures = (site.reads, *site.by_passing.values())
        lows += [each.interval[0] for each in figures if each.interval is not None]
        skips += [day_skipped(day) for _, day in site.days if day.owed >= DAY_OWED_MIN]
    lowest = min(_FLOOR_MAX, *lows) if lows else _FLOOR_MAX
    # A millionth: what is a tenth but for the last bit is one.
    return Scale(
        floor=floor(lowest / _TENTH + 1e-6) * _TENTH,
        tallest=ceil(max(skips) / _TWENTIETH - 1e-6) * _TWENTIETH,
    )


def day_skipped(day: Reads) -> float:
    """The share of a day's owed scans that were skipped, 0 to 1; 0 where none was owed."""
    return day.skipped / day.owed if day.owed else 0.0
