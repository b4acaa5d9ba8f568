"""What a page's field takes from a browser, which may send anything."""

from hub.console.forms import as_typed


def test_what_nobody_can_type_is_left_out_and_what_is_too_long_is_cut() -> None:
    assert as_typed("箱重\x00不对\x1b[2J\x7f\n第二行\t尾", 100) == "箱重不对[2J\n第二行\t尾"
    assert as_typed("\x00" * 50 + "abc", 2) == "ab"
