"""The day's suspect, looked at again: for as long as a test wants it, and then no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from msgspec import structs
from sqlalchemy import delete, null, update

from hub.evidence import SecondLook, Verdict
from hub.incidents import steps
from hub.incidents.service import Told, note_look
from hub.incidents.store import incident
from hub.missing.suspect_store import page, put_looks
from tests.browser.console_day import LivingHub
from tests.browser.day_evidence import evidence_of
from tests.browser.day_parcels import SUSPECT

WHY = (
    "021W 自 2026-11-23 18:05 +0800 起没有任何扫描传来，应有的扫描可能只是因此缺失",
    "Nothing was heard of 021W since 2026-11-23 18:05 +0800: the scan that is due may be "
    "missing for that alone",
)


@contextmanager
def looked_again(day: LivingHub, verdict: Verdict, p_lost: float) -> Iterator[None]:
    """It was 37 % at first."""
    database, now = day.dock.database, datetime.now(UTC)
    with database.reading() as tx:
        found = page(tx, sites=None, between=None, high_value=None, before_id=None, limit=100)
    (known,) = [each for each in found if each.waybill == SUSPECT]
    assert known.value is not None
    look = look_of(day, SUSPECT, verdict, p_lost, now)
    with database.writing() as tx:
        again = replace(known, look=look, looks=1, look_at=now + timedelta(hours=1))
        put_looks(tx, [(again, known.value)])
    try:
        with search_looked_at(day, SUSPECT, look, now):
            yield
    finally:
        with database.writing() as tx:
            put_looks(tx, [(known, known.value)])


@contextmanager
def search_looked_at(
    day: LivingHub, subject: str, look: SecondLook, now: datetime
) -> Iterator[None]:
    """Show a look with a search alone."""
    number, lines = day.incidents[subject], steps.incident_history.c
    with day.dock.database.writing() as tx:
        note_look(tx, number, look, [Told(look.verdict, "37% → 21%")], now)
    try:
        yield
    finally:
        with day.dock.database.writing() as tx:
            tx.execute(update(incident).where(incident.c.id == number).values(look=null()))
            tx.execute(delete(steps.incident_history).where(lines.act.in_(list(Verdict))))


def look_of(
    day: LivingHub, waybill: str, verdict: Verdict, p_lost: float, now: datetime
) -> SecondLook:
    evidence = evidence_of(waybill, day.dock.role.network, now)
    why_zh, why_en = WHY if verdict.is_explained else (None, None)
    evidence = structs.replace(evidence, p_lost=p_lost)
    return SecondLook(waybill, verdict, evidence, "T2", 0.37, why_zh, why_en)
