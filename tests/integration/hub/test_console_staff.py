"""People and badges as the console reads and works them: HV-R1."""

import pytest

from hub.access.service import Caller, Role, print_badge
from hub.console.seam import NotAllowedError
from hub.console.staff.desk import PEOPLE_SHOWN_MAX, StaffDesk
from hub.console.staff.views import BadgeState, StaffSight
from hub.network import Network, Staff
from tests.hub_parts import START, HubHome
from tests.postgres_parts import on_both_databases
from wire.site_pack import Duty

pytestmark = on_both_databases

LI = Staff(badge="1001", name="李雷", duty=Duty.COURIER, site="755A")
HAN = Staff(badge="1002", name="韩梅", duty=Duty.DRIVER, site="020W")
MANY = tuple(
    Staff(badge=f"9{number:04d}", name="王", duty=Duty.CASHIER, site="900A")
    for number in range(PEOPLE_SHOWN_MAX + 1)
)
LEADER = Caller("zhao", Role.SUPERVISOR, None)
THERE = Caller("wu", Role.SUPERVISOR, frozenset({"755A"}))
AUDITOR = Caller("sun", Role.AUDITOR, None)


@pytest.fixture
def network() -> Network:
    return Network(staff=(HAN, LI, *MANY))


@pytest.fixture
def printed(hub: HubHome) -> HubHome:
    """Both have a printed badge."""
    with hub.database.writing() as tx:
        for badge in ("1001", "1002"):
            print_badge(tx, hub.role.network, badge, "zhao", START, hub.clock.random_bytes)
    return hub


def people(hub: HubHome, asked: str = "", caller: Caller = LEADER) -> StaffSight:
    return StaffDesk(hub.web()).people(asked, caller)


def states(sight: StaffSight) -> list[tuple[str, BadgeState]]:
    return [(line.staff.badge, line.state) for line in sight.people]


def test_people_stand_by_site_and_only_those_of_ones_own_sites(hub: HubHome) -> None:
    assert [line.staff for line in people(hub).people[:2]] == [HAN, LI]
    assert [line.staff for line in people(hub, caller=THERE).people] == [LI]
    assert people(hub).is_cut
    assert not people(hub, caller=THERE).is_cut


@pytest.mark.parametrize("asked", ["755a", "1001", "李", "courier"])
def test_a_part_of_site_badge_name_or_duty_finds_somebody(hub: HubHome, asked: str) -> None:
    assert [line.staff for line in people(hub, asked).people] == [LI]


def test_the_plain_number_counts_until_a_badge_is_printed_and_never_after(
    hub: HubHome, printed: HubHome
) -> None:
    assert states(people(printed))[:2] == [
        ("1002", BadgeState.TOKEN),
        ("1001", BadgeState.TOKEN),
    ]
    assert StaffDesk(printed.web()).revoke("1001", THERE)
    assert states(people(printed, "1001")) == [("1001", BadgeState.REVOKED)]
    assert not StaffDesk(printed.web()).revoke("1001", THERE)
    assert states(people(hub, "90000")) == [("90000", BadgeState.PLAIN)]


def test_who_may_not_ends_nobodys_badge(printed: HubHome) -> None:
    desk = StaffDesk(printed.web())
    for badge, caller in (("1001", AUDITOR), ("1002", THERE), ("nobody", LEADER)):
        with pytest.raises(NotAllowedError):
            desk.revoke(badge, caller)
    assert states(people(printed))[:2] == [
        ("1002", BadgeState.TOKEN),
        ("1001", BadgeState.TOKEN),
    ]
    assert not people(printed, caller=AUDITOR).may_change
    assert people(printed, caller=THERE).may_change
