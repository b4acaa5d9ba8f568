"""A paired handheld without its browser, for the station's core."""

from datetime import datetime, timedelta

import msgspec

from edge.forms import PairForm
from edge.handheld_store import token_sha256
from edge.handheld_talk import (
    HandIn,
    HandInAnswer,
    HandInProblem,
    ListAsk,
    OwnClock,
    PairAsk,
    Paired,
    QueuedCode,
    parse_hand_in,
)
from edge.station_events import FormSent, HandheldAnswer, HandheldAnswered, HandheldAsked
from tests.unit.edge.fakes import Desk
from wire.names import Result, format_at

QUEUE, OTHER_QUEUE = "a1" * 16, "b2" * 16
CLOCK = OwnClock(offset_ms=2_000, error_ms=15)
"""The handheld's clock is two seconds behind its edge's."""


Ask = HandIn | PairAsk | ListAsk


def _asked(desk: Desk, said: Ask, device: str | None, token: str) -> HandheldAsked:
    source = "tcp:10.0.7.21:4711"
    return HandheldAsked("k", device, token_sha256(token), source, said, desk.clock.mono_ns())


def _answer(desk: Desk, asked: HandheldAsked) -> HandheldAnswer:
    (answered,) = [out for out in desk.step(asked) if isinstance(out, HandheldAnswered)]
    assert answered.key == asked.key
    return answered.answer


def ask(desk: Desk, said: Ask, device: str | None, token: str) -> HandheldAnswer:
    """The station's one answer."""
    return _answer(desk, _asked(desk, said, device, token))


def open_code(desk: Desk, name: str = "hht-1") -> str:
    desk.step(FormSent(PairForm(key="f" * 32, name=name)))
    pairing = desk.core.handhelds.view().pairing
    assert pairing is not None
    return pairing.code


def pair(desk: Desk, name: str = "hht-1", queue: str = QUEUE) -> str:
    """Pair a handheld; its token."""
    paired = ask(desk, PairAsk(code=open_code(desk, name), queue=queue), None, "")
    assert isinstance(paired, Paired)
    return paired.token


class Handheld:
    """Its queue, and what it says."""

    def __init__(self, desk: Desk, name: str = "hht-1", queue: str = QUEUE) -> None:
        self.desk, self.name, self.queue = desk, name, queue
        self.token = pair(desk, name, queue)
        self.kept: list[QueuedCode] = []
        self.forgotten = 0
        self.clock: OwnClock | None = CLOCK
        self._n = 0

    def now(self) -> datetime:
        """The handheld's own clock."""
        return self.desk.clock.wall - timedelta(milliseconds=CLOCK.offset_ms)

    def scan(self, code: str, *, kept: bool = True, result: Result = Result.CLEAR) -> QueuedCode:
        self.desk.clock.advance(400)
        self._n += 1
        raw = code.encode()
        queued = QueuedCode(
            n=self._n,
            at=format_at(self.now()),
            code_hex=raw.hex(),
            size=len(raw),
            result=result,
            list_version=0,
            kept=kept,
        )
        self.kept.append(queued)
        return queued

    def event(self, *, count: int = 20, queue: str | None = None) -> HandheldAsked:
        """Its oldest scans on their way."""
        said = HandIn(
            queue=queue or self.queue,
            forgotten=self.forgotten,
            clock=self.clock,
            scans=tuple(self.kept[:count]),
        )
        return _asked(self.desk, parse_hand_in(msgspec.json.encode(said)), self.name, self.token)

    def say(self, *, queue: str | None = None, count: int = 20) -> HandInAnswer | HandInProblem:
        """Hand in the oldest scans; nothing is forgotten by that."""
        answer = _answer(self.desk, self.event(count=count, queue=queue))
        assert isinstance(answer, HandInAnswer | HandInProblem)
        return answer

    def hand_in(self, *, count: int = 20) -> HandInAnswer:
        """Hand in and forget what was acknowledged."""
        answer = self.say(count=count)
        assert isinstance(answer, HandInAnswer)
        self.forget(answer.upto)
        return answer

    def forget(self, upto: int) -> None:
        self.kept = [code for code in self.kept if code.n > upto]
        self.forgotten = max(self.forgotten, upto)
