"""What a card of the wall shows: made once for all pages in a language. Pure but for its cache."""

from dataclasses import dataclass
from functools import lru_cache, partial

from hub.console.looks import ICON_OF, MEANING_OF, Meaning
from hub.console.rules import LIMIT_S, Group
from hub.console.tree import Tree, age, branch, chip, icon, to_json, waybill
from hub.console.urls import PICTURE_URL
from hub.console.views import Card, Level, Moment, State, Still
from hub.console.wording import Words, person, visible
from hub.fact import is_simulated
from wire.names import format_at

FACES_MAX = 1_000
"""Faces of one language that are kept: what walls show, narrowed or not, is mostly the same."""
_APART = "\u2003"
"""A wide space between the parts of a line."""


@dataclass(frozen=True, slots=True)
class Face:
    """A card or a group as one element; ``shows`` is the JSON that the browser grows in it."""

    classes: str
    shows: str


class Faces:
    """One language's faces, each made once for all pages and forgotten when others came since."""

    def __init__(self, words: Words) -> None:
        self.of = lru_cache(maxsize=FACES_MAX)(partial(face_of, words=words))
        """The face of a card or a group."""


def face_of(item: Card | Group, words: Words) -> Face:
    """Draw a card or a group; what counts with time counts in the browser."""
    if isinstance(item, Group):
        return _group_face(item, words)
    meaning = MEANING_OF[item.kind]
    parts = [_ring(item), _body(item, words)]
    if item.still is not None:
        parts.append(_still(item.still, words))
    if item.level is not Level.PASSAGE and item.state is State.OPEN:
        said = branch("span", "", words.say("card.ack"))
        parts.append(branch("button", "button button-ack", said, type="button"))
    return Face(f"card m-{meaning} level-{item.level} state-{item.state}", to_json(parts))


def _still(still: Still, words: Words) -> Tree:
    said = words.say("card.still", camera=still.camera, at=words.exact(still.at))
    picture = branch("img", "still-picture", src=PICTURE_URL + still.sha256, alt=said)
    taken = branch("span", "still-age", age(still.at, words))
    return branch("div", "still card-still", picture, taken)


def _body(card: Card, words: Words) -> Tree:
    kind = branch("h3", "card-kind", words.name("kind", card.kind))
    marks = branch("div", "card-marks", kind, *_marks(card, words))
    parts = [branch("div", "card-head", marks, age(card.raised_at, words, "card-age"))]
    if card.waybill is not None:
        parts.append(waybill(card.waybill, "card-waybill"))
    else:
        parts.append(branch("span", "card-subject", visible(card.subject)))
    if card.level is not Level.PASSAGE:
        parts.append(branch("p", "card-text", words.told(card.text_zh, card.text_en)))
    return branch("div", "card-body", *parts, _where(card, words))


def _ring(card: Card) -> Tree:
    """A card's icon in a ring that fills with its age; full means it waited too long."""
    picture = icon("check" if card.state is State.ACKED else ICON_OF[card.kind])
    limit = str(LIMIT_S[card.level])
    return branch("custos-ring", "ring", picture, at=format_at(card.raised_at), limit=limit)


def _marks(card: Card, words: Words) -> list[Tree]:
    marks = []
    if card.count > 1:
        marks.append(branch("span", "card-count", words.say("card.count", n=card.count)))
    if card.late:
        marks.append(chip(words.say("card.late"), Meaning.OPEN, "clock"))
    if card.is_high_value and card.level is not Level.PASSAGE:
        marks.append(chip(words.say("card.high_value"), Meaning.INFORMATION, "parcel"))
    if card.state is State.ACKED:
        marks.append(chip(words.say("card.acked"), Meaning.NO_DATA, "check"))
    is_of_none = card.moment is not None and is_simulated(card.moment.source)
    if is_of_none or (card.still is not None and card.still.is_simulated):
        marks.append(chip(words.say("scan.simulated"), Meaning.UNPROVEN))
    return marks


def _where(card: Card, words: Words) -> Tree:
    parts = [] if card.site_name is None else [card.site_name]
    if card.moment is not None:
        parts += where_parts(card.moment, words)
        parts.append(words.say("short.list", version=card.moment.list_version))
    if card.value_cny is not None:
        parts.append(words.money(card.value_cny))
    parts.append(words.say("card.event", time=words.clock_time(card.last_at)))
    return branch("p", "card-where", _site(card, words), branch("span", "", _APART.join(parts)))


def _site(card: Card, words: Words) -> Tree:
    return branch("b", "card-site", card.site or words.say("card.site.none"))


def where_parts(moment: Moment, words: Words) -> list[str]:
    """Place, step, person; a gap is named."""
    known = words.name("person", None) if moment.by is None else person(moment.by)
    who = moment.person or known
    place = words.name("place", None) if moment.place is None else moment.place
    return [place, words.name("step", moment.step), who]


def _group_face(group: Group, words: Words) -> Face:
    newest = group.cards[0]
    kind = branch("h3", "card-kind", words.name("kind", newest.kind))
    body = branch(
        "div",
        "card-body",
        branch("div", "card-head", kind, age(newest.raised_at, words, "card-age")),
        branch("span", "card-subject", words.say("wall.group", n=len(group.cards))),
        branch(
            "p",
            "card-where",
            _site(newest, words),
            branch("span", "card-link", words.say("wall.group.open")),
        ),
    )
    classes = f"card card-group m-{MEANING_OF[newest.kind]} level-{newest.level}"
    return Face(classes, to_json([_ring(newest), body]))
