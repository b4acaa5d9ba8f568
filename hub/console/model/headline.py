"""Who judges now, since when, learned from what, and why not a newer one; the answers in four."""

from datetime import datetime

from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, countdown, icon, text
from hub.console.model.drawing import STATE_ICON, STATE_MEANING, hours, minute
from hub.console.model.views import (
    Leaning,
    ModelSight,
    Verdict,
    calibration_of,
)
from hub.console.wording import Words
from hub.missing.service import MODEL_DAYS_MIN, MODEL_PARCELS_MIN, ModelReport

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
        within = report.per_1000 <= report.false_per_1000
        said = words.say(
            "model.answer.false.within" if within else "model.answer.false.above",
            budget=f"{report.false_per_1000:g}",
        )
        _draw_answer(f"{report.per_1000:.1f}", "false", said, words, is_well=within)
        if report.delays is not None and report.before is not None:
            sooner_h = report.before.mean_h - report.delays.mean_h
            said = words.say(f"model.answer.sooner.{'yes' if sooner_h >= 0 else 'no'}")
            _draw_answer(hours(abs(sooner_h), words), "sooner", said, words, is_well=sooner_h >= 0)
        found = calibration_of(report.bins)
        figure = "–" if found.worst is None else words.say("model.times", n=f"{found.factor:.1f}")
        said = words.say(f"model.answer.odds.{found.leaning}")
        _draw_answer(figure, "odds", said, words, is_well=found.leaning is Leaning.FAIR)
        said = words.say(f"model.answer.drift.{'some' if shown.drifted else 'none'}")
        figure = f"{len(shown.drifted)} / {shown.sites}"
        _draw_answer(figure, "drift", said, words, is_well=not shown.drifted)


def _draw_answer(figure: str, name: str, said: str, words: Words, *, is_well: bool) -> None:
    meaning = Meaning.INFORMATION if is_well else Meaning.OPEN
    with box("div", f"model-answer m-{meaning}"):
        text(words.say(f"model.answer.{name}"), "label")
        text(figure, "model-figure figure", "b")
        chip(said, meaning, "check" if is_well else "alarm")


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
        said = words.say("model.missing", days=MODEL_DAYS_MIN, parcels=f"{MODEL_PARCELS_MIN:,}")
        text(said, "", "p")
        text(words.say("model.missing.then"), "label", "p")
