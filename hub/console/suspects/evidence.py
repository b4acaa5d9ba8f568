"""Why a parcel is suspect: plain lines with bars; what is not known is said to be unknown."""

from datetime import datetime

from hub.access.service import Caller, may
from hub.console.incidents.looks import STATE_ICON, STATE_MEANING
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, countdown, icon, text, waybill
from hub.console.screens import ROOT
from hub.console.suspects.views import Evidence, SuspectLine
from hub.console.visit import Visit
from hub.console.wording import Words, visible
from hub.missing.service import NextLook, Siblings, Suspect, container_words, percent


def draw_evidence(evidence: Evidence, visit: Visit) -> None:
    """Everything about the chosen parcel."""
    words = visit.words
    waybill(evidence.waybill, "detail-waybill")
    _draw_links(evidence.line, evidence.waybill, visit.caller, words)
    if evidence.line is not None:
        _draw_suspect(evidence.line, evidence, words)
    elif evidence.look is not None:
        _draw_look(evidence.look, evidence, words)
    else:
        text(words.say("suspects.gone"), "gap", "p")


def _draw_links(line: SuspectLine | None, number: str, caller: Caller, words: Words) -> None:
    with box("p", "searched-head"):
        with attribute(box("a", "link"), "href", f"{ROOT}/parcels/{number}"):
            text(words.say("card.parcel"))
        if line is not None and may(caller.role, "GET /console/incidents/{incident_id}"):
            url = f"{ROOT}/incidents/{line.suspect.incident}"
            with attribute(box("a", "link"), "href", url):
                text(words.say("incident.number", id=line.suspect.incident))
            chip(
                words.name("incident.state", line.state),
                STATE_MEANING[line.state],
                STATE_ICON[line.state],
            )


def _draw_suspect(line: SuspectLine, evidence: Evidence, words: Words) -> None:
    suspect = line.suspect
    text(words.say("incident.evidence"), "detail-title", "h2")
    with box("ul", "evidence"):
        for reason in suspect.reasons_zh if words.is_zh else suspect.reasons_en:
            text(visible(reason), "", "li")
    with box("div", "bars"):
        _draw_silence(suspect.since, suspect.expected_by, evidence.now, words)
        for each in evidence.company:
            _draw_company(each, words)
        _draw_estimate(suspect, words)
    text(words.say("suspects.next"), "detail-title", "h2")
    with box("dl", "facts"):
        _fact(words, "suspects.expected", suspect.expected_site)
        _when(words, "suspects.expected_by", suspect.expected_by)
        with box("div", "fact"):
            text(words.say("suspects.then"), "label", "dt")
            with box("dd"):
                if line.due is None:
                    text(words.say("suspects.then.none"), "gap")
                else:
                    text(words.name("timer", line.due.timer))
                    countdown(line.due.due_at, words.exact(line.due.due_at))


def _draw_look(look: NextLook, evidence: Evidence, words: Words) -> None:
    text(words.say("suspects.not_suspect"), "", "p")
    with box("div", "bars"):
        _draw_silence(look.seen_at, look.expected_by, evidence.now, words)
        for each in evidence.company:
            _draw_company(each, words)
    with box("dl", "facts"):
        _fact(words, "suspects.last", look.site)
        _fact(words, "suspects.expected", look.expected_site)
        _when(words, "suspects.expected_by", look.expected_by)
        with box("div", "fact"):
            text(words.say("suspects.look_at"), "label", "dt")
            with box("dd"):
                countdown(look.due_at, words.exact(look.due_at))


def _draw_silence(
    since: datetime, expected_by: datetime | None, now: datetime, words: Words
) -> None:
    """The silence against the time that the plan gives it."""
    end = max(now, expected_by or now)
    whole = (end - since).total_seconds() or 1.0
    said = words.say("suspects.bar.silence", age=words.span(now - since))
    mark = None if expected_by is None else (expected_by - since).total_seconds() / whole
    late = expected_by is not None and now > expected_by
    meaning = Meaning.OPEN if late or expected_by is None else Meaning.INFORMATION
    note = words.say("suspects.bar.unplanned")
    if expected_by is not None:
        key = "suspects.bar.late" if late else "suspects.bar.in_time"
        note = words.say(key, age=words.span(abs(now - expected_by)))
    _draw_bar(said, note, (now - since).total_seconds() / whole, meaning, mark)


def _draw_company(company: Siblings, words: Words) -> None:
    seen = company.total - len(company.unseen)
    named = container_words(company.ride)[0 if words.is_zh else 1]
    said = words.say("suspects.bar.company", name=visible(named))
    note = words.say("suspects.bar.company.seen", seen=seen, all=company.total)
    _draw_bar(said, note, seen / company.total, Meaning.RECORDED)


def _draw_estimate(suspect: Suspect, words: Words) -> None:
    """A probability only where its tier has one; none is a gap, never zero."""
    said = words.say("incident.p_lost")
    tier = words.name("tier", suspect.tier)
    if suspect.p_lost is None:
        with box("div", "bar-line"):
            text(said, "bar-name")
            text(words.say("suspects.bar.no_estimate", tier=tier), "gap")
        return
    note = words.say("suspects.bar.estimate", share=percent(suspect.p_lost), tier=tier)
    _draw_bar(said, note, suspect.p_lost, Meaning.UNPROVEN)


def _draw_bar(
    name: str, note: str, share: float, meaning: Meaning, mark: float | None = None
) -> None:
    """A line with its bar; the words say all that the bar shows."""
    with box("div", f"bar-line m-{meaning}"):
        text(name, "bar-name")
        text(note, "label")
        with attribute(box("div", "bar"), "aria-hidden", "true"):
            box("i", "bar-full").style(f"width: {100 * min(1.0, max(0.0, share)):.1f}%")
            if mark is not None:
                box("i", "bar-mark").style(f"left: {100 * min(1.0, max(0.0, mark)):.1f}%")


def _fact(words: Words, key: str, value: str | None) -> None:
    with box("div", "fact"):
        text(words.say(key), "label", "dt")
        missing = words.say("figure.unknown")
        text(value or missing, "" if value else "gap", "dd")


def _when(words: Words, key: str, at: datetime | None) -> None:
    with box("div", "fact"):
        text(words.say(key), "label", "dt")
        with box("dd"):
            if at is None:
                text(words.say("figure.unknown"), "gap")
            else:
                icon("clock")
                text(f"{words.day(at)} {words.clock_time(at)[:5]}", "figure")
                age(at, words.exact(at), "label")
