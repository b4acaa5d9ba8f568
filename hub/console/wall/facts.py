"""What is known of the chosen alert: its parcel in short, who holds it, what was done."""

from nicegui.element import Element

from hub.console.looks import MEANING_OF, STANDING_MEANING, Meaning
from hub.console.markup import age, attribute, box, chip, text, waybill
from hub.console.screens import ROOT
from hub.console.urls import PICTURE_URL, playback_url
from hub.console.views import Brief, Card, HistoryLine, Holding, Seen
from hub.console.wall.cards import where_parts
from hub.console.wording import Words, person, visible
from hub.fact import is_simulated


def draw_facts(card: Card, brief: Brief, words: Words) -> None:
    """The alert, where to go from it, the parcel in short, and its history."""
    with box("div", f"detail-head m-{MEANING_OF[card.kind]}"):
        text(words.name("kind", card.kind), "detail-kind", "h2")
        if card.waybill is not None:
            waybill(card.waybill, "detail-waybill")
        else:
            text(visible(card.subject), "detail-subject", "p")
    text(words.told(card.text_zh, card.text_en), "detail-text", "p")
    with box("div", "detail-links"):
        if card.waybill is not None:
            _draw_link(f"{ROOT}/parcels/{card.waybill}", words.say("card.parcel"), "o")
        if brief.incident_id is not None:
            said = words.say("card.incident", id=brief.incident_id)
            _draw_link(f"{ROOT}/incidents/{brief.incident_id}", said, "e")
    if card.waybill is not None:
        with box("dl", "facts"):
            _draw_parcel(card, brief, words)
    text(words.say("short.history"), "detail-title", "h3")
    with box("ol", "history"):
        for line in brief.history:
            _draw_history(line, words)


def _draw_link(url: str, said: str, key: str) -> None:
    with attribute(attribute(box("a", "button"), "href", url), "data-key", key):
        text(said)
        text(key, "key", "kbd")


def _draw_parcel(card: Card, brief: Brief, words: Words) -> None:
    with _fact(words.say("short.holder")):
        _draw_holding(brief.holding, words)
    with _fact(words.say("short.last")):
        _draw_last_scan(card, brief.seen, words)
    with _fact(words.say("short.value")):
        text(words.money(card.value_cny), "gap" if card.value_cny is None else "figure")
        if card.is_high_value:
            chip(words.say("card.high_value"), Meaning.INFORMATION, "parcel")
    with _fact(words.say("short.next")):
        if brief.next_site is None:
            text(words.say("short.next.none"), "gap")
        else:
            text(brief.next_site, "", "b")
            text(brief.next_name or "")
    with _fact(words.say("short.video")):
        _draw_video(card, brief, words)


def _draw_video(card: Card, brief: Brief, words: Words) -> None:
    still = brief.still
    if still is None:
        text(words.say("short.video.none" if brief.has_cameras else "short.video.unseen"), "gap")
        return
    url = playback_url(still.site, still.camera, card.last_at)
    with attribute(box("a", "still"), "href", url):
        image = attribute(box("img", "still-picture"), "src", PICTURE_URL + still.sha256)
        attribute(image, "alt", words.say("card.still.play", camera=visible(still.camera)))
        with box("span", "still-age"):
            age(still.at, words.exact(still.at))
    text(words.say("card.still.play", camera=visible(still.camera)), "label")
    if still.is_simulated:
        chip(words.say("scan.simulated"), Meaning.UNPROVEN)


def _draw_last_scan(card: Card, seen: Seen | None, words: Words) -> None:
    moment = card.moment
    if moment is not None and (seen is None or seen.at <= card.last_at):
        text(moment.site, "", "b")
        for part in where_parts(moment, words):
            text(part)
        age(card.last_at, words.exact(card.last_at))
        text(words.say("short.list", version=moment.list_version))
        if is_simulated(moment.source):
            chip(words.say("scan.simulated"), Meaning.UNPROVEN)
    elif seen is not None:
        # The alert is about no scan, or the parcel was scanned since.
        text(seen.site, "", "b")
        age(seen.at, words.exact(seen.at))
    else:
        text(words.say("short.last.none"), "gap")


def _draw_holding(holding: Holding | None, words: Words) -> None:
    if holding is None:
        text(words.say("short.holder.none"), "gap")
        return
    said = words.name("person", None) if holding.by is None else person(holding.by)
    text(holding.person or said, "", "b")
    text(holding.site or words.say("short.holder.under_way"))
    if holding.place is not None:
        text(visible(holding.place))
    chip(words.name("standing", holding.standing), STANDING_MEANING[holding.standing])
    age(holding.since, words.exact(holding.since))


def _fact(label: str) -> Element:
    with box("div", "fact"):
        text(label, "label", "dt")
        return box("dd")


def _draw_history(line: HistoryLine, words: Words) -> None:
    with box("li"):
        text(words.name("act", line.act), "", "b")
        text(visible(line.who))
        age(line.at, words.exact(line.at))
        if line.reason is not None:
            text(visible(line.reason), "history-reason", "p")
