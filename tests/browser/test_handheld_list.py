"""The handheld's own list, in the browser that judges by it, beside the edge's own judgement."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from devices.frames import Frame
from devices.symbology import read_label
from edge.excerpt import ListSource, excerpt_bytes
from edge.verdict import HeldList, judge, shipped_list
from tests.browser.station_fake import FakeEdge
from tests.unit.edge.fakes import POLICY
from wire.wanted import Tone, WantedEntry, WantedIndex, WantedResult, make_list

pytestmark = pytest.mark.browser

PARCELS = ("755000000001", "103000000001")
ENTRIES = (
    WantedEntry(id="a", waybill="755000000011", result=WantedResult.STOP, reason="court order"),
    WantedEntry(id="b", waybill="755000000012", result=WantedResult.WANTED, reason="count",
                tone=Tone.STOP, banner_zh="请核对", banner_en="Count", owner="Li"),
    WantedEntry(id="c", waybill="755000000013", result=WantedResult.STOP, reason="over",
                expires_at="2026-11-22T07:59:59.000Z"),
    WantedEntry(id="d", waybill="755000000014", result=WantedResult.STOP, reason="x", covert=True),
    WantedEntry(id="e", waybill="103000000014", result=WantedResult.STOP, reason="x", covert=True),
    WantedEntry(id="f", waybill="755000000015", result=WantedResult.STOP, reason="x",
                scope=("021A",)),
    WantedEntry(id="g", waybill="755000000016", result=WantedResult.WANTED, reason="second"),
    WantedEntry(id="h", waybill="755000000016", result=WantedResult.STOP, reason="first"),
)  # fmt: skip
JUDGED = (
    *(entry.waybill for entry in ENTRIES), *PARCELS, "75500000001", "7550000000111", "103", "",
    "运单", "99\x1d1", "99\x001", "75500000001\x7f", "CX:END", "CX:END:", "CX:STEP:load",
    "CX:STEP:fly", "CX:BY:t0k3n", "CX:PLACE:a b", "CX:REFUSE:破损", "CX:REFUSE:", "CX:", "CX:NO:1",
    "1" * 512, "1" * 513,
)  # fmt: skip
JUDGE = """async ([copy, codes, now]) => {
  const { OwnList } = await import("/static/own_list.js");
  const list = new OwnList(copy);
  return codes.map((code) => {
    const seen = list.judge(code, new TextEncoder().encode(code).length, Date.parse(now));
    return [seen.result, seen.signal, seen.banner_zh, seen.banner_en, seen.reason, seen.owner];
  });
}"""


def test_handheld_and_edge_judge_alike_but_for_what_the_handheld_must_not_know(
    edge: FakeEdge, page: Page
) -> None:
    """P3, HV-2.11.1: without a network the same parcel sounds the same alarm."""
    now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    shipped = shipped_list(POLICY.waybill)
    held = HeldList(WantedIndex(make_list(3, shipped.rules, ENTRIES)), now)
    copy = excerpt_bytes(ListSource("755A", held, POLICY, 0))
    for covert in ("755000000014", "021A", "103000000014"):
        assert covert.encode() not in copy
    expected = []
    for code in JUDGED:
        raw = code.encode()
        frame = Frame(raw[:512], None, len(raw) > 512, len(raw))
        told = judge(read_label(frame, POLICY.waybill), held, "755A", now)
        banner = [None] * 4
        if told.banner is not None:
            banner = list(dataclasses.astuple(told.banner))
        expected.append([told.shown, told.signal, *banner])
    page.goto(edge.url)
    seen = page.evaluate(JUDGE, [json.loads(copy), list(JUDGED), now.isoformat()])
    assert dict(zip(JUDGED, seen, strict=True)) == dict(zip(JUDGED, expected, strict=True))
