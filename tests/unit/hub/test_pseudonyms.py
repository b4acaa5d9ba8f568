"""Whose badge a pseudonym is. Source: design section 3 (``by``)."""

from hub.pseudonyms import SITES_KEPT_MAX, PseudonymIndex
from wire.badges import badge_sha256, pseudonym

SALT, OTHER = "ab" * 16, "cd" * 16
PLAIN = [(badge_sha256(badge), badge) for badge in ("1001", "1002")]


def by(badge: str, salt: str = SALT) -> str:
    return pseudonym(badge_sha256(badge), salt)


def test_a_plain_badge_is_found_at_every_site_and_only_under_its_own_salt() -> None:
    index = PseudonymIndex(PLAIN)
    assert index.find(SALT, by("1002")) == "1002"
    assert index.find(OTHER, by("1002", OTHER)) == "1002"
    assert index.find(SALT, by("1002", OTHER)) is None
    assert index.find(SALT, by("1003")) is None


def test_without_badges_nobody_is_found() -> None:
    assert PseudonymIndex([]).find(SALT, by("1001")) is None


def test_a_printed_token_is_found_beside_the_plain_number() -> None:
    index = PseudonymIndex(PLAIN)
    assert index.find(SALT, by("t0k3n")) is None
    mark = (1, badge_sha256("t0k3n"), "1001")
    index.add_tokens([mark[1:]], mark, anew=False)
    assert index.newest == mark
    assert index.find(SALT, by("t0k3n")) == "1001"
    assert index.find(SALT, by("1001")) == "1001"


def test_tokens_of_another_database_replace_those_of_before() -> None:
    index = PseudonymIndex(PLAIN)
    index.add_tokens([(badge_sha256("old"), "1001")], (1, "", "1001"), anew=False)
    index.add_tokens([(badge_sha256("new"), "1002")], (1, "", "1002"), anew=True)
    assert index.find(SALT, by("old")) is None
    assert index.find(SALT, by("new")) == "1002"
    assert index.find(SALT, by("1001")) == "1001"


def test_however_many_sites_ask_a_bounded_number_is_kept() -> None:
    index = PseudonymIndex(PLAIN)
    for n in range(SITES_KEPT_MAX + 1):
        salt = f"{n:032x}"
        assert index.find(salt, by("1001", salt)) == "1001"
    assert len(index._sites) == 1
    assert index.find(SALT, by("1001")) == "1001"
