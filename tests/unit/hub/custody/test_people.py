"""Who stands behind a pseudonym is asked once, and no more persons are kept than the bound."""

from typing import cast

import pytest
from sqlalchemy import Connection

from hub.custody import people
from hub.custody.people import People
from hub.network import Staff
from tests.custody_parts import NETWORK, Day, pseudonym

NO_TX = cast(Connection, None)


class Directory:
    """Finds everyone of the small carrier, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def person_of(self, _tx: Connection, site: str, by: str) -> Staff | None:
        self.asked.append((site, by))
        return NETWORK.people.get(by.removeprefix(f"{site}:"))


def test_everyone_whom_a_record_names_is_found_and_asked_for_once() -> None:
    day, directory = Day(), Directory()
    day.handover(0, "KIM", "KEEPER")
    day.scan(5, "sort", "NOBODY-KNOWN")
    day.scan(6, "sort")
    found_behind = People(directory.person_of)
    for _ in range(2):
        found = found_behind.behind(NO_TX, day.records)
        assert {who: person.badge for who, person in found.items()} == {
            ("BRANCH", pseudonym("BRANCH", badge)): badge for badge in ("KIM", "KEEPER")
        }
    assert len(directory.asked) == 3


def test_when_there_are_more_persons_than_are_kept_all_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people, "PEOPLE_KEPT_MAX", 2)
    directory = Directory()
    found_behind = People(directory.person_of)
    for badge in ("KIM", "KEEPER", "LOADER", "LOADER", "KIM"):
        day = Day()
        day.scan(0, "sort", badge)
        assert len(found_behind.behind(NO_TX, day.records)) == 1
    assert [by for _, by in directory.asked] == [
        pseudonym("BRANCH", badge) for badge in ("KIM", "KEEPER", "LOADER", "KIM")
    ]
