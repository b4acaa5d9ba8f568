"""What stands beside the player: the camera's facts, its site's scans, holds, and who looked."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from hub.console.cameras.day_ruler import scan_name
from hub.console.cameras.tile import draw_footage_age, draw_health, draw_own_clock
from hub.console.cameras.views import CameraCard, CameraDay, Scanned
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, icon, text
from hub.console.wording import Words, visible
from hub.video.service import FootageHold, FootageLook, TakenClip

SHOWN_MAX = 60
"""Of each list the newest."""


def draw_camera(card: CameraCard, words: Words) -> None:
    """How the camera is, and how well its time is known."""
    view = card.view
    with box("div", "camera-health"):
        draw_health(card, words)
    with box("dl", "facts"):
        with box("div", "fact"):
            text(words.say("camera.places"), "label", "dt")
            known = ", ".join(visible(each) for each in view.places)
            text(known or words.say("camera.places.none"), "" if known else "gap", "dd")
        with box("div", "fact"):
            text(words.say("playback.clock"), "label", "dt")
            if view.clock is None:
                text(words.say("playback.clock.none"), "gap", "dd")
            else:
                clock = {"offset": view.clock.offset_ms, "error": view.clock.error_ms}
                text(words.say("playback.clock.known", **clock), "figure", "dd")
        with box("div", "fact"):
            text(words.say("playback.own"), "label", "dt")
            if view.own_clock is None:
                text(words.say("playback.own.none"), "gap", "dd")
            else:
                with box("dd", "camera-own"):
                    draw_own_clock(view.own_clock, words)
        with box("div", "fact"):
            text(words.say("playback.days"), "label", "dt")
            text(words.say("playback.days.n", n=view.footage_days), "", "dd")
    with box("p", "camera-footage"):
        draw_footage_age(view.last_footage_at, words)


def draw_scans(
    scans: Sequence[Scanned], words: Words, pick: Callable[[datetime], Awaitable[None]]
) -> None:
    """High-value events of the day at the camera's site, the newest first."""
    text(words.say("playback.scans"), "detail-title", "h2")
    if not scans:
        text(words.say("playback.scans.none"), "gap", "p")
    with box("ol", "scan-list"):
        for scan in reversed(scans[-SHOWN_MAX:]):
            with box("li"):
                found = attribute(box("button", "scan-pick"), "type", "button")
                meaning = Meaning.INFORMATION if scan.is_seen else Meaning.NO_DATA
                with attribute(found, "data-row", "").on("click", partial(pick, scan.at)):
                    with box("span", f"marked m-{meaning}"):
                        icon("cameras" if scan.is_seen else "label")
                    text(scan_name(words, scan), "figure")


def draw_holds(holds: Sequence[FootageHold], words: Words) -> None:
    """What of the day is kept beyond its days."""
    if not holds:
        return
    text(words.say("playback.holds"), "detail-title", "h2")
    with box("ol", "history"):
        for hold in holds[:SHOWN_MAX]:
            since, until = words.clock_time(hold.since), words.clock_time(hold.until)
            with box("li"):
                text(
                    words.say(
                        "playback.held",
                        since=since,
                        until=until,
                        who=visible(hold.held_by),
                        reason=visible(hold.reason),
                    )
                )
                age(hold.held_at, words.exact(hold.held_at))


def draw_looks(day: CameraDay, words: Words) -> None:
    """Who looked at the day's footage, what for, and what they found."""
    text(words.say("playback.looks"), "detail-title", "h2")
    if not day.looks:
        text(words.say("playback.looks.none"), "gap", "p")
    with box("ol", "history"):
        for look in day.looks[:SHOWN_MAX]:
            with box("li"):
                _draw_look(look, words)
                draw_clips([each for each in day.clips if each.look_id == look.id], words)


def draw_clips(clips: Sequence[TakenClip], words: Words) -> None:
    """What was taken away out of a look."""
    for clip in clips[:SHOWN_MAX]:
        since, until = words.clock_time(clip.since), words.clock_time(clip.until)
        with box("p", "history-reason"):
            text(words.say("playback.look.clip", since=since, until=until), "figure")
            age(clip.at, words.exact(clip.at))


def _draw_look(look: FootageLook, words: Words) -> None:
    since, until = words.clock_time(look.since), words.clock_time(look.until)
    text(visible(look.who), "", "b")
    text(words.say("playback.look", since=since, until=until), "figure")
    age(look.at, words.exact(look.at))
    text(visible(look.purpose), "history-reason")
    if look.finding is None:
        text(words.say("playback.look.open"), "history-reason")
        return
    found = words.say(
        "playback.look.found",
        safe=words.say("playback.yes" if look.finding.safe_at_rest else "playback.no"),
        placed=words.say("playback.yes" if look.finding.standard_placement else "playback.no"),
    )
    text(f"{found} {visible(look.finding.note)}", "history-reason")
