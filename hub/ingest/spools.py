"""How an edge's spools stand, and the act that ends one where edge and hub contradict.

The caller owns the transaction. Source: design section 3 ("Exactly once", "Backlog"),
docs/adr/0033.

    UnknownSpoolError    it is not stored, nor named by its edge
"""

from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection

from hub.alerts.service import AlertKind, find_unclosed
from hub.ingest import spool_store, states, store
from hub.ingest.heads import (
    LinkState,
    StoredSpool,
    judge_link,
    lines_missing,
)
from hub.ingest.rules import NEW_SPOOL
from hub.ingest.spool_store import Closing

REASON_CHARS_MAX = 300
_log = structlog.get_logger()


class UnknownSpoolError(Exception):
    """It is not stored, nor named by its edge."""


@dataclass(frozen=True, slots=True)
class SpoolView:
    """A spool as people see it.

    ``edge_seq`` is how far the edge has it, None: its newest state does not name it. ``missing``:
    so many lines of the one before never came. ``is_in_doubt``: an open alert says that edge and
    hub contradict, so that somebody may have to accept a new spool.
    """

    spool: str
    upto_seq: int
    edge_seq: int | None
    is_ended: bool
    link: LinkState
    after_spool: str | None
    missing: int
    closing: Closing | None
    is_in_doubt: bool


def views(tx: Connection, site: str, edge: str) -> list[SpoolView]:
    """An edge's newest spools, the newest first."""
    state = states.find_state(tx, site, edge)
    said = {} if state is None else {head.spool: head.seq for head in state.state.heads}
    rows = spool_store.newest(tx, site, edge)
    known = {spool.spool: spool for spool, _ in rows}
    told = (find_unclosed(tx, kind, f"{site}/{edge}") for kind in _CONTRADICTIONS)
    is_in_doubt = any(alert is not None for alert in told)
    found = []
    for spool, closing in rows:
        before = None if spool.after is None else known.get(spool.after.spool)
        is_named = state is None or (spool.after is not None and spool.after.spool in said)
        link = judge_link(spool, before, is_named=is_named)
        missing = lines_missing(spool, before) if link in _GAPS else 0
        found.append(
            SpoolView(
                spool.spool,
                spool.head.seq,
                said.get(spool.spool),
                spool.is_ended,
                link,
                None if spool.after is None else spool.after.spool,
                missing,
                closing,
                is_in_doubt,
            )
        )
    return found


_GAPS = frozenset({LinkState.BROKEN, LinkState.GAP})
_CONTRADICTIONS = (AlertKind.EDGE_REFUSED, AlertKind.SPOOL_DIVERGED, AlertKind.SPOOL_LINK)


def close_spool(tx: Connection, site: str, edge: str, spool: str, closing: Closing) -> StoredSpool:
    """Accept a new spool from an edge: this one is closed where it stands, and is a gap from there.

    The edge hears of it with the answer to its next state. Closing what is closed changes nothing:
    the first act stands.

    Raises:
        UnknownSpoolError: it is not stored, nor named by its edge.
    """
    if not store.lock_spools(tx, [(site, edge, spool)]):
        state = states.find_state(tx, site, edge)
        named = () if state is None else [head.spool for head in state.state.heads]
        if spool not in named and not spool_store.followers(tx, site, edge, spool):
            raise UnknownSpoolError(f"{site}/{edge} has no spool {spool}")
        store.add_spool(tx, site, edge, spool, NEW_SPOOL, closing.at)
    found = spool_store.find(tx, site, edge, [spool])[spool]
    if found.is_closed:
        return found
    spool_store.close(tx, found.id, closing)
    _log.warning("a spool was closed", site=site, edge=edge, spool=spool, by=closing.by)
    return replace(found, is_closed=True)
