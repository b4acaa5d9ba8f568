"""A small carrier for tests of suspects: two branches, their hubs, lanes with shifts."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.missing.rules.learned import Learned, expected_lateness
from hub.missing.rules.plan import LastScan, Phase, Planner, Stop
from hub.missing.rules.schedule import Schedule
from hub.network import Network
from hub.network_file import parse_network

NETWORK = """
[[region]]
code = "south"
name = "华南"
operations_contact = "ops@south.example"
claims_contact = "claims@south.example"

[[site]]
code = "755A"
name = "深圳一部"
kind = "branch"
region = "south"
contacts = ["desk@755a.example"]

[[site]]
code = "755W"
name = "深圳中转场"
kind = "level-2"
region = "south"
contacts = ["desk@755w.example"]

[[site]]
code = "020W"
name = "广州中转场"
kind = "level-2"
region = "south"
contacts = ["desk@020w.example"]

[[site]]
code = "020B"
name = "广州二部"
kind = "branch"
region = "south"
contacts = ["desk@020b.example"]

[[site]]
code = "991A"
name = "乌鲁木齐"
kind = "branch"
region = "south"
timezone = "Asia/Urumqi"

[[shift]]
site = "755A"
name = "evening"
from = "13:00"
to = "19:30"

[[shift]]
site = "755W"
name = "night"
from = "21:00"
to = "02:00"

[[shift]]
site = "020B"
name = "morning"
from = "07:00"
to = "09:00"

[[lane]]
from = "755A"
to = "755W"
planned_h = 2
shift = "evening"

[[lane]]
from = "755W"
to = "020W"
planned_h = 4
shift = "night"

[[lane]]
from = "020W"
to = "020B"
planned_h = 1

[[lane]]
from = "020W"
to = "755W"
planned_h = 4
"""
ROUTE = ("755A", "755W", "020W", "020B")
CHINA = ZoneInfo("Asia/Shanghai")
HOLIDAY = date(2026, 10, 1)


def network() -> Network:
    return parse_network(NETWORK.encode())


def local(day: int, clock: str, month: int = 9) -> datetime:
    """A moment of 2026 in China, as aware UTC."""
    at = datetime.combine(date(2026, month, day), datetime.min.time(), CHINA)
    hours, minutes = clock.split(":")
    return (at + timedelta(hours=int(hours), minutes=int(minutes))).astimezone(UTC)


def schedule(*holidays: date) -> Schedule:
    """The carrier's plan: an hour of handling, deliveries from 15:00 to 18:00."""
    return Schedule(network(), frozenset(holidays).__contains__, HOUR, time(18), 3 * HOUR)


def planner(*holidays: date) -> Planner:
    return Planner(schedule(*holidays))


def seen(site: str, phase: Phase, at: datetime) -> LastScan:
    return LastScan(site, phase, at)


def learned(counts: dict[str, tuple[int, ...]] | None = None, weight: int = 1000) -> Learned:
    return Learned(counts or {}, expected_lateness(4 * HOUR), weight)


def came(stops: tuple[Stop, ...]) -> list[tuple[str, str, str]]:
    """Stops as a person reads them: site, phase, local time."""
    return [(s.site, s.phase.value, s.by.astimezone(CHINA).strftime("%d %H:%M")) for s in stops]


HOUR = timedelta(hours=1)
