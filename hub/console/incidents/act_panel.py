"""What a person may do in a search: a button each, and the form of the one that was chosen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from hub.console.forms import Choice, FileField, TextField, Tick
from hub.console.incidents.views import (
    CheckOrder,
    FileOrder,
    FollowUpOrder,
    Order,
    ReasonOrder,
    SearchSight,
    TriageOrder,
)
from hub.console.markup import attribute, box, button, text
from hub.console.wording import Words
from hub.incidents.service import CHECKLIST, NOTE_CHARS_MAX, Act, TriageLevel
from hub.web.documents import DOCUMENT_BYTES_MAX

ACT_KEYS: Mapping[Act, str] = {
    Act.CHECKED: "c",
    Act.TRIAGED: "v",
    Act.FOLLOWED_UP: "f",
    Act.STOPPED: "s",
    Act.RELEASED: "e",
    Act.LOST: "x",
    Act.ATTACHED: "d",
}
_NOTE_MAX = NOTE_CHARS_MAX // 2
_NAME_MAX = 120

Make = Callable[[], Order | str]
"""Makes the order from what was filled in, or says which message tells what is missing."""


class ActPanel:
    """Offers what fits the search now; a form that is being filled in survives a redraw."""

    def __init__(self, words: Words, do: Callable[[Order], Awaitable[None]]) -> None:
        self._words = words
        self._do = do
        self._sight: SearchSight | None = None
        self._open: Act | None = None
        with box("section", "acts"):
            text(words.say("incident.acts"), "detail-title", "h2")
            self._buttons = box("div", "act-buttons")
            self._form = box("div", "act-form")
            self._problem = attribute(text("", "problem m-red", "p"), "role", "alert")
        self._problem.set_visibility(False)

    def show(self, sight: SearchSight) -> None:
        """Offer what this person may do now."""
        before = self._sight
        self._sight = sight
        if before is not None and (before.acts, before.own_sites) == (sight.acts, sight.own_sites):
            return
        if self._open not in sight.acts:
            self.close()
        self._buttons.clear()
        with self._buttons:
            if not sight.acts:
                text(self._words.say("incident.acts.none"), "gap", "p")
            for act in sight.acts:
                found = button(self._words.say(f"incident.act.{act}"), "", ACT_KEYS[act])
                found.on("click", partial(self._choose, act))

    def close(self) -> None:
        """Take the form away."""
        self._open = None
        self._form.clear()
        self._problem.set_visibility(False)

    def complain(self, sentence: str) -> None:
        """Say why nothing was recorded."""
        self._problem.set_text(sentence)
        self._problem.set_visibility(True)

    def _choose(self, act: Act) -> None:
        sight = self._sight
        if sight is None or act not in sight.acts:
            return
        self.close()
        self._open = act
        words = self._words
        with self._form:
            text(words.say(f"incident.act.{act}"), "", "h3")
            text(words.say(f"incident.act.{act}.about"), "label", "p")
            make = self._draw_fields(act, sight)
            with box("div", "answers"):
                button(words.say("act.record"), "button-strong").on(
                    "click", partial(self._send, make)
                )
                button(words.say("act.cancel"), "button-quiet").on("click", self.close)

    async def _send(self, make: Make) -> None:
        order = make()
        if isinstance(order, str):
            self.complain(self._words.say(order))
            return
        self._problem.set_visibility(False)
        await self._do(order)

    def _draw_fields(self, act: Act, sight: SearchSight) -> Make:
        if act is Act.CHECKED:
            return _check_fields(self._words, sight)
        if act is Act.TRIAGED:
            return _triage_fields(self._words, sight)
        if act is Act.FOLLOWED_UP:
            return _follow_up_fields(self._words, sight)
        if act is Act.ATTACHED:
            return _file_fields(self._words)
        return _reason_fields(self._words, act)


def _site_choice(words: Words, sight: SearchSight, sites: Sequence[str]) -> Choice:
    named = [(site, f"{site} {sight.names.get(site, '')}".strip()) for site in sites]
    return Choice(words.say("incident.field.site"), named)


def _check_fields(words: Words, sight: SearchSight) -> Make:
    site = _site_choice(words, sight, sight.own_sites)
    answers = [(each, words.say(f"incident.answer.{each}")) for each in ("no", "yes")]
    found = Choice(words.say("incident.field.found"), answers)
    ticks = {id_: Tick(zh if words.is_zh else en) for id_, zh, en in CHECKLIST}
    note = TextField(words.say("incident.field.note"), _NOTE_MAX, rows=2)

    def make() -> Order:
        checks = tuple(id_ for id_, tick in ticks.items() if tick.value)
        return CheckOrder(site.value, found.value == "yes", checks, note.value.strip() or None)

    return make


def _triage_fields(words: Words, sight: SearchSight) -> Make:
    levels = [(each.value, words.say(f"incident.level.{each}")) for each in TriageLevel]
    level = Choice(words.say("incident.field.level"), levels)
    suspicion = sight.incident.suspicion
    named = dict.fromkeys((*sight.incident.sites, suspicion.expected_site))
    sites = [
        (site, f"{site} {sight.names.get(site, '')}".strip()) for site in named if site is not None
    ]
    site = Choice(words.say("incident.field.abnormal"), sites)
    note = TextField(words.say("incident.field.note"), _NOTE_MAX, rows=3)

    def make() -> Order | str:
        if not note.value.strip():
            return "act.reason.needed"
        return TriageOrder(TriageLevel(level.value), site.value, note.value.strip())

    return make


def _follow_up_fields(words: Words, sight: SearchSight) -> Make:
    site = _site_choice(words, sight, sight.asked_sites)
    note = TextField(words.say("act.reason"), _NOTE_MAX, rows=3)

    def make() -> Order | str:
        if not note.value.strip():
            return "act.reason.needed"
        return FollowUpOrder(site.value, note.value.strip())

    return make


def _reason_fields(words: Words, act: Act) -> Make:
    reason = TextField(words.say("act.reason"), _NOTE_MAX, rows=3)

    def make() -> Order | str:
        if not reason.value.strip():
            return "act.reason.needed"
        return ReasonOrder(act, reason.value.strip())

    return make


def _file_fields(words: Words) -> Make:
    kib = DOCUMENT_BYTES_MAX // 1024
    label = words.say("incident.field.file", kib=kib)
    file = FileField(label, words.say("file.choose"), DOCUMENT_BYTES_MAX)
    police = Tick(words.say("incident.field.police"))
    note = TextField(words.say("incident.field.note"), _NOTE_MAX, rows=3)

    def make() -> Order | str:
        picked = file.value
        if picked is None:
            return "incident.file.needed"
        if picked.content is None:
            return "incident.file.long"
        if not note.value.strip():
            return "act.reason.needed"
        name = "".join(each for each in picked.name if each.isprintable())[:_NAME_MAX]
        return FileOrder(name or "–", picked.content, police.value, note.value.strip())

    return make
