"""How a station's spools stand at the hub, and the act that accepts a new one."""

from collections.abc import Awaitable, Callable
from functools import partial

from hub.console.forms import TextField
from hub.console.looks import Meaning
from hub.console.markup import attribute, box, button, chip, text
from hub.console.wording import Words, visible
from hub.ingest.service import SPOOL_REASON_CHARS_MAX, LinkState, SpoolView

REASON_CHARS_MIN = 3
SPOOL_CHARS_SHOWN = 8
_MEANING = {
    LinkState.FIRST: Meaning.INFORMATION,
    LinkState.WAITING: Meaning.INFORMATION,
    LinkState.FITS: Meaning.RECORDED,
    LinkState.BROKEN: Meaning.OPEN,
    LinkState.GAP: Meaning.NO_DATA,
}

Close = Callable[[str, str], Awaitable[None]]
"""Closes a spool for a reason."""


class SpoolPanel:
    """The spools, newest first; ``close`` None: this person may only look."""

    def __init__(self, words: Words, close: Close | None) -> None:
        self._words, self._close = words, close
        self._shown: tuple[SpoolView, ...] = ()
        with box("section", "part") as self.part:
            with box("header", "part-head"):
                text(words.say("station.spools"), "", "h2")
                text(words.say("station.spools.about"), "label", "p")
            self._rows = box("ol", "spools")
            self._form = box("div", "act-form")
            self._problem = attribute(text("", "problem m-red", "p"), "role", "alert")
        self._problem.set_visibility(False)

    def show(self, spools: tuple[SpoolView, ...]) -> None:
        """Draw them anew where they have changed; a form that is open stays."""
        if spools == self._shown:
            return
        self._shown = spools
        self._rows.clear()
        with self._rows:
            for spool in spools:
                self._draw(spool)

    def complain(self, sentence: str) -> None:
        """Say why nothing was recorded."""
        self._problem.set_text(sentence)
        self._problem.set_visibility(True)

    def _draw(self, spool: SpoolView) -> None:
        words = self._words
        with box("li", "spool-line"):
            text(spool.spool[:SPOOL_CHARS_SHOWN], "code", "b")
            edge = words.say("spool.edge.none") if spool.edge_seq is None else str(spool.edge_seq)
            text(words.say("spool.seqs", hub=spool.upto_seq, edge=edge), "figure")
            chip(words.say(f"spool.link.{spool.link}"), _MEANING[spool.link])
            if spool.missing:
                text(words.say("spool.missing", n=spool.missing), "gap")
            closing = spool.closing
            if closing is not None:
                said = words.say("spool.closed", who=closing.by, at=words.exact(closing.at))
                text(visible(f"{said}: {closing.why}"), "gap")
            elif self._close is not None and spool.is_in_doubt:
                # Beside a healthy one it would invite to an act that cannot be undone.
                found = button(words.say("spool.close"), "button-quiet")
                found.on("click", partial(self._ask, spool.spool))

    def _ask(self, spool: str) -> None:
        words = self._words
        self._problem.set_visibility(False)
        self._form.clear()
        with self._form:
            text(words.say("spool.close"), "", "h3")
            text(words.say("spool.close.about"), "label", "p")
            reason = TextField(words.say("spool.close.reason"), SPOOL_REASON_CHARS_MAX)
            with box("div", "answers"):
                send = button(words.say("act.record"), "button-strong")
                send.on("click", partial(self._send, spool, reason))
                button(words.say("act.cancel"), "button-quiet").on("click", self._form.clear)

    async def _send(self, spool: str, reason: TextField) -> None:
        said = reason.value.strip()
        if len(said) < REASON_CHARS_MIN:
            self.complain(self._words.say("spool.close.why"))
            return
        if self._close is not None:
            self._form.clear()
            await self._close(spool, said)
