"""The model behind the early warning on one screen, and whether it can be believed.

Source: design section 7, docs/adr/0043.
"""

from hub.console.live import Live
from hub.console.markup import attribute, box, text
from hub.console.model.backtest import draw_backtest, draw_calibration
from hub.console.model.beside import draw_drift, draw_reasons, draw_thresholds, draw_unknown
from hub.console.model.desk import ModelDesk
from hub.console.model.headline import draw_answers, draw_headline
from hub.console.model.views import ModelSight
from hub.console.pages import draw_broken
from hub.console.visit import Visit

READ_EVERY_BEATS = 60
"""A model is made once a night."""


class ModelPage:
    """Who judges, how that did on a week that it had not seen, and what it does not know."""

    def __init__(self, visit: Visit, desk: ModelDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        with attribute(box("main", "page model"), "tabindex", "0"):
            with box("header", "page-head"):
                text(words.say("model.title"), "page-title", "h1")
                text(words.say("model.about"), "label", "p")
            self._notice = box("div", "notice")
            self._body = box("div", "model-body")
        self._live = Live(visit, self._read, self._draw, self._tell_broken, READ_EVERY_BEATS)

    async def start(self) -> None:
        """Show the model and follow what comes."""
        await self._live.start()

    def _read(self) -> ModelSight:
        return self._desk.model(self._visit.caller)

    def _tell_broken(self) -> None:
        self._body.clear()
        draw_broken(self._notice, self._words)

    def _draw(self, sight: ModelSight) -> None:
        words, shown = self._words, sight.shown
        self._notice.clear()
        self._body.clear()
        with self._body:
            draw_headline(sight, words)
            if shown is not None:
                self._draw_tested(sight)
            else:
                draw_reasons(sight, words)

    def _draw_tested(self, sight: ModelSight) -> None:
        words, shown = self._words, sight.shown
        if shown is None:
            return
        report = shown.made.report
        if shown is not sight.live:
            said = words.say("model.shown.other", day=words.day(shown.made.made_at))
            text(said, "problem m-amber", "p")
        draw_answers(shown, words)
        with box("div", "model-grid"):
            draw_backtest(report, words)
            with box("div", "model-column"):
                draw_calibration(report, words)
                draw_reasons(sight, words)
            with box("div", "model-column"):
                draw_thresholds(report, words)
                draw_drift(shown, sight, words)
            draw_unknown(report, sight, words)
