"""Tell an onlooker what becomes of the day's theft, and play the people who search.

Shell: it asks the hub for its incidents and answers the search on the station page, as the keeper
on duty would. Source: HV-2.11.2.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from simulators.captions import Caption, Chapter, caption
from simulators.demo_day import Theft
from simulators.hub_rest import HubRest, HubRestError
from simulators.post_office import TakenMail

ASK_EVERY = timedelta(minutes=2)
SEARCH_TAKES = timedelta(minutes=30)


class Pages(NamedTuple):
    """Where the console's pages are, and the station page of each site."""

    console: str
    stations: Mapping[str, str]


class Onlookers(Protocol):
    """Whom the watcher tells, and who searches when the hub asks for it."""

    def tell(self, site: str, words: str) -> None:
        """One line under the day's time."""

    def announce(self, site: str, words: Caption) -> None:
        """A chapter of the story begins."""

    def surprise(self, site: str, words: str) -> None:
        """Something went otherwise than expected."""

    def answer_search(self, site: str, incident: int) -> None:
        """A site has searched and found nothing."""


class Watcher:
    """Follows the thefts of the demo's days."""

    def __init__(
        self,
        thefts: Sequence[Theft],
        hub: HubRest,
        people: Onlookers,
        mails: Callable[[], list[TakenMail]],
        pages: Pages,
    ) -> None:
        """``mails`` gives what came in since the last time."""
        self._hub, self._people, self._mails = hub, people, mails
        self._pages = pages
        self._thefts = {theft.waybill: theft for theft in thefts}
        self._unsaid = list(thefts)
        self._chapters: dict[str, Chapter] = {}
        self._searches: list[tuple[datetime, str, str, int]] = []
        self._asks_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Say what is new, a few times an hour; ``now`` is the day's time."""
        while self._unsaid and self._unsaid[0].stolen_at <= now:
            theft = self._unsaid.pop(0)
            self._announce(Chapter.STOLEN, theft.site, theft.waybill)
        while self._searches and self._searches[0][0] <= now:
            _, site, waybill, incident = self._searches.pop(0)
            self._people.answer_search(site, incident)
            self._announce(Chapter.SEARCHED, site, waybill, incident)
        for mail in self._mails():
            self._people.tell("mail", f"邮件 to {', '.join(mail.to)}: {mail.subject}")
        if self._asks_at is None or now >= self._asks_at:
            self._asks_at = now + ASK_EVERY
            self._ask(now)

    def _ask(self, now: datetime) -> None:
        try:
            incidents = self._hub.get("incidents?limit=100")["items"]
        except HubRestError as error:
            self._people.surprise("hub", str(error))
            return
        for each in incidents:
            waybill, chapter = each["subject"], Chapter(each["state"])
            if waybill not in self._thefts or self._chapters.get(waybill) is chapter:
                continue
            self._chapters[waybill] = chapter
            self._announce(chapter, each["site"], waybill, each["id"])
            if chapter is Chapter.SELF_CHECK:
                sites = (each["previous_site"], each["site"])
                self._searches += [
                    (now + SEARCH_TAKES, site, waybill, each["id"]) for site in sites
                ]

    def _announce(
        self, chapter: Chapter, site: str, waybill: str, incident: int | None = None
    ) -> None:
        words = caption(
            chapter,
            console=self._pages.console,
            station=self._pages.stations.get(site, ""),
            site=site,
            waybill=waybill,
            incident=incident,
        )
        self._people.announce(site, words)
