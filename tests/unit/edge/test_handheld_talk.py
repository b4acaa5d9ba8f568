"""What a handheld says, strictly read."""

from pathlib import Path

import msgspec
import pytest

from edge.handheld_talk import HAND_IN_SCANS_MAX, HandInAnswer, parse_hand_in, parse_pair
from tests.unit.edge.fakes import Desk
from tests.unit.edge.handheld_parts import QUEUE, ask, pair

GOLDEN = Path(__file__).parents[2] / "golden" / "handheld"


def test_a_hand_in_and_its_answer_are_those_on_file() -> None:
    """Pages of the version before live on in handhelds: changing one of these is a decision."""
    desk = Desk().start()
    token = pair(desk)
    said = parse_hand_in((GOLDEN / "hand_in.json").read_bytes())
    answer = ask(desk, said, "hht-1", token)
    assert isinstance(answer, HandInAnswer)
    written = msgspec.json.format(msgspec.json.encode(answer), indent=1)
    assert written.decode() + "\n" == (GOLDEN / "answer.json").read_text()


GOOD = {
    "n": 1, "at": "2026-11-22T08:00:00.000Z", "code_hex": "31", "size": 1, "result": "clear",
    "list_version": 0, "kept": False,
}  # fmt: skip
SAID = {"queue": QUEUE, "forgotten": 0, "clock": None, "scans": [GOOD]}


@pytest.mark.parametrize(
    "change",
    [
        {"queue": "1"},
        {"forgotten": -1},
        {"forgotten": 7},
        {"more": 1},
        {"clock": {"offset_ms": 0, "error_ms": -1}},
        {"scans": [{**GOOD, "kept": True}]},
        {"scans": [{**GOOD, "n": 0}]},
        {"scans": [{**GOOD, "n": 2}]},
        {"scans": [GOOD, GOOD]},
        {"scans": [{**GOOD, "at": "2026-13-22T08:00:00.000Z"}]},
        {"scans": [{**GOOD, "code_hex": "3"}]},
        {"scans": [{**GOOD, "code_hex": "31" * 513, "size": 513}]},
        {"scans": [{**GOOD, "size": 0}]},
        {"scans": [{**GOOD, "result": "fine"}]},
        {"scans": [{**GOOD, "n": n} for n in range(1, HAND_IN_SCANS_MAX + 2)]},
    ],
)
def test_what_no_handheld_says_is_not_read(change: dict[str, object]) -> None:
    parse_hand_in(msgspec.json.encode(SAID))
    with pytest.raises(ValueError):
        parse_hand_in(msgspec.json.encode({**SAID, **change}))


@pytest.mark.parametrize(
    "said",
    [{"code": "12345", "queue": QUEUE}, {"code": "1234567", "queue": QUEUE}, {"code": "12a456",
     "queue": QUEUE}, {"code": "123456\n", "queue": QUEUE}, {"code": "123456"}],
)  # fmt: skip
def test_what_no_keypad_types_is_not_read(said: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        parse_pair(msgspec.json.encode(said))
