"""What every page has: the bar on top, the notes over it, the keys, words for the browser."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from fastapi import Request
from nicegui import ui
from nicegui.element import Element

from hub.console.feed import Snapshot
from hub.console.markup import age, attribute, box, button, icon, text
from hub.console.rules import is_ingest_alive, is_online
from hub.console.views import EdgeSight, Health
from hub.console.wording import Language, Words
from wire.names import format_at

STATIC_URL = "static"
E = TypeVar("E", bound=StrEnum)

LANGUAGE_COOKIE = "custos_language"
THEME_COOKIE = "custos_theme"
VIEW_COOKIE = "custos_view"

_KEYS = (
    ("j", "keys.next"),
    ("k", "keys.previous"),
    ("a", "keys.ack"),
    ("o", "keys.open"),
    ("r", "keys.reason"),
    ("/", "keys.search"),
    ("l", "keys.language"),
    ("t", "keys.theme"),
    ("w", "keys.view"),
    ("?", "keys.help"),
)
_BROWSER_WORDS = ("age.s", "age.min", "age.h", "age.d", "age.ago", "sound.blocked", "lost")


class Theme(StrEnum):
    """Dark first; light in equal care."""

    DARK = "dark"
    LIGHT = "light"


class View(StrEnum):
    """A desk, or a wall that is read from three metres."""

    DESK = "desk"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class Choice:
    """What this person chose; kept in cookies that hold nothing else."""

    language: Language
    theme: Theme
    view: View


def choice_of(request: Request) -> Choice:
    """Read a person's choice: ``?lang=`` first, then the cookies, then Chinese, dark, desk."""
    kept = request.cookies.get(LANGUAGE_COOKIE)
    return Choice(
        language=_chosen(request.query_params.get("lang", kept), Language.ZH),
        theme=_chosen(request.cookies.get(THEME_COOKIE), Theme.DARK),
        view=_chosen(request.cookies.get(VIEW_COOKIE), View.DESK),
    )


def _chosen(asked: str | None, default: E) -> E:
    return next((each for each in type(default) if each.value == asked), default)


def put_head(words: Words, choice: Choice, root: str) -> None:
    """Styles, scripts and the words that the browser itself needs, before anything is drawn."""
    table = {key: words.say(key, n="{n}", age="{age}") for key in _BROWSER_WORDS}
    table["zone"] = words.zone.key
    # "<" cannot stand in a script element; the table is ours, yet nobody has to remember that.
    safe = json.dumps(table, ensure_ascii=False).replace("<", "\\u003c")
    lang = "zh-CN" if words.language is Language.ZH else "en"
    ui.add_head_html(
        f'<link rel="stylesheet" href="{root}/{STATIC_URL}/tokens.css">'
        f'<link rel="stylesheet" href="{root}/{STATIC_URL}/icons.css">'
        f'<link rel="stylesheet" href="{root}/{STATIC_URL}/frame.css">'
        f'<link rel="stylesheet" href="{root}/{STATIC_URL}/pages.css">'
        f"<script>document.documentElement.lang='{lang}';"
        f"document.documentElement.dataset.theme='{choice.theme}';"
        f"document.documentElement.dataset.view='{choice.view}'</script>"
        f'<script id="custos-words" type="application/json">{safe}</script>'
        f'<script type="module" src="{root}/{STATIC_URL}/console.js"></script>'
    )


