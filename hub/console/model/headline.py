"""Who judges now, since when, learned from what, and why not a newer one; the answers in four."""

from datetime import datetime

from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, countdown, icon, text
from hub.console.model.drawing import STATE_ICON, STATE_MEANING, hours, minute
from hub.console.model.views import (
    Budget,
    Leaning,
    ModelSight,
    Verdict,
    budget_of,
    calibration_of,
)
from hub.console.wording import Words
from hub.missing.service.models import DAYS_MIN, PARCELS_MIN, ModelReport

_MEANING = {
    Verdict.LEARNED: Meaning.INFORMATION,
    Verdict.OLD: Meaning.OPEN,
    Verdict.UNREADABLE: Meaning.OPEN,
    Verdict.RULE: Meaning.OPEN,
    Verdict.NEVER: Meaning.NO_DATA,
}
_ICON = {
    Verdict.LEARNED: "check",
    Verdict.OLD: "clock",
    Verdict.UNREADABLE: "broken",
    Verdict.RULE: "alarm",
    Verdict.NEVER: "ahead",
}
_BUDGET_MEANING = {
    Budget.KEPT: Meaning.INFORMATION,
    Budget.CHANCE: Meaning.NO_DATA,
    Budget.EXCEEDED: Meaning.OPEN,
}
_LEANING_MEANING = {
    Leaning.FAIR: Meaning.INFORMATION,
    Leaning.FEW: Meaning.NO_DATA,
    Leaning.EARLY: Meaning.OPEN,
    Leaning.LATE: Meaning.OPEN,
}
_MEANING_ICON = {
    Meaning.INFORMATION: "check",
    Meaning.NO_DATA: "help",
    Meaning.OPEN: "alarm",
}


def draw_headline(sight: ModelSight, words: Words) -> None:
    """The first that is read: a sentence, its facts, what went wrong, when the next one is due."""
    with box("section", f"model-now m-{_MEANING[sight.verdict]}"):
        with box("div", "model-verdict"):
            icon(_ICON[sight.verdict])
            text(words.say(f"model.verdict.{sight.verdict}"), "", "h2")
        with box("dl", "facts-wide model-facts"):
            _draw_since(sight, words)
            _draw_learned(sight, words)
            _draw_next(sight, words)
        if sight.troubles:
            _draw_troubles(sight, words)
        if sight.shown is None:
            _draw_missing(words)
        if sight.models:
            _draw_nights(sight, words)


def draw_answers(shown: ModelReport, words: Words) -> None:
    """Four figures that answer whether it can be believed; each says what it is of."""
    report = shown.made.report
    with box("section", "model-answers"):
        budget = budget_of(report)
        said = words.say(f"model.answer.false.{budget}", budget=f"{report.false_per_1000:g}")
        of = words.say("model.answer.false.of", n=report.suspected, all=f"{report.judged:,}")
        meaning = _BUDGET_MEANING[budget]
        _draw_answer("false", f"{report.per_1000:.1f}", said, words, meaning, of)
        if report.delays is not None and report.before is not None:
            sooner_h = report.before.mean_h - report.delays.mean_h
            is_sooner = sooner_h >= 0
            said = words.say(f"model.answer.sooner.{'yes' if is_sooner else 'no'}")
            _draw_answer("sooner", hours(abs(sooner_h), words), said, words, _well(is_sooner))
        found = calibration_of(report.bins)
        figure = "–"
        if found.worst is not None:
            figure = words.say("model.times", n=f"{found.factor:.1f}")
        said = words.say(f"model.answer.odds.{found.leaning}")
        _draw_answer("odds", figure, said, words, _LEANING_MEANING[found.leaning])
        said = words.say(f"model.answer.drift.{'some' if shown.drifted else 'none'}")
        figure = f"{len(shown.drifted)} / {shown.sites}"
        _draw_answer("drift", figure, said, words, _well(not shown.drifted))


def _well(is_well: bool) -> Meaning:
    return Meaning.INFORMATION if is_well else Meaning.OPEN


def _draw_answer(
    name: str, figure: str, said: str, words: Words, meaning: Meaning, of: str | None = None
) -> None:
    with box("div", f"model-answer m-{meaning}"):
        text(words.say(f"model.answer.{name}"), "label")
        text(figure, "model-figure figure", "b")
        if of is not None:
            text(of, "label figure")
        chip(said, meaning, _MEANING_ICON[meaning])


def _draw_fact(name: str, words: Words) -> None:
    text(words.say(f"model.fact.{name}"), "label", "dt")


def _draw_since(sight: ModelSight, words: Words) -> None:
    if sight.since is None:
        return
    with box("div"):
        _draw_fact("since", words)
        _draw_moment(sight.since, words)


def _draw_moment(at: datetime, words: Words) -> None:
    with box("dd", "row-cell"):
        text(minute(at, words), "figure")
        age(at, words.exact(at), "label")


def _draw_learned(sight: ModelSight, words: Words) -> None:
    live = sight.live
    if live is None:
        return
    report = live.made.report
    if sight.since != live.made.made_at:
        with box("div"):
            _draw_fact("made", words)
            _draw_moment(live.made.made_at, words)
    days = {"since": report.from_day or "–", "until": report.until_day or "–"}
    for name, figures in (
        ("learned", {"n": f"{report.parcels:,}", "silences": f"{report.silences:,}", **days}),
        ("tested", {"n": f"{report.judged:,}"}),
    ):
        with box("div"):
            _draw_fact(name, words)
            text(words.say(f"model.fact.{name}.is", **figures), "", "dd")


def _draw_next(sight: ModelSight, words: Words) -> None:
    at = sight.next_try_at
    with box("div"):
        _draw_fact("next", words)
        with box("dd", "row-cell"):
            if at is None:
                text(words.say("model.next.never"))
            elif sight.is_due:
                text(words.say("model.next.due", at=minute(at, words)))
            else:
                text(minute(at, words), "figure")
                countdown(at, words.exact(at), "label")


def _draw_troubles(sight: ModelSight, words: Words) -> None:
    """Why the newest does not judge, and what goes on instead."""
    with box("div", "model-trouble m-amber"):
        for each in sight.troubles:
            made = each.made
            day, at = words.day(made.made_at), minute(made.ended_at or made.made_at, words)
            with box("p", "model-trouble-head"):
                icon("alarm")
                text(words.say(f"model.trouble.{made.state}", day=day, at=at), "", "b")
            text(words.told(made.reason_zh or "", made.reason_en or ""), "model-reason", "p")
        live = sight.live
        if live is None:
            text(words.say("model.instead.rule"), "", "p")
        else:
            text(words.say("model.instead.model", day=words.day(live.made.made_at)), "", "p")


def _draw_nights(sight: ModelSight, words: Words) -> None:
    """What became of the last models, the oldest first."""
    with box("div", "model-nights"):
        text(words.say("model.nights"), "label")
        with box("ol"):
            for each in reversed(sight.models):
                made = each.made
                with box("li", "model-night") as night:
                    text(words.day(made.made_at)[5:], "figure label")
                    said = words.say(f"model.state.{made.state}")
                    chip(said, STATE_MEANING[made.state], STATE_ICON[made.state])
                reason = words.told(made.reason_zh or "", made.reason_en or "")
                attribute(night, "title", f"{words.exact(made.made_at)} {reason}".strip())


def _draw_missing(words: Words) -> None:
    with box("div", "model-missing"):
        said = words.say("model.missing", days=DAYS_MIN, parcels=f"{PARCELS_MIN:,}")
        text(said, "", "p")
        text(words.say("model.missing.then"), "label", "p")
