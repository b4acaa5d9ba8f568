"""Where each value of the policy stands: the carrier's or shipped, confirmed or not. Pure.

Source: domain.md ("Values a source leaves open carry a shipped default marked 'carrier to
confirm', and the screens show which are unconfirmed").
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import msgspec

from hub.policy.rules.term import Term
from hub.policy.rules.terms import TERMS
from wire.policy import Policy

_KINDS = "waybill"
"""The one array of the policy: its keys count for each kind of waybill."""

Value = int | str | tuple[int, ...] | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One value; ``of`` is the kind of waybill that it belongs to, null: it stands alone.

    ``is_own``: the carrier's own file sets it.
    """

    term: Term
    of: str | None
    value: Value
    is_own: bool

    @property
    def key(self) -> str:
        """The key as the policy file has it, a waybill's with the name of its kind."""
        if self.of is None:
            return self.term.key
        section, name = self.term.place
        return f"{section}.{self.of}.{name}"

    @property
    def is_unconfirmed(self) -> bool:
        """The sources leave it open, and the carrier has not said it: what the file sets counts."""
        return self.term.is_open and not self.is_own


def lines_of(policy: Policy, own_keys: AbstractSet[str]) -> tuple[PolicyLine, ...]:
    """Every value of a policy, in the order of the shipped file.

    Args:
        policy: the one in force.
        own_keys: what the carrier's own file sets, as ``wire.policy.keys_in`` tells it.
    """
    lines = []
    for kind in policy.waybill:
        for term in TERMS:
            section, name = term.place
            if section == _KINDS:
                lines.append(PolicyLine(term, kind.name, _plain(kind, name), _KINDS in own_keys))
    for term in TERMS:
        section, name = term.place
        if section != _KINDS:
            value = _plain(getattr(policy, section), name)
            lines.append(PolicyLine(term, None, value, term.key in own_keys))
    return tuple(lines)


def _plain(section: msgspec.Struct, name: str) -> Value:
    """A value as the policy file writes it; dates as text."""
    value: Value = msgspec.to_builtins(getattr(section, name))
    return value