class Frame:
    """The bar on top of a page; ``follow`` keeps it true."""

    def __init__(self, words: Words, root: str, test_clock: str | None) -> None:
        self._words = words
        self._root = root
        self._shown: object = None
        self._chime = 0
        if test_clock is not None:
            text(words.say("test_clock", clock=test_clock), "note m-violet", "p")
        self._down = box("div", "note note-down m-red")
        attribute(self._down, "role", "alert").set_visibility(False)
        with self._down:
            icon("alarm")
            text(words.say("health.down"), "note-word", "b")
            text(words.say("health.down.do"))
        with box("header", "top"):
            self._draw_bar()
        # Read by console.js: the hub's time, the beat, and what to sound.
        self._live = attribute(text("", "spoken", "p"), "role", "status")
        attribute(self._live, "id", "live")
        _draw_keys(words)

    def _draw_bar(self) -> None:
        words = self._words
        with attribute(box("a", "brand"), "href", self._root + "/"):
            icon("label")
            text(words.say("brand"), "", "b")
            text(words.say("nav.wall"), "brand-page")
        with box("form", "search"):
            field = attribute(box("input", "field"), "name", "waybill")
            attribute(field, "placeholder", words.say("nav.search.hint"))
            attribute(field, "aria-label", words.say("nav.search"))
            attribute(field, "autocomplete", "off")
        self._health = box("div", "health")
        with box("nav", "tools"):
            attribute(box("custos-clock", "clock"), "aria-hidden", "true")
            for name, key, label in (
                ("view", "w", "nav.view.do"),
                ("theme", "t", "nav.theme.do"),
                ("help", "?", "nav.keys.do"),
            ):
                tool = attribute(box("button", "tool"), "data-do", name)
                attribute(attribute(tool, "data-key", key), "aria-label", words.say(label))
                with attribute(tool, "title", f"{words.say(label)} ({key})"):
                    icon(name)
            tool = attribute(
                text(words.say("nav.language"), "tool", "button"), "data-do", "language"
            )
            attribute(attribute(tool, "data-key", "l"), "data-to", words.language.other)
            attribute(tool, "aria-label", words.say("nav.language.do"))

    def follow(self, snapshot: Snapshot) -> None:
        """Show how the hub is; without health, the wall is as blind as without ingest."""
        health = snapshot.health
        is_down = health is None or not is_ingest_alive(health)
        self._down.set_visibility(is_down)
        attribute(self._live, "data-beat", str(snapshot.beat))
        if health is not None:
            attribute(self._live, "data-now", format_at(health.now))
        self._live.update()
        online = None if health is None else [is_online(e, health.now) for e in health.edges]
        shown = (is_down, health and health.last_event_at, health and health.edges, online)
        if shown != self._shown:
            self._shown = shown
            self._health.clear()
            with self._health:
                _draw_health(self._words, health, is_down)

    def announce(self, sentence: str, level: str) -> None:
        """Say a sentence to screen readers and sound once."""
        self._chime += 1
        self._live.set_text(sentence)
        attribute(self._live, "data-chime", f"{level}-{self._chime}")
        self._live.update()


def _draw_health(words: Words, health: Health | None, is_down: bool) -> None:
    with box("span", f"vital {'m-red' if is_down else 'm-green'}"):
        icon("alarm" if is_down else "pulse")
        text(words.say("health.dead" if is_down else "health.live"))
    if health is None:
        return
    with box("span", "vital"):
        text(words.say("health.event"), "label")
        if health.last_event_at is None:
            text(words.say("health.event.none"))
        else:
            age(health.last_event_at, words.exact(health.last_event_at))
    _draw_edges(words, health)


def _draw_edges(words: Words, health: Health) -> None:
    if not health.edges:
        text(words.say("health.edges.none"), "vital label")
        return
    online = sum(is_online(edge, health.now) for edge in health.edges)
    meaning = "" if online == len(health.edges) else " m-amber"
    with box("span", f"vital{meaning}") as vital:
        text(words.say("health.edges"), "label")
        text(words.say("health.edges.count", online=online, all=len(health.edges)))
    attribute(vital, "title", "\n".join(_edge_line(words, edge) for edge in health.edges))


def _edge_line(words: Words, edge: EdgeSight) -> str:
    if edge.heard_at is None:
        return f"{edge.site}/{edge.edge}: {words.say('health.edge.never')}"
    depth = words.say("health.edge.depth", depth=edge.depth)
    return f"{edge.site}/{edge.edge}: {words.exact(edge.heard_at)}, {depth}"


def _draw_keys(words: Words) -> Element:
    with attribute(box("dialog", "keys"), "id", "keys") as dialog:
        text(words.say("keys.title"), "", "h2")
        with box("dl"):
            for key, meaning in _KEYS:
                with box("dt"):
                    text(key, "key", "kbd")
                text(words.say(meaning), "", "dd")
        attribute(button(words.say("keys.close"), "button-quiet"), "data-do", "help")
    return dialog
