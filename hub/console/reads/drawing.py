"""Draw shares of scans made, and days of scans skipped."""

from datetime import date

from nicegui.element import Element

from hub.console.looks import Meaning
from hub.console.markup import attribute, box, text
from hub.console.reads.desk import DAY_OWED_MIN, day_skipped
from hub.console.reads.views import Scale
from hub.console.wording import Words
from hub.missing.service import Change, Reads, SiteReads

CHANGE_MEANING = {
    Change.BETTER: Meaning.INFORMATION,
    Change.SAME: Meaning.NO_DATA,
    Change.WORSE: Meaning.OPEN,
    Change.UNKNOWN: Meaning.NO_DATA,
}
CHANGE_ICON = {
    Change.BETTER: "check",
    Change.SAME: "skipped",
    Change.WORSE: "alarm",
    Change.UNKNOWN: "help",
}


def shown(share: float) -> str:
    """A share with one digit behind the point; what is not all is never written as all."""
    per_mille = round(1000 * share)
    if per_mille == 1000 and share < 1:
        per_mille = 999
    return f"{per_mille / 10:.1f}%"


def draw_share(words: Words, reads: Reads, classes: str = "row-main") -> None:
    """How many of the owed scans were made, with its interval; too few are said to be."""
    share, interval = reads.share, reads.interval
    if share is None or interval is None:
        said = "reads.none" if reads.owed == 0 else "reads.thin"
        text(words.say(said, n=reads.owed), "gap")
        return
    text(shown(share), f"figure {classes}")
    low, high = interval
    said = words.say("reads.interval", low=shown(low), high=shown(high))
    attribute(text(said, "label figure"), "title", words.say("reads.interval.about"))


def draw_reach(
    words: Words, reads: Reads, median: float | None, scale: Scale, meaning: Meaning
) -> None:
    """The share on a line from the scale's floor to all, its interval, and the median as a mark.

    The words beside it say all that it shows.
    """
    share, interval = reads.share, reads.interval
    if share is None or interval is None:
        return
    with attribute(box("div", f"reach m-{meaning}"), "aria-hidden", "true"):
        low, high = (scale.place(each) for each in interval)
        box("i", "reach-span").style(f"left: {100 * low:.2f}%; width: {100 * (high - low):.2f}%")
        box("i", "reach-at").style(f"left: {100 * scale.place(share):.2f}%")
        if median is not None:
            mark = box("i", "reach-median").style(f"left: {100 * scale.place(median):.2f}%")
            attribute(mark, "title", words.say("reads.median.is", share=shown(median)))


def draw_days(words: Words, site: SiteReads, scale: Scale, meaning: Meaning) -> Element:
    """A column for each day, as high as the share that was skipped on it."""
    days = attribute(box("custos-days", f"days m-{meaning}"), "role", "img")
    values = ",".join(f"{day.skipped}/{day.owed}" for _, day in site.days)
    attribute(attribute(days, "values", values), "tallest", f"{scale.tallest:.2f}")
    attribute(days, "few", str(DAY_OWED_MIN))
    said = worst_day(words, site)
    return attribute(attribute(days, "aria-label", said), "title", said)


def worst_day(words: Words, site: SiteReads) -> str:
    """The days in one sentence: on which of them most was skipped."""
    known = [(day_skipped(reads), day, reads) for day, reads in site.days]
    full = [each for each in known if each[2].owed >= DAY_OWED_MIN]
    if not full:
        return words.say("reads.days.thin", n=DAY_OWED_MIN)
    share, day, reads = max(full, key=lambda each: each[:2])
    if not reads.skipped:
        return words.say("reads.days.none")
    return words.say(
        "reads.days.worst", day=day_name(day), share=shown(share), n=reads.skipped, owed=reads.owed
    )


def day_name(day: date) -> str:
    """A day of the last weeks: the year is known."""
    return f"{day:%m-%d}"
