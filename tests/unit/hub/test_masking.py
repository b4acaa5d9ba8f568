"""Personal data is masked unless somebody says why they need it. Source: CS-P1."""

import pytest

from hub.access.masking import (
    mask_id,
    mask_name,
    mask_person,
    mask_phone,
    mask_text,
    unmasked_code,
)


@pytest.mark.parametrize(
    ("name", "masked"),
    [("王小明", "王**"), ("王", "王**"), (" John Smith", "J**"), ("", ""), ("  ", "")],
)
def test_of_a_name_the_first_character_stays(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13912341234", "139****1234"),
        ("+86 139-1234-1234", "861****1234"),
        ("(0755) 8888 1234", "075****1234"),
        ("88881234", "****1234"),
        ("8881234", "****1234"),
        ("123456", "***"),
        ("44030119900101123X", "***"),
        ("", "***"),
    ],
)
def test_of_a_phone_number_both_ends_stay(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [("44030119900101123X", "***123X"), ("1234567", "***"), ("", "***")],
)
def test_of_an_identity_number_the_end_stays(number: str, masked: str) -> None:
    assert mask_id(number) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("王小明 13912341234", "王** 139****1234"),
        ("王小明，13912341234，深圳市南山区1号", "王** 139****1234 ***"),
        ("44030119900101123X", "***"),
        ("6222021234567890123", "***"),
        ("", ""),
    ],
)
def test_of_free_text_each_part_is_masked_for_itself(text: str, masked: str) -> None:
    assert mask_text(text) == masked


def test_a_person_keeps_the_names_of_their_fields_only() -> None:
    person = {"name": "王小明", "phone": "139 1234 1234", "address": "深圳市南山区科技园路1号"}
    assert mask_person(person) == {"name": "王**", "phone": "139****1234", "address": "***"}
    assert mask_person("李雷") == "李**"
    assert mask_person(None) is None


@pytest.mark.parametrize("text", ["CX:BY:1234567890", "cx:by:t0k3n"])
def test_a_badges_token_is_shown_to_nobody(text: str) -> None:
    assert unmasked_code(text) == "CX:BY:***"


def test_another_private_code_is_shown_as_it_is() -> None:
    assert unmasked_code("PRIVATE 42") == "PRIVATE 42"
    assert unmasked_code(None) is None
