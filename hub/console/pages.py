"""What a page says in the place where its value should stand: nothing there, or not readable."""

from nicegui.element import Element

from hub.console.markup import box, icon, text
from hub.console.wording import Words


def draw_empty(place: Element, words: Words, key: str, picture: str) -> None:
    """Say what will appear here and why it is empty; ``key`` and ``key.why`` are the messages."""
    place.clear()
    with place, box("div", "empty"):
        icon(picture)
        text(words.say(key), "empty-word", "p")
        text(words.say(f"{key}.why"), "", "p")


def draw_broken(place: Element, words: Words) -> None:
    """Say that the records cannot be read now, and what to do."""
    draw_empty(place, words, "page.broken", "broken")
