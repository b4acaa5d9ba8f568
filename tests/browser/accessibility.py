"""Whether everybody can use a screen, as far as a machine can tell."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = {"serious", "critical"}
NODES_SHOWN_MAX = 3
ONLY_FAULTS = {"resultTypes": ["violations"]}
"""Every rule is tried on everything; what passed is not described, which takes half the time."""


def check_access(page: Page) -> None:
    """Find no serious fault (WCAG 2.1 A and AA, axe-core's rules)."""
    found = Axe().run(page, options=ONLY_FAULTS).response["violations"]
    faults = [
        (each["id"], [node["html"] for node in each["nodes"]][:NODES_SHOWN_MAX])
        for each in found
        if each["impact"] in SERIOUS
    ]
    assert not faults, faults
