"""A hub that has less than it had gets nothing again before the disk knows what it lost."""

from edge.station_events import HubHasLess, LinkChanged, LossNoted, Receipted, Recorded
from edge.uplink_events import HubWentBack, Publish, UplinkOutput, Waited
from ledger.signing import peek
from tests.unit.edge.fakes import SPOOL_ID
from tests.unit.edge.test_uplink_core import House, batches
from wire.limits import BATCH_BYTES_MAX
from wire.lines import parse_line
from wire.messages import Batch, SpoolHead
from wire.topics import Channel


class RestoredHub(House):
    """It had all lines and was restored to fewer."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.connect()
        self.desk.scan("755000000001")
        (payload,) = batches(self.step(Recorded(self.desk.spool.head_seq)))
        self.step(self.receipt(payload, heads=(self.head(self.desk.spool.head_seq),)))

    def head(self, seq: int) -> SpoolHead:
        return SpoolHead(spool=SPOOL_ID, seq=seq, head=self.desk.spool.sealed[seq - 1].head)

    def says(self, seq: int) -> list[UplinkOutput]:
        """Its answer to the next state."""
        self.clock.advance(30_000)
        states = [each for each in self.step(Waited()) if isinstance(each, Publish)]
        assert [each.channel for each in states] == [Channel.STATE]
        outputs = self.step(self.receipt(states[0].payload, heads=(self.head(seq),)))
        return [each for each in outputs if not isinstance(each, LinkChanged)]

    def recorded_at(self, seq: int) -> str:
        return parse_line(self.desk.spool.sealed[seq - 1].line).at


def first_seqs(outputs: list[UplinkOutput]) -> list[int]:
    found = [peek(payload, BATCH_BYTES_MAX) for payload in batches(outputs)]
    return [batch.first_seq for batch in found if isinstance(batch, Batch)]


def test_lines_go_again_once_the_station_has_noted_the_loss_and_not_before() -> None:
    hub = RestoredHub()
    assert hub.says(2) == [HubHasLess(SPOOL_ID, 2), Receipted(SPOOL_ID, 2)]
    hub.clock.advance(1_000)
    assert hub.step(Waited()) == []
    outputs = hub.step(LossNoted(SPOOL_ID, 2))
    assert outputs[0] == HubWentBack(hub.recorded_at(2))
    assert first_seqs(outputs) == [3]
    assert hub.step(LossNoted(SPOOL_ID, 2)) == []


def test_a_loss_that_nobody_noted_is_told_again_and_never_forgotten() -> None:
    """The uplink's queue may have been full when the station answered."""
    hub = RestoredHub()
    hub.says(2)
    assert hub.says(2) == [HubHasLess(SPOOL_ID, 2)]
    # An old batch of ours came out of the broker meanwhile: the loss stays what it was.
    assert hub.says(3) == [HubHasLess(SPOOL_ID, 2), Receipted(SPOOL_ID, 3)]
    hub.desk.scan("755000000002")
    assert hub.step(Recorded(4)) == []
    hub.clock.advance(1_000)
    outputs = hub.step(LossNoted(SPOOL_ID, 2))
    assert outputs[0] == HubWentBack(hub.recorded_at(2))
    assert first_seqs(outputs) == [4]


def test_a_hub_that_is_restored_twice_waits_for_the_later_loss() -> None:
    hub = RestoredHub()
    hub.says(2)
    assert hub.says(1) == [HubHasLess(SPOOL_ID, 1), Receipted(SPOOL_ID, 1)]
    assert hub.step(LossNoted(SPOOL_ID, 2)) == []
    assert first_seqs(hub.step(LossNoted(SPOOL_ID, 1))) == [2]


def test_what_a_hub_restored_before_the_start_would_not_show_is_named_at_the_start() -> None:
    assert RestoredHub().core.may_be_lost() is None
    fresh = House()
    at = parse_line(fresh.desk.spool.sealed[0].line).at
    assert fresh.core.may_be_lost() == HubWentBack(at)
