"""HV-2.11.1 and design section 3 ("Wanted list")."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.samples import ENTRY, LIST_HEAD, RULE, STOP_ENTRY, WANTED
from wire.limits import SCOPE_SITES_MAX, WANTED_ENTRIES_MAX, WANTED_RULES_MAX
from wire.names import Result
from wire.wanted import (
    WantedEntry,
    WantedIndex,
    WantedList,
    WantedResult,
    WantedRule,
    apply_delta,
    check_entry,
    holds,
    list_bytes,
    list_sha256,
    make_list,
    parse_list,
)

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
EMPTY = make_list(0, (), ())


def entry(name: str, waybill: str = "755000000001", **fields: object) -> WantedEntry:
    plain: dict[str, object] = {"result": WantedResult.WANTED, "reason": "asked for"}
    return WantedEntry(id=name, waybill=waybill, **{**plain, **fields})


def rule(name: str, prefix: str) -> WantedRule:
    return WantedRule(id=name, prefix=prefix, banner_zh="高", banner_en="high")


def as_given(rules: tuple[WantedRule, ...], entries: tuple[WantedEntry, ...]) -> WantedList:
    """A list as a careless writer would make it: nothing sorted, nothing checked."""
    return WantedList(version=1, rules=rules, entries=entries)


def refused(data: bytes) -> str:
    with pytest.raises(ValueError) as caught:
        parse_list(data)
    return str(caught.value)


# ---------------------------------------------------------------- canonical form


def test_equal_lists_have_equal_bytes_whatever_order_they_were_made_in() -> None:
    one = make_list(3, (rule("a", "1"), rule("b", "2")), (ENTRY, STOP_ENTRY))
    other = make_list(3, (rule("b", "2"), rule("a", "1")), (STOP_ENTRY, ENTRY))
    assert list_bytes(one) == list_bytes(other)
    assert list_sha256(one) == list_sha256(other)
    assert parse_list(list_bytes(one)) == one


def test_a_list_out_of_order_is_not_canonical() -> None:
    swapped = WantedList(version=7, rules=WANTED.rules, entries=WANTED.entries[::-1])
    assert "canonical" in refused(list_bytes(swapped))


@pytest.mark.parametrize(
    "data",
    [
        list_bytes(WANTED) + b"\n",
        b" " + list_bytes(WANTED),
        list_bytes(WANTED).replace(b'{"version":7', b'{"version":8,"version":7'),
        list_bytes(WANTED).replace(b'{"version":7', b'{"later":1,"version":7'),
        json.dumps(json.loads(list_bytes(WANTED))).encode(),
    ],
)
def test_other_bytes_of_the_same_list_are_refused(data: bytes) -> None:
    assert "canonical" in refused(data)


def test_two_entries_or_rules_with_one_id_are_refused() -> None:
    for twins in (((), (ENTRY, ENTRY)), ((RULE, RULE), ())):
        with pytest.raises(ValueError, match="share an id"):
            make_list(1, *twins)
        assert "share an id" in refused(list_bytes(as_given(*twins)))


def test_a_list_at_its_bounds_is_taken_and_one_more_is_refused() -> None:
    entries = tuple(entry(f"w{n:06d}") for n in range(WANTED_ENTRIES_MAX + 1))
    rules = tuple(rule(f"r{n:02d}", str(n)) for n in range(WANTED_RULES_MAX + 1))
    full = make_list(1, rules[1:], entries[1:])
    assert parse_list(list_bytes(full)) == full
    with pytest.raises(ValueError, match="entries"):
        make_list(1, (), entries)
    with pytest.raises(ValueError, match="rules"):
        make_list(1, rules, ())
    refused(list_bytes(as_given((), entries)))
    refused(list_bytes(as_given(rules, ())))


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"null", b"\xff", b"[" * 200_000, b'{"x":' * 200_000,
     list_bytes(WANTED).replace(b"2026-12-01", b"2026-13-01"),
     list_bytes(WANTED).replace(b"2026-12-01", b"2026-02-30"),
     list_bytes(WANTED).replace(b'"version":7', b'"version":' + b"9" * 5000),
     list_bytes(WANTED).replace(b'"prefix":"103"', b'"prefix":""'),
     list_bytes(WANTED).replace(b'"result":"stop"', b'"result":"clear"')],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_a_short_sentence(data: bytes) -> None:
    assert len(refused(data)) <= 200


# ---------------------------------------------------------------- deltas


def test_a_delta_puts_replaces_and_removes() -> None:
    first = apply_delta(EMPTY, 1, (entry("a"), entry("b")), (), (RULE,))
    second = apply_delta(first, 5, (entry("b", reason="new"), entry("c")), ("a",), None)
    assert [item.id for item in second.entries] == ["b", "c"]
    assert second.entries[0].reason == "new"
    assert (second.version, second.rules) == (5, (RULE,))


def test_deltas_end_in_the_same_bytes_as_the_list_made_at_once() -> None:
    stepwise = apply_delta(EMPTY, 1, (ENTRY,), (), (RULE,))
    stepwise = apply_delta(stepwise, 7, (STOP_ENTRY,), (), None)
    assert list_sha256(stepwise) == LIST_HEAD.list_sha256


@pytest.mark.parametrize("version", [0, 6, 7])
def test_a_delta_whose_version_does_not_grow_is_refused(version: int) -> None:
    before = list_bytes(WANTED)
    with pytest.raises(ValueError, match="does not follow"):
        apply_delta(WANTED, version, (), ("w-0",), None)
    assert list_bytes(WANTED) == before


def test_removing_what_is_not_there_changes_only_the_version() -> None:
    after = apply_delta(WANTED, 8, (), ("nobody",), None)
    assert after == WantedList(version=8, rules=WANTED.rules, entries=WANTED.entries)


def test_what_is_removed_and_put_in_one_delta_is_there() -> None:
    after = apply_delta(WANTED, 8, (STOP_ENTRY,), (STOP_ENTRY.id,), None)
    assert STOP_ENTRY in after.entries


def test_empty_rules_end_every_series_and_null_keeps_them() -> None:
    assert apply_delta(WANTED, 8, (), (), ()).rules == ()
    assert apply_delta(WANTED, 8, (), (), None).rules == WANTED.rules


def test_a_delta_that_would_break_the_bound_is_refused() -> None:
    full = make_list(1, (), tuple(entry(f"w{n:06d}") for n in range(WANTED_ENTRIES_MAX)))
    with pytest.raises(ValueError, match="at most"):
        apply_delta(full, 2, (entry("one-more"),), (), None)
    assert len(apply_delta(full, 2, (entry("one-more"),), ("w000000",), None).entries) == (
        WANTED_ENTRIES_MAX
    )


# ---------------------------------------------------------------- judging


def test_an_entry_holds_until_the_very_instant_it_expires() -> None:
    expires = entry("a", expires_at="2026-11-22T01:02:03.000Z")
    assert holds(expires, "755A", NOW - timedelta(milliseconds=1))
    assert not holds(expires, "755A", NOW)
    assert not holds(expires, "755A", NOW + timedelta(milliseconds=1))


def test_an_entry_holds_at_the_sites_of_its_scope_only() -> None:
    here = entry("a", scope=("755A",))
    assert holds(here, "755A", NOW)
    assert not holds(here, "755W", NOW)
    assert not holds(entry("a", scope=()), "755A", NOW)
    assert holds(entry("a", scope=None), "anywhere", NOW)


def test_a_waybill_that_nobody_wants_is_clear() -> None:
    assert WantedIndex(WANTED).judge("755000000009", "755A", NOW) == (Result.CLEAR, None)
    assert WantedIndex(EMPTY).judge("103000000009", "755A", NOW) == (Result.CLEAR, None)


def test_hv_2_11_1_the_series_alone_makes_a_waybill_high_value() -> None:
    assert WantedIndex(WANTED).judge("103999999999", "755A", NOW) == (Result.HV, None)
    assert WantedIndex(WANTED).judge("755103000001", "755A", NOW) == (Result.CLEAR, None)


def test_an_entry_beats_the_series() -> None:
    assert WantedIndex(WANTED).judge("103000000001", "755A", NOW) == (Result.STOP, STOP_ENTRY)


def test_an_expired_entry_leaves_the_series_in_force() -> None:
    gone = entry("a", "103000000002", expires_at="2026-11-22T01:02:03.000Z")
    index = WantedIndex(make_list(1, (RULE,), (gone,)))
    assert index.judge("103000000002", "755A", NOW - timedelta(seconds=1))[0] is Result.WANTED
    assert index.judge("103000000002", "755A", NOW) == (Result.HV, None)


def test_stop_beats_wanted_then_priority_then_id_whatever_the_order() -> None:
    ranked = [
        entry("z", result=WantedResult.STOP, priority=9),
        entry("m", priority=0),
        entry("a", priority=1),
        entry("b", priority=1),
    ]
    for left_out in range(len(ranked)):
        rest = ranked[left_out:]
        for order in (rest, rest[::-1]):
            index = WantedIndex(make_list(1, (), tuple(order)))
            assert index.entry_for("755000000001", "755A", NOW) == rest[0]


def test_a_stop_that_does_not_hold_here_leaves_the_wanted_entry() -> None:
    away = entry("a", result=WantedResult.STOP, scope=("755W",))
    index = WantedIndex(make_list(1, (), (away, entry("b"))))
    assert index.judge("755000000001", "755A", NOW)[0] is Result.WANTED
    assert index.judge("755000000001", "755W", NOW)[0] is Result.STOP


def test_the_longest_prefix_names_the_series() -> None:
    index = WantedIndex(make_list(1, (rule("a", "10"), rule("b", "1030"), rule("c", "103")), ()))
    assert [
        found.id for text in ("10300", "10399", "10999") if (found := index.rule_for(text))
    ] == [
        "b",
        "c",
        "a",
    ]
    assert index.rule_for("999") is None


def never_on_a_list(bad: WantedEntry) -> None:
    """Neither read from a list, nor let on one."""
    refused(list_bytes(make_list(1, (), (bad,))))
    with pytest.raises(ValueError, match="no wanted entry"):
        check_entry(bad)


@pytest.mark.parametrize("field", ["reason", "banner_zh", "banner_en", "owner"])
@pytest.mark.parametrize("text", ["a\x00", "a\nb", "a\n", "\x1b[31m", "\x7f", "\ud800", "x" * 201])
def test_a_text_that_no_screen_can_show_is_refused(field: str, text: str) -> None:
    bad = entry("a", **{field: text})
    if text == "\ud800":
        with pytest.raises(ValueError, match="no wanted entry"):
            check_entry(bad)
    else:
        never_on_a_list(bad)


@pytest.mark.parametrize("waybill", ["", "7" * 65, "755 1", "755\n", "７５５", "755/1"])
def test_an_entry_names_a_waybill_as_a_scan_would(waybill: str) -> None:
    never_on_a_list(entry("a", waybill))


def test_a_scope_over_its_bound_and_a_priority_out_of_range_are_refused() -> None:
    never_on_a_list(entry("a", scope=("755A",) * (SCOPE_SITES_MAX + 1)))
    never_on_a_list(entry("a", priority=10))


def test_the_entries_that_edges_read_pass_the_check() -> None:
    check_entry(ENTRY)
    check_entry(STOP_ENTRY)
