"""Labels as somebody types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.typed_codes import PlugAct, TypedCode, parse_typed


@pytest.mark.parametrize(
    ("line", "code", "aim"),
    [
        (b"755000000001\n", b"755000000001", None),
        (b"755000000001\r\n", b"755000000001", None),
        (b"]E01030000000014", b"1030000000014", "E0"),
        (b"]C0]C0x", b"]C0x", "C0"),
        (b"]", b"]", None),
        (b"]C0", b"]C0", None),
        (b"]00x", b"]00x", None),
        (rb"a\x1b\r\n\t\\z", b"a\x1b\r\n\t\\z", None),
        (rb"\x5dC0", b"]C0", None),
        (b" CX:STEP:arrive ", b" CX:STEP:arrive ", None),
        (b"\xff\xfe", b"\xff\xfe", None),
    ],
)
def test_a_line_is_a_code(line: bytes, code: bytes, aim: str | None) -> None:
    assert parse_typed(line) == TypedCode(code, aim)


@pytest.mark.parametrize("line", [b"", b"\n", b"\r\n"])
def test_an_empty_line_is_nothing(line: bytes) -> None:
    assert parse_typed(line) is None


def test_a_colon_begins_an_act_on_the_plug() -> None:
    assert parse_typed(b":unplug\n") is PlugAct.UNPLUG
    assert parse_typed(b":replug\n") is PlugAct.REPLUG


def test_an_unknown_act_is_named() -> None:
    with pytest.raises(ValueError, match="there are :unplug and :replug, not :eject"):
        parse_typed(b":eject\n")


@pytest.mark.parametrize("line", [rb"a\q", rb"a\x1", rb"a\xgg", b"a\\"])
def test_an_unknown_escape_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="after a backslash"):
        parse_typed(line)


@given(st.binary(max_size=100))
def test_any_line_is_read_or_refused_with_a_sentence(line: bytes) -> None:
    try:
        parse_typed(line)
    except ValueError as error:
        assert str(error)


@given(st.binary(min_size=1, max_size=100).filter(lambda code: b"\n" not in code))
def test_any_code_can_be_typed_with_escapes(code: bytes) -> None:
    typed = "".join(f"\\x{byte:02x}" for byte in code).encode()
    assert parse_typed(typed + b"\n") == TypedCode(code, None)
