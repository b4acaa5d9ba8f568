"""The wanted list's changes. Source: design section 3 ("Wanted list")."""

from hub.config import load_policy
from hub.wanted.rules import Change, Delta, delta_of, entry_id_of, rules_of
from wire.limits import DELTA_ENTRIES_MAX
from wire.names import is_name
from wire.wanted import WantedEntry, WantedResult, apply_delta, make_list


def entry(waybill: str, reason: str = "") -> WantedEntry:
    return WantedEntry(
        id=entry_id_of(waybill), waybill=waybill, result=WantedResult.WANTED, reason=reason
    )


A, B = entry("100000000001"), entry("100000000002")


def test_the_shipped_policy_makes_the_series_rule() -> None:
    (rule,) = rules_of(load_policy(None))
    assert (rule.prefix, rule.banner_zh) == ("103", "特殊安全产品(高价值)快件")
    assert is_name(rule.id)


def test_an_entrys_id_is_a_name_and_always_the_same() -> None:
    assert is_name(entry_id_of("x" * 64))
    assert entry_id_of("100000000001") == A.id != B.id


def test_changes_fold_into_one_delta() -> None:
    newer = entry(A.waybill, "newer")
    changes = [
        Change(3, A.id, A),
        Change(4, B.id, B),
        Change(5, A.id, newer),
        Change(6, B.id, None),
    ]
    assert delta_of(changes, 2, 6) == Delta(2, (newer,), (B.id,), rules_changed=False)


def test_a_folded_delta_leads_to_the_same_list_as_its_steps() -> None:
    before = make_list(2, (), (B,))
    delta = delta_of([Change(3, A.id, A), Change(4, B.id, None)], 2, 4)
    assert delta is not None
    assert apply_delta(before, 4, delta.put, delta.remove, None) == make_list(4, (), (A,))


def test_changed_rules_are_told() -> None:
    delta = delta_of([Change(3, None, None)], 2, 3)
    assert delta is not None
    assert delta.rules_changed


def test_a_hole_in_the_changes_needs_a_snapshot() -> None:
    assert delta_of([Change(4, A.id, A)], 2, 4) is None
    assert delta_of([Change(3, A.id, A)], 2, 4) is None
    assert delta_of([], 2, 4) is None


def test_as_many_changes_as_a_delta_holds_travel_and_one_more_needs_a_snapshot() -> None:
    many = [Change(n, f"w-{n}", entry(str(n))) for n in range(1, DELTA_ENTRIES_MAX + 2)]
    assert delta_of(many[:-1], 0, DELTA_ENTRIES_MAX) is not None
    assert delta_of(many, 0, DELTA_ENTRIES_MAX + 1) is None
