"""Orders of footage reach their edges: pushed at once, and again after each state until sent.

Source: design section 8 ("a clip requested from an edge that is offline arrives after its return").
"""

from datetime import timedelta

import pytest

from hub.ingest import commands, pushes
from hub.ingest.commands import CommandDesk
from hub.ingest.pushes import FootagePusher
from hub.video.looks import AskedFootage, open_playback
from hub.video.media import note_gone, note_stored
from hub.video.rules.coverage import Stretch
from hub.video.service import order_files
from hub.video.store.media_files import WantedFile
from ledger.signing import seal
from tests.footage_index_parts import at
from tests.hub_parts import START, HubHome, SigningEdge
from tests.integration.hub.playback_cases import CAMERA, put_segment
from tests.postgres_parts import on_both_databases
from wire.limits import ORDER_FILES_MAX
from wire.messages import FootageOrder
from wire.names import format_at
from wire.topics import Channel

pytestmark = on_both_databases


def names(count: int, first: int = 0) -> list[str]:
    return [f"{number:064x}" for number in range(first, first + count)]


def order(hub: HubHome, sha256s: list[str], edge: str = "dock", *, is_urgent: bool = False) -> None:
    files = [WantedFile(each, "755A", edge, "cage-cam", 9) for each in sha256s]
    with hub.database.writing() as tx:
        order_files(tx, files, hub.clock.now(), is_urgent=is_urgent)


class Pushes:
    """A pusher of a hub that listens."""

    def __init__(self, hub: HubHome) -> None:
        self._hub = hub
        self._pusher = FootagePusher(CommandDesk(hub.clock.random_bytes))

    def due(self, *, listens: bool = True) -> list[tuple[str, FootageOrder]]:
        with self._hub.database.reading() as tx:
            found = self._pusher.due(tx, START if listens else None, self._hub.clock)
        orders = [(each.topic.edge, each.message) for each in found]
        assert all(isinstance(message, FootageOrder) for _, message in orders)
        return orders  # type: ignore[return-value]  # as was just checked


def test_orders_are_pushed_at_once_and_once(hub: HubHome, edge: SigningEdge) -> None:
    pusher = Pushes(hub)
    order(hub, names(1, 90))
    assert pusher.due(listens=False) == []
    # What was made before this start goes out after the edges' states.
    assert pusher.due() == []
    order(hub, names(2))
    order(hub, names(1, 2), edge="cage")
    (dock, command), (cage, other) = pusher.due()
    assert (dock, command.files) == ("dock", tuple(names(2)))
    assert (cage, other.files) == ("cage", tuple(names(1, 2)))
    assert command.expires_at == format_at(START + timedelta(minutes=5))
    assert pusher.due() == []


def test_many_orders_are_several_commands_and_several_turns(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "ORDERS_PER_TURN_MAX", ORDER_FILES_MAX + 1)
    pusher = Pushes(hub)
    pusher.due()
    wanted = names(2 * ORDER_FILES_MAX)
    order(hub, wanted)
    turns = [[command.files for _, command in pusher.due()] for _ in range(3)]
    assert [[len(files) for files in turn] for turn in turns] == [
        [ORDER_FILES_MAX, 1],
        [ORDER_FILES_MAX - 1],
        [],
    ]
    assert [each for turn in turns for files in turn for each in files] == wanted


def test_what_somebody_waits_to_see_is_pushed_first_and_anew(
    hub: HubHome, edge: SigningEdge
) -> None:
    pusher = Pushes(hub)
    pusher.due()
    order(hub, names(4))
    assert [(each.files, each.is_urgent) for _, each in pusher.due()] == [(tuple(names(4)), False)]
    order(hub, names(1, 4))
    order(hub, names(2, 2), is_urgent=True)
    pushed = [(each.files, each.is_urgent) for _, each in pusher.due()]
    assert pushed == [(tuple(names(2, 2)), True), (tuple(names(1, 4)), False)]
    # Said again it is not news, and it is never less urgent than it was.
    order(hub, names(2, 2), is_urgent=True)
    order(hub, names(2, 2))
    assert pusher.due() == []
    assert answered(hub, edge) == [*names(2, 2), *names(2), *names(1, 4)]


def test_what_is_stored_or_gone_is_not_asked_for_because_somebody_waits(
    hub: HubHome, edge: SigningEdge
) -> None:
    order(hub, names(2))
    stored, gone = (WantedFile(each, "755A", "dock", "cage-cam", 9) for each in names(2))
    with hub.database.writing() as tx:
        note_stored(tx, stored, hub.clock.now())
        note_gone(tx, "755A", "dock", gone.sha256, "deleted", hub.clock.now())
    order(hub, names(2), is_urgent=True)
    assert answered(hub, edge) == []


def test_a_playback_is_what_somebody_waits_for(hub: HubHome, edge: SigningEdge) -> None:
    order(hub, names(1))
    segment = put_segment(hub, "755A", is_here=False)
    look = AskedFootage("755A", CAMERA, Stretch(at(0), at(60)), None, "daily round")
    with hub.database.writing() as tx:
        open_playback(tx, look, "li", hub.clock.now())
    assert answered(hub, edge) == [segment.sha256, *names(1)]


def answered(hub: HubHome, edge: SigningEdge) -> list[str]:
    sent = hub.take(seal(edge.state(), edge.key), Channel.STATE)
    orders = [each.message for each in sent if isinstance(each.message, FootageOrder)]
    assert all(each.site == edge.site and each.edge == edge.edge for each in orders)
    return [name for each in orders for name in each.files]


def test_a_state_is_answered_with_what_is_still_to_be_sent_oldest_first(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answered(hub, edge) == []
    order(hub, names(3))
    order(hub, names(1, 9), edge="cage")
    assert answered(hub, edge) == names(3)
    with hub.database.writing() as tx:
        note_gone(tx, "755A", "dock", names(1)[0], "deleted", hub.clock.now())
    assert answered(hub, edge) == names(2, 1)
    monkeypatch.setattr(commands, "FILES_PER_STATE_MAX", 1)
    assert answered(hub, edge) == names(1, 1)
