"""What came late ends as if all had come at once: chains, gaps, breaches, alerts. Design section 5.

The days have no sense in them, so that the room meets what no carrier does. The seed is drawn at
run time and printed.
"""

import random
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.alerts.service import AlertState
from hub.custody import service
from hub.custody.service import Breach, BreachKind
from hub.db.engine import parse_url
from tests.custody_hub import PLAIN, SIBLING, WAYBILL, Carrier, at, told
from tests.custody_parts import DUTIES, NETWORK
from tests.hub_parts import open_hub
from wire.events import Act, ActKind, ContainerKind, Scan
from wire.names import Result, Step

SITES = ("BRANCH", "HUB", "FAR")
HIGH_VALUE = (WAYBILL, SIBLING, "103000000003", "103000000004")
SCANS_PER_SITE = 60
ENDS_MIN, LATE_MIN, LONG_AFTER_MIN = 2_000, 2_400, 4_000
CUSTODYS = {each.value for each in BreachKind}
ABOARD = ((None, None), ("B-1", ContainerKind.BAG), ("V-1", ContainerKind.VEHICLE))


@dataclass(frozen=True)
class Pull:
    """One scan of a day without sense; ``receiver``: both badges' act follows it."""

    minute: int
    site: str
    step: Step
    badge: str | None
    waybill: str | None
    place: str | None
    aboard: tuple[str | None, ContainerKind | None]
    receiver: str | None


def drawn(luck: random.Random) -> dict[str, list[Pull]]:
    # No two at the same minute: between those the time of receipt would decide.
    minutes = iter(luck.sample(range(ENDS_MIN), SCANS_PER_SITE * len(SITES)))
    badges, found = sorted(DUTIES), {}
    for site in SITES:
        pulls = [
            Pull(
                next(minutes),
                site,
                luck.choice(list(Step)),
                luck.choice([None, *badges, *badges]),
                luck.choice([*HIGH_VALUE, PLAIN, None]),
                luck.choice([None, "cage1", "counter", "cage9", "area"]),
                luck.choice(ABOARD),
                luck.choice([None, *badges]),
            )
            for _ in range(SCANS_PER_SITE)
        ]
        found[site] = sorted(pulls, key=lambda pull: pull.minute)
    return found


def events_of(carrier: Carrier, pull: Pull, seq: int) -> list[Scan | Act]:
    """The pull's line, and the act's where it is a handover with both badges."""
    container, kind = pull.aboard
    own = {"waybill": pull.waybill, "place": pull.place}
    if pull.waybill is None:
        own |= {"text": "CX:BAG:B-1", "result": Result.NOT_A_PARCEL}
    elif pull.waybill == PLAIN:
        own |= {"result": Result.WANTED}
    own |= {"container": container, "container_kind": kind}
    found: list[Scan | Act] = [
        carrier.scan(pull.minute, pull.step, pull.badge, pull.site, **own),
    ]
    if pull.step is Step.HANDOVER and pull.badge is not None and pull.receiver is not None:
        people = {"giver": pull.badge, "receiver": pull.receiver, "by": pull.receiver}
        accept = ActKind.HANDOVER_ACCEPT
        found.append(carrier.act(pull.minute + 0.5, accept, pull.site, scans=(seq,), **people))
    return found


def take(carrier: Carrier, pulls: list[Pull], minute: float) -> None:
    """One batch of a site's lines, received at a minute."""
    if not pulls:
        return
    carrier.hub.clock.at = at(minute)
    edge = carrier.edge(pulls[0].site)
    lines: list[bytes] = []
    for pull in pulls:
        lines += [edge.line(each) for each in events_of(carrier, pull, edge.seq + 1)]
    carrier.hub.take(edge.batch(lines), site=edge.site)


def chains_of(carrier: Carrier) -> list[object]:
    """Every parcel's spans and gaps."""
    chains = [carrier.chain(LONG_AFTER_MIN, waybill=each) for each in (*HIGH_VALUE, PLAIN)]
    gaps = [[(g.kind, g.site, g.from_at, g.to_at) for g in each.gaps] for each in chains]
    return [*map(told, chains), *gaps]


def _named(breach: Breach) -> tuple[object, ...]:
    # A site's standing breach stands by whichever record came first.
    at = None if breach.waybill is None else breach.at
    return breach.kind, breach.waybill, breach.site, breach.words, at


def outcome(carrier: Carrier) -> dict[str, object]:
    """All that the room answers at the end."""
    carrier.turn(LONG_AFTER_MIN)
    with carrier.hub.database.reading() as tx:
        breaches = [each.breach for each in service.list_breaches(tx, limit=1000)]
        nobodys = service.nobody_time(tx, at(0), at(LONG_AFTER_MIN))
        alerts = [each for each in carrier.hub.alerts() if each.state is not AlertState.CLOSED]
    return {
        "chains": chains_of(carrier),
        "breaches": Counter(_named(each) for each in breaches),
        "nobody": nobodys,
        "alerts": {(each.kind, each.subject) for each in alerts if each.kind in CUSTODYS},
    }


@pytest.mark.parametrize("draw", range(2))
def test_early_then_late_is_what_all_at_once_come_to(
    carrier: Carrier, draw: int, tmp_path: Path, sqlite_template: Path
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}, draw {draw}")
    luck = random.Random(seed)
    days = drawn(luck)
    heard = {site: luck.randrange(SCANS_PER_SITE // 4, SCANS_PER_SITE * 3 // 4) for site in SITES}
    for site in SITES:
        take(carrier, days[site][: heard[site]], ENDS_MIN)
    carrier.turn(ENDS_MIN + 60)
    believed = chains_of(carrier)
    for site in luck.sample(SITES, len(SITES)):
        take(carrier, days[site][heard[site] :], LATE_MIN)
    late = outcome(carrier)
    assert believed != late["chains"]

    other_dir = tmp_path / "other"
    other_dir.mkdir()
    shutil.copy(sqlite_template, other_dir / "hub.sqlite")
    with open_hub(other_dir, parse_url(None, other_dir), NETWORK) as home:
        other = Carrier(home)
        for site in SITES:
            take(other, days[site], LATE_MIN)
        assert outcome(other) == late
