"""The dedicated channel: one, that sees all of the dedicated area, under its name (HV-2.11.3)."""

import pytest

from hub.network import DEDICATED_KIND, DEDICATED_ROLE, Channel, Network, Place
from hub.video.rules.channels import (
    ChannelFault,
    channel_faults,
    dedicated_name,
    is_dedicated_name,
)

SITE = "755W"
AREA = Place(site=SITE, id="hv", kind=DEDICATED_KIND)
DOCK = Place(site=SITE, id="dock", kind="dock")
NAME = "755W特殊安全产品(高价值)快件监控通道"


def channel(name: str | None = NAME, role: str = DEDICATED_ROLE, *places: str) -> Channel:
    return Channel(site=SITE, camera="cam", name=name, places=places or ("hv",), role=role)


def faults(*channels: Channel, places: tuple[Place, ...] = (AREA, DOCK)) -> list[ChannelFault]:
    return [each.fault for each in channel_faults(Network(place=places, channel=channels), SITE)]


@pytest.mark.parametrize(
    "name",
    [NAME, "755W特殊安全产品（高价值）快件监控通道", "７５５Ｗ特殊安全产品（高价值）快件监控通道"],
)
def test_a_name_is_the_same_in_full_width_forms(name: str) -> None:
    assert is_dedicated_name(SITE, name)
    assert faults(channel(name)) == []


@pytest.mark.parametrize("name", [None, "", "cam 1", NAME.replace("755W", "755A"), NAME + "2"])
def test_another_name_is_a_fault_that_says_the_right_one(name: str | None) -> None:
    (found,) = channel_faults(Network(place=(AREA,), channel=(channel(name),)), SITE)
    assert (found.fault, found.detail) == (ChannelFault.NAME, NAME)
    assert dedicated_name(SITE) == NAME


def test_a_site_without_any_camera_is_not_blamed_here() -> None:
    assert faults() == []


def test_cameras_without_a_dedicated_channel_are_a_fault() -> None:
    assert faults(channel(role="dock")) == [ChannelFault.NO_CHANNEL]


def test_a_dedicated_area_that_the_channel_does_not_see_is_a_blind_spot() -> None:
    assert faults(channel(NAME, DEDICATED_ROLE, "dock")) == [ChannelFault.BLIND_SPOT]


def test_two_channels_that_see_half_each_are_no_dedicated_channel() -> None:
    second = Place(site=SITE, id="hv2", kind=DEDICATED_KIND)
    halves = (channel(NAME, DEDICATED_ROLE, "hv"), channel(NAME, DEDICATED_ROLE, "hv2"))
    assert faults(*halves, places=(AREA, second)) == [ChannelFault.BLIND_SPOT]


def test_a_dedicated_channel_without_an_area_is_told() -> None:
    assert faults(channel(NAME, DEDICATED_ROLE, "dock"), places=(DOCK,)) == [ChannelFault.NO_AREA]
