"""The policy as the console reads it; it changes only with a new start of the hub."""

from hub.policy.service import PolicyLine, read_policy
from hub.web.context import HubContext


class PolicyDesk:
    """Reads the policy for the screen."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def lines(self) -> tuple[PolicyLine, ...]:
        """Every value, in the order of the file."""
        return read_policy(self._hub.policy, self._hub.own_policy_keys)
