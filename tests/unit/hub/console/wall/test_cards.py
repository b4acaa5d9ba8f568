"""What cards show: made once for all pages, in the person's words, strangers' text harmless."""

import json
from dataclasses import replace
from typing import Any

import pytest

from hub.alerts.service import AlertKind
from hub.console.rules import Group
from hub.console.views import Level, Moment, State, Still
from hub.console.wall.cards import FACES_MAX, Faces, face_of
from hub.console.wording import ZONE, load_words
from hub.web.choice import Language
from tests.unit.hub.console.cards import card, passage

ZH = load_words(Language.ZH, ZONE)
EN = load_words(Language.EN, ZONE)
ATTACK = "<script>document.title='x'</script>\u202e"


def texts(tree: Any) -> list[str]:
    """Every text of a tree, which the browser makes a text node of."""
    if isinstance(tree, str):
        return [tree]
    return [text for child in tree[2] for text in texts(child)]


def shown(shows: str) -> list[str]:
    return [text for tree in json.loads(shows) for text in texts(tree)]


def tags(tree: Any) -> set[str]:
    if isinstance(tree, str):
        return set()
    return {tree[0]}.union(*map(tags, tree[2]))


def test_what_strangers_wrote_is_one_text_with_nothing_hidden_in_it() -> None:
    moment = Moment("755A", "dock", ATTACK, "sort", None, None, None, None, 1)
    hostile = replace(card(1), text_zh=ATTACK, waybill=None, subject=ATTACK, moment=moment)
    face = face_of(hostile, ZH)
    said = ATTACK.replace("\u202e", "‹202E›")
    assert shown(face.shows).count(said) == 2
    ours = {"custos-ring", "span", "div", "h3", "custos-age", "p", "b", "button"}
    assert set().union(*map(tags, json.loads(face.shows))) == ours


def test_a_card_speaks_the_persons_language() -> None:
    told = replace(card(1), text_zh="通缉", text_en="wanted")
    assert "通缉" in shown(face_of(told, ZH).shows)
    assert "wanted" in shown(face_of(told, EN).shows)


@pytest.mark.parametrize(
    ("asked", "has_button"),
    [(card(1), True), (card(1, state=State.ACKED), False), (passage(1), False)],
)
def test_only_what_waits_for_a_person_has_its_button(asked: Any, has_button: bool) -> None:
    assert (ZH.say("card.ack") in shown(face_of(asked, ZH).shows)) is has_button


def test_a_group_tells_how_many_came_and_looks_like_its_newest() -> None:
    cards = tuple(card(number, AlertKind.STOP, Level.ACT) for number in range(11))
    face = face_of(Group(cards), ZH)
    assert ZH.say("wall.group", n=11) in shown(face.shows)
    assert face.classes == "card card-group m-red level-act"


def test_a_face_is_made_once_for_all_pages_until_its_card_changes() -> None:
    faces = Faces(ZH)
    first = faces.of(card(1))
    assert faces.of(card(1)) is first
    assert faces.of(replace(card(1), count=2)) is not first


def test_only_so_many_faces_are_kept() -> None:
    faces = Faces(ZH)
    for number in range(FACES_MAX + 1):
        faces.of(passage(number))
    assert faces.of.cache_info().currsize == FACES_MAX


@pytest.mark.parametrize(
    ("source", "is_simulated", "marked"),
    [(None, False, False), ("pts:/dev/pts/3", False, True), (None, True, True)],
)
def test_a_card_of_a_simulated_scanner_or_camera_says_so_once(
    source: str | None, is_simulated: bool, marked: bool
) -> None:
    moment = Moment("755A", "dock", "dock1", "sort", None, None, None, source, 1)
    still = Still("ab" * 32, "755A", "dock-cam", card(1).last_at, is_simulated)
    told = replace(card(1), moment=moment, still=still)
    assert shown(face_of(told, EN).shows).count("simulated") == int(marked)
