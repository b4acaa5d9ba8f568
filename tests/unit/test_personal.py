"""The scanner of logs finds what it is for, and takes nothing else for it."""

import pytest

from tests.rig.personal import PERSON, personal_in


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "called", "phone": "13912341234"}',
        "signer 44030119900101123X refused",
        f"written to {PERSON['name']}",
        "a13912341234b",
    ],
)
def test_personal_data_is_found(line: str) -> None:
    assert personal_in(line)


@pytest.mark.parametrize(
    "line",
    [
        "waybill 138123412345 at 755A",
        "mono_ns 1763812345678901234",
        "sha256 ab44030119900101123aff00a3912341234b",
        "2026-11-22 13:25:26 [info] up",
        "http://127.0.0.1:8700/enter/08bd109c6d9db0fbc7dc36a15062362644b5d1712df1b04d3a0",
        "event 0199abcd-1234-7abc-8def-a15062362644",
    ],
)
def test_numbers_of_other_kinds_are_not(line: str) -> None:
    assert personal_in(line) == []
