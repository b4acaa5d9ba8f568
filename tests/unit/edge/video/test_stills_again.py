"""Stills go again to a hub that was restored."""

import os
from datetime import UTC, datetime

import pytest

from tests.unit.edge.video.test_sender import House, house, still

__all__ = ["house"]


def restart(house: House) -> None:
    """As after a kill: what is not on the disk is forgotten."""
    house.sender.close()
    house.sender = house.new_sender()


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


def test_what_goes_again_is_on_the_disk_before_anything_else_is_done(house: House) -> None:
    shot = still(house, b"shot")
    house.turns(2)
    house.hub.pictures.clear()
    house.sender.deliver_again(None)
    restart(house)
    house.turns(2)
    assert [told.sha256 for told, _ in house.hub.pictures] == [shot]
    restart(house)
    house.turns(2)
    assert len(house.hub.pictures) == 1


@pytest.mark.parametrize("raw", [b"", b"soon", b"9" * 100, b"-1\n"])
def test_a_mark_that_says_nothing_lets_all_go_again(house: House, raw: bytes) -> None:
    shot = still(house, b"shot")
    house.turns(2)
    house.hub.pictures.clear()
    (house.folder / "stills-again").write_bytes(raw)
    restart(house)
    house.turns(2)
    assert [told.sha256 for told, _ in house.hub.pictures] == [shot]


def test_a_disk_that_does_not_take_the_mark_lets_them_go_again_in_this_life(house: House) -> None:
    shot = still(house, b"shot")
    house.turns(2)
    house.hub.pictures.clear()
    (house.folder / "stills-again.new").mkdir()
    house.sender.deliver_again(None)
    house.turns(2)
    assert [told.sha256 for told, _ in house.hub.pictures] == [shot]
