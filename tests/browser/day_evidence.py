"""The evidence of the day's suspect, made of its figures by the rooms' own words."""

from datetime import datetime, timedelta

from hub.config import load_policy
from hub.evidence import Evidence, Share
from hub.missing.rules.evidence import Known, make_evidence
from hub.missing.rules.plan import LastScan, Phase, Stop
from hub.missing.rules.scoring import Company, Outlook
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import Words
from hub.network import Network
from wire.names import Step

HOUR = timedelta(hours=1)


def evidence_of(waybill: str, network: Network, now: datetime) -> Evidence:
    """It was loaded at 755W; 23 of the 24 in its bag came to 021W."""
    due, out = now - 4 * HOUR, now + 3 * HOUR
    fold = Watch(
        LastScan("755W", Phase.OUT, now - 25 * HOUR),
        Step.LOAD,
        (
            Stop("021W", Phase.IN, due, due, origin="755W", reach_h=16),
            Stop("021W", Phase.OUT, out, out),
        ),
        3,
        came_from="755A",
    )
    bag = Siblings("bag:SZ-0090@755W", 24, (waybill,), True, frozenset({"021W"}), come=23)
    known = Known(
        fold=fold,
        together=(bag,),
        outlook=Outlook(0.0031, 0.37, 0.04),
        usual_until=now - 6 * HOUR,
        reads=None,
        days=28,
        company=Company(has_come=True),
        shares=(Share("755W", 0.91), Share("021W", 0.09)),
        searching=("021W", "755W"),
        checked_by=now + HOUR,
    )
    return make_evidence(Words(network.zone_of, load_policy(None).missing), known, now)
