"""Which values of the policy the carrier has confirmed. Source: domain.md (preamble)."""

import re
from importlib.resources import files

import msgspec

from hub.policy.rules.terms import TERMS
from hub.policy.service import PolicyLine, read_policy
from wire.policy import keys_in, parse_policy

SHIPPED = files("wire").joinpath("policy.toml").read_bytes()
IDENTITY = "waybill.name"
"""A kind of waybill is called by it: it stands in each of its keys."""
KINDS = b"""
[[waybill]]
name = "own"
pattern = "[0-9]{10}"
symbologies = ["qr"]
check = "mod7"
[[waybill]]
name = "hv"
pattern = "H[0-9]{9}"
symbologies = ["qr", "code128"]
check = "none"
series_hv = "H"
"""


def lines_with(own: bytes) -> dict[str, PolicyLine]:
    found = read_policy(parse_policy(SHIPPED, own), keys_in(own))
    return {line.key: line for line in found}


def marks() -> dict[str, bool]:
    """Each key of the shipped file, and whether its comment says "confirm"."""
    found, section = {}, ""
    for row in SHIPPED.decode().splitlines():
        if opened := re.match(r"\[+(\w+)", row):
            section = opened[1]
        elif key := re.match(r"(\w+) = ", row):
            found[f"{section}.{key[1]}"] = "# confirm" in row
    del found[IDENTITY]
    return found


def test_the_marks_of_the_shipped_file_and_the_terms_say_the_same_in_the_same_order() -> None:
    assert list(marks().items()) == [(term.key, term.is_open) for term in TERMS]


def test_what_is_not_marked_names_the_rule_that_says_it() -> None:
    for term in TERMS:
        _, name = term.place
        (row,) = re.findall(rf"^{name} = .*", SHIPPED.decode(), re.MULTILINE)
        assert term.is_open or term.rule in row, term.key


def test_every_key_of_the_policy_has_words_in_both_languages_and_a_rule() -> None:
    policy = msgspec.to_builtins(parse_policy(SHIPPED))
    keys = {
        f"{section}.{key}" for section in policy.keys() - {"waybill"} for key in policy[section]
    }
    keys |= {f"waybill.{key}" for kind in policy["waybill"] for key in kind} - {IDENTITY}
    assert {term.key for term in TERMS} == keys
    for term in TERMS:
        assert re.search(r"[\u4e00-\u9fff]", term.zh), term.key
        assert re.fullmatch(r"[ -~]+", term.en), term.key
        assert re.fullmatch(r"HV-X?\d(\.\d+)*", term.rule), term.key


def test_an_open_value_counts_as_confirmed_once_the_carriers_own_file_sets_it() -> None:
    before, after = lines_with(b""), lines_with(b"[late]\nlate_s = 5\n")
    assert (before["late.late_s"].is_own, before["late.late_s"].is_unconfirmed) == (False, True)
    assert (after["late.late_s"].is_own, after["late.late_s"].is_unconfirmed) == (True, False)
    assert before["late.late_s"].value == after["late.late_s"].value == 5
    # Its neighbours, and what the rules say themselves, are as they were.
    assert {key for key in before if before[key] != after[key]} == {"late.late_s"}
    assert not before["dispatch.list_min"].is_unconfirmed


def test_as_many_are_unconfirmed_as_the_shipped_file_marks() -> None:
    assert sum(line.is_unconfirmed for line in lines_with(b"").values()) == sum(marks().values())


def test_the_carriers_kinds_of_waybill_are_its_own_as_a_whole_and_each_stands_by_itself() -> None:
    lines = lines_with(KINDS)
    assert [key for key in lines if key.startswith("waybill.")] == [
        f"waybill.{kind}.{key}"
        for kind in ("own", "hv")
        for key in ("pattern", "symbologies", "check", "series_hv")
    ]
    assert lines["waybill.own.series_hv"].value is None
    assert lines["waybill.hv.symbologies"].value == ("qr", "code128")
    assert all(line.is_own for line in lines.values() if line.of is not None)


def test_dates_and_sizes_are_told_as_the_file_writes_them() -> None:
    lines = lines_with(b"[holiday]\nadded = [2026-11-23]\n")
    assert lines["holiday.added"].value == ("2026-11-23",)
    assert lines["holiday.removed"].value == ()
    assert lines["acceptance.size_mm_max"].value == (2500, 1500, 800)
    assert lines["delivery.due_at"].value == "18:00"
