"""The console's words: complete in both languages, none in code, strangers' text harmless."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.access.service import Role
from hub.alerts.service import Act, AlertKind, AlertState
from hub.console.incidents.act_panel import ACT_KEYS
from hub.console.incidents.views import StepState
from hub.console.screens import SCREENS
from hub.console.sites.views import Link, Told
from hub.console.vitals import Trouble
from hub.console.wanted.views import Becomes, Column, Fault
from hub.console.wording import load_words, person, visible
from hub.custody.service import Standing
from hub.incidents import service as incidents
from hub.ingest.service import Quarantined
from hub.mail.service import MailState
from hub.network import SiteKind
from hub.parcels.service import Outcome
from hub.web.choice import Language
from wire.names import Result, Signal, Step

CONSOLE = Path(__file__).parents[4] / "hub" / "console"
CODE = sorted([*CONSOLE.rglob("*.py"), *(CONSOLE / "static").glob("*.js")])
SHANGHAI = ZoneInfo("Asia/Shanghai")
SAID = re.compile(r'\b(?:say|_fact|_seen|_draw_sentence)\(\s*"([a-z_.]+)"')


FILES = sorted(path.relative_to(CONSOLE) for path in CONSOLE.rglob("*.zh.json"))


def read(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((CONSOLE / path).read_text())
    return found


def table(language: str) -> Mapping[str, str]:
    return load_words(Language(language), SHANGHAI).messages


@pytest.mark.parametrize("path", FILES, ids=str)
def test_both_languages_have_the_same_messages_with_the_same_blanks(path: Path) -> None:
    zh, en = read(path), read(path.with_name(path.name.replace(".zh.", ".en.")))
    assert list(zh) == list(en)
    for key, text in zh.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", en[key])), key


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_no_chinese_and_no_html_from_text_stands_in_code(path: Path) -> None:
    code = path.read_text()
    assert re.search(r"[\u4e00-\u9fff]", code) is None
    assert re.search(r"innerHTML|ui\.html|ui\.markdown|insertAdjacentHTML|eval\(", code) is None


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_every_message_that_code_says_exists(path: Path) -> None:
    known = table("zh")
    assert [key for key in SAID.findall(path.read_text()) if key not in known] == []


def test_every_value_that_a_page_names_has_its_word() -> None:
    known = table("zh")
    for prefix, values in (
        ("kind", AlertKind),
        ("act", Act),
        ("state", AlertState),
        ("step", Step),
        ("signal", Signal),
        ("result", Result),
        ("trouble", Trouble),
        ("role", Role),
        ("incident.state", incidents.State),
        ("incident.kind", incidents.Kind),
        ("incident.did", incidents.Act),
        ("incident.level", incidents.TriageLevel),
        ("incident.step", StepState),
        ("incident.act", ACT_KEYS),
        ("timer", incidents.Timer),
        ("mail.state", MailState),
        ("station", Link),
        ("story", [told for told in Told if told is not Told.ALERT]),
        ("site.kind", SiteKind),
        ("fault", Fault),
        ("becomes", Becomes),
        ("wanted.column", Column),
        ("quarantined", Quarantined),
        ("standing", Standing),
        ("parcel.attempt", Outcome),
        ("nav", [screen.name for screen in SCREENS]),
    ):
        for value in values:
            assert f"{prefix}.{value}" in known


def test_a_missing_blank_is_an_error_and_not_a_hole() -> None:
    words = load_words(Language.EN, SHANGHAI)
    with pytest.raises(KeyError):
        words.say("wall.more")
    with pytest.raises(KeyError):
        words.say("no.such.message")


def test_an_unknown_value_is_shown_as_it_is_and_none_by_its_word() -> None:
    words = load_words(Language.EN, SHANGHAI)
    assert words.name("step", "teleport") == "teleport"
    assert words.name("step", None) == "no step"


def test_times_are_written_in_the_zone_with_their_offset() -> None:
    words = load_words(Language.ZH, SHANGHAI)
    at = datetime(2026, 11, 21, 18, 2, 3, 456_789, tzinfo=UTC)
    assert words.clock_time(at) == "02:02:03"
    assert words.day(at) == "2026-11-22"
    assert words.exact(at) == "2026-11-22 02:02:03.456 UTC+08:00"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (172_800, "2 d")],
)
def test_a_span_is_written_in_its_largest_unit(seconds: int, written: str) -> None:
    assert load_words(Language.EN, SHANGHAI).span(timedelta(seconds=seconds)) == written


def test_moments_in_an_alerts_text_are_written_in_the_zone_and_what_is_none_is_left() -> None:
    said = "最后一次 2026-11-21T17:37:13.448Z", "Last heard 2026-11-21T17:37:13Z\x07"
    assert load_words(Language.ZH, SHANGHAI).told(*said) == "最后一次 2026-11-22 01:37"
    assert load_words(Language.EN, SHANGHAI).told(*said) == "Last heard 2026-11-22 01:37‹07›"
    none = "2026-13-41T99:99:99Z"
    assert load_words(Language.EN, SHANGHAI).told("", none) == none


def test_a_span_below_zero_is_written_as_none() -> None:
    assert load_words(Language.EN, SHANGHAI).span(timedelta(seconds=-5)) == "0 s"


def test_figures_carry_their_unit_or_say_that_there_is_none() -> None:
    words = load_words(Language.EN, SHANGHAI)
    assert words.money(Decimal("26800")) == "¥26,800.00"
    assert words.money(None) == "not declared"
    assert (words.micros(85), words.micros(1300), words.micros(None)) == ("85 µs", "1.3 ms", "—")


def test_text_of_strangers_hides_nothing() -> None:
    assert visible("a\u202eb\x1b[2J\u200b<b>") == "a‹202E›b‹1B›[2J‹200B›<b>"


def test_a_person_is_shown_by_the_head_of_the_pseudonym() -> None:
    assert person("a1b2c3d4e5f60718") == "a1b2 c3d4"
