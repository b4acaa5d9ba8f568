"""Many entries at once: paste or pick a table, see what each line would do, then put them all."""

from collections import Counter
from functools import partial

from starlette.concurrency import run_in_threadpool

from hub.console.forms import FileField, PickedFile, TextField
from hub.console.live import keep_frame
from hub.console.looks import RESULT_ICON, RESULT_MEANING, Meaning
from hub.console.markup import attribute, box, button, chip, icon, text, waybill
from hub.console.rules import is_waybill
from hub.console.screens import ROOT
from hub.console.seam import NotAllowedError
from hub.console.visit import Visit
from hub.console.wanted.desk import WantedDesk
from hub.console.wanted.reading import CHARS_MAX, LINES_MAX
from hub.console.wanted.views import Becomes, Column, ImportLine
from hub.console.wording import visible
from hub.wanted.service import WantedError

LINES_SHOWN_MAX = 200
BYTES_MAX = 3 * CHARS_MAX
_MEANING = {
    Becomes.NEW: Meaning.INFORMATION,
    Becomes.CHANGE: Meaning.INFORMATION,
    Becomes.SAME: Meaning.NO_DATA,
    Becomes.FAULTY: Meaning.OPEN,
}
_ICON = {
    Becomes.NEW: "check",
    Becomes.CHANGE: "gear",
    Becomes.SAME: "skipped",
    Becomes.FAULTY: "label-bad",
}
_ENCODINGS = ("utf-8-sig", "gb18030")
"""Chinese spreadsheets save a CSV in GB 18030 unless they are told otherwise."""


class ImportPage:
    """Nothing is changed before the person has seen every line and said so."""

    def __init__(self, visit: Visit, desk: WantedDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._lines: list[ImportLine] = []
        with box("main", "page"):
            with attribute(box("a", "back"), "href", f"{ROOT}/wanted"):
                icon("back")
                text(words.say("wanted.back"))
            with box("header", "page-head"):
                text(words.say("wanted.import.title"), "page-title", "h1")
                text(words.say("wanted.import.about", n=LINES_MAX), "label", "p")
            self._draw_help()
            with box("div", "import-form") as self._form:
                self._paste = TextField(
                    words.say("wanted.import.paste"), CHARS_MAX, rows=8, hint=_EXAMPLE
                )
                label = words.say("wanted.import.file")
                accept = ".csv,.tsv,.txt,text/csv,text/plain"
                FileField(
                    label, words.say("file.choose"), BYTES_MAX, accept=accept, picked=self._pick
                )
                button(words.say("wanted.import.look"), "button-strong").on("click", self._look)
            self._problem = attribute(text("", "problem m-red", "p"), "role", "alert")
            self._problem.set_visibility(False)
            self._preview = attribute(box("section", "part"), "aria-live", "polite")

    def start(self) -> None:
        """Keep the frame alive; the preview itself changes only when the person asks."""
        keep_frame(self._visit)

    def _draw_help(self) -> None:
        words = self._words
        with box("details", "raw"):
            text(words.say("wanted.import.columns"), "", "summary")
            with box("dl"):
                for column in Column:
                    text(column.value, "code", "dt")
                    text(words.say(f"wanted.column.{column}"), "", "dd")

    async def _pick(self, file: PickedFile) -> None:
        pasted = None if file.content is None else _decoded(file.content)
        if pasted is None:
            self._complain("wanted.import.unreadable")
            return
        await self._show(pasted)

    async def _look(self) -> None:
        await self._show(self._paste.value)

    async def _show(self, pasted: str) -> None:
        self._problem.set_visibility(False)
        self._lines = await run_in_threadpool(self._desk.preview, pasted, self._visit.caller)
        self._draw()

    def _complain(self, key: str) -> None:
        self._problem.set_text(self._words.say(key))
        self._problem.set_visibility(True)

    def _draw(self) -> None:
        words, lines = self._words, self._lines
        self._preview.clear()
        count = Counter(line.becomes for line in lines)
        with self._preview:
            if not lines:
                text(words.say("wanted.import.nothing"), "problem m-amber", "p")
                return
            with box("header", "part-head"):
                text(words.say("wanted.import.preview"), "", "h2")
                for becomes in Becomes:
                    if count[becomes]:
                        said = words.say(f"becomes.{becomes}.count", n=count[becomes])
                        chip(said, _MEANING[becomes], _ICON[becomes])
            if len(lines) == LINES_MAX:
                text(words.say("wanted.import.full", n=LINES_MAX), "problem m-amber", "p")
            self._draw_commit(count[Becomes.NEW] + count[Becomes.CHANGE], count[Becomes.FAULTY])
            self._draw_lines()

    def _draw_commit(self, good: int, faulty: int) -> None:
        words = self._words
        if not good:
            text(words.say("wanted.import.none"), "problem m-amber", "p")
            return
        key = "wanted.import.do.some" if faulty else "wanted.import.do"
        found = button(words.say(key, n=good, faulty=faulty), "button-strong import-do")
        found.on("click", self._commit)

    def _draw_lines(self) -> None:
        # What needs a person's eye first: the faulty lines.
        ordered = sorted(
            self._lines, key=lambda line: (line.becomes is not Becomes.FAULTY, line.number)
        )
        with box("ol", "rows"):
            for line in ordered[:LINES_SHOWN_MAX]:
                self._draw_line(line)
        hidden = len(ordered) - LINES_SHOWN_MAX
        if hidden > 0:
            text(self._words.say("wanted.import.hidden", n=hidden), "more", "p")

    def _draw_line(self, line: ImportLine) -> None:
        words = self._words
        with box("li"), box("div", "row row-import"):
            text(words.say("wanted.import.line", n=line.number), "label figure")
            with box("span", "row-cell"):
                if is_waybill(line.waybill):
                    waybill(line.waybill, "row-main")
                else:
                    text(visible(line.waybill) or words.say("figure.none"), "row-main")
            with box("span", "row-cell"):
                chip(
                    words.say(f"becomes.{line.becomes}"),
                    _MEANING[line.becomes],
                    _ICON[line.becomes],
                )
            with box("span", "row-cell row-words"):
                for fault in line.faults:
                    text(words.say(f"fault.{fault}"))
                if line.same_as is not None:
                    text(words.say("fault.twice.line", n=line.same_as), "gap")
                if line.draft is not None:
                    draft = line.draft
                    chip(
                        words.name("result", draft.result),
                        RESULT_MEANING[draft.result],
                        RESULT_ICON[draft.result],
                    )
                    text(visible(draft.reason))
                    if draft.scope is not None:
                        text(" ".join(draft.scope), "gap")
                    if draft.expires_at is not None:
                        text(words.exact(draft.expires_at), "gap")

    async def _commit(self) -> None:
        commit = partial(self._desk.commit, self._lines, self._visit.caller)
        good = sum(line.becomes in (Becomes.NEW, Becomes.CHANGE) for line in self._lines)
        try:
            await run_in_threadpool(commit)
        except NotAllowedError:
            self._complain("act.forbidden")
        except WantedError:
            self._complain("wanted.import.refused")
        else:
            self._lines = []
            self._preview.clear()
            with self._preview:
                said = self._words.say("wanted.import.done", n=good)
                attribute(text(said, "problem m-green", "p"), "role", "status")
                with attribute(box("a", "link"), "href", f"{ROOT}/wanted"):
                    text(self._words.say("wanted.back"))


_EXAMPLE = "waybill,result,reason,expires_at,scope\n103000000001,stop,…,2026-11-30 18:00,755A 755W"


def _decoded(content: bytes) -> str | None:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
