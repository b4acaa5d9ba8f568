"""The quarantine as the console reads it: newest first, and every look at raw bytes on record."""

import pytest

from hub.access.service import Caller, MayNotUnmaskError, Role
from hub.console.quarantine.desk import PAGE_ITEMS, QuarantineDesk
from hub.console.quarantine.hexes import BYTES_SHOWN_MAX, hex_lines
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases

AUDITOR = Caller("sun", Role.AUDITOR, None)
ELSEWHERE = Caller("li", Role.AUDITOR, frozenset({"021W"}))
MONITOR = Caller("qian", Role.MONITOR, None)


@pytest.fixture
def desk(hub: HubHome) -> QuarantineDesk:
    return QuarantineDesk(hub.web())


def garble(hub: HubHome, *lines: bytes) -> None:
    edge = hub.enrol(SigningEdge())
    hub.take(edge.batch([edge.raw_line(line) for line in lines]))


@on_both_databases
def test_the_newest_stands_first_with_its_size_and_without_its_bytes(
    hub: HubHome, desk: QuarantineDesk
) -> None:
    garble(hub, b"one", b"number two")
    newest, oldest = desk.items(AUDITOR, None).items
    assert (newest.size, oldest.size) == (10, 3)
    assert desk.raw(newest.id, AUDITOR) == b"number two"


@on_both_databases
def test_older_ones_come_page_by_page(hub: HubHome, desk: QuarantineDesk) -> None:
    garble(hub, *(b"line %d" % i for i in range(PAGE_ITEMS + 2)))
    first = desk.items(AUDITOR, None)
    assert (len(first.items), first.more) == (PAGE_ITEMS, True)
    rest = desk.items(AUDITOR, first.items[-1].id)
    assert (len(rest.items), rest.more) == (2, False)


@on_both_databases
def test_each_look_at_raw_bytes_is_recorded_with_who(hub: HubHome, desk: QuarantineDesk) -> None:
    garble(hub, b"one")
    (item,) = desk.items(AUDITOR, None).items
    assert hub.count("look") == 0
    desk.raw(item.id, AUDITOR)
    assert hub.count("look") == 1


@on_both_databases
def test_another_site_or_role_is_shown_nothing(hub: HubHome, desk: QuarantineDesk) -> None:
    garble(hub, b"one")
    (item,) = desk.items(AUDITOR, None).items
    assert desk.items(ELSEWHERE, None).items == ()
    assert desk.raw(item.id, ELSEWHERE) is None
    with pytest.raises(MayNotUnmaskError):
        desk.raw(item.id, MONITOR)


def test_bytes_are_read_in_sixteens_with_what_is_printable() -> None:
    assert hex_lines(b"") == []
    (line,) = hex_lines(b'\x00{"v":1\xff')
    assert line == "000000  00 7b 22 76 22 3a 31 ff" + " " * 24 + '  .{"v":1.'
    assert len(hex_lines(bytes(17))) == 2
    assert len(hex_lines(bytes(BYTES_SHOWN_MAX + 1))) == BYTES_SHOWN_MAX // 16
