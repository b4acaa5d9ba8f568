"""A value of the policy as people read it. Pure."""

from collections.abc import Iterable

from hub.console.wording import Words, visible
from hub.policy.service import PolicyLine, Value


def value_words(line: PolicyLine, words: Words) -> str:
    """The value with its unit; nothing where there is none."""
    value = line.value
    if value is None or value == ():
        return words.say("policy.none")
    unit = line.term.unit
    said = _figures(value)
    return said if unit is None else words.say(f"policy.unit.{unit}", value=said)


def unconfirmed(lines: Iterable[PolicyLine]) -> list[PolicyLine]:
    """Those that the carrier has to confirm."""
    return [line for line in lines if line.is_unconfirmed]


def _figures(value: Value) -> str:
    if isinstance(value, tuple):
        return " / ".join(_figures(each) for each in value)
    return f"{value:,}" if isinstance(value, int) else visible(str(value))
