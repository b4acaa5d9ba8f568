"""The shift board: what is open in each room, for whose sites, and what presses."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.access.service import Caller, Role
from hub.console.incidents.views import Task
from hub.console.shift.duties import (
    delivery_cards,
    dispatch_cards,
    is_pressing,
    most_pressing_first,
    query_cards,
    store_cards,
    task_cards,
)
from hub.console.shift.views import DueCard, DueKind
from hub.dispatch.rules import Deadlines, Receipt
from hub.dispatch.service import DispatchList
from hub.incidents.service import Incident, State
from hub.missing.service import Query, ShiftAsk
from hub.parcels.service import Sighting
from tests.incident_parts import suspicion
from tests.samples import POLICY

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
"""12:00 in China."""
HOUR = timedelta(hours=1)
EVERYWHERE = Caller("zhao", Role.SUPERVISOR, None)
BRANCH = Caller("li", Role.SUPERVISOR, frozenset({"755A"}))
ORIGIN = Caller("wu", Role.SUPERVISOR, frozenset({"755D"}))
DESTINATION = Caller("qi", Role.SUPERVISOR, frozenset({"020D"}))
CHINA = ZoneInfo("Asia/Shanghai")


def a_list(unsent: int = 0, unforwarded: int = 0, *receipts: Receipt) -> DispatchList:
    return DispatchList(
        id=7,
        site="755A",
        shift="day",
        day=date(2026, 11, 22),
        centre="755D",
        ends_at=NOON,
        last_depart_at=NOON - HOUR,
        deadlines=Deadlines(NOON + HOUR / 2, NOON + 12 * HOUR),
        sent_by=None,
        sent_at=None,
        forwarded_by=None,
        forwarded_at=None,
        send_alarm_at=None,
        forward_alarm_at=None,
        count=5,
        unsent=unsent,
        unforwarded=unforwarded,
        receipts=receipts,
    )


def kinds(cards: list[DueCard]) -> list[tuple[DueKind, str]]:
    return [(card.kind, card.site) for card in cards]


def test_a_list_is_sent_by_the_branch_forwarded_by_its_centre_and_received_by_the_others() -> None:
    """Source: HV-2.7."""
    drafted, sent = a_list(5, 5), a_list(0, 5)
    forwarded = a_list(0, 0, Receipt("020D", NOON), Receipt("010D", NOON, "wang", NOON))
    assert kinds(dispatch_cards([drafted], EVERYWHERE)) == [(DueKind.SEND, "755A")]
    assert kinds(dispatch_cards([sent], EVERYWHERE)) == [(DueKind.FORWARD, "755D")]
    assert kinds(dispatch_cards([forwarded], EVERYWHERE)) == [(DueKind.RECEIVE, "020D")]
    lists = [drafted, sent, forwarded]
    assert kinds(dispatch_cards(lists, BRANCH)) == [(DueKind.SEND, "755A")]
    assert kinds(dispatch_cards(lists, ORIGIN)) == [(DueKind.FORWARD, "755D")]
    assert kinds(dispatch_cards(lists, DESTINATION)) == [(DueKind.RECEIVE, "020D")]


def test_a_lists_card_has_its_deadline_and_its_number_of_parcels() -> None:
    (card,) = dispatch_cards([a_list(3, 5)], BRANCH)
    assert (card.due_at, card.count, card.link) == (NOON + HOUR / 2, 3, "/console/dispatch/7")


def test_a_shift_in_which_somebody_has_asked_needs_no_card() -> None:
    """Source: HV-2.11.2."""
    asked = Query(1, NOON, "li", "755A", None, None, 0, by_token=False)
    done, missing = (ShiftAsk("755A", "day", NOON + HOUR, query) for query in (asked, None))
    assert query_cards([done]) == []
    (card,) = query_cards([missing])
    assert (card.kind, card.about, card.due_at) == (DueKind.QUERY, "day", NOON + HOUR)


def test_open_tasks_of_ones_own_sites_stand_on_the_board() -> None:
    found = suspicion()
    incident = Incident(3, found, State.SELF_CHECK, NOON, NOON, found.waybills)
    tasks = (
        Task("self_check", "755A", NOON + HOUR, None, None, None),
        Task("upstream", "755W", NOON + HOUR, None, None, None),
        Task("self_check", "755A", NOON, NOON, "li", None),
    )
    assert kinds(task_cards([(incident, tasks)], BRANCH)) == [(DueKind.SELF_CHECK, "755A")]
    assert len(task_cards([(incident, tasks)], EVERYWHERE)) == 2


def test_deliveries_are_due_at_six_local_and_press_from_half_past_five() -> None:
    """Source: HV-2.6."""
    out = {"103000000001": Sighting("755A", NOON), "103000000002": Sighting("755A", NOON - HOUR)}
    (card,) = delivery_cards(out, lambda _site: CHINA, POLICY.delivery)
    assert (card.kind, card.count, card.since) == (DueKind.DELIVER, 2, NOON - HOUR)
    assert card.due_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert card.link == "/console/parcels/103000000002"
    assert not is_pressing(card, datetime(2026, 11, 22, 9, 29, tzinfo=UTC))
    assert is_pressing(card, datetime(2026, 11, 22, 9, 30, tzinfo=UTC))


def test_what_went_out_yesterday_is_over_since_yesterdays_evening() -> None:
    out = {"103000000001": Sighting("755A", NOON - 24 * HOUR)}
    (card,) = delivery_cards(out, lambda _site: CHINA, POLICY.delivery)
    assert card.due_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert is_pressing(card, NOON)
    assert card.about == "103000000001"


def test_a_store_has_one_card_a_site_and_no_deadline() -> None:
    """Source: HV-2.8."""
    stored = {
        "103000000001": Sighting("755A", NOON),
        "103000000002": Sighting("755A", NOON - HOUR),
        "103000000003": Sighting("755W", NOON),
    }
    cards = store_cards(stored)
    assert [(card.site, card.count, card.due_at) for card in cards] == [
        ("755A", 2, None),
        ("755W", 1, None),
    ]
    assert not is_pressing(cards[0], NOON + 100 * HOUR)


def test_the_next_deadline_stands_first_and_what_has_none_last() -> None:
    soon = DueCard(DueKind.SEND, "A", "", 1, NOON)
    later = DueCard(DueKind.QUERY, "A", "", 1, NOON + HOUR)
    never = DueCard(DueKind.STORE, "A", "", 1, None)
    assert most_pressing_first([never, later, soon]) == [soon, later, never]
