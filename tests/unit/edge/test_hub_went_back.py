"""A hub that has less than it had: the uplink says so."""

from edge.station_events import Receipted, Recorded
from edge.uplink_events import HubWentBack, Publish, Waited
from tests.unit.edge.fakes import SPOOL_ID
from tests.unit.edge.test_uplink_core import House, batches
from wire.lines import parse_line
from wire.messages import SpoolHead
from wire.topics import Channel


def test_a_hub_with_less_than_it_had_is_told_with_the_time_of_its_last_line() -> None:
    house = House()
    house.connect()
    house.desk.scan("755000000001")
    (payload,) = batches(house.step(Recorded(3)))
    lines = house.desk.spool.sealed
    heads = (SpoolHead(spool=SPOOL_ID, seq=3, head=lines[2].head),)
    house.step(house.receipt(payload, heads=heads))
    house.clock.advance(30_000)
    (state,) = [each for each in house.step(Waited()) if isinstance(each, Publish)]
    heads = (SpoolHead(spool=SPOOL_ID, seq=2, head=lines[1].head),)
    outputs = house.step(house.receipt(state.payload, heads=heads))
    assert outputs[:2] == [Receipted(SPOOL_ID, 2), HubWentBack(parse_line(lines[1].line).at)]
    assert [each.channel for each in outputs if isinstance(each, Publish)] == [Channel.EVENTS]
