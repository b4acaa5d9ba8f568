"""Who receives at a hub and who delivers from one: HV-2.4.1, HV-2.5."""

import pytest

from hub.custody.rules.chain import Breach, BreachKind, Chain
from tests.custody_parts import Day, bag, truck

RECEIVER, DELIVERER = BreachKind.WRONG_RECEIVER, BreachKind.WRONG_DELIVERER


def found(chain: Chain, kind: BreachKind) -> list[Breach]:
    return [each for each in chain.breaches if each.kind is kind]


def arrived(by: str | None, site: str = "HUB", **more: object) -> Day:
    day = Day(site="BRANCH")
    day.scan(0, "accept", "KIM")
    day.scan(5, "pack", "KIM", container=bag())
    day.scan(200, "arrive", by, site=site, **more)
    return day


def test_who_is_no_designated_receiver_and_takes_in_at_his_hub_breaks_hv_2_4_1() -> None:
    day = arrived("SORTER")
    (breach,) = found(day.chain(), RECEIVER)
    assert (breach.rule, breach.site, breach.evidence) == ("HV-2.4.1", "HUB", day.records[-1])
    assert found(day.chain(is_high_value=False), RECEIVER) == []


def test_a_bag_of_high_value_parcels_is_received_like_one() -> None:
    assert len(found(arrived("SORTER", unit=bag()).chain(), RECEIVER)) == 1


@pytest.mark.parametrize(
    ("by", "site"),
    [
        ("HUBKEEPER", "HUB"),
        ("STRANGER", "HUB"),
        (None, "HUB"),
        ("KIM", "HUB"),
        ("DRIVER", "HUB"),
        ("KEEPER", "FAR"),
        ("SORTER", "FAR"),
        ("SORTER", "NOWHERE"),
    ],
)
def test_receivers_strangers_drivers_and_people_of_other_sites_are_not_judged(
    by: str | None, site: str
) -> None:
    assert found(arrived(by, site).chain(), RECEIVER) == []


@pytest.mark.parametrize("step", ["unload", "sort", "store"])
def test_anybody_may_work_on_what_was_received(step: str) -> None:
    day = arrived("HUBKEEPER")
    day.scan(210, step, "SORTER", site="HUB", place="cage9")
    assert found(day.chain(), RECEIVER) == []


def out(by: str | None, site: str = "SECOND", step: str = "out_for_delivery") -> Day:
    day = Day(site=site)
    day.scan(0, step, by, container=truck())
    return day


@pytest.mark.parametrize("by", ["KIM", "SORTER", "HUBKEEPER", "DRIVER"])
def test_whoever_else_takes_out_from_a_level_2_hub_breaks_hv_2_5(by: str) -> None:
    day = out(by)
    (breach,) = found(day.chain(at=1), DELIVERER)
    assert (breach.rule, breach.site, breach.evidence) == ("HV-2.5", "SECOND", day.records[-1])
    assert found(day.chain(at=1, is_high_value=False), DELIVERER) == []


@pytest.mark.parametrize(
    ("by", "site"),
    [("LIN", "SECOND"), (None, "SECOND"), ("STRANGER", "SECOND"), ("KIM", "FAR"), ("KIM", "HUB")],
)
def test_dedicated_deliverers_strangers_and_couriers_of_branches_take_out(
    by: str | None, site: str
) -> None:
    assert found(out(by, site).chain(at=1), DELIVERER) == []


def test_too_far_for_a_delivery_it_goes_to_the_next_link_with_anybody() -> None:
    assert found(out("SORTER", step="load").chain(at=1), DELIVERER) == []
