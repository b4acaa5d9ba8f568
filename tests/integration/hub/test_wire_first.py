"""The oldest supported edge speaks to this hub: all that it sends is stored, each answer signed."""

from pathlib import Path

from ledger.signing import open_sealed
from tests import samples
from tests.hub_parts import HubHome, SigningEdge, receipt_of
from wire.envelope import split_lines
from wire.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX
from wire.messages import Batch
from wire.topics import Channel

FIRST = Path(__file__).parents[2] / "golden" / "wire-first"


def test_a_batch_and_a_state_of_the_oldest_edge_are_taken(hub: HubHome) -> None:
    hub.enrol(SigningEdge())
    payload = (FIRST / "batch.msg").read_bytes()
    opened = open_sealed(payload, Batch, samples.EDGE_KEY.public_key, BATCH_BYTES_MAX)
    receipt = receipt_of(hub.take(payload))
    assert receipt.problem is None
    assert [(each.seq, each.head) for each in receipt.heads] == [(5, opened.message.head)]
    stored = [view.stored.line for view in hub.events()]
    assert stored == split_lines(opened.lines, BATCH_EVENTS_MAX)
    assert hub.count("quarantine") == 0
    answers = hub.take((FIRST / "state.msg").read_bytes(), Channel.STATE)
    assert receipt_of(answers).problem is None
    gone = (FIRST / "gone.msg").read_bytes()
    assert hub.take(gone, Channel.STATE) == []
