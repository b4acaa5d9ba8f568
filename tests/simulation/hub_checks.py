"""What must hold when a simulated day is over: the hub against what was noted at the edges.

0 lost, 0 doubled, 0 reordered; every parcel's fold is the fold of its lines; everybody's heads,
lists and bodies agree; and no alarm was raised or is left that the day gave no reason for.
"""

from collections import Counter

from sqlalchemy import select

from hub.alerts.service import AlertKind
from hub.fact import Fact
from hub.ingest import store
from hub.parcels import trace_store
from hub.parcels.project import trace_of
from hub.parcels.rules.traces import Trace, fold, in_fold_order
from tests.simulation.edge_machine import EdgeMachine
from tests.simulation.edge_truth import SERIES_HV
from tests.simulation.hub_machine import HubMachine
from tests.simulation.people import Team
from wire.events import Act, Scan
from wire.lines import line_hash, parse_line
from wire.names import Result

NEVER = {AlertKind.PROJECTION_ERROR, AlertKind.SPOOL_LINK, AlertKind.LINE_QUARANTINED}
_LINES = """
SELECT h.spool, e.seq, e.line FROM event e JOIN spool_head h ON h.id = e.spool_id
WHERE h.edge = '{}' ORDER BY e.id
"""
_HEADS = "SELECT edge, spool, upto_seq, head FROM spool_head"


def unrest(hub: HubMachine, machine: EdgeMachine) -> list[str]:
    """What is not at rest yet between an edge and the hub."""
    process = machine.process
    if process is None or hub.process is None:
        return ["a program does not run"]
    found = []
    if process.station.depth:
        found.append(f"{process.station.depth} lines without a receipt")
    closed = closed_spools(hub)
    heads = {
        spool: seq
        for edge, spool, seq, _ in hub.look(_HEADS)
        if edge == machine.edge and spool not in closed
    }
    known = {spool: len(lines) for spool, lines in machine.truth.lines.items()}
    if heads != {spool: seq for spool, seq in known.items() if spool not in closed}:
        found.append("the hub's heads are not the edge's")
    if process.station._bodies._lost or process.reader.bodies(1, 1 << 20):
        found.append("private bodies wait")
    if process.station.known.held.version != hub.look("SELECT version FROM wanted_list")[0][0]:
        found.append("another wanted list")
    if process.uplink.core._publisher.problem is not None:
        found.append(f"the station is red: {process.uplink.core._publisher.problem}")
    if standing(hub, AlertKind.SPOOL_DIVERGED):
        found.append("edge and hub contradict")
    return found


def standing(hub: HubMachine, kind: AlertKind) -> bool:
    """Say whether an alert of a kind is not closed."""
    return bool(hub.look(f"SELECT 1 FROM alert WHERE state != 'closed' AND kind = '{kind}'"))


def closed_spools(hub: HubMachine) -> set[str]:
    """The spools that an administrator's act has closed."""
    query = "SELECT spool FROM spool_head WHERE closed_at IS NOT NULL"
    return {spool for (spool,) in hub.look(query)}


def check(hub: HubMachine, teams: list[Team]) -> None:
    """Compare everything.

    Raises:
        AssertionError: a promise was broken.
    """
    for team in teams:
        _check_lines(hub, team.machine)
        _check_pulls(team)
    facts = _facts(hub)
    _check_folds(hub, facts)
    is_forked = any(team.machine.truth.forks for team in teams)
    # Else bodies are lost with the disk, or with a hub that shows no loss.
    if not is_forked and not hub.lost_unnoticed:
        _check_bodies(hub, facts)
    _check_alerts(hub, facts, is_forked=is_forked)


def _check_lines(hub: HubMachine, machine: EdgeMachine) -> None:
    """Each line once, in its order, byte for byte: nothing lost, doubled or turned round."""
    stored: dict[str, list[bytes]] = {}
    for spool, seq, line in hub.look(_LINES.format(machine.edge)):
        lines = stored.setdefault(spool, [])
        lines.append(bytes(line))
        assert seq == len(lines), f"line {seq} of a spool stands at {len(lines)}"
    closed, truth = closed_spools(hub), machine.truth
    for spool in closed & machine.truth.lines.keys() | truth.forks.keys():
        _check_fork(hub, machine, spool, stored.pop(spool, []), is_closed=spool in closed)
    sure = {
        spool: lines
        for spool, lines in truth.lines.items()
        if spool not in closed and spool not in truth.forks
    }
    assert stored == sure, "the hub has other lines than the edge recorded"
    for _, spool, upto_seq, head in hub.look(_HEADS):
        if spool in stored:
            assert (upto_seq, head) == (len(stored[spool]), line_hash(stored[spool][-1]))


