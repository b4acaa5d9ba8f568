"""Carry out what stations report of parcels. The caller owns the transaction.

Source: HV-3, HV-2.2.6, CS-D2; which parcels stop says :mod:`hub.incidents.reports`.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from hub.access.service import person_of
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.fact import Fact
from hub.incidents import steps, store
from hub.incidents.reports import Report, Sight, sentences, suspicion_of
from hub.incidents.rules import Act, Kind
from hub.incidents.search import SYSTEM, Search, read, subject_of
from hub.ingest.service import events_at
from hub.parcels.service import high_value_among, last_seen, waybills_of
from wire import events
from wire.policy import Policy

_STOPPED = ("禁止流转，待解除", "stopped until it is released")
_LIST_FULL = ("通缉名单已满，未能禁止流转", "the wanted list is full, so that NOTHING stops it")


def take_report(
    tx: Connection, search: Search, policy: Policy, fact: Fact, act: events.Act, now: datetime
) -> None:
    """An exception or a refusal arrived: each parcel that it names, each report of it once."""
    waybills = _named(tx, act)
    high_value = high_value_among(tx, waybills, policy)
    for waybill in waybills:
        if not store.add_report(tx, act, waybill):
            continue
        report = _report(tx, fact, act, waybill)
        if waybill in high_value:
            _stop(tx, search, report, now)
        else:
            _tell(tx, search, AlertKind.PROBLEM_REPORTED, waybill, report, now, {})


def _named(tx: Connection, act: events.Act) -> tuple[str, ...]:
    """The parcels that an act is about; of a refused bag all that it holds."""
    if act.waybill is not None:
        return (act.waybill,)
    scans = (fact.event for fact in events_at(tx, act.site, act.edge, act.spool, act.scans))
    named = (waybills_of(tx, scan) for scan in scans if isinstance(scan, events.Scan))
    return tuple(dict.fromkeys(waybill for each in named for waybill in each))


def _report(tx: Connection, fact: Fact, act: events.Act, waybill: str) -> Report:
    last = last_seen(tx, waybill)
    since = None
    if last is not None and last.at > fact.occurred_at:
        since = Sight(last.site, last.at)
    return Report(waybill, act, fact.occurred_at, fact.late, since)


def _stop(tx: Connection, search: Search, report: Report, now: datetime) -> None:
    """The flow stops at once; one that an earlier report has stopped stays so."""
    zone = search.network.zone_of(report.act.site)
    incident = store.find_open(tx, Kind.ANOMALY, report.waybill)
    is_new = incident is None
    if incident is None:
        incident = read(tx, store.add(tx, suspicion_of(report, zone), now))
        # Whoever reports it has it before him: nobody searches.
        store.set_seen(tx, incident.id, report.waybill, report.at)
    who, note = report.act.by or "–", " / ".join("，".join(s) for s in sentences(report, zone))
    steps.record(tx, incident.id, Act.REPORTED, who, now, report.act.site, note)
    is_stopped = not is_new or search.stop(tx, incident, SYSTEM, None, now)
    then_zh, then_en = _STOPPED if is_stopped else _LIST_FULL
    then = {"then_zh": then_zh, "then_en": then_en}
    _tell(tx, search, AlertKind.EXCEPTION, subject_of(incident), report, now, then)


def _tell(
    tx: Connection,
    search: Search,
    kind: AlertKind,
    subject: str,
    report: Report,
    now: datetime,
    then: Mapping[str, str],
) -> None:
    site = report.act.site
    zh, en = sentences(report, search.network.zone_of(site))
    who_zh, who_en = _reporter(tx, search, report.act)
    words = {
        "what_zh": "；".join(zh),
        "what_en": "; ".join(en),
        "who_zh": who_zh,
        "who_en": who_en,
        **then,
    }
    finding = Finding(
        kind, subject, report.at, report.is_late, waybill=report.waybill, site=site, words=words
    )
    raise_alert(tx, finding, now)


def _reporter(tx: Connection, search: Search, act: events.Act) -> tuple[str, str]:
    if act.by is None:
        return "未刷工牌", "somebody without a badge"
    staff = person_of(tx, search.network, act.site, act.by)
    name = act.by[:8] if staff is None else staff.name
    return name, name
