"""How the model did on a week that it had not seen: beside tier T0, and by what it said itself."""

from hub.console.looks import Meaning
from hub.console.markup import attribute, box, text
from hub.console.model.drawing import hours, mark, percent, title
from hub.console.model.views import (
    CASES_MIN,
    Leaning,
    Pair,
    calibration_of,
    has_cases,
    pairs_of,
    place,
)
from hub.console.why import draw_bar
from hub.console.wording import Words
from hub.missing.service.models import Bin, Report

_TICKS = (0.0001, 0.001, 0.01, 0.1, 1.0)


def draw_backtest(report: Report, words: Words) -> None:
    """Each figure twice, the model's and tier T0's, as bars of one scale."""
    with box("section", "model-part"):
        title(words.say("model.backtest"))
        text(words.say("model.backtest.about", n=f"{report.judged:,}"), "label", "p")
        with box("div", "model-pairs"):
            for pair in pairs_of(report):
                _draw_pair(pair, report, words)
        text(words.say("model.backtest.note"), "label", "p")


def _draw_pair(pair: Pair, report: Report, words: Words) -> None:
    with box("div", "model-pair"):
        with box("p", "model-pair-name"):
            text(words.say(f"model.pair.{pair.name}"), "bar-name")
            if pair.mark is not None:
                said = words.say("model.budget", n=f"{report.false_per_1000:g}")
                text(said, "label figure")
        for whose, value in (("model", pair.ours), ("rule", pair.theirs)):
            meaning = Meaning.INFORMATION if whose == "model" else Meaning.NO_DATA
            with box("div", f"model-bar m-{meaning}"):
                text(words.say(f"model.whose.{whose}"), "label")
                draw_bar(pair.share(value), None if pair.mark is None else pair.share(pair.mark))
                text(_written(pair.name, value, words), "figure model-bar-figure")


def _written(name: str, value: float, words: Words) -> str:
    if name == "false":
        return f"{value:.1f}"
    return percent(value) if name.startswith("within") else hours(value, words)


def draw_calibration(report: Report, words: Words) -> None:
    """What it said against what was: a plot, the same as a table, and how to read it."""
    with box("section", "model-part"):
        title(words.say("model.odds"))
        if not report.bins:
            text(words.say("model.odds.none"), "gap", "p")
            return
        _draw_worst(report, words)
        with box("div", "model-odds"):
            _draw_plot(report.bins, words)
            _draw_table(report.bins, words)
        text(words.say("model.odds.read", n=CASES_MIN), "label", "p")


def _draw_worst(report: Report, words: Words) -> None:
    found = calibration_of(report.bins)
    if found.worst is None:
        text(words.say("model.odds.few", n=CASES_MIN), "gap", "p")
        return
    meaning = Meaning.INFORMATION if found.leaning is Leaning.FAIR else Meaning.OPEN
    with box("p", f"model-said m-{meaning}"):
        said = words.say(
            f"model.odds.{found.leaning}",
            factor=f"{found.factor:.1f}",
            said=percent(found.worst.said),
            was=percent(found.worst.was),
        )
        mark(meaning, said)


def _draw_plot(bins: tuple[Bin, ...], words: Words) -> None:
    with attribute(box("div", "model-plot"), "aria-hidden", "true"):
        text(words.say("model.odds.was"), "label model-plot-up")
        with box("div", "model-plot-field"):
            for tick in _TICKS:
                at, named = f"--at: {place(tick):.3f}", f"{100 * tick:g}%"
                box("i", "model-line-across").style(at)
                box("i", "model-line-up").style(at)
                text(named, "label model-tick-up").style(at)
                text(named, "label model-tick-across").style(at)
            box("i", "model-diagonal")
            for each in bins:
                dot = box("i", f"model-dot{'' if has_cases(each) else ' is-few'}")
                dot.style(f"--at: {place(each.said):.3f}; --up: {place(each.was):.3f}")
                attribute(dot, "title", _bin_words(each, words))
        text(words.say("model.odds.said"), "label model-plot-across")


def _draw_table(bins: tuple[Bin, ...], words: Words) -> None:
    with box("table", "model-table figure"):
        with box("thead"), box("tr"):
            for column in ("said", "was", "count"):
                attribute(text(words.say(f"model.column.{column}"), "label", "th"), "scope", "col")
        with box("tbody"):
            for each in bins:
                with box("tr", "" if has_cases(each) else "gap"):
                    for figure in (percent(each.said), percent(each.was), f"{each.count:,}"):
                        text(figure, "", "td")


def _bin_words(each: Bin, words: Words) -> str:
    figures = {"said": percent(each.said), "was": percent(each.was), "n": f"{each.count:,}"}
    return words.say("model.odds.dot", **figures)
