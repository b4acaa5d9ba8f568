"""The few things that a person fills in; each keeps what was typed as its ``value``.

A field's first value is set as an attribute (``^value``), never as the element's property: the
framework sets properties again whenever anything on the page changes, and typing would be undone.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from hub.console.markup import attribute, box, text
from hub.console.wording import visible

_SEND_VALUE = "(event) => emit(event.target.value)"
_SEND_CHECKED = "(event) => emit(event.target.checked)"
_SEND_FILE = """async (event) => {
  const file = event.target.files[0];
  if (file === undefined) return emit(null);
  if (file.size > %d) return emit({name: file.name, size: file.size, content: ""});
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  emit({name: file.name, size: file.size, content: btoa(binary)});
}"""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")

Options = Sequence[tuple[str, str]]
"""Values and the words for them."""


def as_typed(said: str, chars_max: int) -> str:
    """What a person can have typed of it: no control characters, which no database takes either."""
    return _CONTROL.sub("", said)[:chars_max]


class TextField:
    """One line, or several; what is longer than ``chars_max`` is cut.

    ``kind`` is the browser's own for one line: ``text``, ``date``, ``datetime-local``.
    """

    def __init__(
        self,
        label: str,
        chars_max: int,
        *,
        value: str = "",
        hint: str = "",
        rows: int = 1,
        kind: str = "text",
        key: str | None = None,
        changed: Callable[[], Awaitable[None] | None] | None = None,
    ) -> None:
        self.value = value[:chars_max]
        self._chars_max = chars_max
        self._changed = changed
        with box("label", "form-field"):
            text(label, "label")
            field: Element
            if rows == 1:
                field = attribute(box("input", "field"), "type", kind)
                attribute(attribute(field, "^value", self.value), "autocomplete", "off")
            else:
                # What stands between its tags is its first value; typing leaves that alone.
                field = attribute(text(self.value, "field", "textarea"), "rows", str(rows))
            attribute(field, "maxlength", str(chars_max))
            if hint:
                attribute(field, "placeholder", hint)
            if key is not None:
                attribute(field, "data-key", key)
            field.on("input", self._keep, js_handler=_SEND_VALUE)

    async def _keep(self, event: GenericEventArguments) -> None:
        self.value = as_typed(str(event.args), self._chars_max)
        followed = None if self._changed is None else self._changed()
        if followed is not None:
            await followed


class Choice:
    """One of a few; a value that was never offered is not taken."""

    def __init__(self, label: str, options: Options, value: str | None = None) -> None:
        self._known = {each for each, _ in options}
        self.value = options[0][0] if value is None else value
        with box("label", "form-field"):
            text(label, "label")
            with box("select", "field") as field:
                for each, words in options:
                    option = attribute(text(words, "", "option"), "^value", each)
                    if each == self.value:
                        attribute(option, "^selected", "")
            field.on("change", self._keep, js_handler=_SEND_VALUE)

    def _keep(self, event: GenericEventArguments) -> None:
        if str(event.args) in self._known:
            self.value = str(event.args)


class Tick:
    """Yes or no."""

    def __init__(self, label: str, *, value: bool = False) -> None:
        self.value = value
        with box("label", "form-tick"):
            field = attribute(box("input"), "type", "checkbox")
            if value:
                attribute(field, "^checked", "")
            field.on("change", self._keep, js_handler=_SEND_CHECKED)
            text(label)

    def _keep(self, event: GenericEventArguments) -> None:
        self.value = event.args is True


@dataclass(frozen=True, slots=True)
class PickedFile:
    """A file that was picked; ``content`` None: it is longer than the field takes."""

    name: str
    content: bytes | None


class FileField:
    """One file of at most ``bytes_max``, checked in the browser and again here."""

    def __init__(
        self,
        label: str,
        choose: str,
        bytes_max: int,
        *,
        accept: str = "",
        picked: Callable[[PickedFile], Awaitable[None]] | None = None,
    ) -> None:
        self.value: PickedFile | None = None
        self._bytes_max = bytes_max
        self._picked = picked
        with box("label", "form-field form-file"):
            text(label, "label")
            # The browser writes the words of its own field in its own language; these are ours.
            field = attribute(box("input", "spoken"), "type", "file")
            if accept:
                attribute(field, "accept", accept)
            with box("span", "file-face"):
                text(choose, "button")
                self._name = text("", "gap")
            field.on("change", self._keep, js_handler=_SEND_FILE % bytes_max)

    async def _keep(self, event: GenericEventArguments) -> None:
        self.value = _picked_file(event.args, self._bytes_max)
        self._name.set_text("" if self.value is None else visible(self.value.name))
        if self.value is not None and self._picked is not None:
            await self._picked(self.value)


def _picked_file(sent: object, bytes_max: int) -> PickedFile | None:
    if not isinstance(sent, dict):
        return None
    name, content = str(sent.get("name", "")), str(sent.get("content", ""))
    try:
        data = base64.b64decode(content, validate=True)
    except binascii.Error:
        return None
    is_whole = len(data) == sent.get("size") and len(data) <= bytes_max
    return PickedFile(name, data if is_whole else None)
