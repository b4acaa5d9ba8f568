"""Scans for a spool under fire, and what is missing afterwards."""

from pathlib import Path

from edge.spool import Spool
from edge.spool_reader import SpoolReader
from wire.bodies import PrivateBody
from wire.events import ClockReading, Event, Scan, ScanTiming, Station, StationFact
from wire.lines import parse_line
from wire.names import Result

SPOOL_ID = "5" * 32
DELIVERED_AT = "2026-11-22T01:02:03.456Z"
BODY = PrivateBody(salt="a" * 32, body='{"code_hex":"00","text":null}')


def scan(number: int) -> Scan:
    """A distinct scan that looks like any other."""
    return Scan(
        site="755A",
        edge="dock",
        at="2026-11-22T01:02:03.456Z",
        mono_ms=number,
        boot="b" * 32,
        clock=ClockReading(),
        device="dock-1",
        source="pts:test",
        waybill=f"{755000000000 + number}",
        code_hex=f"{755000000000 + number}".encode().hex(),
        text=f"{755000000000 + number}",
        length=12,
        aim="C0",
        symbology="code128",
        result=Result.CLEAR,
        list_version=1,
        list_age_s=1,
        timing_us=ScanTiming(decode=1, verdict=1),
    )


def body_hash(number: int) -> str:
    """The name of what stands beside a scan."""
    return f"{number:064x}"


def station(fact: StationFact) -> Station:
    """A fact about the station."""
    return Station(
        site="755A",
        edge="dock",
        at="2026-11-22T01:02:03.456Z",
        mono_ms=1,
        boot="b" * 32,
        clock=ClockReading(),
        fact=fact,
    )


def waybills(path: Path) -> list[str]:
    """Every scan that a file's spools hold, after it was opened as the edge opens it: checked."""
    Spool(path, SPOOL_ID).close()
    reader = SpoolReader(path)
    events: list[Event] = []
    try:
        for spool in reader.spools():
            lines: list[bytes] = []
            while page := reader.unsent(spool.id, len(lines), 1000, 2**30):
                lines += page
            events += (found := [parse_line(line) for line in lines])
            assert [each.seq for each in found] == list(range(1, len(found) + 1))
    finally:
        reader.close()
    return [event.waybill or "" for event in events if isinstance(event, Scan)]
