"""Stills go again to a hub that was restored."""

import os
from datetime import UTC, datetime

from tests.unit.edge.video.test_sender import House, house, still

__all__ = ["house"]


def test_a_hub_that_was_restored_gets_the_stills_again_that_it_had_since(house: House) -> None:
    old, new = still(house, b"old"), still(house, b"new")
    os.utime(house.folder / "cam" / "stills" / f"{old}.jpg", (1_000, 1_000))
    os.utime(house.folder / "cam" / "stills" / f"{new}.jpg", (2_000, 2_000))
    house.turns(2)
    house.hub.pictures.clear()
    house.sender.deliver_again(datetime.fromtimestamp(1_500, UTC))
    house.turns(2)
    assert [told.sha256 for told, _ in house.hub.pictures] == [new]
    house.sender.deliver_again(datetime.fromtimestamp(1_500, UTC))
    house.sender.deliver_again(None)
    house.turns(3)
    assert [told.sha256 for told, _ in house.hub.pictures] == [new, old, new]
