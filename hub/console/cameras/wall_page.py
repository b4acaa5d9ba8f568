"""The camera wall: what each camera shows, how old that is, and which need somebody.

Source: console.md, HV-2.11.3.
"""

from functools import partial

from nicegui.element import Element

from hub.console.cameras.desk import CameraDesk
from hub.console.cameras.tile import (
    draw_footage_age,
    draw_health,
    draw_own_clock,
    draw_still,
)
from hub.console.cameras.views import CameraCard
from hub.console.forms import TextField
from hub.console.frame import Keys
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import attribute, box, chip, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.urls import playback_url
from hub.console.visit import Visit
from hub.console.wording import visible
from hub.network import DEDICATED_ROLE

CAMERAS_KEYS: Keys = (
    ("j", "keys.row.next"),
    ("k", "keys.row.previous"),
    ("Enter", "keys.row.open"),
    ("r", "keys.cameras.filter"),
)
READ_EVERY_BEATS = 5
SHOWN_MAX = 120
FILTER_CHARS_MAX = 60


class CameraWallPage:
    """All cameras that are the person's business, those with trouble first."""

    def __init__(self, visit: Visit, desk: CameraDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._cards: tuple[CameraCard, ...] = ()
        with box("main", "page"):
            with box("header", "page-head"):
                text(words.say("cameras.title"), "page-title", "h1")
                self._counts = text("", "label", "p")
                with box("div", "page-filter"):
                    self._filter = TextField(
                        words.say("cameras.filter"),
                        FILTER_CHARS_MAX,
                        hint=words.say("cameras.filter.hint"),
                        key="r",
                        changed=self._draw,
                    )
            self._notice = box("div", "notice")
            self._tiles = KeyedList(box("ol", "camera-wall"))
            self._more = text("", "more", "p")

    async def start(self) -> None:
        """Show the cameras and follow what comes."""
        visit = self._visit
        read = partial(self._desk.wall, visit.caller)
        await Live(visit, read, self._take, self._tell_broken, READ_EVERY_BEATS).start()

    def _take(self, cards: tuple[CameraCard, ...]) -> None:
        self._cards = cards
        self._draw()

    def _tell_broken(self) -> None:
        self._tiles.show([])
        draw_broken(self._notice, self._words)

    def _draw(self) -> None:
        cards, words = self._cards, self._words
        fitting = [card for card in cards if matches(card, self._filter.value)]
        self._notice.clear()
        if not cards:
            draw_empty(self._notice, words, "cameras.empty", "cameras")
        elif not fitting:
            draw_empty(self._notice, words, "cameras.filtered", "cameras")
        trouble = sum(card.has_trouble for card in cards)
        self._counts.set_text(words.say("cameras.counts", n=len(cards), trouble=trouble))
        shown = fitting[:SHOWN_MAX]
        self._tiles.show(
            [
                Row(f"{card.view.site}/{card.view.camera}", card, partial(self._draw_tile, card))
                for card in shown
            ]
        )
        hidden = len(fitting) - len(shown)
        self._more.set_text(words.say("cameras.more", n=hidden) if hidden else "")

    def _draw_tile(self, card: CameraCard) -> Element:
        words, view = self._words, card.view
        with box("li") as whole:
            link = attribute(box("a", "camera-tile"), "href", playback_url(view.site, view.camera))
            with attribute(link, "data-row", ""):
                draw_still(card.picture, card.name, words)
                with box("span", "camera-body"):
                    text(visible(card.name), "camera-name", "b")
                    with box("span", "camera-where"):
                        text(view.site, "", "b")
                        text(card.site_name or "")
                        if view.role is not None:
                            said = words.name("camera.role", view.role)
                            is_area = view.role == DEDICATED_ROLE
                            chip(said, Meaning.INFORMATION if is_area else Meaning.NO_DATA)
                    with box("span", "camera-health"):
                        draw_health(card, words)
                    if view.own_clock is not None:
                        with box("span", "camera-own label"):
                            draw_own_clock(view.own_clock, words)
                    with box("span", "camera-footage"):
                        draw_footage_age(view.last_footage_at, words)
        return whole


def matches(card: CameraCard, said: str) -> bool:
    """Say whether a camera fits what somebody typed: its site, its name or a place it sees."""
    known = (card.view.site, card.site_name or "", card.name, card.view.camera, *card.view.places)
    return said.strip().casefold() in "\n".join(known).casefold()
