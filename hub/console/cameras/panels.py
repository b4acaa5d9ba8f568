"""What a person does with footage: write down what was to be seen, and keep it (HV-2.11.3)."""

from collections.abc import Awaitable, Callable

from hub.console.forms import Choice, TextField
from hub.console.markup import attribute, box, button, text
from hub.console.wording import Words
from hub.video.service import NOTE_CHARS_MAX, Finding

HOLD_REASON_CHARS_MAX = 256
_YES, _NO, _OPEN = "yes", "no", ""


class _Said:
    """A sentence about what became of an act, good or bad."""

    def __init__(self) -> None:
        self._good = attribute(text("", "problem m-green", "p"), "role", "status")
        self._bad = attribute(text("", "problem m-red", "p"), "role", "alert")
        self.say()

    def say(self, good: str = "", bad: str = "") -> None:
        """Show one of them, or none."""
        for place, said in ((self._good, good), (self._bad, bad)):
            place.set_text(said)
            place.set_visibility(bool(said))


class FindingPanel:
    """The form for what was to be seen; it waits until footage was opened."""

    def __init__(self, words: Words, record: Callable[[Finding], Awaitable[str | None]]) -> None:
        """Put the form in place; ``record`` returns why it was not recorded, or None."""
        self._words = words
        self._record = record
        with box("section", "act-form") as self._whole:
            text(words.say("playback.find"), "", "h2")
            text(words.say("playback.find.about"), "label")
            self._wait = text(words.say("playback.find.first"), "gap", "p")
            self._form = box("div", "acts")
            self._said = _Said()
        self.wait()

    def set_visibility(self, *, is_shown: bool) -> None:
        """Whether this person writes anything down."""
        self._whole.set_visibility(is_shown)

    def wait(self) -> None:
        """Nothing is open: there is nothing to be said."""
        self._wait.set_visibility(True)
        self._form.set_visibility(False)

    def begin(self) -> None:
        """Footage was opened: a new form."""
        words = self._words
        options = [(_OPEN, "—"), (_YES, words.say("playback.yes")), (_NO, words.say("playback.no"))]
        self._wait.set_visibility(False)
        self._said.say()
        self._form.set_visibility(True)
        self._form.clear()
        with self._form:
            with box("div", "form-row"):
                self._safe = Choice(words.say("playback.find.safe"), options)
                self._placed = Choice(words.say("playback.find.placed"), options)
            hint = words.say("playback.find.note.hint")
            self._note = TextField(
                words.say("playback.find.note"), NOTE_CHARS_MAX, hint=hint, rows=2
            )
            do = button(words.say("playback.find.do"), "button-strong", "s")
            do.on("click", self._send)

    async def _send(self) -> None:
        words = self._words
        if _OPEN in (self._safe.value, self._placed.value):
            self._said.say(bad=words.say("playback.find.both"))
            return
        finding = Finding(
            self._safe.value == _YES, self._placed.value == _YES, self._note.value.strip()
        )
        problem = await self._record(finding)
        self._said.say(
            good=words.say("playback.find.done") if problem is None else "", bad=problem or ""
        )


class HoldPanel:
    """The form that keeps the footage which is open."""

    def __init__(self, words: Words, hold: Callable[[str], Awaitable[tuple[str, str]]]) -> None:
        """Put the form in place; ``hold`` returns what became of it, well or badly."""
        self._words = words
        self._hold = hold
        with box("details", "raw hold") as self._whole:
            text(words.say("playback.hold"), "", "summary")
            with box("div", "act-form"):
                text(words.say("playback.hold.about"), "label")
                self._reason = TextField(words.say("playback.hold.reason"), HOLD_REASON_CHARS_MAX)
                button(words.say("playback.hold.do"), "").on("click", self._send)
                self._said = _Said()

    def set_visibility(self, *, is_shown: bool) -> None:
        """Whether there is anything to keep."""
        self._whole.set_visibility(is_shown)

    async def _send(self) -> None:
        reason = self._reason.value.strip()
        if not reason:
            self._said.say(bad=self._words.say("playback.hold.needed"))
            return
        good, bad = await self._hold(reason)
        self._said.say(good, bad)
