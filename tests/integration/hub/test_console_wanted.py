"""The wanted list as the console changes it: one entry, many at once, and whom it refuses."""

import pytest

from hub.access.service import Caller, Role
from hub.console.seam import NotAllowedError
from hub.console.wanted.desk import PAGE_ENTRIES, FaultyError, WantedDesk, may_change
from hub.console.wanted.views import Becomes, Column, Fault
from hub.network import Network
from hub.wanted import service
from hub.wanted.service import ListFullError, list_version
from tests.hub_parts import HubHome, SigningEdge
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from wire.wanted import WantedEntry

pytestmark = [pytest.mark.anyio, on_both_databases]

MONITOR = Caller("qian", Role.MONITOR, None)
AUDITOR = Caller("sun", Role.AUDITOR, None)
HERE = Caller("zhao", Role.SUPERVISOR, frozenset({"755A"}))
ONE, TWO = "103000000001", "103000000002"


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def desk(hub: HubHome) -> WantedDesk:
    return WantedDesk(hub.web())


def fields(waybill: str = ONE, **more: str) -> dict[str, str]:
    return {Column.WAYBILL: waybill, Column.REASON: "x", **more}


def entries(desk: WantedDesk, caller: Caller = MONITOR) -> dict[str, WantedEntry]:
    return {each.waybill: each for each in desk.entries(caller, "", "").entries}


def version(hub: HubHome) -> int:
    with hub.database.reading() as tx:
        return list_version(tx)


def test_an_entry_is_put_under_the_name_of_who_put_it_and_changed_by_putting_it_again(
    hub: HubHome, desk: WantedDesk
) -> None:
    desk.put(fields(scope="755A", banner_zh="看箱底"), MONITOR)
    assert entries(desk)[ONE].owner == "qian"
    desk.put(fields(result="stop"), Caller("wu", Role.SUPERVISOR, None))
    changed = entries(desk)[ONE]
    assert (changed.result, changed.owner, changed.scope, changed.banner_zh) == (
        "stop",
        "wu",
        None,
        None,
    )


def test_the_very_same_again_changes_nothing_whoever_puts_it(
    hub: HubHome, desk: WantedDesk
) -> None:
    desk.put(fields(), MONITOR)
    before = version(hub)
    desk.put(fields(), Caller("wu", Role.SUPERVISOR, None))
    assert version(hub) == before
    assert entries(desk)[ONE].owner == "qian"


def test_a_faulty_form_changes_nothing_and_says_all_its_faults(
    hub: HubHome, desk: WantedDesk
) -> None:
    before = version(hub)
    with pytest.raises(FaultyError) as refused:
        desk.put(fields(waybill="12", result="?"), MONITOR)
    assert set(refused.value.faults) == {Fault.WAYBILL, Fault.RESULT}
    assert version(hub) == before


def test_who_only_looks_changes_nothing(hub: HubHome, desk: WantedDesk) -> None:
    desk.put(fields(), MONITOR)
    before = version(hub)
    for act in (
        lambda: desk.put(fields(TWO), AUDITOR),
        lambda: desk.remove(ONE, AUDITOR),
        lambda: desk.commit(desk.preview(f"{TWO},,x", AUDITOR), AUDITOR),
    ):
        with pytest.raises(NotAllowedError):
            act()
    assert version(hub) == before
    assert not desk.entries(AUDITOR, "", "").is_deciding


def test_who_answers_for_a_site_cannot_touch_what_counts_elsewhere_too(
    hub: HubHome, desk: WantedDesk
) -> None:
    desk.put(fields(ONE), MONITOR)
    desk.put(fields(TWO, scope="021W"), MONITOR)
    before = version(hub)
    everywhere = entries(desk, HERE)[ONE]
    assert TWO not in entries(desk, HERE)
    assert not may_change(HERE, everywhere)
    with pytest.raises(NotAllowedError):
        desk.put(fields(ONE, scope="755A"), HERE)
    for waybill in (ONE, TWO):
        with pytest.raises(NotAllowedError):
            desk.remove(waybill, HERE)
    assert version(hub) == before
    desk.put(fields("103000000003", scope="755A"), HERE)
    desk.remove("103000000003", HERE)


def test_the_list_is_read_in_pages_and_by_the_beginning_of_a_waybill(
    hub: HubHome, desk: WantedDesk
) -> None:
    text = "\n".join(f"{755_000_000_000 + i},,x" for i in range(PAGE_ENTRIES + 1))
    desk.commit(desk.preview(f"{text}\n{ONE},,x", MONITOR), MONITOR)
    first = desk.entries(MONITOR, "755", "")
    assert (len(first.entries), first.more, first.count) == (PAGE_ENTRIES, True, PAGE_ENTRIES + 2)
    rest = desk.entries(MONITOR, "755", first.entries[-1].waybill)
    assert ([each.waybill for each in rest.entries], rest.more) == (["755000000100"], False)
    assert [each.waybill for each in desk.entries(MONITOR, "1030", "").entries] == [ONE]
    assert desk.entries(MONITOR, "%", "").entries == ()


def test_an_import_shows_what_each_line_would_do_and_changes_nothing_before_it_is_told_to(
    hub: HubHome, desk: WantedDesk
) -> None:
    desk.put(fields(ONE), MONITOR)
    desk.put(fields(TWO), MONITOR)
    before = version(hub)
    lines = desk.preview(f"{ONE},wanted,x\n{TWO},stop,y\n103000000003,,z\n12,,z", MONITOR)
    assert [line.becomes for line in lines] == [
        Becomes.SAME,
        Becomes.CHANGE,
        Becomes.NEW,
        Becomes.FAULTY,
    ]
    assert version(hub) == before
    assert desk.commit(lines, MONITOR) == 1
    assert set(entries(desk)) == {ONE, TWO, "103000000003"}
    assert entries(desk)[TWO].result == "stop"


def test_an_import_that_the_list_has_no_room_for_puts_not_one_line(
    hub: HubHome, desk: WantedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WANTED_ENTRIES_MAX", 1)
    before = version(hub)
    lines = desk.preview(f"{ONE},,x\n{TWO},,y", MONITOR)
    with pytest.raises(ListFullError):
        desk.commit(lines, MONITOR)
    assert (version(hub), entries(desk)) == (before, {})


def test_an_import_is_told_to_the_edges_once(hub: HubHome, desk: WantedDesk) -> None:
    before = hub.count("outbox")
    desk.commit(desk.preview(f"{ONE},,x\n{TWO},,y", MONITOR), MONITOR)
    assert hub.count("outbox") == before + 1


def test_a_site_with_a_station_exists_even_if_the_network_file_forgot_it(
    hub: HubHome, desk: WantedDesk
) -> None:
    (line,) = desk.preview(f"{ONE},,x,,999", MONITOR)
    assert line.faults == (Fault.SCOPE,)
    hub.enrol(SigningEdge(site="999", edge="x"))
    (line,) = desk.preview(f"{ONE},,x,,999", MONITOR)
    assert line.becomes is Becomes.NEW


def test_a_line_that_would_change_another_sites_entry_is_a_fault(
    hub: HubHome, desk: WantedDesk
) -> None:
    desk.put(fields(ONE), MONITOR)
    (line,) = desk.preview(f"{ONE},stop,x,,755A", HERE)
    assert (line.draft, line.faults) == (None, (Fault.NOT_YOURS,))
