"""A camera's still and its health, as the wall and its own page show them."""

from datetime import datetime

from hub.console.cameras.views import CameraCard
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, icon, text
from hub.console.urls import PICTURE_URL
from hub.console.wording import Words, visible
from hub.video.service import FoundPicture, OwnClock


def draw_still(picture: FoundPicture | None, name: str, words: Words) -> None:
    """What a camera showed, with its age; a gap is said in the picture's place."""
    with box("div", "still"):
        if picture is None:
            with box("span", "still-none"):
                icon("cameras")
                text(words.say("camera.picture.none"))
            return
        image = attribute(box("img", "still-picture"), "src", PICTURE_URL + picture.sha256)
        said = words.say("camera.picture", name=visible(name), at=words.exact(picture.at))
        attribute(attribute(image, "alt", said), "loading", "lazy")
        with box("span", "still-age"):
            age(picture.at, words.exact(picture.at))


def draw_health(card: CameraCard, words: Words) -> None:
    """What is wrong with it, or that nothing is; and whether it is a camera at all (P6)."""
    if card.view.is_simulated:
        chip(words.say("scan.simulated"), Meaning.UNPROVEN)
    if card.view.edge is None:
        chip(words.say("camera.never"), Meaning.NO_DATA, "ahead")
    elif card.is_silent:
        chip(words.say("camera.silent"), Meaning.NO_DATA, "ahead")
    for trouble in card.view.troubles:
        said = words.name("camera.trouble", trouble.fact)
        is_dark = trouble.fact in ("lost", "black", "covered")
        chip(said, Meaning.STOP if is_dark else Meaning.OPEN, "alarm")
        age(trouble.since, words.exact(trouble.since), "label")
    if card.view.is_own_clock_wrong:
        chip(words.say("camera.own.wrong"), Meaning.OPEN, "clock")
    if not card.has_trouble:
        chip(words.say("camera.well"), Meaning.RECORDED, "check")


def draw_own_clock(clock: OwnClock, words: Words) -> None:
    """How far the time is off that stands in its picture, and how old that measurement is."""
    text(f"{words.told(*clock.said)}{words.say('player.own.asked')} ")
    age(clock.measured_at, words.exact(clock.measured_at))


def draw_footage_age(at: datetime | None, words: Words) -> None:
    """When its newest footage is of."""
    text(words.say("camera.footage"), "label")
    if at is None:
        text(words.say("camera.footage.none"), "gap")
    else:
        age(at, words.exact(at))
