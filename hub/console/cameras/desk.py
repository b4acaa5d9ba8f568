"""Cameras as the console reads them; each call is one short transaction."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection

from hub.access.service import Caller, may
from hub.console.cameras.day import bars_of, place_of, window_of
from hub.console.cameras.views import CameraCard, CameraDay, Scanned
from hub.console.seam import NotAllowedError
from hub.console.wording import ZONE
from hub.video.service import (
    CameraView,
    Finding,
    FootageHold,
    FoundPicture,
    Stretch,
    certificates_at,
    clips_at_camera,
    gaps_between,
    hold_footage,
    list_cameras,
    list_holds,
    looks_at_camera,
    newest_pictures,
    note_finding,
    spans_between,
)
from hub.web.context import HubContext


class CameraDesk:
    """Reads cameras for the screens, and writes down what was found."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def wall(self, caller: Caller) -> tuple[CameraCard, ...]:
        """The cameras that are the caller's business, those with trouble first."""
        with self._hub.database.reading() as tx:
            cards = self._cards(tx, caller.sites)
        return tuple(sorted(cards, key=lambda card: not card.has_trouble))

    def day(self, site: str, camera: str, day: date, caller: Caller) -> CameraDay | None:
        """A camera's day; None: there is none, or it is not the caller's business."""
        if not caller.sees(site):
            return None
        since, until = window_of(day, ZONE)
        with self._hub.database.reading() as tx:
            found = [card for card in self._cards(tx, {site}) if card.view.camera == camera]
            if not found:
                return None
            spans = spans_between(tx, site, camera, since, until)
            gaps = gaps_between(tx, site, camera, since, until)
            places = found[0].view.places
            scans = [
                Scanned(
                    waybill=each.waybill,
                    what=each.what,
                    at=each.occurred_at,
                    place=place_of(each.occurred_at, since, until),
                    is_seen=each.place is None or each.place in places,
                )
                for each in certificates_at(tx, site, since, until)
            ]
            holds = [
                hold
                for hold in list_holds(tx, {site})
                if hold.camera == camera and hold.until > since and hold.since < until
            ]
            looks = looks_at_camera(tx, site, camera, since, until)
            clips = clips_at_camera(tx, site, camera, since, until)
        return CameraDay(
            card=found[0],
            since=since,
            until=until,
            bars=tuple(bars_of(spans, gaps, since, until)),
            scans=tuple(scans),
            holds=tuple(holds),
            looks=tuple(looks),
            clips=tuple(clips),
        )

    def hold(
        self, site: str, camera: str, asked: Stretch, reason: str, caller: Caller
    ) -> FootageHold:
        """Keep footage beyond its days.

        Raises:
            NotAllowedError: the caller's role may not, or it is another site's.
            HoldError: it cannot be held.
        """
        if not may(caller.role, "POST /api/v1/holds") or not caller.sees(site):
            raise NotAllowedError
        now = self._hub.clock.now()
        with self._hub.database.writing() as tx:
            keeper = caller.name
            network = self._hub.network
            return hold_footage(tx, network, site, camera, asked, None, reason, keeper, now)

    def note_finding(self, look_id: int, finding: Finding, caller: Caller) -> None:
        """Write down what was to be seen.

        Raises:
            NotAllowedError: the caller's role may not.
            UnknownPlaybackError: it is not this caller's playback, or it is over.
        """
        if not may(caller.role, "PUT /api/v1/playbacks/{playback_id}"):
            raise NotAllowedError
        with self._hub.database.writing() as tx:
            note_finding(tx, look_id, finding, caller.name, self._hub.clock.now())

    def _cards(self, tx: Connection, sites: frozenset[str] | set[str] | None) -> list[CameraCard]:
        known = None if sites is None else frozenset(sites)
        pictures = {(each.site, each.camera): each for each in newest_pictures(tx, known)}
        found = list_cameras(tx, self._hub.network, self._hub.policy, known)
        return [self._card(view, pictures.get((view.site, view.camera))) for view in found]

    def _card(self, view: CameraView, picture: FoundPicture | None) -> CameraCard:
        site = self._hub.network.sites.get(view.site)
        # What changes with every segment would have a tile drawn anew under a person's eyes.
        newest = view.last_footage_at
        minute = None if newest is None else newest.replace(second=0, microsecond=0)
        shown = replace(view, heard_at=None, last_footage_at=minute)
        clock = self._hub.clock
        # A file of footage is of so much more time under a test clock.
        silent_after = timedelta(seconds=self._hub.policy.link.hub_silent_s * clock.rate)
        is_silent = view.heard_at is not None and clock.now() - view.heard_at > silent_after
        return CameraCard(shown, None if site is None else site.name, picture, is_silent)
