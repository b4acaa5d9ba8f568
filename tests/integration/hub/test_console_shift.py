"""The shift board and the dispatch register as the console reads and works them: HV-2.6 to 2.8."""

import msgspec
import pytest

from hub.access.service import Caller, Role
from hub.console.dispatch.desk import DispatchDesk
from hub.console.dispatch.views import Act, ListSight
from hub.console.seam import NotAllowedError
from hub.console.shift.desk import ShiftDesk
from hub.console.shift.views import DueKind
from hub.dispatch.service import DispatchError, ListState
from hub.keys import NONCE_BYTES
from hub.network import Network, Shift
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration
from tests.hub_parts import HubHome
from tests.integration.hub.dispatch_parts import NETWORK, NOON, ONE, TWO, left, mails, tell
from tests.integration.hub.parcel_parts import scan
from tests.postgres_parts import on_both_databases
from wire.names import Step, format_at

pytestmark = on_both_databases

EVERYWHERE = Caller("zhao", Role.SUPERVISOR, None)
BRANCH = Caller("li", Role.WAREHOUSE, frozenset({"755A"}))
ORIGIN = Caller("wu", Role.WAREHOUSE, frozenset({"755D"}))
DESTINATION = Caller("qi", Role.WAREHOUSE, frozenset({"020D"}))
AUDITOR = Caller("sun", Role.AUDITOR, None)
STRANGER = Caller("xu", Role.SUPERVISOR, frozenset({"010D"}))


@pytest.fixture
def network() -> Network:
    other = Shift(site="010A", name="day", starts="08:00", ends="18:00")
    return msgspec.structs.replace(NETWORK, shift=(*NETWORK.shift, other))


@pytest.fixture
def branch(hub: HubHome) -> HubHome:
    """A branch whose shift has sent off one parcel; one rests in its store, one is out."""
    hub.clock.at = NOON
    person = {"name": "王芳", "address": "天河路 1 号", "phone": "13900001234"}
    plain = msgspec.json.encode({"recipient": person})
    sealed = hub.role.keys.bodies.encrypt(plain, f"people/{ONE}", bytes(NONCE_BYTES))
    said = Declaration(None, "755A", "020A", None, None, sealed)
    with hub.database.writing() as tx:
        declare_parcel(tx, ONE, said, "li", hub.role.policy, NOON)
    tell(hub, left(ONE))
    tell(hub, scan(0, "755A", Step.STORE, TWO, at=format_at(NOON)))
    out = scan(0, "755A", Step.OUT_FOR_DELIVERY, "103000000009", at=format_at(NOON))
    tell(hub, out, scan(0, "755A", Step.STORE, "755000000001", at=format_at(NOON)))
    return hub


def sight(hub: HubHome, caller: Caller = EVERYWHERE) -> ListSight:
    found = DispatchDesk(hub.web()).one(1, caller)
    assert found is not None
    return found


def act(hub: HubHome, which: Act, caller: Caller, centre: str | None = None) -> None:
    DispatchDesk(hub.web()).act(1, which, caller, centre)


def test_the_board_of_a_branch_has_its_query_its_list_its_deliveries_and_its_store(
    branch: HubHome,
) -> None:
    board = ShiftDesk(branch.web()).board(BRANCH)
    assert [(ask.site, ask.shift) for ask in board.shifts] == [("755A", "day")]
    assert {card.kind: card.about for card in board.cards} == {
        DueKind.QUERY: "day",
        DueKind.SEND: "755A day 2026-11-22",
        DueKind.DELIVER: "103000000009",
        DueKind.STORE: TWO,
    }
    assert ShiftDesk(branch.web()).board(STRANGER).cards == ()


def test_a_list_goes_from_branch_to_centre_to_destination_each_by_its_own_people(
    branch: HubHome,
) -> None:
    assert sight(branch, BRANCH).acts == (Act.SEND,)
    assert sight(branch, AUDITOR).acts == ()
    assert sight(branch, ORIGIN).acts == ()
    act(branch, Act.SEND, BRANCH)
    assert sight(branch).line.found.state is ListState.SENT
    assert len(mails(branch)) == 1
    assert sight(branch, ORIGIN).acts == (Act.FORWARD,)
    act(branch, Act.FORWARD, ORIGIN)
    assert sight(branch, DESTINATION).centres == ("020D",)
    act(branch, Act.RECEIVE, DESTINATION, "020D")
    done = sight(branch)
    assert done.line.found.state is ListState.RECEIVED
    assert (done.line.due_at, done.acts) == (None, ())


def test_who_may_not_changes_nothing_and_what_does_not_fit_neither(branch: HubHome) -> None:
    before = sight(branch)
    with pytest.raises(NotAllowedError):
        act(branch, Act.SEND, AUDITOR)
    with pytest.raises(LookupError):
        act(branch, Act.SEND, STRANGER)
    with pytest.raises(NotAllowedError):
        act(branch, Act.FORWARD, BRANCH)
    assert DispatchDesk(branch.web()).one(1, STRANGER) is None
    assert sight(branch) == before
    act(branch, Act.SEND, BRANCH)
    act(branch, Act.FORWARD, ORIGIN)
    with pytest.raises(NotAllowedError):
        act(branch, Act.RECEIVE, DESTINATION, "010D")
    assert sight(branch).line.found.state is ListState.FORWARDED


def test_a_list_that_was_sent_is_not_sent_again(branch: HubHome) -> None:
    act(branch, Act.SEND, BRANCH)
    with pytest.raises(DispatchError):
        act(branch, Act.SEND, BRANCH)
    assert len(mails(branch)) == 1


def test_a_branch_whose_centre_has_no_address_is_told_so(hub: HubHome) -> None:
    hub.clock.at = NOON
    tell(hub, left(ONE, site="010A"))
    with pytest.raises(DispatchError):
        act(hub, Act.SEND, EVERYWHERE)
    assert sight(hub).line.found.sent_at is None


def test_a_late_list_says_so_also_after_it_was_sent(branch: HubHome) -> None:
    """HV-2.7: within 30 minutes after the shift's transfer."""
    assert sight(branch).line.late == ()
    branch.clock.at = sight(branch).line.found.deadlines.list_at
    branch.clock.move(60)
    assert sight(branch).line.late == (Act.SEND,)
    act(branch, Act.SEND, BRANCH)
    assert sight(branch).line.late == (Act.SEND,)
    (line,) = DispatchDesk(branch.web()).lists(BRANCH)
    assert line.due_at == line.found.deadlines.forward_at


def test_people_are_masked_on_a_list(branch: HubHome) -> None:
    (row,) = sight(branch).parcels
    assert (row.waybill, row.serial, row.phone) == (ONE, None, "139****1234")
    assert row.address is not None
    assert "天河路" not in row.address
    act(branch, Act.SEND, BRANCH)
    (row,) = sight(branch).parcels
    assert (row.serial, row.area, row.centre, row.phone) == (1, "020", "020D", "139****1234")
