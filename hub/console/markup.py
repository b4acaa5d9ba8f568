"""The few elements that the console is made of. Text is always a text node, never HTML.

NiceGUI's own widgets bring a look of their own; these are plain tags with our classes.
"""

from datetime import datetime
from typing import TypeVar

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from hub.console.looks import Meaning
from wire.names import format_at

E = TypeVar("E", bound=Element)


def box(tag: str = "div", classes: str = "") -> Element:
    """An element that holds others."""
    return ui.element(tag).classes(classes)


def text(words: str, classes: str = "", tag: str = "span") -> TextElement:
    """An element that holds words, whoever wrote them."""
    return TextElement(tag=tag, text=words).classes(classes)


def attribute(element: E, name: str, value: str) -> E:
    """Set an attribute; ``value`` is never parsed, so strangers may have written it."""
    element.props[name] = value
    return element


def icon(name: str) -> Element:
    """A picture for the word beside it; silent for screen readers."""
    return attribute(box("span", f"icon i-{name}"), "aria-hidden", "true")


def button(words: str, classes: str, key: str | None = None) -> Element:
    """A button; ``key`` is the key that presses it, shown on it."""
    found = attribute(box("button", f"button {classes}"), "type", "button")
    with found:
        text(words)
        if key is not None:
            attribute(found, "data-key", key)
            text(key, "key", "kbd")
    return found


def age(at: datetime, exact: str, classes: str = "") -> Element:
    """A time's age, which counts by itself in the browser; ``exact`` is shown on hover."""
    found = attribute(box("custos-age", classes), "at", format_at(at))
    return attribute(found, "title", exact)


def countdown(due_at: datetime, exact: str, classes: str = "") -> Element:
    """The time that is left, or by how much it is over; it counts by itself in the browser."""
    found = attribute(box("custos-countdown", classes), "at", format_at(due_at))
    return attribute(found, "title", exact)


def waybill(number: str, classes: str = "") -> Element:
    """A waybill; the browser sets it in groups of four, its series apart."""
    found = attribute(box("custos-waybill", f"waybill {classes}"), "number", number)
    return attribute(found, "aria-label", number)


def chip(words: str, meaning: Meaning, icon_name: str | None = None) -> Element:
    """A small mark: colour, word and mostly an icon."""
    whole = box("span", f"chip m-{meaning}")
    with whole:
        if icon_name is not None:
            icon(icon_name)
        text(words)
    return whole
