"""What tests of an edge's spools at the hub share."""

from edge.station_page import draw_page
from hub.alerts.service import AlertKind, AlertState
from hub.ingest import spools
from hub.ingest.spool_store import Closing
from hub.ingest.spools import SpoolView
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge
from tests.joined_parts import JoinedEdge
from wire.events import Station, StationFact
from wire.messages import SpoolHead
from wire.names import format_at

OTHER = "9" * 32


def waybill(n: int) -> str:
    return f"{755000000000 + n}"


def fill(edge: JoinedEdge, scans: int, first: int = 0) -> None:
    for n in range(first, first + scans):
        edge.scan(waybill(n))


def all_is_stored(edge: JoinedEdge) -> bool:
    return edge.stored() == edge.lines()


def views(hub: HubHome) -> list[SpoolView]:
    with hub.database.reading() as tx:
        return spools.views(tx, "755A", "dock")


def standing(hub: HubHome, kind: AlertKind) -> list[str]:
    return [each.text_en for each in hub.alerts(kind) if each.state is not AlertState.CLOSED]


def is_red(edge: JoinedEdge) -> str | None:
    return draw_page(edge.station, 1, edge.clock).link.problem


def lines_of(edge: SigningEdge, count: int) -> list[bytes]:
    return [edge.line(edge.scan()) for _ in range(count)]


def fact(
    edge: SigningEdge, kind: StationFact, at: str = format_at(START), **fields: object
) -> bytes:
    event = Station(
        site=edge.site,
        edge=edge.edge,
        at=at,
        mono_ms=1,
        boot=samples.BOOT,
        clock=samples.CLOCK,
        fact=kind,
        **fields,  # type: ignore[arg-type]  # a test's
    )
    return edge.line(event)


def ended(hub: HubHome, edge: SigningEdge, scans: int = 3) -> SpoolHead:
    """A spool that is stored to its end."""
    lines = lines_of(edge, scans)
    hub.take(edge.batch([*lines, fact(edge, StationFact.SPOOL_END)]))
    return SpoolHead(spool=edge.spool, seq=edge.seq, head=edge.head)


def begin(hub: HubHome, after: SpoolHead) -> SigningEdge:
    new = SigningEdge(spool=OTHER)
    link = {"after_spool": after.spool, "after_seq": after.seq, "after_head": after.head}
    hub.take(new.batch([fact(new, StationFact.SPOOL_START, **link)]))
    return new


def close(hub: HubHome, spool: str, why: str = "its disk was put back from a copy") -> None:
    with hub.database.writing() as tx:
        spools.close_spool(tx, "755A", "dock", spool, Closing(hub.clock.now(), "li", why))
