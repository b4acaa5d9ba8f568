"""Judging labels (HV-2.11.1) and what is signalled for each result."""

from datetime import timedelta

import pytest

from devices.frames import Frame
from devices.symbology import Label, read_label
from edge.verdict import HeldList, Verdict, judge, shipped_list
from tests.unit.edge.fakes import POLICY, START_AT
from wire.names import Result, Signal, format_at
from wire.wanted import Tone, WantedEntry, WantedIndex, WantedResult, make_list

PLAIN, HV = "755000000001", "103000000001"
SHIPPED = shipped_list(POLICY.waybill)


def label(text: str, aim: str | None = "C0") -> Label:
    return read_label(Frame(text.encode(), aim, False, len(text)), POLICY.waybill)


def held(*entries: WantedEntry) -> HeldList:
    return HeldList(WantedIndex(make_list(7, SHIPPED.rules, entries)), START_AT)


def entry(waybill: str = PLAIN, result: str = "wanted", **fields: object) -> WantedEntry:
    return WantedEntry(
        id="e1", waybill=waybill, result=WantedResult(result), reason="missing", **fields
    )


def judged(text: str, *entries: WantedEntry, site: str = "755A") -> Verdict:
    return judge(label(text), held(*entries), site, START_AT)


def test_an_ordinary_waybill_is_clear() -> None:
    verdict = judged(PLAIN)
    assert (verdict.result, verdict.signal, verdict.banner) == (Result.CLEAR, Signal.OK, None)


def test_a_high_value_waybill_sounds_wanted_by_its_series() -> None:
    verdict = judged(HV)
    assert (verdict.result, verdict.signal) == (Result.HV, Signal.WANTED)
    assert verdict.banner is not None
    assert verdict.banner.zh == "特殊安全产品(高价值)快件"


def test_the_series_is_tried_on_waybills_only() -> None:
    verdict = judge(label("1030000000019", "E0"), held(), "755A", START_AT)
    assert (verdict.result, verdict.signal) == (Result.NOT_A_PARCEL, Signal.WARN)


@pytest.mark.parametrize(
    ("fields", "result", "signal"),
    [
        ({}, Result.WANTED, Signal.WANTED),
        ({"result": "stop"}, Result.STOP, Signal.STOP),
        ({"tone": Tone.STOP}, Result.WANTED, Signal.STOP),
        ({"result": "stop", "tone": Tone.WANTED}, Result.STOP, Signal.WANTED),
    ],
)
def test_an_entry_decides_result_and_tone(
    fields: dict[str, object], result: Result, signal: Signal
) -> None:
    verdict = judged(PLAIN, entry(**fields))
    assert (verdict.result, verdict.shown, verdict.signal) == (result, result, signal)
    assert verdict.banner is not None
    assert verdict.banner.reason == "missing"


def test_a_covert_entry_keeps_the_ordinary_signal_and_the_true_result() -> None:
    verdict = judged(PLAIN, entry(covert=True, tone=Tone.STOP))
    assert (verdict.result, verdict.shown, verdict.signal) == (
        Result.WANTED,
        Result.CLEAR,
        Signal.OK,
    )
    assert verdict.banner is None


def test_a_covert_entry_does_not_silence_the_series() -> None:
    verdict = judged(HV, entry(HV, covert=True))
    assert (verdict.result, verdict.shown, verdict.signal) == (
        Result.WANTED,
        Result.HV,
        Signal.WANTED,
    )


def test_an_entry_ends_at_its_expiry_and_holds_at_its_sites_only() -> None:
    assert judged(PLAIN, entry(expires_at=format_at(START_AT))).result is Result.CLEAR
    later = format_at(START_AT + timedelta(milliseconds=1))
    assert judged(PLAIN, entry(expires_at=later)).result is Result.WANTED
    assert judged(PLAIN, entry(scope=("755W",))).result is Result.CLEAR
    assert judged(PLAIN, entry(scope=("755W",)), site="755W").result is Result.WANTED


def test_command_labels_are_answered_ok_whatever_they_will_do() -> None:
    assert judged("CX:STEP:load").signal is Signal.OK
    assert judged("CX:SEAL:s1").signal is Signal.OK
    assert judged("CX:SEAL:s1").result is Result.NOT_A_PARCEL


def test_a_hostile_label_gets_the_error_tone() -> None:
    verdict = judged("CX:FLY:away")
    assert (verdict.result, verdict.signal) == (Result.HOSTILE, Signal.REJECT)


def test_the_list_ages_from_its_newest_head_and_is_stale_after_the_limit() -> None:
    found = held()
    limit = POLICY.list.stale_age_s
    assert found.age_s(START_AT + timedelta(seconds=limit)) == limit
    assert not found.is_stale(START_AT + timedelta(seconds=limit), POLICY.list)
    assert found.is_stale(START_AT + timedelta(seconds=limit + 1), POLICY.list)


def test_a_head_from_the_future_has_no_age_and_is_stale() -> None:
    found = held()
    assert found.age_s(START_AT - timedelta(seconds=60)) == 0
    too_early = START_AT - timedelta(seconds=61)
    assert found.age_s(too_early) is None
    assert found.is_stale(too_early, POLICY.list)
    assert judge(label(HV), found, "755A", too_early).list_age_s is None


def test_the_shipped_list_judges_the_series_and_is_always_stale() -> None:
    shipped = HeldList(WantedIndex(SHIPPED), None)
    verdict = judge(label(HV), shipped, "755A", START_AT)
    assert (verdict.result, verdict.list_version, verdict.list_age_s) == (Result.HV, 0, None)
    assert shipped.is_stale(START_AT, POLICY.list)
