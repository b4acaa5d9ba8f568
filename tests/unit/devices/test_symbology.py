"""Symbology: what is a waybill, a command, unknown, hostile; nothing hostile gets through."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.frames import Frame
from devices.framing import ScannerProtocol, make_framer
from devices.symbology import (
    CommandLabel,
    HostileLabel,
    HostileReason,
    Label,
    Symbology,
    UnknownLabel,
    UnknownReason,
    Verb,
    WaybillLabel,
    read_label,
    symbology_of,
)
from wire.names import Step
from wire.policy import Policy, WaybillKind, parse_policy

ROOT = Path(__file__).parents[3]
SHIPPED = parse_policy((ROOT / "wire" / "policy.toml").read_bytes())


def policy_of(*kinds: WaybillKind) -> Policy:
    return msgspec.structs.replace(SHIPPED, waybill=kinds)


def kind(**changes: object) -> WaybillKind:
    fields = {"name": "k", "pattern": "[0-9]{12}", "symbologies": ["code128"], "check": "none"}
    return msgspec.convert({**fields, **changes}, WaybillKind)


def read(code: str | bytes, aim: str | None = "C0", policy: Policy = SHIPPED) -> Label:
    raw = code.encode() if isinstance(code, str) else code
    return read_label(Frame(raw, aim, False, len(raw)), policy.waybill)


def waybill_of(label: Label) -> str | None:
    return label.waybill if isinstance(label, WaybillLabel) else None


def reason_of(label: Label) -> HostileReason | UnknownReason | None:
    return label.reason if isinstance(label, HostileLabel | UnknownLabel) else None


# ---------------------------------------------------------------- waybills


def test_twelve_digits_in_code_128_are_a_waybill() -> None:
    assert read("103000000001") == WaybillLabel(
        raw=b"103000000001",
        text="103000000001",
        aim="C0",
        symbology=Symbology.CODE128,
        length=12,
        waybill="103000000001",
        kind="domestic",
        symbology_unknown=False,
    )


def test_without_an_aim_id_the_pattern_alone_decides_and_the_label_says_so() -> None:
    label = read("755000000017", aim=None)
    assert isinstance(label, WaybillLabel)
    assert label.symbology is None
    assert label.symbology_unknown


@pytest.mark.parametrize("code", ["75500000001", "7550000000170", " 755000000017", "75500000001x"])
def test_what_no_pattern_matches_whole_is_unknown(code: str) -> None:
    assert reason_of(read(code)) is UnknownReason.NO_PATTERN


def test_digits_of_another_script_are_no_waybill() -> None:
    lax = policy_of(kind(pattern=r"\d{12}"))
    assert waybill_of(read("755000000017", policy=lax)) == "755000000017"
    assert reason_of(read("٧٥٥٠٠٠٠٠٠٠١٧", policy=lax)) is UnknownReason.NO_PATTERN


@pytest.mark.parametrize("code", ["a b", "x" * 65, "", "包裹"])
def test_a_pattern_wider_than_an_event_line_does_not_make_a_waybill(code: str) -> None:
    wide = policy_of(kind(pattern=".*"))
    assert reason_of(read(code, policy=wide)) is UnknownReason.NO_PATTERN


@pytest.mark.parametrize(
    ("aim", "code"),
    [("E0", "1030000000017"), ("E0", "103000000001"), ("X0", "103000000001"),
     ("Q1", "103000000001"), ("I0", "103000000001"), ("A0", "103000000001")],
)  # fmt: skip
def test_a_foreign_symbology_beginning_with_the_series_is_unknown(aim: str, code: str) -> None:
    label = read(code, aim=aim)
    assert isinstance(label, UnknownLabel)
    assert label.reason is (
        UnknownReason.WRONG_SYMBOLOGY if len(code) == 12 else UnknownReason.NO_PATTERN
    )


def test_the_first_kind_that_fits_names_the_label() -> None:
    policy = policy_of(kind(name="checked", check="mod7"), kind(name="any"), kind(name="never"))
    label, checked = read("755000000017", policy=policy), read("000000000011", policy=policy)
    assert isinstance(label, WaybillLabel) and label.kind == "any"
    assert isinstance(checked, WaybillLabel) and checked.kind == "checked"


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [("mod7", "12345675", "12345670"), ("mod7", "000000000011", "000000000016"),
     ("mod10", "590123412345" + "7", "590123412345" + "8"),
     ("mod10", "073513537", "073513538")],
)  # fmt: skip
def test_a_check_digit_accepts_the_right_and_refuses_the_wrong_number(
    check: str, right: str, wrong: str
) -> None:
    policy = policy_of(kind(pattern="[0-9]+", check=check))
    assert waybill_of(read(right, policy=policy)) == right
    assert reason_of(read(wrong, policy=policy)) is UnknownReason.CHECK_DIGIT


@pytest.mark.parametrize("check", ["mod7", "mod10"])
@pytest.mark.parametrize("code", ["7", "0", "A0", "7-7"])
def test_what_is_too_short_or_no_number_has_no_check_digit(check: str, code: str) -> None:
    policy = policy_of(kind(pattern="[0-9A-Z-]+", check=check))
    assert reason_of(read(code, policy=policy)) is UnknownReason.CHECK_DIGIT


def test_the_nearest_miss_is_the_reason() -> None:
    policy = policy_of(kind(check="mod7"), kind(symbologies=["qr"]), kind(pattern="x"))
    assert reason_of(read("755000000018", policy=policy)) is UnknownReason.CHECK_DIGIT


# ---------------------------------------------------------------- GS1


@pytest.mark.parametrize("aim", ["C1", "Q3", "d2", "e0"])
@pytest.mark.parametrize(
    "code", ["401103000000001", "0107038010000010\x1d401103000000001",
             "401103000000001\x1d10AB", "\x1d401103000000001", "15000000401103000000001"],
)  # fmt: skip
def test_a_consignment_number_in_a_gs1_symbology_is_a_waybill(aim: str, code: str) -> None:
    gs1 = policy_of(kind(symbologies=["gs1-128", "gs1-qr", "gs1-datamatrix", "gs1-databar"]))
    label = read(code, aim=aim, policy=gs1)
    assert waybill_of(label) == "103000000001"
    assert label.text == code


def test_the_whole_text_of_a_gs1_code_comes_first() -> None:
    assert waybill_of(read("401103000001", aim="C1")) == "401103000001"


@pytest.mark.parametrize(
    ("aim", "code"),
    [("C0", "401103000000001"), (None, "401103000000001"), ("C1", "402103000000001"),
     ("C1", "40110300000000"), ("C1", "9999"), ("C1", "401包"), ("C1", "4"), ("C1", "401")],
)  # fmt: skip
def test_no_consignment_number_no_waybill(aim: str | None, code: str) -> None:
    assert reason_of(read(code, aim=aim)) is UnknownReason.NO_PATTERN


def test_a_consignment_number_in_a_symbology_the_policy_does_not_allow_is_unknown() -> None:
    assert reason_of(read("401103000000001", aim="Q3")) is UnknownReason.WRONG_SYMBOLOGY


# ---------------------------------------------------------------- command labels


@pytest.mark.parametrize("verb", [v for v in Verb if v not in (Verb.END, Verb.STEP, Verb.REFUSE)])
def test_a_name_follows_these_verbs(verb: Verb) -> None:
    for value in ("a", "Az09_-", "x" * 32):
        label = read(f"CX:{verb}:{value}")
        assert isinstance(label, CommandLabel)
        assert (label.verb, label.value) == (verb, value)
    for value in ("", "a b", "x" * 33, "包", "a:b", "a\x1d", "../x"):
        assert reason_of(read(f"CX:{verb}:{value}")) is HostileReason.UNKNOWN_COMMAND


@pytest.mark.parametrize("step", list(Step))
def test_every_step_can_be_scanned(step: Step) -> None:
    label = read(f"CX:STEP:{step}", aim=None)
    assert isinstance(label, CommandLabel)
    assert (label.verb, label.value) == (Verb.STEP, step)


def test_a_reason_for_refusal_is_printable_and_short() -> None:
    for value in ("seal broken", "封条: 破损", "x" * 64):
        label = read(f"CX:REFUSE:{value}", aim="Q1")
        assert isinstance(label, CommandLabel)
        assert (label.verb, label.value) == (Verb.REFUSE, value)
    for value in ("", "x" * 65, "a\x1db", "a\u202eb"):
        assert reason_of(read(f"CX:REFUSE:{value}")) is HostileReason.UNKNOWN_COMMAND


def test_end_stands_alone() -> None:
    label = read("CX:END")
    assert isinstance(label, CommandLabel)
    assert (label.verb, label.value) == (Verb.END, "")


@pytest.mark.parametrize(
    "code",
    ["CX:", "CX::", "CX:END:", "CX:END:x", "CX:OPEN:door", "CX:by:a", "CX:STEP:", "CX:STEP",
     "CX:STEP:steal", "CX:STEP:Arrive", "CX:BY", "CX: BY:a", "CX:CX:END", "CX:END "],
)  # fmt: skip
def test_an_unknown_command_is_hostile(code: str) -> None:
    label = read(code)
    assert reason_of(label) is HostileReason.UNKNOWN_COMMAND
    assert label.text == code


@pytest.mark.parametrize("code", ["cx:END", "CX", " CX:END", "CXEND"])
def test_what_does_not_begin_like_a_command_is_only_unknown(code: str) -> None:
    assert reason_of(read(code)) is UnknownReason.NO_PATTERN


# ---------------------------------------------------------------- hostile


@pytest.mark.parametrize("number", [n for n in [*range(0x20), *range(0x7F, 0xA0)] if n != 0x1D])
def test_every_control_character_but_gs_is_hostile(number: int) -> None:
    label = read(f"103{chr(number)}00000001")
    assert reason_of(label) is HostileReason.CONTROL_CHARACTERS
    assert label.text is not None and label.length == len(label.raw)


def test_gs_and_the_neighbours_of_the_control_characters_are_not_hostile() -> None:
    for character in ("\x1d", " ", "~", "\xa0"):
        assert isinstance(read(f"103{character}"), UnknownLabel)


@pytest.mark.parametrize("raw", [b"\xff", b"103\xc3", b"\xed\xa0\x80", b"\xc0\x80"])
def test_what_is_not_utf8_is_hostile_and_has_no_text(raw: bytes) -> None:
    label = read(raw)
    assert reason_of(label) is HostileReason.NOT_UTF8
    assert (label.raw, label.text) == (raw, None)


def test_a_code_over_the_limit_is_hostile_and_keeps_its_true_length() -> None:
    for size, hostile in ((512, False), (513, True)):
        (frame,) = make_framer(ScannerProtocol.HONEYWELL).feed(b"]Q1" + b"x" * size + b"\r")
        label = read_label(frame, SHIPPED.waybill)
        assert isinstance(label, HostileLabel) is hostile
        assert (label.length, len(label.raw)) == (size, 512)
        assert (label.text is None) is hostile


def test_an_overlong_command_is_too_long_before_it_is_a_command() -> None:
    (frame,) = make_framer(ScannerProtocol.PLAIN).feed(b"CX:END" + b" " * 600 + b"\r")
    assert reason_of(read_label(frame, SHIPPED.waybill)) is HostileReason.TOO_LONG


@given(
    raw=st.binary(max_size=80) | st.text(max_size=40).map(str.encode),
    aim=st.none() | st.sampled_from(["C0", "C1", "Q3", "d2", "e0", "E0", "Z9"]),
)
@example(raw=b"401" + b"0" * 400, aim="C1")
def test_any_code_gets_a_label_that_an_event_line_can_hold(raw: bytes, aim: str | None) -> None:
    label = read(raw, aim)
    assert (label.raw, label.aim, label.length) == (raw, aim, len(raw))
    if isinstance(label, WaybillLabel):
        assert re.fullmatch("[0-9]{12}", label.waybill)


gs1_soup = st.lists(
    st.sampled_from(["401", "01", "10", "15", "3103", "8005", "7003", "00", "\x1d", "99", "8110"])
    | st.text('0123456789AZ/%"', max_size=14),
    max_size=30,
).map("".join)


@given(gs1_soup)
def test_any_gs1_soup_gets_a_label(text: str) -> None:
    assert isinstance(read(text, aim="C1"), WaybillLabel | UnknownLabel)


# ---------------------------------------------------------------- symbology names


@pytest.mark.parametrize(
    ("aim", "name"),
    [("C0", "code128"), ("C1", "gs1-128"), ("C2", "code128"), ("A0", "code39"), ("E0", "ean"),
     ("E4", "ean"), ("I0", "itf"), ("Q1", "qr"), ("Q3", "gs1-qr"), ("d1", "datamatrix"),
     ("d2", "gs1-datamatrix"), ("z0", "aztec"), ("L0", "pdf417"), ("e0", "gs1-databar"),
     ("X0", "other"), ("c1", "other"), ("D0", "other")],
)  # fmt: skip
def test_an_aim_id_names_its_symbology(aim: str, name: str) -> None:
    assert symbology_of(aim) == name


def test_the_shipped_policy_lists_only_symbologies_that_exist() -> None:
    listed = {name for k in SHIPPED.waybill for name in k.symbologies}
    assert listed <= {s.value for s in Symbology}
