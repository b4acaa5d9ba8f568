"""Sites in travel order, and in each the parcels that should move. Computed only.

Source: console.md ("Suspects and incidents": lane view).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from hub.console.suspects.views import Column, Dot, Pace, SuspectLine
from hub.missing.service import NextLook

DOTS_PER_COLUMN_MAX = 60
_PROGRESS_DIGITS = 2


def columns_of(
    dots_at: Mapping[str, Sequence[Dot]],
    routes: Iterable[Sequence[str]],
    names: Mapping[str, str],
) -> tuple[Column, ...]:
    """The sites at which something waits or from which it left, in travel order."""
    columns = []
    for site in travel_order(dots_at, routes):
        dots = sorted(dots_at[site], key=lambda dot: (-dot.progress, dot.seen_at, dot.waybill))
        shown = tuple(dots[:DOTS_PER_COLUMN_MAX])
        columns.append(Column(site, names.get(site), shown, len(dots) - len(shown)))
    return tuple(columns)


def travel_order(sites: Iterable[str], routes: Iterable[Sequence[str]]) -> list[str]:
    """Sites by how far along the parcels' routes they lie on average; unknown ones in the middle.

    Lanes go both ways, so no order fits all; what most parcels travel is what people look for.
    """
    places: dict[str, list[float]] = defaultdict(list)
    for route in routes:
        for position, site in enumerate(route):
            places[site].append(position / max(1, len(route) - 1))
    middle = [0.5]
    return sorted(
        set(sites),
        key=lambda site: (
            sum(places.get(site, middle)) / len(places.get(site, middle)),
            site,
        ),
    )


def dots_by_site(
    lines: Iterable[SuspectLine],
    last_site: Mapping[str, str],
    looks: Iterable[NextLook],
    now: datetime,
) -> dict[str, list[Dot]]:
    """Every parcel where it was scanned last."""
    found: dict[str, list[Dot]] = defaultdict(list)
    for line in lines:
        suspect = line.suspect
        site = last_site.get(suspect.waybill, suspect.previous_site or suspect.site)
        found[site].append(Dot(suspect.waybill, Pace.SUSPECT, 1.0, suspect.since))
    for look in looks:
        found[look.site].append(_dot(look, now))
    return found


def _dot(look: NextLook, now: datetime) -> Dot:
    is_late = look.expected_by is not None and look.expected_by < now
    pace = Pace.LATE if is_late else Pace.ON_TIME
    return Dot(look.waybill, pace, progress(look.seen_at, look.due_at, now), look.seen_at)


def progress(seen_at: datetime, due_at: datetime, now: datetime) -> float:
    """How much of the time is gone that a parcel has before it is suspect, 0 to 1."""
    whole = (due_at - seen_at).total_seconds()
    if whole <= 0:
        return 1.0
    gone = (now - seen_at).total_seconds() / whole
    return round(min(1.0, max(0.0, gone)), _PROGRESS_DIGITS)
