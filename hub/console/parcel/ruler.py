"""Draw a parcel's custody: a ruler of time, a lane for each site, and when it became known."""

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from nicegui.element import Element

from hub.console.looks import MEANING_OF, RESULT_MEANING, STANDING_MEANING, Meaning
from hub.console.markup import attribute, box, icon, text
from hub.console.parcel.footage import draw_film_mark
from hub.console.parcel.views import (
    Block,
    Film,
    Half,
    Joint,
    Lane,
    Learned,
    Mark,
    Person,
    Replay,
    Shape,
    Tick,
    TickKind,
)
from hub.console.wording import Words, person, visible

HALF_MEANING = {
    Half.DONE: Meaning.RECORDED,
    Half.OPEN: Meaning.OPEN,
    Half.REFUSED: Meaning.STOP,
}
NAME_AT_END_FROM = 0.93
"""A moment so far to the right is written to its left."""


def who(words: Words, someone: Person | None) -> str:
    """A person's name, else the pseudonym that is all that anybody knows."""
    if someone is None:
        return words.say("person.none")
    if someone.name is not None:
        return someone.name
    return words.say("custody.unnamed") if someone.by is None else person(someone.by)


class Ruler:
    """The lanes; a click on a block or a joint chooses it."""

    def __init__(self, words: Words, choose: Callable[[str], None]) -> None:
        self._words = words
        self._choose = choose
        self._whole = box("div", "replay")
        self._buttons: dict[str, Element] = {}
        self._chosen: str | None = None

    def show(self, replay: Replay, chosen: str | None, *, is_past: bool) -> None:
        """Draw it; ``is_past``: it ends at another moment than now."""
        self._whole.clear()
        self._buttons = {}
        self._chosen = chosen
        with self._whole:
            self._draw_marks(replay, is_past=is_past)
            for lane in replay.lanes:
                self._draw_lane(lane)
            if replay.films is not None:
                self._draw_films(replay.films)
            self._draw_learned(replay.learned)

    def mark(self, chosen: str | None) -> None:
        """Show which one is chosen."""
        for key in {self._chosen, chosen} - {None}:
            if key in self._buttons:
                pressed = "true" if key == chosen else "false"
                attribute(self._buttons[key], "aria-pressed", pressed).update()
        self._chosen = chosen

    def _draw_marks(self, replay: Replay, *, is_past: bool) -> None:
        words, marks = self._words, replay.marks
        text(words.say("custody.ruler"), "lane-name label")
        with box("div", "track ruler"):
            day = ""
            for mark in marks:
                new_day = words.day(mark.at)
                self._draw_mark(mark, new_day[5:] if new_day != day else "")
                day = new_day
            if not replay.is_over:
                end = words.say("custody.then" if is_past else "custody.now")
                text(end, "mark mark-end")

    def _draw_mark(self, mark: Mark, day: str) -> None:
        words = self._words
        if mark.place >= NAME_AT_END_FROM:
            return
        with _at(box("span", "mark"), mark.place) as whole:
            attribute(whole, "title", words.exact(mark.at))
            text(words.clock_time(mark.at)[:5], "figure")
            text(day, "label figure")

    def _draw_lane(self, lane: Lane) -> None:
        words = self._words
        with box("div", "lane-name"):
            if lane.site is None:
                text(words.say("custody.under_way"), "", "b")
            else:
                text(lane.site, "", "b")
                text(lane.name or "", "label")
        with box("div", "track lane-track"):
            for block in lane.blocks:
                self._draw_block(block)
            for joint in lane.joints:
                self._draw_joint(joint)
            for tick in lane.ticks:
                _draw_tick(tick, words)

    def _draw_block(self, block: Block) -> None:
        words = self._words
        meaning = Meaning.STOP if block.gap else STANDING_MEANING[block.standing]
        found = self._button(block.key, f"block block-{block.shape} m-{meaning}")
        wide = 100 * (block.stretch.end - block.stretch.start)
        _at(found, block.stretch.start).style(f"width: max({wide:.2f}%, 10px)")
        said = block_name(words, block)
        attribute(attribute(found, "aria-label", said), "title", said)
        with found:
            if block.shape is Shape.HELD:
                text(who(words, block.holder), "block-name")
            elif block.shape is Shape.NOBODY:
                text(length(words, block), "block-name figure")

    def _draw_joint(self, joint: Joint) -> None:
        words = self._words
        found = _at(self._button(joint.key, "joint"), joint.place)
        said = joint_name(words, joint)
        attribute(attribute(found, "aria-label", said), "title", said)
        with found:
            box("span", f"half half-{joint.given} m-{HALF_MEANING[joint.given]}")
            box("span", f"half half-{joint.taken} m-{HALF_MEANING[joint.taken]}")

    def _button(self, key: str, classes: str) -> Element:
        found = attribute(box("button", classes), "type", "button")
        attribute(found, "aria-pressed", "true" if key == self._chosen else "false")
        found.on("click", partial(self._choose, key))
        self._buttons[key] = found
        return found

    def _draw_films(self, films: tuple[Film, ...]) -> None:
        text(self._words.say("film.row"), "lane-name label")
        with box("div", "track films-track"):
            for film in films:
                mark = draw_film_mark(self._words, film, self._chosen, self._choose)
                self._buttons[film.key] = mark

    def _draw_learned(self, learned: tuple[Learned, ...]) -> None:
        words = self._words
        text(words.say("custody.learned"), "lane-name label")
        with box("div", "track learned"):
            for each in learned:
                key = "custody.learned.late" if each.late else "custody.learned.at"
                said = words.say(key, at=words.exact(each.at))
                meaning = Meaning.OPEN if each.late else Meaning.NO_DATA
                link = _at(box("a", f"belief m-{meaning} {'is-late' * each.late}"), each.place)
                attribute(link, "href", f"?as_of={quote(each.at.isoformat())}")
                attribute(attribute(link, "aria-label", said), "title", said)


