"""The station page's files: words complete in both languages, colours readable in both themes."""

import json
import re
from pathlib import Path

import pytest

from devices.symbology import Verb
from edge.acts import ActHint
from edge.forms import Refusal
from edge.handheld_page import FILES
from edge.handheld_talk import HAND_IN_SCANS_MAX, PATIENCE_MS, HandInProblem, PairRefusal
from tests.unit.contrast import AA_TEXT, ratio, tokens
from wire.events import ContainerKind
from wire.limits import CODE_BYTES_MAX
from wire.messages import Problem
from wire.names import ExceptionReason, Signal, Step

STATIC = Path(__file__).parents[3] / "edge" / "static"
SCRIPTS = sorted(STATIC.glob("*.js"))
CSS = (STATIC / "tokens.css").read_text()
DARK = tokens(CSS, ":root")
LIGHT = {**DARK, **tokens(CSS, ':root[data-theme="light"]')}
MEANINGS = ("green", "red", "amber", "violet", "blue", "grey")


def messages(language: str) -> dict[str, str]:
    table: dict[str, str] = json.loads((STATIC / f"messages.{language}.json").read_text())
    return table


def test_both_languages_have_the_same_messages_with_the_same_blanks() -> None:
    zh, en = messages("zh"), messages("en")
    assert list(zh) == list(en)
    for key, text in zh.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", en[key])), key


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_step_signal_and_problem_of_the_wire_has_its_word(language: str) -> None:
    table = messages(language)
    needed = [f"step.{step}" for step in Step]
    needed += [f"signal.{signal}" for signal in Signal]
    needed += [f"problem.{problem}" for problem in Problem]
    needed += [f"hint.{hint}" for hint in ActHint]
    needed += [f"form.reason.{refusal}" for refusal in Refusal]
    needed += [f"exception.reason.{reason}" for reason in ExceptionReason]
    needed += [f"foot.container.{kind}" for kind in ContainerKind]
    needed += [f"command.{verb}" for verb in Verb]
    assert [key for key in needed if key not in table] == []


def test_the_page_offers_every_reason_for_an_exception() -> None:
    offered = re.search(r"const REASONS = (\[[^\]]*\])", (STATIC / "forms.js").read_text())
    assert offered is not None
    assert json.loads(offered[1]) == list(ExceptionReason)


def test_the_handheld_knows_every_verb_and_step() -> None:
    code = (STATIC / "own_list.js").read_text()
    for name, values in (("VERBS", Verb), ("STEPS", Step)):
        known = re.search(rf"const {name} = (\[[^\]]*\])", code)
        assert known is not None
        assert json.loads(known[1]) == [value.value for value in values]


def test_handheld_and_edge_have_the_same_patience() -> None:
    assert f"const PATIENCE_MS = {PATIENCE_MS};" in (STATIC / "handheld.js").read_text()
    assert f"const BATCH = {HAND_IN_SCANS_MAX};" in (STATIC / "hand_in.js").read_text()
    assert f"const BYTES_MAX = {CODE_BYTES_MAX};" in (STATIC / "own_list.js").read_text()
    assert f"const CODE_BYTES_MAX = {CODE_BYTES_MAX};" in (STATIC / "handheld.js").read_text()


def test_the_handheld_has_a_word_for_each_refusal() -> None:
    table = messages("zh")
    refused = [f"handheld.pair.{refusal}" for refusal in PairRefusal]
    shown = set(HandInProblem) - {
        HandInProblem.NOT_PAIRED, HandInProblem.OTHER_QUEUE, HandInProblem.BUSY,
    }  # fmt: skip
    refused += [f"handheld.problem.{problem}" for problem in shown]
    assert [key for key in refused if key not in table] == []


def test_the_handhelds_page_starts_offline_with_all_that_it_asks_for() -> None:
    asked = set(re.findall(r'"/static/([^"]+)"', (STATIC / "handheld.html").read_text()))
    while True:
        scripts = [STATIC / name for name in asked if name.endswith(".js")]
        found = {
            n for script in scripts for n in re.findall(r'"/static/([^"]+)"', script.read_text())
        }
        if found <= asked:
            break
        asked |= found
    asked |= {"handheld.html", "messages.zh.json", "messages.en.json"}
    assert asked == set(FILES)


def test_both_pages_draw_their_icons_alike() -> None:
    sprites = [re.findall(r'<symbol id="(.*?)".*?>(.*?)</symbol>', (STATIC / page).read_text())
               for page in ("index.html", "handheld.html")]  # fmt: skip
    station, handheld = map(dict, sprites)
    both = set(station) & set(handheld)
    assert len(both) > 8
    assert [name for name in both if station[name] != handheld[name]] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_message_that_a_script_says_exists(script: Path) -> None:
    table = messages("zh")
    said = re.findall(r'\bsay(?:Other)?\("([^"]+)"', script.read_text())
    assert [key for key in said if key not in table] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_holds_words_of_its_own_or_reads_text_as_html(script: Path) -> None:
    code = script.read_text()
    assert re.search(r"[\u4e00-\u9fff]", code) is None
    assert re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", code) is None


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_text_is_readable_on_every_ground(theme: dict[str, str]) -> None:
    pairs = [(text, ground) for text in ("text", "quiet") for ground in ("ground", "card")]
    pairs += [(f"{meaning}-mark", ground) for meaning in MEANINGS for ground in ("ground", "card")]
    pairs += [(f"on-{meaning}", meaning) for meaning in MEANINGS]
    pairs.append(("on-red", "red-deep"))
    weak = [(a, b) for a, b in pairs if ratio(theme[a], theme[b]) < AA_TEXT]
    assert weak == []


def test_the_contrast_formula_knows_the_published_ends() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
