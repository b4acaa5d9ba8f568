"""Routes of the learned models: what became of each, and how it did. Source: docs/adr/0043."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from hub.missing.service.models import Delays, ModelReport, ModelState, list_models
from hub.web.context import ITEMS_DEFAULT, CalledBy, Hub, IdCursor, Limit, at_text

router = APIRouter(prefix="/api/v1", tags=["suspects"])

Share = Annotated[float, Field(ge=0, le=1)]


class ScorerFigures(BaseModel):
    """What a week that the model had not seen shows of it, or of tier T0.

    ``suspected`` good parcels were suspected, ``per_1000`` of 1,000. ``wait_h``: so many hours a
    scan may be late, on average, before it is missed. The others are the hours from a loss, at a
    random moment of a silence, to its alarm, and the shares told within 24 and 48 hours; null where
    no silence ended in that week. The losses are imagined.
    """

    suspected: int
    per_1000: float
    wait_h: float
    mean_h: float | None
    median_h: float | None
    p90_h: float | None
    within_24: Share | None
    within_48: Share | None


class BinItem(BaseModel):
    """Silences of which the model said about the same.

    ``said``: the share of them that should last longer; ``was``: the share that did; ``count``:
    looks, of which a silence has up to five.
    """

    said: Share
    was: Share
    count: int


class DriftItem(BaseModel):
    """A site whose scans come later than the model has it: ``late`` of ``count``.

    Had nothing changed, that would be one in twenty.
    """

    site: str
    late: int
    count: int


class ModelItem(BaseModel):
    """One model; ``live`` is the one that judges. Without one tier T0 judges.

    ``reason_zh`` and ``reason_en``: why it was refused or rolled back; a site that is not the
    caller's is not named. ``parcels``: so many the hub knew then. ``from_day``, ``until_day``: the
    days that it was taught with, before the week of the test. ``judged``: parcels of that week.
    ``budget_per_1000``: false alarms of 1,000 good parcels. ``model`` and ``tier_t0`` are null
    where it was not tested. ``prices_h``: hours of delay that a false alarm is held to cost, and
    ``lost``: the share of parcels held to be lost, both by product, ``*`` of all together.
    ``drifted``: of the caller's sites, of which ``sites`` had scans. ``unknown``: share of silences
    of which the model knows nothing; tier T0 judges those.
    """

    id: int
    state: ModelState
    made_at: str | None
    ended_at: str | None
    reason_zh: str | None
    reason_en: str | None
    parcels: int
    from_day: str | None
    until_day: str | None
    judged: int
    budget_per_1000: float
    model: ScorerFigures | None
    tier_t0: ScorerFigures | None
    prices_h: dict[str, float]
    lost: dict[str, float]
    bins: list[BinItem]
    drifted: list[DriftItem]
    sites: int
    unknown: Share


class ModelPage(BaseModel):
    """Models, newest first; ``next`` is the cursor of the next page."""

    items: list[ModelItem]
    next: str | None


@router.get("/models")
def get_models(
    hub: Hub, caller: CalledBy, limit: Limit = ITEMS_DEFAULT, cursor: IdCursor = None
) -> ModelPage:
    """The models of silence that were learned, one a night, with what became of each."""
    before_id = None if cursor is None else int(cursor)
    with hub.database.reading() as tx:
        found = list_models(tx, hub.network, caller.sites, before_id, limit)
    more = str(found[-1].made.id) if len(found) == limit else None
    return ModelPage(items=[_item(each) for each in found], next=more)


def _item(told: ModelReport) -> ModelItem:
    made, report = told.made, told.made.report
    ours = theirs = None
    if report.judged:
        ours = _figures(report.suspected, report.judged, report.wait_h, report.delays)
        theirs = _figures(
            report.before_suspected, report.judged, report.before_wait_h, report.before
        )
    return ModelItem(
        id=made.id,
        state=made.state,
        made_at=at_text(made.made_at),
        ended_at=at_text(made.ended_at),
        reason_zh=made.reason_zh,
        reason_en=made.reason_en,
        parcels=made.parcels,
        from_day=report.from_day,
        until_day=report.until_day,
        judged=report.judged,
        budget_per_1000=report.false_per_1000,
        model=ours,
        tier_t0=theirs,
        prices_h=report.prices_h,
        lost=report.lost,
        bins=[BinItem(said=each.said, was=each.was, count=each.count) for each in report.bins],
        drifted=[
            DriftItem(site=each.site, late=each.late, count=each.count) for each in told.drifted
        ],
        sites=told.sites,
        unknown=report.unknown,
    )


def _figures(suspected: int, judged: int, wait_h: float, delays: Delays | None) -> ScorerFigures:
    return ScorerFigures(
        suspected=suspected,
        per_1000=1_000 * suspected / judged,
        wait_h=wait_h,
        mean_h=None if delays is None else delays.mean_h,
        median_h=None if delays is None else delays.median_h,
        p90_h=None if delays is None else delays.p90_h,
        within_24=None if delays is None else delays.within_24,
        within_48=None if delays is None else delays.within_48,
    )
