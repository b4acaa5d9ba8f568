"""Four weeks of scans that sites skipped, for the screen that shows them."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.missing.read_store import add
from hub.missing.rules.reads import Owed, Passing, Tally
from hub.network import Network

WEEKS_DAYS = 28
SKIPS_MOST, SKIPS_LESS_NOW, SKIPS_LITTLE, HAS_FEW = "755W", "021W", "755A", "755D"


def skip_scans(tx: Connection, network: Network, now: datetime) -> None:
    """A hub that skips more than it did, one that skips less, a good branch, one with few scans."""
    for ago in range(WEEKS_DAYS):
        wave = (ago * 7) % 5
        for site, passing, owed, skipped in (
            (SKIPS_MOST, Passing.IN, 160, (14 if ago < 7 else 6) + wave),
            (SKIPS_MOST, Passing.OUT, 150, (25 if ago < 7 else 9) + 2 * wave),
            (SKIPS_LESS_NOW, Passing.IN, 140, (3 if ago < 7 else 11) + wave),
            (SKIPS_LESS_NOW, Passing.OUT, 120, (2 if ago < 7 else 8) + wave),
            (SKIPS_LITTLE, Passing.OUT, 60, wave // 2),
            (SKIPS_LITTLE, Passing.LAST_OUT, 35, wave // 3),
            (HAS_FEW, Passing.IN, 3 * (ago % 9 == 0), ago % 9 == 0),
        ):
            if not owed or (site == SKIPS_LITTLE and ago % 7 == 6):
                continue  # A branch rests one day a week.
            today = now.astimezone(network.zone_of(site)).date()
            day = Owed(today - timedelta(days=ago), site, passing)
            add(tx, {day: Tally(made=owed - skipped, skipped=skipped)})
