"""Draw a camera's day: footage, gaps, what was scanned at its site; a click plays from there."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from hub.console.cameras.day import hours_of, moment_at, place_of
from hub.console.cameras.views import Bar, BarKind, CameraDay, Scanned
from hub.console.looks import Meaning
from hub.console.markup import attribute, box, text
from hub.console.wording import Words, visible

_WHERE = """(event) => {
  const box = event.currentTarget.getBoundingClientRect();
  emit((event.clientX - box.left) / box.width);
}"""
_MEANING = {BarKind.FOOTAGE: Meaning.RECORDED, BarKind.GAP: Meaning.STOP}

Pick = Callable[[datetime], Awaitable[None]]


class DayRuler:
    """A day from midnight to midnight."""

    def __init__(self, words: Words, pick: Pick) -> None:
        self._words = words
        self._pick = pick
        self._day: CameraDay | None = None
        self._totals = box("p", "day-totals")
        with box("div", "day"):
            self._hours = attribute(box("div", "day-hours"), "aria-hidden", "true")
            self._track = box("div", "day-track").on("click", self._choose, js_handler=_WHERE)
            self._scans = box("div", "day-scans")
        self._cursor: Element | None = None

    def show(self, day: CameraDay, playing: datetime | None) -> None:
        """Draw a day; ``playing``: from where it is played."""
        words = self._words
        self._day = day
        self._totals.clear()
        with self._totals:
            for kind, key in ((BarKind.FOOTAGE, "playback.has"), (BarKind.GAP, "playback.gaps")):
                length = day.total(kind)
                if length:
                    text(words.say(key, age=words.span(length)), f"marked m-{_MEANING[kind]}")
        self._hours.clear()
        with self._hours:
            for place, at in hours_of(day.since, day.until):
                _at(text(words.clock_time(at)[:5], "day-hour figure"), place)
        self._track.clear()
        with self._track:
            for bar in day.bars:
                self._draw_bar(bar)
            self._cursor = box("i", "day-cursor")
        self._scans.clear()
        with self._scans:
            for scan in day.scans:
                self._draw_scan(scan)
        self.mark(playing)

    def mark(self, playing: datetime | None) -> None:
        """Show from where it is played."""
        if self._cursor is None or self._day is None:
            return
        is_here = playing is not None and self._day.since <= playing <= self._day.until
        self._cursor.set_visibility(is_here)
        if playing is not None and is_here:
            _at(self._cursor, place_of(playing, self._day.since, self._day.until))

    async def _choose(self, event: GenericEventArguments) -> None:
        if self._day is not None and isinstance(event.args, int | float):
            await self._pick(moment_at(float(event.args), self._day.since, self._day.until))

    def _draw_bar(self, bar: Bar) -> None:
        words = self._words
        since, until = words.clock_time(bar.since), words.clock_time(bar.until)
        said = words.say("playback.part.footage", since=since, until=until)
        if bar.kind is BarKind.GAP:
            reason = words.name("player.gap", bar.reason)
            said = words.say(
                "playback.part.gap",
                age=words.span(bar.length),
                reason=reason,
                since=since,
                until=until,
            )
        found = _at(box("i", f"day-bar day-{bar.kind} m-{_MEANING[bar.kind]}"), bar.start)
        found.style(f"width: {100 * (bar.end - bar.start):.3f}%")
        attribute(found, "title", said)

    def _draw_scan(self, scan: Scanned) -> None:
        said = scan_name(self._words, scan)
        meaning = Meaning.INFORMATION if scan.is_seen else Meaning.NO_DATA
        found = _at(box("button", f"day-scan m-{meaning}"), scan.place)
        attribute(attribute(found, "type", "button"), "title", said)
        attribute(found, "aria-label", said).on("click", partial(self._pick, scan.at))


def scan_name(words: Words, scan: Scanned) -> str:
    """An event in one sentence."""
    what = words.messages.get(f"step.{scan.what}") or words.name("cause", scan.what)
    at = words.clock_time(scan.at)
    return words.say("playback.scan", waybill=visible(scan.waybill), step=what, at=at)


def _at(element: Element, place: float) -> Element:
    return element.style(f"left: {100 * place:.3f}%")
