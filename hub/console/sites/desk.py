"""Sites, stations and devices as the console reads them; each call is one short transaction."""

from collections import defaultdict
from datetime import datetime, timedelta

from hub.access.service import Caller, Role, acts_of
from hub.alerts.service import alerts_of_station
from hub.console.sites.story import in_order, story_of
from hub.console.sites.trail import DepthTrail
from hub.console.sites.views import Link, Scanner, SiteList, SiteRow, Station, StationSight
from hub.ingest.service import (
    Closing,
    EdgeView,
    UnknownSpoolError,
    close_spool,
    edges,
    newest_scans,
    program_runs,
    spool_views,
    station_facts,
)
from hub.packs.service import pack_versions
from hub.wanted.service import list_version
from hub.web.context import HubContext
from wire.names import parse_at

STORY_LINES_MAX = 200
"""Of each source: a station's facts, its alerts, its program's starts, acts about its keys."""


class SiteDesk:
    """Reads sites and stations for the screens."""

    def __init__(self, hub: HubContext, trail: DepthTrail) -> None:
        self._hub = hub
        self._trail = trail
        self._silent_after = timedelta(seconds=hub.policy.link.hub_silent_s)

    def sites(self, caller: Caller) -> SiteList:
        """The sites that are the caller's business."""
        with self._hub.database.reading() as tx:
            found = edges(tx)
            scanned_at = newest_scans(tx)
            packs, version = pack_versions(tx), list_version(tx)
        stations: dict[str, list[Station]] = defaultdict(list)
        for view in found:
            if caller.sees(view.site):
                last = scanned_at.get((view.site, view.edge))
                stations[view.site].append(self._station(view, last))
        rows = [self._row(code, mine, packs.get(code, 0)) for code, mine in stations.items()]
        known = self._hub.network.sites
        bare = sorted(code for code in known.keys() - stations.keys() if caller.sees(code))
        return SiteList(tuple(in_order(rows)), tuple(bare), version)

    def station(self, site: str, edge: str, caller: Caller) -> StationSight | None:
        """One station with its story; None: there is none, or it is not the caller's business."""
        with self._hub.database.reading() as tx:
            found = [view for view in edges(tx) if (view.site, view.edge) == (site, edge)]
            if not found or not caller.sees(site):
                return None
            story = story_of(
                station_facts(tx, site, edge, STORY_LINES_MAX),
                alerts_of_station(tx, site, edge, STORY_LINES_MAX),
                program_runs(tx, site, edge, STORY_LINES_MAX),
                found[0].enrolled_at,
                acts_of(tx, site, edge, STORY_LINES_MAX),
            )
            last = newest_scans(tx).get((site, edge))
            packs, version = pack_versions(tx), list_version(tx)
            spools = spool_views(tx, site, edge)
        named = self._hub.network.sites.get(site)
        return StationSight(
            site_name=None if named is None else named.name,
            station=self._station(found[0], last),
            list_version=version,
            pack_version=packs.get(site, 0),
            story=tuple(story),
            spools=tuple(spools),
        )

    def close_spool(self, site: str, edge: str, spool: str, why: str, caller: Caller) -> bool:
        """Accept a new spool in place of this one; False: not this person's to do, or no spool."""
        if caller.role is not Role.ADMINISTRATOR or not caller.sees(site):
            return False
        closing = Closing(self._hub.clock.now(), caller.name, why)
        try:
            with self._hub.database.writing() as tx:
                close_spool(tx, site, edge, spool, closing)
        except UnknownSpoolError:
            return False
        return True

    def _row(self, code: str, stations: list[Station], pack_version: int) -> SiteRow:
        named = self._hub.network.sites.get(code)
        return SiteRow(
            code=code,
            name=None if named is None else named.name,
            kind=None if named is None else named.kind.value,
            stations=tuple(stations),
            pack_version=pack_version,
        )

    def _station(self, view: EdgeView, last_scan_at: datetime | None) -> Station:
        state = view.state
        wanted = None if state is None else state.wanted
        oldest_at = None if state is None else state.oldest_at
        return Station(
            site=view.site,
            edge=view.edge,
            link=self._link(view),
            heard_at=view.last_state_at,
            enrolled_at=view.enrolled_at,
            program=None if state is None else state.version,
            depth=None if state is None else state.depth,
            oldest_at=None if oldest_at is None else parse_at(oldest_at),
            depths=self._trail.of(view.site, view.edge),
            offset_ms=None if state is None else state.clock.offset_ms,
            error_ms=None if state is None else state.clock.error_ms,
            last_scan_at=last_scan_at,
            list_version=None if wanted is None else wanted.version,
            pack_version=0 if state is None else state.pack_version,
            scanners=()
            if state is None
            else tuple(
                Scanner(each.id, each.protocol, each.source, each.connected)
                for each in state.devices
            ),
        )

    def _link(self, view: EdgeView) -> Link:
        if view.revoked_at is not None:
            return Link.REVOKED
        if view.last_state_at is None:
            return Link.NEVER
        is_heard = self._hub.clock.now() - view.last_state_at < self._silent_after
        return Link.ONLINE if view.connected and is_heard else Link.SILENT
