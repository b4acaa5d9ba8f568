"""What the browser grows by itself: tags, attributes and texts as plain values. Pure.

Each element of the framework's costs on every page that is open; a tree costs once, however many
pages show it. Tags, classes and attributes' names are ours; a text, whoever wrote it, becomes a
text node and never HTML. See ``static/grown.js``.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from hub.console.looks import Meaning
from hub.console.wording import Words
from wire.names import format_at


class Tree(msgspec.Struct, frozen=True, array_like=True):
    """One tag; in JSON ``[tag, attributes, children]``."""

    tag: str
    attributes: dict[str, str]
    children: tuple["Tree | str", ...]


def branch(tag: str, classes: str, *children: Tree | str, **attributes: str) -> Tree:
    """A tag with what stands in it; ``_`` in an attribute's name is written ``-``."""
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    return Tree(tag, {"class": classes} | named if classes else named, children)


def icon(name: str) -> Tree:
    """A picture for the word beside it; silent for screen readers."""
    return branch("span", f"icon i-{name}", aria_hidden="true")


def chip(words: str, meaning: Meaning, icon_name: str | None = None) -> Tree:
    """A small mark: colour, word and mostly an icon."""
    pictures = () if icon_name is None else (icon(icon_name),)
    return branch("span", f"chip m-{meaning}", *pictures, branch("span", "", words))


def age(at: datetime, words: Words, classes: str = "") -> Tree:
    """A time's age, which counts by itself in the browser; the exact time is shown on hover."""
    return branch("custos-age", classes, at=format_at(at), title=words.exact(at))


def waybill(number: str, classes: str) -> Tree:
    """A waybill; the browser sets it in groups of four, its series apart."""
    return branch("custos-waybill", f"waybill {classes}", number=number, aria_label=number)


def to_json(trees: Sequence[Tree]) -> str:
    """Trees that stand side by side, as ``custos-grown`` takes them for its ``shows``."""
    return msgspec.json.encode(trees).decode()
