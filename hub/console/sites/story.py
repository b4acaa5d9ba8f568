"""A station's story: outages, restarts, programming changes, each with its length. Computed only.

Source: console.md ("Sites and devices").
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hub.access.service import EdgeAct, RecordedAct
from hub.alerts.service import Alert, AlertKind
from hub.console.sites.views import SiteRow, StoryLine, Told
from hub.ingest.service import StationFactView
from wire.events import StationFact

TOLD_BY_FACTS = frozenset({AlertKind.DEVICE_LOST, AlertKind.SCANNER_REPROGRAMMED})
"""Alerts that repeat what the station itself has recorded."""
TOLD_OF_ACTS = {
    EdgeAct.ROTATED: Told.ROTATED,
    EdgeAct.REVOKED: Told.REVOKED,
    EdgeAct.REPLACEMENT_ALLOWED: Told.REPLACEMENT_ALLOWED,
    EdgeAct.REPLACED: Told.REPLACED,
    EdgeAct.SPOOL_CLOSED: Told.SPOOL_CLOSED,
}
"""A certificate's renewal is no news."""


def story_of(
    facts: Sequence[StationFactView],
    alerts: Iterable[Alert],
    runs: Iterable[datetime],
    enrolled_at: datetime,
    acts: Iterable[RecordedAct] = (),
) -> list[StoryLine]:
    """All that is known to have happened, the newest first.

    Args:
        facts: what the station said of itself, the newest first.
        alerts: what the hub found about it and its devices.
        runs: when its program was first heard of after each start.
        enrolled_at: when it came into this hub.
        acts: what was done about who speaks for it.
    """
    lines = [*_facts(facts), *(_alert(each) for each in alerts if each.kind not in TOLD_BY_FACTS)]
    lines += [StoryLine(at, Told.PROGRAM_STARTED, None) for at in runs]
    lines += [_act(act) for act in acts if act.act in TOLD_OF_ACTS]
    lines.append(StoryLine(enrolled_at, Told.ENROLLED, None))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _act(act: RecordedAct) -> StoryLine:
    # What was lost with a spool, its alert tells in both languages.
    said = f"{act.who}: {act.reason}" if act.reason else None
    return StoryLine(act.at, TOLD_OF_ACTS[act.act], None, detail=said)


def _facts(facts: Sequence[StationFactView]) -> list[StoryLine]:
    back_at: dict[str | None, datetime] = {}
    lines = []
    for fact in facts:  # from the newest, so that an outage knows its end
        said = fact.said
        until = None
        if said.fact is StationFact.DEVICE_BACK:
            back_at[said.device] = fact.at
        elif said.fact is StationFact.DEVICE_LOST:
            until = back_at.pop(said.device, None)
        detail = said.reason if said.clock_step_ms is None else f"{said.clock_step_ms:+d} ms"
        lines.append(StoryLine(fact.at, Told(said.fact.value), said.device, until, detail))
    return lines


def _alert(alert: Alert) -> StoryLine:
    parts = alert.subject.split("/")
    return StoryLine(
        at=alert.raised_at,
        told=Told.ALERT,
        device=parts[2] if len(parts) > 2 else None,
        until=alert.closed_at,
        kind=alert.kind,
        text_zh=alert.text_zh,
        text_en=alert.text_en,
    )


def in_order(rows: Iterable[SiteRow]) -> list[SiteRow]:
    """Sites that need a look first, each part by its codes."""
    return sorted(rows, key=lambda row: (not row.has_trouble, row.code))


def matches(row: SiteRow, asked: str) -> bool:
    """Say whether a site is meant by what somebody typed: a part of its code or its name."""
    asked = asked.strip().casefold()
    return asked in row.code.casefold() or asked in (row.name or "").casefold()
