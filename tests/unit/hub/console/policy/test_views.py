"""A value of the policy in words."""

import pytest

from hub.config import load_policy
from hub.console.policy.views import unconfirmed, value_words
from hub.console.wording import ZONE, load_words
from hub.policy.service import Unit, read_policy
from hub.web.choice import Language

LINES = {line.key: line for line in read_policy(load_policy(None), frozenset())}
ZH, EN = (load_words(language, ZONE) for language in (Language.ZH, Language.EN))


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("acceptance.hv_above_cny", "20,000 元", "20,000 CNY"),
        ("acceptance.size_mm_max", "2,500 / 1,500 / 800 毫米", "2,500 / 1,500 / 800 mm"),
        ("delivery.due_at", "18:00（网点当地）", "18:00, local to the site"),
        ("holiday.added", "无", "none"),
        ("missing.site_odds", "100,000 分之一", "one in 100,000"),
        ("waybill.domestic.pattern", "[0-9]{12}", "[0-9]{12}"),
    ],
)
def test_a_value_is_said_with_its_unit(key: str, zh: str, en: str) -> None:
    assert (value_words(LINES[key], ZH), value_words(LINES[key], EN)) == (zh, en)


def test_every_unit_has_its_words() -> None:
    for unit in Unit:
        assert "7" in EN.say(f"policy.unit.{unit}", value="7")
        assert "7" in ZH.say(f"policy.unit.{unit}", value="7")


def test_only_what_the_carrier_has_to_confirm_is_narrowed_to() -> None:
    keys = [line.key for line in unconfirmed(LINES.values())]
    assert "incident.lost_h" in keys
    assert "incident.self_check_min" not in keys
