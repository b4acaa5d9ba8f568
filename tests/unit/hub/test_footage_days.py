"""How long a channel's footage is kept. Source: design section 8."""

import pytest

from hub.network import Channel, Network, Place
from hub.packs.rules import footage_days, make_pack
from tests.samples import POLICY
from wire.limits import PACK_CHANNELS_MAX

PLACES = tuple(
    Place(site="755A", id=kind, kind=kind)
    for kind in ("dock", "belt", "cage", "store", "dedicated_area", "counter")
)
SHORT, LONG = POLICY.retention.days, POLICY.retention.area_days


def channel(
    *places: str,
    role: str = "overview",
    camera: str = "c1",
    site: str = "755A",
    view: str | None = None,
) -> Channel:
    return Channel(site=site, camera=camera, places=places, role=role, view=view)


@pytest.mark.parametrize(
    ("places", "role", "days"),
    [
        ((), "overview", SHORT),
        (("dock", "belt"), "overview", SHORT),
        (("dock", "cage"), "overview", LONG),
        (("store",), "overview", LONG),
        (("dedicated_area",), "overview", LONG),
        (("counter",), "overview", LONG),
        (("dock",), "dedicated", LONG),
    ],
)
def test_footage_of_where_parcels_rest_or_are_taken_in_is_kept_longer(
    places: tuple[str, ...], role: str, days: int
) -> None:
    assert footage_days(channel(*places, role=role), Network(place=PLACES), POLICY) == days
    assert SHORT < LONG


def test_a_sites_pack_names_its_own_cameras() -> None:
    network = Network(
        place=PLACES, channel=(channel("cage"), channel(site="020W"), channel(camera="c2"))
    )
    pack = make_pack("755A", 1, network, POLICY, {}, (), ())
    assert [(each.camera, each.footage_days) for each in pack.channels] == [
        ("c1", LONG),
        ("c2", SHORT),
    ]


def test_a_pack_takes_as_many_cameras_as_fit_and_no_more() -> None:
    many = tuple(channel(camera=f"c{number}") for number in range(PACK_CHANNELS_MAX + 1))
    pack = make_pack("755A", 1, Network(place=PLACES, channel=many), POLICY, {}, (), ())
    assert len(pack.channels) == PACK_CHANNELS_MAX


def test_what_a_camera_is_aimed_at_travels_in_the_pack() -> None:
    network = Network(place=PLACES, channel=(channel("cage"), channel(camera="c2", view="rack-2")))
    pack = make_pack("755A", 1, network, POLICY, {}, (), ())
    assert [each.view for each in pack.channels] == [None, "rack-2"]


def test_cameras_over_a_belt_read_labels_and_no_others() -> None:
    roles = ("belt", "overhead", "dedicated", "overview")
    many = tuple(channel(camera=role, role=role) for role in roles)
    pack = make_pack("755A", 1, Network(place=PLACES, channel=many), POLICY, {}, (), ())
    assert [each.camera for each in pack.channels if each.reads_labels] == ["belt", "overhead"]