def _check_fork(
    hub: HubMachine, machine: EdgeMachine, spool: str, stored: list[bytes], *, is_closed: bool
) -> None:
    """Of a spool whose disk was put back the hub has one history; two were told, and freed."""
    truth = machine.truth
    now = truth.lines.get(spool, [])
    assert any(known[: len(stored)] == stored for known in [*truth.forks.get(spool, []), now])
    if stored != now:
        assert is_closed, "two histories, and nobody was told"
        assert hub.look("SELECT 1 FROM alert WHERE kind = 'spool_diverged'"), "no alarm"
    # What the closed one had beyond that is not sent, and not thrown away.
    assert machine.process is not None
    kept = machine.process.reader.unsent(spool, 0, 1 << 30, 1 << 30)
    assert machine.is_small or kept == now[len(now) - len(kept) :], "thrown away"


def _check_pulls(team: Team) -> None:
    """No more scans than triggers pulled: of each parcel, and of each scanner."""
    lines = (line for spool in team.machine.truth.lines.values() for line in spool)
    scans = [event for event in map(parse_line, lines) if isinstance(event, Scan)]
    for device, person in team.people.items():
        mine = [scan for scan in scans if scan.device == device]
        assert len(mine) <= person.pulls.total(), "scans that nobody made"
        for code, count in Counter(scan.text for scan in mine if scan.waybill).items():
            assert count <= person.pulls[str(code)], f"{code} is there too often"


def _facts(hub: HubMachine) -> list[Fact]:
    columns = store.event.c
    query = select(columns.line, columns.occurred_at, columns.received_at, columns.late)
    with hub.template.database.reading() as tx:
        rows = tx.execute(query.order_by(columns.id)).all()
    return [
        Fact(parse_line(bytes(line)), at, received_at, late) for line, at, received_at, late in rows
    ]


def _check_folds(hub: HubMachine, facts: list[Fact]) -> None:
    """Each parcel stands where all its lines, folded at once, put it."""
    traces: dict[str, list[Trace]] = {}
    for trace in filter(None, map(trace_of, facts)):
        traces.setdefault(trace.unit, []).append(trace)
    with hub.template.database.reading() as tx:
        kept = trace_store.states_of(tx, list(traces))
    for unit, mine in traces.items():
        assert kept[unit] == fold(None, in_fold_order(mine)), f"{unit} stands elsewhere"


def _check_bodies(hub: HubMachine, facts: list[Fact]) -> None:
    kept = {sha256 for (sha256,) in hub.look("SELECT sha256 FROM private_body")}
    named = {fact.event.body for fact in facts if isinstance(fact.event, Scan | Act)}
    assert named - {None} <= kept, "a private body is lost"


def _check_alerts(hub: HubMachine, facts: list[Fact], *, is_forked: bool) -> None:
    """Each high-value parcel's passage once, each find told, and no false alarm."""
    alerts = hub.look("SELECT kind, waybill FROM alert")
    scans = [fact.event for fact in facts if isinstance(fact.event, Scan) and fact.event.waybill]
    high = {scan.waybill for scan in scans if str(scan.waybill).startswith(SERIES_HV)}
    passages = Counter(waybill for kind, waybill in alerts if kind == AlertKind.HV_PASSAGE)
    assert passages == dict.fromkeys(high, 1), "a passage is missing, or told twice"
    for result, kind in ((Result.WANTED, AlertKind.WANTED), (Result.STOP, AlertKind.STOP)):
        found = {scan.waybill for scan in scans if scan.result is result}
        assert found <= {waybill for each, waybill in alerts if each == kind}, f"no alert {kind}"
    kinds = {kind for kind, _ in alerts}
    never = NEVER - {AlertKind.SPOOL_LINK} if is_forked else NEVER
    assert not kinds & never, f"false alarms: {kinds & never}"
    assert not hub.look("SELECT room, error FROM projection_error"), "a room failed"
    faults = hub.world.faults
    if not is_forked and not faults["byte altered"]:
        assert AlertKind.EDGE_REFUSED not in kinds, "a good message was refused"
        assert not hub.look("SELECT reason FROM quarantine"), "a good message in quarantine"
        # A state that comes late cannot be told from a new one when a clock was set meanwhile.
        is_late = faults["message replayed"] or faults["message delayed"]
        is_set = faults["edge's clock set"] or faults["hub's clock set"]
        if not (is_late and is_set):
            assert AlertKind.SPOOL_DIVERGED not in kinds, "a false alarm"
