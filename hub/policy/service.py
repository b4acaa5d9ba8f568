"""The policy in force, as people read it. Source: domain.md ("Every number is a policy value")."""

from collections.abc import Set as AbstractSet

from hub.policy.rules.lines import PolicyLine, Value, lines_of
from hub.policy.rules.term import Unit
from wire.policy import Policy

__all__ = ["PolicyLine", "Unit", "Value", "read_policy"]


def read_policy(policy: Policy, own_keys: AbstractSet[str]) -> tuple[PolicyLine, ...]:
    """Every value with its words, its rule and its source; see ``lines_of``."""
    return lines_of(policy, own_keys)
