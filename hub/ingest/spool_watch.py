"""Whether edge and hub have the same spools: looked at with every state, and where spools join.

The caller owns the transaction. Source: design section 3 ("Exactly once", "Backlog"),
docs/adr/0033.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, find_unclosed, raise_alert
from hub.ingest import spool_store
from hub.ingest.heads import (
    HEALING,
    Agreement,
    LinkState,
    StoredSpool,
    compare_head,
    find_vanished,
    judge_link,
)
from wire.events import Event, Station, StationFact
from wire.messages import SpoolHead, State
from wire.names import ZERO_HEAD, parse_at

OVERTAKING_MAX = timedelta(minutes=2)
"""No state is under way for longer than the lines that have overtaken it are here."""
OVERTAKING_MIN = timedelta(milliseconds=20)
"""What is recorded after a state comes so much later: its batch waits for company."""
SPOOL_CHARS_TOLD = 8
"""So much of a spool's id names it to people."""

_TOLD = {
    Agreement.OTHER: ("同一序号的记录内容不同", "other records under the same numbers"),
    Agreement.ROLLED_BACK: ("终端的数据比中心旧", "the edge's disk is older than what it sent"),
    Agreement.VANISHED: ("终端上的存储不见了", "the edge has lost it: its disk was replaced"),
}
_log = structlog.get_logger()
_divergences = Counter(
    "custos_hub_spools_diverged", "States in which an edge and the hub contradict", ["how"]
)


# ---------------------------------------------------------------- what arrives


def note_marks(
    tx: Connection, site: str, edge: str, spool_id: int, events: Sequence[Event], now: datetime
) -> None:
    """Take note of what stored events say of spools, and see whether links fit that now can."""
    marks = [each for each in events if isinstance(each, Station) and each.fact in _MARKS]
    for mark in marks:
        if mark.fact is StationFact.SPOOL_END:
            spool_store.note_end(tx, spool_id)
            for follower in spool_store.followers(tx, site, edge, mark.spool):
                _check_link(tx, site, edge, follower, now)
        elif mark.after_spool is not None and mark.seq == 1:
            after = SpoolHead(
                spool=mark.after_spool, seq=mark.after_seq or 0, head=mark.after_head or ZERO_HEAD
            )
            spool_store.note_link(tx, spool_id, after)
            known = spool_store.find(tx, site, edge, [mark.spool])[mark.spool]
            _check_link(tx, site, edge, known, now)


_MARKS = frozenset({StationFact.SPOOL_START, StationFact.SPOOL_END})


def tell_gone_on(tx: Connection, site: str, edge: str, spool: str, now: datetime) -> None:
    """More lines came of a spool that had said it ends: no link to it can be believed."""
    _raise_link(tx, site, edge, spool, now)


def _check_link(tx: Connection, site: str, edge: str, spool: StoredSpool, now: datetime) -> None:
    if spool.after is None:
        return
    before = spool_store.find(tx, site, edge, [spool.after.spool]).get(spool.after.spool)
    if judge_link(spool, before) is LinkState.BROKEN:
        _raise_link(tx, site, edge, spool.spool, now)


def _raise_link(tx: Connection, site: str, edge: str, spool: str, now: datetime) -> None:
    subject, words = f"{site}/{edge}", {"spool": spool[:SPOOL_CHARS_TOLD]}
    _log.error("a spool does not follow the one before it", edge=subject, spool=spool)
    finding = Finding(AlertKind.SPOOL_LINK, subject, now, site=site, words=words)
    raise_alert(tx, finding, now)


# ---------------------------------------------------------------- states


