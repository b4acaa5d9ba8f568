"""Figures of a model as people read them, and the marks that several of its panels draw."""

from datetime import datetime

from hub.console.looks import Meaning
from hub.console.markup import icon, text
from hub.console.wording import Words
from hub.missing.service.models import ModelState

STATE_MEANING = {
    ModelState.LIVE: Meaning.INFORMATION,
    ModelState.REPLACED: Meaning.NO_DATA,
    ModelState.REFUSED: Meaning.OPEN,
    ModelState.ROLLED_BACK: Meaning.OPEN,
}
STATE_ICON = {
    ModelState.LIVE: "check",
    ModelState.REPLACED: "skipped",
    ModelState.REFUSED: "alarm",
    ModelState.ROLLED_BACK: "back",
}
MILLION = 1_000_000


def percent(share: float) -> str:
    """A share with two digits that count; only none at all is ``0%``, only all is ``100%``.

    Finer than ``hub.evidence.percent``: here shares of one in thousands are compared.
    """
    if share in (0, 1):
        return f"{share:.0%}"
    if share < 0.00005:
        return "<0.01%"
    if share >= 0.995:
        return f"{min(99.9, 100 * share):.1f}%"
    digits = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f}%"


def hours(length_h: float, words: Words) -> str:
    """Hours with one digit behind the point; from a hundred on without."""
    said = f"{length_h:.1f}" if abs(length_h) < 99.95 else f"{length_h:,.0f}"
    return words.say("model.hours", n=said)


def price(length_h: float, words: Words) -> str:
    """A price in hours; nobody counts beyond millions."""
    if length_h < MILLION:
        return words.say("model.hours", n=f"{length_h:,.0f}")
    return words.say("model.million_hours", n=f"{length_h / MILLION:,.1f}")


def minute(at: datetime, words: Words) -> str:
    """A moment to the minute."""
    return f"{words.day(at)} {words.clock_time(at)[:5]}"


def product(name: str | None, words: Words, *, is_alone: bool) -> str:
    """A product as people call it: its kind of waybill, high value or not; ``None``: all others."""
    if name is None:
        return words.say("model.product.all" if is_alone else "model.product.every")
    kind, _, value = name.partition("/")
    return words.say(f"model.product.{value}", kind=words.name("model.kind", kind))


def title(words: str) -> None:
    """The heading of a panel."""
    text(words, "part-title", "h2")


def mark(meaning: Meaning, words: str) -> None:
    """An icon and a sentence in a colour."""
    icon("check" if meaning is Meaning.INFORMATION else "alarm")
    text(words)
