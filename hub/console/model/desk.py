"""The learned models, as the console reads them."""

from sqlalchemy import Connection

from hub.access.service import Caller
from hub.console.model.views import (
    ModelSight,
    shown_of,
    since_of,
    troubles_of,
    verdict_of,
)
from hub.missing.service.models import can_be_read, list_models, live_model, model_report, next_try
from hub.web.context import HubContext

NIGHTS_SHOWN = 14


class ModelDesk:
    """Reads for the screen."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub
        self._asked: tuple[int, bool] | None = None

    def model(self, caller: Caller) -> ModelSight:
        """Who judges silence now, and how far that can be believed; drift of the caller's sites."""
        hub, sites = self._hub, caller.sites
        with hub.database.reading() as tx:
            now = hub.clock.now()
            models = tuple(list_models(tx, hub.network, sites, limit=NIGHTS_SHOWN))
            live_id = live_model(tx)
            live = next((each for each in models if each.made.id == live_id), None)
            if live is None and live_id is not None:
                live = model_report(tx, hub.network, sites, live_id)
            is_readable = live_id is None or self._is_readable(tx, live_id)
        newest_at = models[0].made.made_at if models else None
        # A hub whose clock is a test's and runs faster learns nothing, see ``hub.role_process``.
        at = next_try(newest_at, now) if hub.clock.rate == 1 else None
        shown = shown_of(models, live)
        drifted = () if shown is None else shown.drifted
        codes = {each.site for each in drifted} & hub.network.sites.keys()
        return ModelSight(
            verdict=verdict_of(models, live, now, is_readable=is_readable),
            since=since_of(models, live),
            models=models,
            live=live,
            shown=shown,
            troubles=troubles_of(models, live),
            next_try_at=at,
            is_due=at is not None and at <= now,
            lost_per_10000=hub.policy.missing.lost_per_10000,
            site_names={code: hub.network.sites[code].name for code in codes},
        )

    def _is_readable(self, tx: Connection, model_id: int) -> bool:
        asked = self._asked
        if asked is None or asked[0] != model_id:
            asked = self._asked = model_id, can_be_read(tx, model_id)
        return asked[1]
