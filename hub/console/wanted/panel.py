"""The form of one entry: new, changed, or only looked at."""

from collections.abc import Awaitable, Callable, Sequence

from hub.console.forms import Choice, TextField, Tick
from hub.console.markup import attribute, box, button, icon, text, waybill
from hub.console.wanted.reading import BANNER_CHARS_MAX, PRIORITY_DEFAULT, REASON_CHARS_MAX
from hub.console.wanted.views import Column, Fields
from hub.console.wording import Words, visible
from wire.names import parse_at
from wire.wanted import WantedEntry, WantedResult

_LONG = 400
"""More than any rule allows, so that what is too long is refused and not cut."""


class EntryPanel:
    """Draws one form at a time, and says what came of it."""

    def __init__(
        self,
        words: Words,
        put: Callable[[Fields], Awaitable[None]],
        remove: Callable[[str], Awaitable[None]],
    ) -> None:
        self._words = words
        self._put = put
        self._remove = remove
        self._done = attribute(text("", "problem m-green", "p"), "role", "status")
        self._form = box("div", "side-form")
        self._problem = attribute(box("div", "problem m-red"), "role", "alert")
        self.clear()

    def clear(self) -> None:
        """Show no entry, only what will stand here."""
        self._reset()
        with self._form, box("div", "empty"):
            icon("wanted")
            text(self._words.say("wanted.chosen.none"), "empty-word", "p")
            text(self._words.say("wanted.chosen.none.why"), "", "p")

    def begin(self) -> None:
        """Ask for a new entry."""
        self._reset()
        with self._form:
            text(self._words.say("wanted.new"), "part-title", "h2")
            label = self._words.say("wanted.field.waybill")
            number = TextField(label, _LONG, hint="1030 0000 0001")
            self._draw_fields(None, lambda: number.value)

    def edit(self, entry: WantedEntry, *, is_changeable: bool) -> None:
        """Show an entry; one that the person may not change is only shown."""
        self._reset()
        words = self._words
        with self._form:
            waybill(entry.waybill, "detail-waybill")
            said = words.say("wanted.owner", who=entry.owner or words.say("figure.unknown"))
            text(visible(said), "label", "p")
            if not is_changeable:
                text(visible(entry.reason), "", "p")
                text(words.say("wanted.looking"), "gap", "p")
                return
            self._draw_fields(entry, lambda: entry.waybill)
            self._draw_removal(entry.waybill)

    def complain(self, sentences: Sequence[str]) -> None:
        """Say why nothing was changed."""
        self._done.set_visibility(False)
        self._problem.clear()
        with self._problem:
            for sentence in sentences:
                text(sentence, "", "p")
        self._problem.set_visibility(True)

    def tell(self, sentence: str) -> None:
        """Say what was done."""
        self._problem.set_visibility(False)
        self._done.set_text(sentence)
        self._done.set_visibility(True)

    def _reset(self) -> None:
        self._form.clear()
        self._done.set_visibility(False)
        self._problem.set_visibility(False)

    def _draw_fields(self, entry: WantedEntry | None, number: Callable[[], str]) -> None:
        words = self._words
        results = [(each.value, words.name("result", each)) for each in WantedResult]
        wanted = None if entry is None else entry.result.value
        result = Choice(words.say("wanted.field.result"), results, wanted)
        reason = TextField(
            words.say("wanted.field.reason"),
            _LONG,
            value="" if entry is None else entry.reason,
            hint=words.say("wanted.field.reason.hint", n=REASON_CHARS_MAX),
            rows=2,
        )
        expires = TextField(
            words.say("wanted.field.expires"),
            _LONG,
            value=""
            if entry is None or entry.expires_at is None
            else self._local(entry.expires_at),
            hint="2026-11-30 18:00",
        )
        scope = TextField(
            words.say("wanted.field.scope"),
            _LONG,
            value="" if entry is None or entry.scope is None else " ".join(entry.scope),
            hint=words.say("wanted.field.scope.hint"),
        )
        priority = Choice(
            words.say("wanted.field.priority"),
            [(str(each), str(each)) for each in range(10)],
            str(PRIORITY_DEFAULT if entry is None else entry.priority),
        )
        zh, en = (None, None) if entry is None else (entry.banner_zh, entry.banner_en)
        hint = words.say("wanted.field.banner.hint", n=BANNER_CHARS_MAX)
        banners = {
            column: TextField(
                words.say(f"wanted.field.{column}"), _LONG, value=value or "", hint=hint
            )
            for column, value in ((Column.BANNER_ZH, zh), (Column.BANNER_EN, en))
        }
        covert = Tick(words.say("wanted.field.covert"), value=entry is not None and entry.covert)

        async def put() -> None:
            await self._put(
                {
                    Column.WAYBILL: number(),
                    Column.RESULT: result.value,
                    Column.REASON: reason.value,
                    Column.EXPIRES: expires.value,
                    Column.SCOPE: scope.value,
                    Column.COVERT: "1" if covert.value else "0",
                    Column.PRIORITY: priority.value,
                    **{column: field.value for column, field in banners.items()},
                }
            )

        button(words.say("wanted.put.do"), "button-strong").on("click", put)

    def _draw_removal(self, number: str) -> None:
        """Two presses: one asks, one does."""
        words = self._words
        with box("div", "act-form removal") as asked:
            text(words.say("wanted.remove.sure"), "", "p")

            async def remove() -> None:
                await self._remove(number)

            with box("div", "answers"):
                button(words.say("wanted.remove"), "").on("click", remove)
                button(words.say("act.cancel"), "button-quiet").on(
                    "click", lambda: asked.set_visibility(False)
                )
        asked.set_visibility(False)
        button(words.say("wanted.remove"), "button-quiet").on(
            "click", lambda: asked.set_visibility(True)
        )

    def _local(self, at: str | None) -> str:
        if at is None:
            return ""
        return f"{parse_at(at).astimezone(self._words.zone):%Y-%m-%d %H:%M}"
