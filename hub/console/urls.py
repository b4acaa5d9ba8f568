"""Where pictures and footage are, for every screen that shows or leads to them."""

from datetime import datetime

from hub.console.screens import ROOT
from wire.names import format_at

PICTURE_URL = "/api/v1/pictures/"


def playback_url(site: str, camera: str, at: datetime | None = None) -> str:
    """Where a camera's footage is; ``at``: from this moment on."""
    when = "" if at is None else f"?at={format_at(at)}"
    return f"{ROOT}/cameras/{site}/{camera}{when}"
