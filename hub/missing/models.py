"""The model that counts, as a role holds it: read once, and again when another one counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection

from hub.missing import model_store
from hub.missing.rules.figures import Calendar

if TYPE_CHECKING:
    from hub.missing.rules.learned_scorer import LearnedScorer
    from hub.missing.rules.loaded_model import LoadedModel
    from hub.missing.rules.scoring import ScheduleScorer

_log = structlog.get_logger()
_unread = Counter("custos_hub_models_unread", "Learned models that could not be read")


class Live:
    """A model, ready to be asked."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded

    def scorer(self, underneath: ScheduleScorer) -> LearnedScorer:
        """Judges by the model, and by ``underneath`` what it does not know."""
        from hub.missing.rules.learned_scorer import LearnedScorer

        return LearnedScorer(self._loaded, underneath)


class Models:
    """Holds one model; which one counts is asked each time, for another role may change it."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._read: int | None = None
        self._live: Live | None = None

    def live(self, tx: Connection) -> Live | None:
        """The model that counts; ``None``: there is none, or it cannot be read."""
        found = model_store.live_id(tx)
        if found != self._read:
            self._live = None if found is None else self._load(tx, found)
            self._read = found
        return self._live

    def _load(self, tx: Connection, model_id: int) -> Live | None:
        # Imported here: a hub that has no model yet needs none of its libraries.
        from hub.missing.rules.loaded_model import LoadedModel
        from hub.missing.rules.tables import unpack

        try:
            tables = unpack(model_store.tables_of(tx, model_id) or b"")
        except ValueError as error:
            _unread.inc()
            _log.error("model not read, tier T0 judges", model=model_id, error=str(error))
            return None
        return Live(LoadedModel(tables, self._calendar))
