"""Every word that the console says, and figures written as people read them.

No text of the console stands in code. Words that all screens share stand in ``messages.*.json``,
those of one screen beside its code; each pair of files has the same keys (tested).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.web.choice import Language

ZONE = ZoneInfo("Asia/Shanghai")
"""In which the console writes and reads all times, whatever the site's own zone is.

Its screens put sites of several zones beside each other; an exact time tells its offset. Deadlines
are worked out in the site's zone elsewhere.
"""
_HERE = Path(__file__).parent
_WIRE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Words:
    """One language's messages and the zone in which its times are written."""

    language: Language
    messages: Mapping[str, str]
    zone: ZoneInfo

    @property
    def is_zh(self) -> bool:
        """Say whether texts that come in both languages are to be shown in Chinese."""
        return self.language is Language.ZH

    def say(self, key: str, **values: object) -> str:
        """The message, its blanks filled.

        Raises:
            KeyError: there is no such message, or a blank has no value.
        """
        return self.messages[key].format_map({name: str(value) for name, value in values.items()})

    def told(self, text_zh: str, text_en: str) -> str:
        """What an alert says, made visible, its moments in the zone as people write them."""
        return _WIRE_TIME.sub(self._minute, visible(text_zh if self.is_zh else text_en))

    def _minute(self, found: re.Match[str]) -> str:
        at = moment_in(found[0], self.zone)
        return found[0] if at is None else f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def name(self, kind: str, value: str | None) -> str:
        """The word for a value of the wire, e.g. a step; an unknown one is shown as it is."""
        if value is None:
            return self.messages[f"{kind}.none"]
        return self.messages.get(f"{kind}.{value}", value)

    def clock_time(self, at: datetime) -> str:
        """The time of day with seconds."""
        return f"{at.astimezone(self.zone):%H:%M:%S}"

    def day(self, at: datetime) -> str:
        """The calendar day."""
        return f"{at.astimezone(self.zone):%Y-%m-%d}"

    def exact(self, at: datetime) -> str:
        """The whole time with milliseconds and zone, for the hover."""
        local = at.astimezone(self.zone)
        offset = f"{local:%z}"
        return (
            f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d} "
            f"UTC{offset[:3]}:{offset[3:]}"
        )

    def span(self, length: timedelta) -> str:
        """A duration in its largest sensible unit; the browser's ages are written the same way."""
        seconds = max(0, int(length.total_seconds()))
        for unit, unit_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
            if seconds >= unit_s:
                return self.say(f"age.{unit}", n=seconds // unit_s)
        return self.say("age.s", n=seconds)

    def money(self, value_cny: Decimal | None) -> str:
        """An amount in CNY, or the word for none."""
        return self.messages["value.none"] if value_cny is None else f"¥{value_cny:,.2f}"

    def micros(self, value_us: int | None) -> str:
        """A duration in the unit that needs the fewest digits."""
        if value_us is None:
            return self.messages["figure.none"]
        return f"{value_us} µs" if value_us < 1000 else f"{value_us / 1000:.1f} ms"


def load_words(language: Language, zone: ZoneInfo) -> Words:
    """Read a language's files: the console's own, and one beside the code of each screen.

    Raises:
        ValueError: two files have the same key.
    """
    messages: dict[str, str] = {}
    for path in sorted(_HERE.rglob(f"*.{language}.json")):
        more: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        if again := messages.keys() & more.keys():
            raise ValueError(f"{path.name} says again: {sorted(again)}")
        messages |= more
    return Words(language, messages, zone)


def person(by: str) -> str:
    """A pseudonym's first eight digits in two groups: enough to tell two people apart."""
    return f"{by[:4]} {by[4:8]}"


def moment_in(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment that somebody chose, in UTC; without an offset it is local. None: it is none."""
    try:
        found = datetime.fromisoformat(text)
        local = found.replace(tzinfo=zone) if found.tzinfo is None else found
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def visible(text: str) -> str:
    """Text that strangers wrote, each invisible or direction-changing character as its number."""
    return _UNSEEN.sub(lambda found: f"‹{ord(found[0]):02X}›", text)
