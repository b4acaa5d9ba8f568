"""The chosen entry of the ruler as it was recorded, and how well it is proven, in a sentence."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from nicegui.element import Element

from hub.console.looks import STANDING_MEANING, Meaning
from hub.console.markup import age, attribute, box, chip, text
from hub.console.parcel.films import film_at
from hub.console.parcel.footage import draw_certificates, film_name
from hub.console.parcel.ruler import joint_name, joint_state, length, who
from hub.console.parcel.views import Block, Joint, Replay
from hub.console.views import ScanLine
from hub.console.wording import Words, person, visible
from hub.custody.service import Container, Record

EVIDENCE_SHOWN_MAX = 20
"""Of an entry's lines the newest; all of them stand among the scans below."""
_JOINT_MEANING = {
    "both": Meaning.RECORDED,
    "not_taken": Meaning.OPEN,
    "not_given": Meaning.OPEN,
    "refused": Meaning.STOP,
}


class ChosenEntry:
    """What stands beside the ruler."""

    def __init__(self, words: Words) -> None:
        self._words = words
        with box("section", "chosen"):
            text(words.say("custody.chosen"), "detail-title", "h2")
            self._body: Element = attribute(box("div", "chosen-body"), "aria-live", "polite")

    def show(self, replay: Replay, key: str | None, scans: Sequence[ScanLine]) -> None:
        """Show the block or joint with this key, or how to choose one."""
        self._body.clear()
        block = None if key is None else replay.block(key)
        joint = None if key is None else replay.joint(key)
        film = None if key is None else replay.film(key)
        clocks = {scan.key: scan.clock_error_ms for scan in scans}
        with self._body:
            if block is not None:
                self._draw_block(block)
                self._draw_evidence(block.evidence, clocks)
                self._draw_film(replay, block.evidence[:1])
            elif joint is not None:
                self._draw_joint(joint)
                self._draw_film(replay, joint.evidence)
                self._draw_evidence(joint.evidence, clocks)
            elif film is not None:
                text(film_name(self._words, film), "chosen-name", "p")
                draw_certificates(self._words, film)
            else:
                text(self._words.say("custody.chosen.none"), "gap", "p")

    def _draw_film(self, replay: Replay, evidence: Sequence[Record]) -> None:
        """What is certified of the footage of these records, if they have any."""
        film = film_at(replay.films or (), (record.line for record in evidence))
        if film is not None:
            draw_certificates(self._words, film)

    def _draw_block(self, block: Block) -> None:
        words = self._words
        if block.gap is None:
            text(who(words, block.holder), "chosen-name", "p")
            meaning = STANDING_MEANING[block.standing]
            chip(words.say(f"standing.{block.standing}"), meaning)
            text(words.say(f"custody.proof.{block.standing}"), "", "p")
        else:
            text(words.say(f"custody.gap.{block.gap}"), "chosen-name", "p")
            chip(words.say("custody.gap"), Meaning.STOP)
            text(words.say(f"custody.gap.{block.gap}.why"), "", "p")
        self._draw_simulated(block.evidence)
        with box("dl", "facts"):
            self._time("custody.from", block.since)
            self._time("custody.to", block.until)
            self._fact("custody.length", length(words, block))
            self._fact("custody.site", block.site or words.say("custody.under_way"))
            self._fact("custody.place", block.place)
            self._fact("custody.container", self._containers(block.containers))
            self._fact("custody.opened", self._cause(block.opened_by))
            closed = block.closed_by
            self._fact("custody.closed", None if closed is None else self._cause(closed))

    def _draw_joint(self, joint: Joint) -> None:
        words = self._words
        state = joint_state(joint)
        text(joint_name(words, joint).split(" · ", maxsplit=1)[0], "chosen-name", "p")
        chip(words.say(f"custody.joint.{state}"), _JOINT_MEANING[state])
        text(words.say(f"custody.joint.{state}.why"), "", "p")
        self._draw_simulated(joint.evidence)
        with box("dl", "facts"):
            self._time("custody.at", joint.at)
            self._fact("custody.giver", who(words, joint.giver))
            self._fact("custody.receiver", who(words, joint.receiver))
            self._fact("custody.site", joint.site or words.say("custody.under_way"))

    def _draw_simulated(self, evidence: Sequence[Record]) -> None:
        if any(record.simulated for record in evidence):
            chip(self._words.say("scan.simulated"), Meaning.UNPROVEN)

    def _cause(self, cause: str) -> str:
        return self._words.messages.get(f"step.{cause}") or self._words.name("cause", cause)

    def _containers(self, containers: Sequence[Container]) -> str | None:
        said = [
            f"{self._words.name('container', each.kind)} {visible(each.id)}" for each in containers
        ]
        return " ← ".join(said) or None

    def _time(self, key: str, at: datetime | None) -> None:
        words = self._words
        with box("div", "fact"):
            text(words.say(key), "label", "dt")
            with box("dd"):
                if at is None:
                    text(words.say("custody.lasts"))
                else:
                    text(f"{words.day(at)} {words.clock_time(at)}", "figure")
                    age(at, words.exact(at), "label")

    def _fact(self, key: str, value: str | None) -> None:
        with box("div", "fact"):
            text(self._words.say(key), "label", "dt")
            missing = self._words.say("figure.none")
            text(value or missing, "" if value else "gap", "dd")

    def _draw_evidence(self, evidence: Sequence[Record], clocks: Mapping[str, int | None]) -> None:
        words = self._words
        text(words.say("custody.evidence", n=len(evidence)), "detail-title", "h3")
        with box("ol", "history"):
            for record in reversed(evidence[-EVIDENCE_SHOWN_MAX:]):
                with box("li"):
                    text(words.clock_time(record.at), "label figure")
                    text(self._cause(record.cause), "", "b")
                    text("" if record.by is None else person(record.by))
                    age(record.at, words.exact(record.at))
                    text(self._line(record, clocks), "history-reason")

    def _line(self, record: Record, clocks: Mapping[str, int | None]) -> str:
        words = self._words
        key = "/".join(str(part) for part in record.line)
        parts = [words.say("custody.line", site=record.site, edge=record.edge, seq=record.seq)]
        if record.camera is not None:
            parts.append(visible(record.camera))
        if record.detail is not None:
            parts.append(visible(record.detail))
        if record.late:
            parts.append(words.say("scan.late", age=words.span(record.received_at - record.at)))
        if key in clocks:
            error = clocks[key]
            known = None if error is None else words.say("scan.clock", ms=error)
            parts.append(known or words.say("scan.unsure"))
        return " · ".join(parts)