def _draw_tick(tick: Tick, words: Words) -> None:
    """Scans and alerts stand as lists below; here they only show when."""
    is_alert = tick.kind is TickKind.ALERT
    if is_alert:
        meaning = MEANING_OF.get(tick.what, Meaning.OPEN)
        said = words.name("kind", tick.what)
    elif tick.kind is TickKind.SIGHTING:
        meaning = Meaning.INFORMATION
        said = f"{words.say('cause.sighting')} {visible(tick.what)}"
    else:
        meaning = RESULT_MEANING.get(tick.what, Meaning.NO_DATA)
        said = words.name("result", tick.what)
    found = _at(box("i", f"tick tick-{tick.kind} m-{meaning}"), tick.place)
    attribute(found, "title", f"{said} · {words.exact(tick.at)}")
    attribute(found, "aria-hidden", "true")
    if is_alert:
        with found:
            icon("alarm")


def _at(element: Element, place: float) -> Element:
    return element.style(f"left: {100 * place:.2f}%")


def length(words: Words, block: Block) -> str:
    """How long it was, or has been until now."""
    said = words.span(block.length)
    return words.say("custody.lasting", age=said) if block.until is None else said


def block_name(words: Words, block: Block) -> str:
    """A block in one sentence."""
    where = words.say("custody.under_way") if block.site is None else block.site
    if block.gap is not None:
        said = words.say(f"custody.gap.{block.gap}")
        return f"{said} · {where} · {length(words, block)}"
    name = who(words, block.holder)
    standing = words.say(f"standing.{block.standing}")
    return f"{name} · {where} · {standing} · {length(words, block)}"


def joint_name(words: Words, joint: Joint) -> str:
    """A handover in one sentence."""
    halves = words.say(f"custody.joint.{joint_state(joint)}")
    return f"{who(words, joint.giver)} → {who(words, joint.receiver)} · {halves}"


def joint_state(joint: Joint) -> str:
    """Which of the four things became of a handover."""
    if joint.given is Half.REFUSED:
        return "refused"
    if joint.taken is Half.OPEN:
        return "not_taken"
    return "both" if joint.given is Half.DONE else "not_given"
