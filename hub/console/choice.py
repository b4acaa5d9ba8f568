"""What a person chose, kept in cookies, and what the browser is told before anything is drawn."""

import json
from dataclasses import dataclass
from enum import StrEnum

from fastapi import Request
from nicegui import ui

from hub.console.screens import ROOT
from hub.console.wording import Words
from hub.web.choice import Language, Theme, chosen, language_of, theme_of

STATIC_URL = "static"

VIEW_COOKIE = "custos_view"

_STYLES = (
    "tokens",
    "icons",
    "frame",
    "forms",
    "tables",
    "pages",
    "replay",
    "work",
    "player",
    "cameras",
    "reads",
    "model",
)
_BROWSER_WORDS = (
    "age.s",
    "age.min",
    "age.h",
    "age.d",
    "age.ago",
    "countdown.left",
    "countdown.over",
    "sound.blocked",
    "lost",
)


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
    return Choice(
        language=language_of(request),
        theme=theme_of(request),
        view=chosen(request.cookies.get(VIEW_COOKIE), View.DESK),
    )


def put_head(words: Words, choice: Choice) -> None:
    """Styles, scripts and the words that the browser itself needs, before anything is drawn."""
    lang = words.language.tag
    table = {key: words.say(key, n="{n}", age="{age}") for key in _BROWSER_WORDS}
    table |= {"zone": words.zone.key, "lang": lang}
    # "<" cannot stand in a script element; the table is ours, yet nobody has to remember that.
    safe = json.dumps(table, ensure_ascii=False).replace("<", "\\u003c")
    styles = "".join(
        f'<link rel="stylesheet" href="{ROOT}/{STATIC_URL}/{name}.css">' for name in _STYLES
    )
    ui.add_head_html(
        f"{styles}<script>document.documentElement.dataset.theme='{choice.theme}';"
        f"document.documentElement.dataset.view='{choice.view}'</script>"
        f'<script id="custos-words" type="application/json">{safe}</script>'
        f'<script type="module" src="{ROOT}/{STATIC_URL}/console.js"></script>'
    )
