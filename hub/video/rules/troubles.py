"""What can be wrong with what a camera shows, in words, and what of its time that hides. Pure.

Source: design section 8.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from hub.video.rules.coverage import Missing, Stretch
from wire.events import CameraFact

_WORDS = {
    CameraFact.LOST: ("无信号", "no picture comes"),
    CameraFact.BLACK: ("画面全黑", "black"),
    CameraFact.COVERED: ("镜头被遮挡", "covered"),
    CameraFact.FROZEN: ("画面冻结", "frozen"),
    CameraFact.MOVED: ("镜头被移动", "moved"),
    CameraFact.DEFOCUSED: ("画面失焦", "out of focus"),
}
VIEW_FACTS = frozenset(_WORDS) - {CameraFact.LOST}
SHOWS_NOTHING = frozenset({CameraFact.BLACK, CameraFact.COVERED, CameraFact.FROZEN})
"""Who looks at such footage sees nothing of that time. Moved or out of focus it shows something:
what it is worth, a person has to judge."""
TOLD_WITHIN: Mapping[CameraFact, timedelta] = MappingProxyType(
    {
        CameraFact.BLACK: timedelta(seconds=5),
        CameraFact.FROZEN: timedelta(seconds=60),
        CameraFact.COVERED: timedelta(seconds=30),
        CameraFact.MOVED: timedelta(seconds=30),
        CameraFact.DEFOCUSED: timedelta(seconds=30),
    }
)
"""How long after it began a fault is told at the latest (edge.video.watch). Of a freeze that is a
measure, no promise: a coder that refines a still picture hid it for up to 50 s, or for good."""
FROZEN_BEFORE = timedelta(seconds=20)
"""A freeze is told from the first picture that came again. By 90 ways to code it (x264, 0.15 to
3 Mbit/s, key frames 1 to 4 s apart) that was up to 18 s after the freeze began."""


@dataclass(frozen=True, slots=True)
class ToldTrouble:
    """What was wrong with a camera's pictures; ``until`` None: nobody has told its end.

    ``since`` is as its edge told it; the trouble may have begun ``doubt_ms`` earlier.
    """

    fact: str
    since: datetime
    until: datetime | None
    doubt_ms: int = 0

    def stretch(self, asked: Stretch, error: timedelta) -> Stretch:
        """The time that it may cover, so far as it can matter to ``asked``."""
        since = self.since - timedelta(milliseconds=self.doubt_ms) - error
        return Stretch(since, asked.until if self.until is None else self.until + error)

    def touches(self, asked: Stretch, error: timedelta) -> bool:
        """Say whether it may cover some of ``asked``."""
        mine = self.stretch(asked, error)
        return mine.since < asked.until and mine.until > asked.since


def doubt_of(fact: CameraFact, *, is_since_told: bool) -> timedelta:
    """How long before it is said to have begun a trouble may have begun."""
    if not is_since_told:
        return TOLD_WITHIN.get(fact, timedelta())
    return FROZEN_BEFORE if fact is CameraFact.FROZEN else timedelta()


def hidden_in(asked: Stretch, troubles: Iterable[ToldTrouble], error: timedelta) -> list[Missing]:
    """The time in which the pictures show nothing, and why.

    Args:
        asked: the time that matters, by the footage's own clock.
        troubles: by the same clock.
        error: how far a picture's time in the footage may be from when it came and was looked at.
    """
    stretches = [
        (each.fact, each.stretch(asked, error)) for each in troubles if each.fact in SHOWS_NOTHING
    ]
    return [Missing(each.since, each.until, fact) for fact, each in stretches]


def words_of(fact: CameraFact) -> dict[str, str]:
    """What an alert says of it, in both languages."""
    chinese, english = _WORDS[fact]
    return {"what_zh": chinese, "what_en": english}
