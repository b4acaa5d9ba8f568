"""What is said of a station in small: tiles, figures with their units and ages, the sparkline."""

from collections.abc import Sequence
from datetime import datetime

from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, icon, text
from hub.console.sites.looks import LINK_ICON, LINK_MEANING, scanner_meaning
from hub.console.sites.views import DepthPoint, Link, Scanner, Station
from hub.console.wording import Words
from hub.fact import is_simulated


def draw_link(station: Station, words: Words) -> None:
    """Whether it is heard, and when it was heard last."""
    with box("span", f"tile m-{LINK_MEANING[station.link]}"):
        icon(LINK_ICON[station.link])
        text(station.edge, "", "b")
        text(words.say(f"station.{station.link}"))
        if station.heard_at is not None and station.link is not Link.ONLINE:
            age(station.heard_at, words.exact(station.heard_at))


def draw_scanners(scanners: Sequence[Scanner], link: Link, words: Words) -> None:
    """A tile each; a plain one has no return channel, so the station page is its alarm."""
    if not scanners:
        text(words.say("station.scanners.none"), "gap")
    for scanner in scanners:
        with box("span", f"tile m-{scanner_meaning(scanner, link)}"):
            icon("label" if scanner.is_connected else "cable")
            text(scanner.id, "", "b")
            text(scanner.protocol)
            if link is Link.ONLINE and not scanner.is_connected:
                text(words.say("scanner.lost"))
            if is_simulated(scanner.source):
                chip(words.say("scan.simulated"), Meaning.UNPROVEN)


def draw_depth(station: Station, words: Words) -> None:
    """How many events wait there, since when, and how that went as far as this hub has heard."""
    if station.depth is None:
        text(words.say("figure.unknown"), "gap")
        return
    _draw_spark(station.depths, words)
    with box("span", "stack"):
        meaning = Meaning.OPEN if station.depth else Meaning.NO_DATA
        text(words.say("station.depth", n=station.depth), f"figure m-{meaning} marked")
        if station.oldest_at is not None:
            age(station.oldest_at, words.exact(station.oldest_at), "label")


def _draw_spark(depths: Sequence[DepthPoint], words: Words) -> None:
    if len(depths) < 2:
        text(words.say("station.depths.none"), "gap spark-none")
        return
    spark = attribute(box("custos-spark", "spark"), "role", "img")
    attribute(spark, "values", ",".join(str(point.depth) for point in depths))
    since, most = words.clock_time(depths[0].at), max(point.depth for point in depths)
    said = words.say("station.depths", since=since, most=most)
    attribute(attribute(spark, "aria-label", said), "title", said)


def draw_clock(station: Station, words: Words) -> None:
    """How far its clock is from the hub's; never compared is said, not shown as zero."""
    if station.offset_ms is None:
        chip(words.say("scan.unsure"), Meaning.UNPROVEN, "clock")
        return
    error = "?" if station.error_ms is None else station.error_ms
    text(words.say("station.clock", offset=f"{station.offset_ms:+d}", error=error), "figure")


def draw_last_scan(at: datetime | None, words: Words) -> None:
    """When it scanned last."""
    if at is None:
        text(words.say("station.scan.none"), "gap")
    else:
        age(at, words.exact(at))


def draw_version(held: int | None, newest: int, words: Words) -> None:
    """Which version it holds, and the newest where that is another."""
    if held:
        text(words.say("station.version", n=held), "figure")
    else:
        text(words.say("station.version.none"), "gap")
    if newest and held != newest:
        chip(words.say("station.version.behind", n=newest), Meaning.OPEN, "clock")
