"""The console's colours are readable in both themes (WCAG AA)."""

from pathlib import Path

import pytest

from hub.console.looks import Meaning
from tests.unit.contrast import AA_LARGE, AA_TEXT, ratio, tokens

CSS = (Path(__file__).parents[4] / "hub" / "console" / "static" / "tokens.css").read_text()
DARK = tokens(CSS, ":root")
LIGHT = {**DARK, **tokens(CSS, ':root[data-theme="light"]')}
GROUNDS = ("ground", "pane", "card", "raised")


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_text_and_marks_are_readable_on_every_ground(theme: dict[str, str]) -> None:
    pairs = [(text, ground) for text in ("text", "quiet", *Meaning) for ground in GROUNDS]
    pairs += [(str(meaning), f"{meaning}-ground") for meaning in Meaning]
    pairs.append(("on-strong", "strong"))
    assert [pair for pair in pairs if ratio(theme[pair[0]], theme[pair[1]]) < AA_TEXT] == []


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_focus_ring_is_seen_on_every_ground(theme: dict[str, str]) -> None:
    assert [g for g in GROUNDS if ratio(theme["focus"], theme[g]) < AA_LARGE] == []
