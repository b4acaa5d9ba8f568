"""The lane view: a column for each site, a dot for each parcel that should move."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from nicegui.element import Element

from hub.console.keyed import KeyedList, Row
from hub.console.markup import attribute, box, chip, icon, text
from hub.console.suspects.looks import PACE_ICON, PACE_MEANING
from hub.console.suspects.views import Column, Dot, Pace
from hub.console.wording import Words


class LaneField:
    """Sites side by side in travel order; a dot drifts to the right until it is scanned again."""

    def __init__(self, words: Words, choose: Callable[[str], Awaitable[None]]) -> None:
        self._words = words
        self._choose = choose
        self._chosen: str | None = None
        self._columns: dict[str, KeyedList] = {}
        self._sites: tuple[str, ...] = ()
        with box("div", "lanes") as self._whole:
            with box("p", "lanes-legend"):
                for pace in Pace:
                    said = words.say(f"suspects.pace.{pace}")
                    chip(said, PACE_MEANING[pace], PACE_ICON[pace])
                text(words.say("suspects.lanes.about"), "label")
            self._field = box("div", "lane-field")

    def set_visibility(self, *, is_shown: bool) -> None:
        """Show it, or keep its place for the list."""
        self._whole.set_visibility(is_shown)

    def show(self, columns: Sequence[Column], chosen: str | None) -> None:
        """Draw what changed."""
        self._chosen = chosen
        sites = tuple(column.site for column in columns)
        if sites != self._sites:
            self._sites = sites
            self._field.clear()
            with self._field:
                self._columns = {column.site: self._draw_column(column) for column in columns}
        for column in columns:
            rows = [
                Row(dot.waybill, (dot, dot.waybill == chosen), partial(self._draw_dot, dot))
                for dot in column.dots
            ]
            if column.more:
                rows.append(Row("more", column.more, partial(self._draw_more, column.more)))
            self._columns[column.site].show(rows)

    def _draw_column(self, column: Column) -> KeyedList:
        with box("section", "lane-column"):
            with box("header", "lane-column-head"):
                text(column.site, "", "b")
                text(column.name or "", "label")
            return KeyedList(box("div", "dots"))

    def _draw_dot(self, dot: Dot) -> Element:
        words = self._words
        with box("div", "dot-row") as whole:
            found = attribute(
                box("button", f"dot dot-{dot.pace} m-{PACE_MEANING[dot.pace]}"), "type", "button"
            )
            pressed = "true" if dot.waybill == self._chosen else "false"
            attribute(found, "aria-pressed", pressed)
            said = words.say(f"suspects.pace.{dot.pace}")
            named = f"{dot.waybill} · {said} · {words.exact(dot.seen_at)}"
            attribute(attribute(found, "aria-label", named), "title", named)
            found.style(f"left: calc({100 * dot.progress:.0f}% - {28 * dot.progress:.0f}px)")
            found.on("click", partial(self._choose, dot.waybill))
            with found:
                icon(PACE_ICON[dot.pace])
        return whole

    def _draw_more(self, more: int) -> Element:
        return text(self._words.say("suspects.more", n=more), "label", "p")
