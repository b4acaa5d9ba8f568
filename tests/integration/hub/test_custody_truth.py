"""What a hub keeps of a simulated carrier's days, batch by batch and with what comes late.

The seed is drawn at run time and printed. Source: design section 6.
"""

import random
from datetime import timedelta

from hub.custody import service
from hub.custody.project import CustodyProjection
from hub.custody.service import BreachKind, CustodyDuty, Judge
from hub.parcels.project import ParcelProjection
from simulators.carrier.day import simulate
from simulators.carrier.noise import Noise
from tests.carrier_bridge import network_of
from tests.carrier_hub import Stage
from tests.custody_truth import Days, found_of
from tests.hub_parts import HubHome, open_hub

PARCELS = 60
TURNS = 5


def test_what_the_hub_keeps_is_what_all_events_at_once_come_to(hub: HubHome) -> None:
    carrier = simulate(random.randrange(10**6), PARCELS, noise=Noise(faults=1))
    print("\n".join(carrier.lines()))
    days = Days(carrier)
    chains = days.chains()
    hub.database.close()
    with open_hub(hub.data_dir, hub.url, network_of(carrier)) as home:
        judge = Judge(home.chains())
        Stage(home, [ParcelProjection(home.search()), CustodyProjection(judge)]).play(carrier)
        with home.database.writing() as tx:
            for _ in range(TURNS):
                CustodyDuty(judge).run(tx, days.ends_at)
        with home.database.reading() as tx:
            kept = [each.breach for each in service.list_breaches(tx, limit=1000)]
            told = judge.chains.fold(tx, chains, days.ends_at, days.ends_at + timedelta(days=1))
    of_parcels = [breach for breach in kept if breach.kind is not BreachKind.NO_CAMERA]
    assert found_of(of_parcels) == found_of(days.breaches(chains))
    for waybill, chain in chains.items():
        assert told[waybill].spans == chain.spans
        assert told[waybill].gaps == chain.gaps
