"""Rows of the parcel page: one recorded scan each, and the gaps between them."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from nicegui.element import Element

from hub.console.keyed import KeyedList, Row
from hub.console.looks import RESULT_ICON, RESULT_MEANING, Meaning
from hub.console.markup import age, attribute, box, chip, icon, text
from hub.console.views import ScanLine
from hub.console.wording import Words, person, visible
from hub.fact import is_simulated

GAP_SHOWN_FROM = timedelta(hours=1)
"""A longer stretch without a scan is drawn with its length."""


class ScanRows:
    """The scans of a parcel, newest first, with the long gaps between them."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._list = KeyedList(box("ol", "scans"))

    def show(self, scans: Sequence[ScanLine]) -> None:
        """Draw what changed; ``scans`` come oldest first."""
        rows: list[Row] = []
        later: ScanLine | None = None
        for scan in reversed(scans):
            if later is not None and later.at - scan.at >= GAP_SHOWN_FROM:
                gap = later.at - scan.at
                rows.append(Row(f"gap-{scan.key}", gap, partial(self._draw_gap, gap)))
            rows.append(Row(scan.key, scan, partial(self._draw, scan)))
            later = scan
        self._list.show(rows)

    def _draw(self, scan: ScanLine) -> Element:
        meaning = RESULT_MEANING.get(scan.result, Meaning.NO_DATA)
        with box("li", f"scan m-{meaning}") as row:
            with box("div", "scan-when"):
                text(self._words.clock_time(scan.at), "scan-time figure", "b")
                text(self._words.day(scan.at), "label figure")
                age(scan.at, self._words.exact(scan.at), "label")
            icon(RESULT_ICON.get(scan.result, "label"))
            with box("div", "scan-body"):
                self._draw_head(scan)
                self._draw_marks(scan)
                self._draw_times(scan)
                self._draw_raw(scan)
        return row

    def _draw_gap(self, length: timedelta) -> Element:
        with box("li", "scan-gap") as row:
            text(self._words.say("parcel.gap", age=self._words.span(length)))
        return row

    def _draw_head(self, scan: ScanLine) -> None:
        words = self._words
        who = words.name("person", None) if scan.by is None else person(scan.by)
        place = words.name("place", None) if scan.place is None else scan.place
        with box("p", "scan-head"):
            text(words.name("result", scan.result), "scan-result", "b")
            text(scan.site, "", "b")
            for value, gap in (
                (place, scan.place is None),
                (words.name("step", scan.step), scan.step is None),
                (who, scan.by is None),
            ):
                text(value, "gap" if gap else "")
            text(scan.device or words.name("device", None), "label")
            if scan.container is not None:
                text(visible(scan.container))

    def _draw_marks(self, scan: ScanLine) -> None:
        words = self._words
        with box("p", "scan-marks"):
            if is_simulated(scan.source):
                chip(words.say("scan.simulated"), Meaning.UNPROVEN)
            if scan.late:
                late = words.span(scan.received_at - scan.at)
                chip(words.say("scan.late", age=late), Meaning.OPEN, "clock")
            if scan.doubted:
                chip(words.say("scan.doubted"), Meaning.UNPROVEN, "clock")
            if scan.clock_error_ms is None:
                chip(words.say("scan.unsure"), Meaning.UNPROVEN, "clock")
            if scan.maybe_repeat_of is not None:
                chip(words.say("scan.repeat", seq=scan.maybe_repeat_of), Meaning.UNPROVEN)
            if scan.repeats:
                chip(words.say("scan.repeats", n=scan.repeats), Meaning.INFORMATION)

    def _draw_times(self, scan: ScanLine) -> None:
        words, times = self._words, scan.times
        with box("p", "scan-times"):
            for name, value in (
                ("decode", times.decode_us),
                ("verdict", times.verdict_us),
                ("commit", times.commit_us),
                ("feedback", times.feedback_us),
            ):
                with box("span", "scan-time-one"):
                    text(words.say(f"scan.time.{name}"), "label")
                    text(words.micros(value), "figure")
            text(words.name("signal", scan.signal), "label")
            text(self._list_words(scan), "label")

    def _list_words(self, scan: ScanLine) -> str:
        if scan.list_age_s is None:
            return self._words.say("scan.list.unknown", version=scan.list_version)
        held = self._words.span(timedelta(seconds=scan.list_age_s))
        return self._words.say("scan.list.value", version=scan.list_version, age=held)

    def _draw_raw(self, scan: ScanLine) -> None:
        words = self._words
        clock = scan.clock_error_ms
        rows = (
            ("place", words.say("scan.raw.place.value", edge=scan.edge, seq=scan.seq)),
            ("received", words.exact(scan.received_at)),
            ("code", scan.code_hex),
            ("aim", None if scan.aim is None else f"]{scan.aim}"),
            ("symbology", scan.symbology),
            ("source", scan.source),
            ("clock", None if clock is None else words.say("scan.clock", ms=clock)),
        )
        with box("details", "raw"):
            text(words.say("scan.raw"), "", "summary")
            with box("dl"):
                for name, value in rows:
                    text(words.say(f"scan.raw.{name}"), "label", "dt")
                    shown = words.say("figure.none") if value is None else visible(value)
                    attribute(text(shown, "code", "dd"), "title", shown)
