"""The wanted list at the edge: every attacker's move is refused, and nothing changed."""

from datetime import timedelta

import pytest

from edge.verdict import shipped_list
from edge.wanted import KeptList, Taken, WantedKeeper
from tests.unit.edge.fakes import POLICY, START_AT
from wire.messages import WantedDelta, WantedFetch, WantedHead, WantedSnapshot
from wire.names import format_at
from wire.wanted import (
    ListHead,
    WantedEntry,
    WantedList,
    WantedResult,
    list_bytes,
    list_sha256,
    make_list,
)

SHIPPED = shipped_list(POLICY.waybill)
SOON = format_at(START_AT + timedelta(seconds=60))
IDS = {"site": "755A", "edge": "dock", "id": "c" * 32, "expires_at": SOON}


def entry(waybill: str) -> WantedEntry:
    return WantedEntry(id=f"e{waybill}", waybill=waybill, result=WantedResult.STOP, reason="r")


def wanted(version: int, *waybills: str) -> WantedList:
    return make_list(version, SHIPPED.rules, tuple(entry(waybill) for waybill in waybills))


def head(of: WantedList, later_s: int = 0) -> ListHead:
    head_at = format_at(START_AT + timedelta(seconds=later_s))
    return ListHead(version=of.version, list_sha256=list_sha256(of), head_at=head_at)


def keeper(of: WantedList | None = None, later_s: int = 0) -> WantedKeeper:
    kept = KeptList(of, head(of, later_s), b"old") if of is not None else None
    return WantedKeeper(SHIPPED, kept)


def delta(
    before: WantedList, after: WantedList, put: tuple[str, ...], **fields: object
) -> WantedDelta:
    values = {"from_version": before.version, "head": head(after), "remove": ()} | fields
    return WantedDelta(**IDS, put=tuple(entry(waybill) for waybill in put), **values)


ONE, TWO = wanted(1, "755000000001"), wanted(2, "755000000001", "755000000002")


def test_without_any_list_the_shipped_rule_judges() -> None:
    held = keeper().held()
    assert (held.version, held.head_at) == (0, None)
    assert held.index.rule_for("103000000001") is not None


def test_a_head_renews_the_same_list() -> None:
    found = keeper(ONE)
    command = WantedHead(**IDS, head=head(ONE, later_s=60))
    assert found.obey(command, b"new", START_AT) is Taken.RENEWED
    assert found.held().head_at == START_AT + timedelta(seconds=60)
    assert found.kept is not None
    assert found.kept.voucher == b"new"


def test_a_delta_leads_to_the_next_list() -> None:
    found = keeper(ONE)
    assert found.obey(delta(ONE, TWO, ("755000000002",)), b"new", START_AT) is Taken.CHANGED
    assert found.version == 2
    assert found.held().index.entry_for("755000000002", "755A", START_AT) is not None


def test_a_higher_version_is_taken_although_the_hubs_clock_was_set_back() -> None:
    found = keeper(ONE, later_s=3600)
    assert found.obey(delta(ONE, TWO, ("755000000002",)), b"new", START_AT) is Taken.CHANGED
    assert found.held().head_at == START_AT
    found = keeper(ONE, later_s=3600)
    snapshot = WantedSnapshot(site="755A", edge="dock", head=head(TWO))
    assert found.replace(snapshot, list_bytes(TWO), b"new") is Taken.CHANGED


def test_a_snapshot_replaces_whatever_is_older() -> None:
    found = keeper()
    snapshot = WantedSnapshot(site="755A", edge="dock", head=head(TWO))
    assert found.replace(snapshot, list_bytes(TWO), b"new") is Taken.CHANGED
    assert found.version == 2


@pytest.mark.parametrize(
    ("command", "taken"),
    [
        (WantedHead(**IDS, head=head(ONE, 60)), Taken.REFUSED),  # a lower version
        (WantedHead(**IDS, head=head(TWO, -1)), Taken.REFUSED),  # an older head
        (WantedHead(**(IDS | {"expires_at": format_at(START_AT)}), head=head(TWO, 60)), None),
        (WantedHead(**IDS, head=head(wanted(2, "755000000009"), 60)), Taken.NEEDS_FETCH),
        (WantedHead(**IDS, head=head(wanted(3), 60)), Taken.NEEDS_FETCH),
        (delta(ONE, TWO, ("755000000002",)), Taken.REFUSED),  # replayed
        (delta(wanted(3), wanted(4), ()), Taken.NEEDS_FETCH),  # one is missing between
        (delta(TWO, wanted(3), ("755000000003",)), Taken.NEEDS_FETCH),  # another hash
        (WantedFetch(**IDS, version=2), Taken.REFUSED),
        (WantedFetch(**IDS, version=3), Taken.NEEDS_FETCH),
    ],
)
def test_what_does_not_fit_changes_nothing(
    command: WantedHead | WantedDelta | WantedFetch, taken: Taken | None
) -> None:
    found = keeper(TWO)
    before = found.kept
    now = START_AT if taken is not None else START_AT + timedelta(milliseconds=1)
    assert found.obey(command, b"new", now) is (taken or Taken.REFUSED)
    assert found.kept is before
    assert found.version == 2


def test_a_replayed_older_snapshot_is_refused() -> None:
    found = keeper(TWO)
    snapshot = WantedSnapshot(site="755A", edge="dock", head=head(ONE, 60))
    assert found.replace(snapshot, list_bytes(ONE), b"new") is Taken.REFUSED
    assert found.version == 2


@pytest.mark.parametrize("line", [b"", b"{}", list_bytes(ONE), list_bytes(TWO) + b" "])
def test_a_snapshot_that_is_not_what_its_head_says_changes_nothing(line: bytes) -> None:
    found = keeper(ONE)
    before = found.kept
    snapshot = WantedSnapshot(site="755A", edge="dock", head=head(TWO, 60))
    with pytest.raises(ValueError, match="hash"):
        found.replace(snapshot, line, b"new")
    assert found.kept is before


def test_a_snapshot_of_another_version_than_its_head_changes_nothing() -> None:
    found = keeper(ONE)
    lying = ListHead(version=9, list_sha256=list_sha256(TWO), head_at=format_at(START_AT))
    with pytest.raises(ValueError, match="version"):
        found.replace(WantedSnapshot(site="755A", edge="dock", head=lying), list_bytes(TWO), b"new")
    assert found.version == 1


def test_a_delta_cannot_be_laid_over_the_shipped_list() -> None:
    found = keeper()
    after = wanted(1, "755000000001")
    command = delta(SHIPPED, after, ("755000000001",))
    assert found.obey(command, b"new", START_AT) is Taken.NEEDS_FETCH
    assert found.version == 0
