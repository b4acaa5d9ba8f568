"""Whom a parcel is for: masked, until somebody says why they must know (CS-P1, HV-2.6)."""

from collections.abc import Awaitable, Callable, Mapping

from hub.access.service import REASON_CHARS_MAX, REASON_CHARS_MIN
from hub.console.forms import TextField
from hub.console.markup import attribute, box, button, text
from hub.console.wording import Words, visible

Recipient = Mapping[str, str] | str | None


class PeoplePanel:
    """The declared recipient; what was once shown in clear stays so while the page is open."""

    def __init__(self, words: Words, reveal: Callable[[str], Awaitable[Recipient]] | None) -> None:
        """Nothing stands there yet.

        Args:
            words: the page's language.
            reveal: takes the reason, puts the look on record, and gives the recipient in clear;
                None: this role may not.
        """
        self._words = words
        self._reveal = reveal
        self._is_clear = False
        with box("section", "people") as self._whole:
            text(words.say("parcel.recipient"), "detail-title", "h2")
            self._said = box("dl", "facts")
            self._form = box("div", "act-form")
            if reveal is not None:
                with self._form:
                    self._reason = TextField(words.say("parcel.recipient.why"), REASON_CHARS_MAX)
                    show = button(words.say("parcel.recipient.show"), "button-quiet")
                    show.on("click", self._show_clear)
            self._problem = attribute(text("", "problem m-red", "p"), "role", "alert")
            self._problem.set_visibility(False)

    def show(self, masked: Recipient) -> None:
        """The recipient as everybody may see it; None: nobody was named."""
        self._whole.set_visibility(masked is not None)
        if masked is not None and not self._is_clear:
            self._draw(masked)

    async def _show_clear(self) -> None:
        assert self._reveal is not None
        reason = self._reason.value.strip()
        is_short = len(reason) < REASON_CHARS_MIN
        self._problem.set_visibility(is_short)
        if is_short:
            self._problem.set_text(self._words.say("act.reason.needed"))
            return
        found = await self._reveal(reason)
        if found is not None:
            self._is_clear = True
            self._form.set_visibility(False)
            self._draw(found)

    def _draw(self, recipient: Mapping[str, str] | str) -> None:
        fields = {"": recipient} if isinstance(recipient, str) else recipient
        self._said.clear()
        with self._said:
            for name, value in fields.items():
                with box("div", "fact"):
                    text(self._label(name), "label", "dt")
                    text(visible(value), "", "dd")

    def _label(self, name: str) -> str:
        return self._words.name("parcel.person", name or None)
