"""A model is learned from what the hub recorded, counts if a week bears it out, and then judges.

Source: design section 7, docs/adr/0043.
"""

from collections.abc import Iterator
from datetime import datetime

import pytest

from hub import app
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import upgrade
from hub.parcels.project import ParcelProjection
from simulators.carrier.day import simulate
from simulators.carrier.noise import Noise
from tests.carrier_bridge import network_of
from tests.carrier_hub import Stage
from tests.hub_parts import HubHome, open_hub

SEED = 11
PARCELS = 1_500
DAYS = 22


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HubHome, datetime]]:
    folder = tmp_path_factory.mktemp("train")
    url = parse_url(None, folder)
    database = open_database(url)
    upgrade(url, database)
    database.close()
    days = simulate(SEED, PARCELS, Noise(links=0, powers=0), days=DAYS)
    with open_hub(folder, url, network_of(days)) as home:
        now = Stage(home, [ParcelProjection(home.search())]).play(days)
        yield home, now


def test_a_model_is_learned_tested_and_counts(played: tuple[HubHome, datetime]) -> None:
    home, now = played
    read: list[tuple[int, int]] = []
    done = app.train(home.role, now, lambda *at: read.append(at))
    print(done)
    assert done.reason is None
    assert read[-1] == (PARCELS, PARCELS)
