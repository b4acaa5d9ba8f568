"""What may happen to an alert, and which visit a scan belongs to. Source: design section 5."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alerts.rules import (
    LEVEL_OF,
    Act,
    AlertKind,
    AlertState,
    ClosedAlertError,
    Finding,
    Visit,
    VisitScan,
    place_scan,
    state_after,
)
from hub.alerts.texts import TEXT_CHARS_MAX, texts_of

TEN = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def visit(
    alert_id: int, site: str, first: float, last: float, state: AlertState = AlertState.OPEN
) -> Visit:
    return Visit(alert_id, site, at(first), at(last), state)


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.ACKED])
def test_a_person_may_answer_an_alert_that_is_not_closed(state: AlertState) -> None:
    assert state_after(state, Act.ACK) is AlertState.ACKED
    assert state_after(state, Act.ACCEPT) is AlertState.CLOSED
    assert state_after(state, Act.REJECT) is AlertState.CLOSED


@pytest.mark.parametrize("act", [Act.ACK, Act.ACCEPT, Act.REJECT])
def test_a_closed_alert_takes_no_answer(act: Act) -> None:
    with pytest.raises(ClosedAlertError):
        state_after(AlertState.CLOSED, act)


def test_the_first_scan_opens_a_visit() -> None:
    assert place_scan([], "755A", at(0)) == VisitScan()


def test_another_scan_at_the_same_site_counts_in_the_visit() -> None:
    assert place_scan([visit(1, "755A", 0, 5)], "755A", at(9)) == VisitScan(counts_in=1)


def test_a_scan_at_another_site_ends_the_visit_and_opens_one() -> None:
    assert place_scan([visit(1, "755A", 0, 5)], "755W", at(9)) == VisitScan(closes=(1,))


def test_after_an_acknowledgement_a_scan_only_counts() -> None:
    visits = [visit(1, "755A", 0, 5, AlertState.ACKED)]
    assert place_scan(visits, "755A", at(9)) == VisitScan(counts_in=1)


def test_after_closing_by_hand_a_scan_opens_a_new_alert() -> None:
    visits = [visit(1, "755A", 0, 5, AlertState.CLOSED)]
    assert place_scan(visits, "755A", at(9)) == VisitScan()


def test_coming_back_to_a_site_is_a_new_visit() -> None:
    visits = [visit(1, "755A", 0, 5, AlertState.CLOSED), visit(2, "755W", 6, 7)]
    assert place_scan(visits, "755A", at(9)) == VisitScan(closes=(2,))


def test_a_late_scan_counts_in_the_visit_of_its_own_time() -> None:
    visits = [visit(1, "755A", 0, 5, AlertState.CLOSED), visit(2, "755W", 6, 7)]
    assert place_scan(visits, "755A", at(5.5)) == VisitScan(counts_in=1)


def test_a_late_scan_before_the_first_one_of_a_visit_counts_in_it() -> None:
    assert place_scan([visit(2, "755W", 6, 7)], "755W", at(3)) == VisitScan(counts_in=2)


def test_a_late_scan_of_an_unknown_visit_is_history_and_ends_nothing() -> None:
    assert place_scan([visit(2, "755W", 6, 7)], "755A", at(3)) == VisitScan(over=True)


def test_a_scan_elsewhere_in_the_midst_of_a_visit_is_history() -> None:
    assert place_scan([visit(2, "755W", 6, 10)], "755A", at(8)) == VisitScan(over=True)


def test_a_visit_goes_on_after_a_late_scan_from_elsewhere() -> None:
    visits = [visit(1, "755A", 0, 5), visit(2, "755W", 3, 3, AlertState.CLOSED)]
    assert place_scan(visits, "755A", at(9)) == VisitScan(counts_in=1)
    assert place_scan(visits, "755A", at(4)) == VisitScan(counts_in=1)
    assert place_scan(visits, "755B", at(4)) == VisitScan(over=True)


class Passages:
    """Passage alerts as the database keeps them: one of a parcel may stand, no more."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []

    def scan(self, site: str, when: datetime) -> None:
        placed = place_scan(sorted(self.visits, key=lambda v: (v.first_at, v.alert_id)), site, when)
        for index, each in enumerate(self.visits):
            if each.alert_id in placed.closes:
                self.visits[index] = replace(each, state=AlertState.CLOSED)
            if each.alert_id == placed.counts_in:
                first, last = min(each.first_at, when), max(each.last_at, when)
                self.visits[index] = replace(each, first_at=first, last_at=last)
        if placed.counts_in is None:
            state = AlertState.CLOSED if placed.over else AlertState.OPEN
            self.visits.append(Visit(len(self.visits), site, when, when, state))
        assert sum(each.state is not AlertState.CLOSED for each in self.visits) <= 1

    def close_by_hand(self) -> None:
        self.visits = [replace(each, state=AlertState.CLOSED) for each in self.visits]


_SCANS = st.tuples(st.sampled_from(["755A", "755B", "755W"]), st.integers(0, 12))


@given(st.lists(st.one_of(_SCANS, st.none()), max_size=12))
def test_scans_in_any_order_leave_at_most_one_passage_standing(
    steps: list[tuple[str, int] | None],
) -> None:
    passages = Passages()
    for step in steps:
        if step is None:
            passages.close_by_hand()
        else:
            passages.scan(step[0], at(step[1]))


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_a_level_and_a_text_in_both_languages(kind: AlertKind) -> None:
    finding = Finding(kind, "755A/dock", TEN, waybill="103000000001", site="755A")
    chinese, english = texts_of(finding)
    assert kind in LEVEL_OF
    assert any("一" <= sign <= "鿿" for sign in chinese)
    assert english.isascii() or "–" in english


def test_words_of_a_label_are_text_and_never_a_template() -> None:
    finding = Finding(
        AlertKind.STOP, "w", TEN, waybill="w", site="s", words={"reason": "{subject} <b>{0}"}
    )
    assert "{subject} <b>{0}" in texts_of(finding)[1]


def test_a_text_has_a_bound() -> None:
    finding = Finding(AlertKind.STOP, "w", TEN, words={"reason": "x" * 10_000})
    assert all(len(text) == TEXT_CHARS_MAX for text in texts_of(finding))
