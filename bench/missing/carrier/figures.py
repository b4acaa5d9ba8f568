"""What alarms are worth: how early the vanished were told, and how many good parcels wrongly.

Times are counted twice: from the planned time of the next scan of the vanished (what a carrier
could notice at all), and from the moment of the loss.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bench.missing.carrier.days import Carrier
from bench.missing.carrier.hub import Judged
from bench.missing.carrier.rules import HOUR, Alarms
from hub.incidents.service import Kind
from simulators.carrier.truth import Fate, How

WITHIN_H = (12, 24, 48)
GIVEN_UP_H = 240.0
"""A loss that neither an alarm nor a find ended counts as so late."""
SeenAt = Mapping[str, Sequence[datetime]]


@dataclass(frozen=True)
class Loss:
    """One vanished parcel: hours until it was suspected, ``None`` if it turned up unsuspected."""

    fate: Fate
    told_at: datetime | None

    def hours(self, since: datetime) -> float:
        """Until it was suspected, or turned up before."""
        ends = [each for each in (self.told_at, self.fate.found_at) if each is not None]
        return max(0.0, (min(ends) - since) / HOUR) if ends else GIVEN_UP_H

    @property
    def due_h(self) -> float:
        """From the planned time of its next scan on; suspected before that is at once."""
        assert self.fate.due_at is not None
        return self.hours(self.fate.due_at)

    @property
    def lost_h(self) -> float:
        """From the moment it vanished on."""
        return self.hours(self.fate.at)

    def is_within(self, since: datetime | None, hours: float) -> bool:
        """Say whether it was suspected in that time."""
        assert since is not None
        return self.told_at is not None and self.told_at <= since + timedelta(hours=hours)


@dataclass(frozen=True)
class Outcome:
    """What one method did with one carrier; ``false`` of ``good`` parcels it named wrongly.

    ``asked``: it named that many parcels that were delivered without any scan.
    """

    losses: list[Loss]
    good: int
    false: frozenset[str]
    asked: int


def alarms_in(judged: Judged) -> Alarms:
    """When which parcels were suspected, alone or with their bag or vehicle."""
    found: dict[str, list[datetime]] = {}
    for at, suspicion in judged.opened:
        for waybill in suspicion.waybills:
            found.setdefault(waybill, []).append(at)
    return found


def outcome_of(carrier: Carrier, alarms: Alarms, seen_at: SeenAt) -> Outcome:
    """Judge a method by the truth."""
    vanished, good = carrier.vanished(), carrier.good()
    false = {each.waybill for each in good if each.waybill in alarms}
    false |= {f.waybill for f in vanished if any(at < f.at for at in alarms.get(f.waybill, ()))}
    unscanned = carrier.unscanned()
    false |= {f.waybill for f in unscanned if any(at < f.at for at in alarms.get(f.waybill, ()))}
    asked = [each for each in unscanned if each.waybill in alarms and each.waybill not in false]
    losses = [Loss(each, told_at(each, alarms, seen_at)) for each in vanished]
    return Outcome(losses, len(good), frozenset(false), len(asked))


def told_at(fate: Fate, alarms: Alarms, seen_at: SeenAt) -> datetime | None:
    """When a vanished parcel was first suspected and looked for, before it turned up by itself.

    A search that stood when it vanished, and that no scan had ended, counts from then on.
    """
    seen = seen_at.get(fate.waybill, ())
    for at in sorted(alarms.get(fate.waybill, ())):
        if at < fate.at and bisect_right(seen, fate.at) > bisect_right(seen, at):
            continue
        told = max(at, fate.at)
        return told if fate.found_at is None or told < fate.found_at else None
    return None


def figures_of(outcomes: Sequence[Outcome], budget: float) -> dict[str, float]:
    """The figures of one method under one budget, over all carriers."""
    losses = [loss for each in outcomes for loss in each.losses]
    good = sum(each.good for each in outcomes)
    false = 1_000 * sum(len(each.false) for each in outcomes) / good
    found: dict[str, float] = {"losses": len(losses), "good": good}
    for name, hours, since in (
        ("due", [each.due_h for each in losses], [each.fate.due_at for each in losses]),
        ("lost", [each.lost_h for each in losses], [each.fate.at for each in losses]),
    ):
        found |= {
            f"{name}_mean_h": float(np.mean(hours)),
            f"{name}_median_h": float(np.median(hours)),
            f"{name}_p90_h": float(np.quantile(hours, 0.9)),
        }
        for limit in WITHIN_H:
            hits = [loss.is_within(at, limit) for loss, at in zip(losses, since, strict=True)]
            found[f"{name}_within_{limit}_h"] = float(np.mean(hits))
    return found | {
        "false_per_1000": false,
        "realised_over_nominal": false / budget,
        "asked_per_1000": 1_000 * sum(each.asked for each in outcomes) / good,
    }


def soonest_h(carrier: Carrier) -> list[float]:
    """Of each loss: hours from its planned scan until it differs from good parcels.

    Until the next departure, what vanished at a site has the scans of what was left behind there.
    """
    return [_soonest_h(carrier, fate) for fate in carrier.vanished()]


def _soonest_h(carrier: Carrier, fate: Fate) -> float:
    sites = [visit.site for visit in carrier.days.truth.plans[fate.waybill]]
    assert fate.due_at is not None
    # Sent astray, it stands where its plan never led; at its destination rounds take all along.
    if fate.how is not How.AT_SITE or fate.site not in sites[:-1]:
        return 0.0
    to = sites[sites.index(fate.site) + 1]
    return (carrier.days.world.leaving(fate.site, to, fate.due_at).at - fate.due_at) / HOUR


@dataclass(frozen=True)
class Outages:
    """How silent sites were told: ``once`` while it lasted, of ``total``; ``wrong`` sites work."""

    total: int
    once: int
    wrong: int


def outages_of(carrier: Carrier, judged: Judged) -> Outages:
    """One incident for each outage, while it lasts, and none for a working site."""
    told = [(at, each.subject) for at, each in judged.opened if each.kind is Kind.SITE]
    outages = carrier.days.truth.outages
    hits = [
        [at for at, site in told if site == each.site and each.starts_at < at < each.ends_at]
        for each in outages
    ]
    return Outages(
        len(outages), sum(len(each) == 1 for each in hits), len(told) - sum(map(len, hits))
    )


def total(parts: Iterable[Outages]) -> Outages:
    """Of all carriers."""
    found = list(parts)
    return Outages(
        sum(each.total for each in found),
        sum(each.once for each in found),
        sum(each.wrong for each in found),
    )