def compare(tx: Connection, state: State, now: datetime) -> list[StoredSpool]:
    """Compare a new state's heads with what is stored; raise or close the alert of the edge.

    Returns:
        The closed spools that the edge still names: it has to be told.
    """
    said = {head.spool: head for head in state.heads}
    known = {each.spool: each for each, _ in spool_store.newest(tx, state.site, state.edge)}
    known |= spool_store.find(tx, state.site, state.edge, sorted(said.keys() - known.keys()))
    found = [
        (name, how)
        for name, how in _diverged(tx, said, known)
        if not _is_overtaken(tx, state, said, known[name], how, now)
    ]
    for spool in known.values():
        _check_lost_link(tx, state, spool, known, said, now)
    _tell(tx, state, found, now)
    return [known[name] for name in said if name in known and known[name].is_closed]


def _diverged(
    tx: Connection, said: Mapping[str, SpoolHead], known: Mapping[str, StoredSpool]
) -> list[tuple[str, Agreement]]:
    found = []
    for name, head in said.items():
        stored = known.get(name)
        ours = None
        if stored is not None and 0 < head.seq < stored.head.seq:
            ours = spool_store.hash_at(tx, stored.id, head.seq)
        agreement = compare_head(head, stored, ours)
        if agreement not in HEALING:
            found.append((name, agreement))
    found += [(each.spool, Agreement.VANISHED) for each in find_vanished(known, said)]
    return found


def _is_overtaken(
    tx: Connection,
    state: State,
    said: Mapping[str, SpoolHead],
    stored: StoredSpool,
    how: Agreement,
    now: datetime,
) -> bool:
    """Whether only the state is old: lines that came after it was made have come before it.

    Or a whole spool has, after one that the state names. An edge that does not know how far its
    clock is from ours is asked when it recorded the line, but not for long: that clock may have
    been set back after the disk was.
    """
    follows = stored.after is not None and stored.after.spool in said
    if how is not Agreement.ROLLED_BACK and not (how is Agreement.VANISHED and follows):
        return False
    times = spool_store.times_at(tx, stored.id, stored.head.seq)
    if times is None:
        return False
    recorded_at, received_at = times
    if now - received_at >= OVERTAKING_MAX:
        return False
    clock, made_at = state.clock, parse_at(state.at)
    if clock.offset_ms is None or clock.error_ms is None:
        return recorded_at > made_at
    try:
        made_at += timedelta(milliseconds=clock.offset_ms - clock.error_ms) + OVERTAKING_MIN
    except OverflowError:
        return False
    return received_at > made_at


def _check_lost_link(
    tx: Connection,
    state: State,
    spool: StoredSpool,
    known: Mapping[str, StoredSpool],
    said: Mapping[str, SpoolHead],
    now: datetime,
) -> None:
    """A spool that the hub never saw, and that its edge has not got any more, leaves a gap."""
    after = spool.after
    if after is None or after.spool in known or after.spool in said:
        return
    before = spool_store.find(tx, state.site, state.edge, [after.spool]).get(after.spool)
    is_told = find_unclosed(tx, AlertKind.SPOOL_LINK, f"{state.site}/{state.edge}") is not None
    if judge_link(spool, before, is_named=False) is LinkState.BROKEN and not is_told:
        _raise_link(tx, state.site, state.edge, spool.spool, now)


def _tell(
    tx: Connection, state: State, found: Sequence[tuple[str, Agreement]], now: datetime
) -> None:
    subject = f"{state.site}/{state.edge}"
    if not found and state.problem is None:
        close_alert(tx, AlertKind.SPOOL_DIVERGED, subject, now)
        return
    if found:
        spool, agreement = found[0]
        _divergences.labels(agreement).inc()
        zh, en = _TOLD[agreement]
        words = {"spool": spool[:SPOOL_CHARS_TOLD], "what_zh": zh, "what_en": en}
    else:
        _divergences.labels("told by the edge").inc()
        words = {"spool": "", "what_zh": str(state.problem), "what_en": str(state.problem)}
    _log.error("an edge and the hub contradict", edge=subject, found=found, told=state.problem)
    finding = Finding(AlertKind.SPOOL_DIVERGED, subject, now, site=state.site, words=words)
    if find_unclosed(tx, finding.kind, subject) is None:
        raise_alert(tx, finding, now)
