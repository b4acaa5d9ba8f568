"""The shift clock: what ends next."""

from datetime import UTC, datetime

from hub.console.shifts import ShiftEnd, next_shift_end
from hub.network import EMPTY
from hub.network_file import parse_network

NETWORK = parse_network(
    b"""
[[region]]
code = "r"
name = "r"
operations_contact = "a@b.example"
claims_contact = "a@b.example"
"""
    + b"".join(
        b'\n[[site]]\ncode = "%s"\nname = "x"\nkind = "branch"\nregion = "r"\n' % code
        for code in (b"A", b"B", b"C")
    )
    + b"".join(
        b'\n[[shift]]\nsite = "%s"\nname = "%s"\nfrom = "%s"\nto = "%s"\n' % shift
        for shift in (
            (b"A", b"day", b"08:00", b"20:00"),
            (b"B", b"day", b"08:00", b"20:00"),
            (b"B", b"night", b"20:00", b"08:00"),
            (b"C", b"early", b"05:00", b"13:00"),
        )
    )
)


def test_the_shift_that_ends_next_is_told_with_how_many_sites_share_its_end() -> None:
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    early = next_shift_end(NETWORK, None, noon)
    assert early == ShiftEnd("C", "early", datetime(2026, 11, 22, 5, 0, tzinfo=UTC), 0)
    afternoon = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    late = next_shift_end(NETWORK, None, afternoon)
    assert late == ShiftEnd("A", "day", datetime(2026, 11, 22, 12, 0, tzinfo=UTC), 1)


def test_only_the_callers_sites_count() -> None:
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    found = next_shift_end(NETWORK, frozenset({"A"}), noon)
    assert found is not None
    assert (found.site, found.others) == ("A", 0)
    assert next_shift_end(NETWORK, frozenset({"Z"}), noon) is None


def test_a_shift_across_midnight_is_on_on_both_sides_of_it() -> None:
    for utc_hour, day in ((15, 22), (17, 22), (23, 22)):
        found = next_shift_end(
            NETWORK, frozenset({"B"}), datetime(2026, 11, day, utc_hour, 30, tzinfo=UTC)
        )
        assert found is not None
        assert (found.shift, found.ends_at) == ("night", datetime(2026, 11, 23, 0, 0, tzinfo=UTC))


def test_between_the_shifts_nothing_ends() -> None:
    midnight = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert next_shift_end(NETWORK, frozenset({"A", "C"}), midnight) is None
    assert next_shift_end(EMPTY, None, midnight) is None
