"""Which screens stand in the rail of whom."""

from hub.access.service import Role
from hub.console.screens import SCREENS, screens_for


def names(role: Role) -> list[str]:
    return [screen.name for screen in screens_for(role)]


def test_the_administrator_has_every_screen_in_the_rails_order() -> None:
    assert names(Role.ADMINISTRATOR) == [screen.name for screen in SCREENS]


def test_people_on_the_floor_have_the_searches_and_no_alerts() -> None:
    assert names(Role.WAREHOUSE) == ["incidents", "suspects", "shift", "dispatch", "reads"]
