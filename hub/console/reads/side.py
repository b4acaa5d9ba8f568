"""The chosen site at length: where it skips scans, on which days, and how that is counted."""

from hub.console.markup import attribute, box, chip, text
from hub.console.reads.desk import DAY_OWED_MIN
from hub.console.reads.drawing import (
    CHANGE_ICON,
    CHANGE_MEANING,
    day_name,
    draw_days,
    draw_reach,
    draw_share,
    shown,
)
from hub.console.reads.views import ReadRow, ReadSight
from hub.console.wording import Words
from hub.missing.service import Passing, Reads, SiteReads

_NOTES = ("shows", "first", "bag", "interval", "before")


def draw_site(row: ReadRow, sight: ReadSight, words: Words) -> None:
    """Everything about a site."""
    figures = row.figures
    with box("header", "read-head"):
        text(figures.site, "chosen-name", "h2")
        text(row.name or words.say("reads.unnamed"), "" if row.name else "gap")
    with box("div", "read-figures"):
        with box("p", "read-figure"):
            text(words.say("reads.skipped"), "label")
            text(str(figures.reads.skipped), "chosen-name figure")
            text(words.say("reads.of", n=figures.reads.owed), "label figure")
        with box("p", "read-figure"):
            text(words.say("reads.share"), "label")
            draw_share(words, figures.reads, "chosen-name")
    _draw_standing(row, words)
    _draw_passings(row, sight, words)
    _draw_days(figures, sight, words)
    text(words.say("reads.counted"), "detail-title", "h3")
    with box("ul", "read-notes"):
        for note in _NOTES:
            text(words.say(f"reads.counted.{note}"), "label", "li")


def _draw_standing(row: ReadRow, words: Words) -> None:
    with box("div", "read-chips"):
        for kind, each in (("against", row.against), ("change", row.figures.change)):
            chip(words.say(f"reads.{kind}.{each}"), CHANGE_MEANING[each], CHANGE_ICON[each])


def _draw_passings(row: ReadRow, sight: ReadSight, words: Words) -> None:
    text(words.say("reads.where"), "detail-title", "h3")
    with box("div", "bars"):
        for passing in Passing:
            reads = row.figures.by_passing.get(passing, Reads())
            median = sight.medians.by_passing[passing]
            with box("div", "read-passing"):
                text(words.say(f"reads.passing.{passing}"), "bar-name")
                said = words.say("reads.skipped.of", n=reads.skipped, owed=reads.owed)
                text(said if reads.owed else "", "label figure")
                with box("p", "read-share"):
                    draw_share(words, reads, "bar-name")
                    if median is not None and reads.owed:
                        said = words.say("reads.median.is", share=shown(median))
                        text(said, "label figure read-median")
                draw_reach(words, reads, median, sight.scale, CHANGE_MEANING[row.against])


def _draw_days(figures: SiteReads, sight: ReadSight, words: Words) -> None:
    text(words.say("reads.days"), "detail-title", "h3")
    with box("div", "read-days"):
        text(shown(sight.scale.tallest), "label figure read-tallest")
        days = draw_days(words, figures, sight.scale, CHANGE_MEANING[figures.change])
        titles = "|".join(
            words.say("reads.day", day=day_name(day), n=reads.skipped, owed=reads.owed)
            for day, reads in figures.days
        )
        attribute(days, "titles", titles)
        with attribute(box("p", "read-ends label figure"), "aria-hidden", "true"):
            text(day_name(figures.days[0][0]))
            text(words.say("reads.today"))
    text(words.say("reads.days.about", n=DAY_OWED_MIN), "label", "p")
