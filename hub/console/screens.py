"""The screens of the console in the order of the rail, and which of them a role may open."""

from dataclasses import dataclass

from hub.access.service import Caller, Role, may
from hub.network import Network

ROOT = "/console"
"""Where the console is mounted."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of the rail; ``name`` picks its words (``nav.<name>``) and its icon."""

    name: str
    path: str

    @property
    def url(self) -> str:
        """Where it is."""
        return ROOT + self.path


SCREENS = (
    Screen("wall", "/"),
    Screen("incidents", "/incidents"),
    Screen("suspects", "/suspects"),
    Screen("shift", "/shift"),
    Screen("dispatch", "/dispatch"),
    Screen("sites", "/sites"),
    Screen("reads", "/reads"),
    Screen("model", "/model"),
    Screen("cameras", "/cameras"),
    Screen("wanted", "/wanted"),
    Screen("staff", "/staff"),
    Screen("quarantine", "/quarantine"),
    Screen("policy", "/policy"),
)


def screens_for(role: Role) -> tuple[Screen, ...]:
    """The screens that a role may open, in the rail's order; the access room's table decides."""
    return tuple(screen for screen in SCREENS if may(role, f"GET {screen.url}"))


def site_options(network: Network, caller: Caller) -> list[tuple[str, str]]:
    """The sites that a caller can choose, with their names."""
    return [
        (code, f"{code} {site.name}")
        for code, site in sorted(network.sites.items())
        if caller.sees(code)
    ]
