"""Stored tables of a learned model: they come back as they were, and damaged ones are refused."""

import math
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.missing.rules.figures import AHEAD_MAX, Place
from hub.missing.rules.tables import (
    BYTES_MAX,
    EVERY,
    FORMAT,
    NAMES_MAX,
    POINTS,
    RISKS_MAX,
    base_risk,
    curves_of,
    pack,
    unpack,
)
from hub.missing.rules.watch import LATE_H
from tests.small_models import falling, kind, tables

GOOD = pack(tables())
NAN, INF = math.nan, math.inf
Change = Callable[[dict[str, object]], None]


def test_tables_come_back_as_they_were() -> None:
    back = unpack(GOOD)
    assert back == tables()
    assert pack(back) == GOOD
    assert curves_of(back.kinds["out:*"]).shape == (3, POINTS)


def test_what_a_release_stored_that_knew_of_no_newcomers_is_read() -> None:
    told = msgspec.msgpack.decode(pack(tables(newcomers={"out:*": kind()})))
    del told["newcomers"]
    assert unpack(msgspec.msgpack.encode(told)) == tables()


def _top(**value: object) -> Change:
    return lambda told: told.update(value)


def _kind(**value: object) -> Change:
    def change(told: dict[str, object]) -> None:
        told["kinds"]["out:*"].update(value)  # type: ignore[index]

    return change


def _newcomers(**value: object) -> Change:
    def change(told: dict[str, object]) -> None:
        told["newcomers"] = {"out:*": {**told["kinds"]["out:*"], **value}}  # type: ignore[index]

    return change


def _curve(at: int, value: float) -> bytes:
    points = np.frombuffer(falling(2.0), "<f4").copy()
    points[at] = value
    return points.tobytes()


BREACHES: dict[str, tuple[Change, str]] = {
    "another release": (_top(format=FORMAT + 1), "format"),
    "no format": (lambda told: told.pop("format"), "format"),
    "no prior": (_top(lost={}), "no prior"),
    "a prior above one": (_top(lost={EVERY: 1.5}), "lost"),
    "no price": (_top(prices_h={}), "no price"),
    "no price of all": (_top(prices_h={"domestic/hv": 5.0}), "no price"),
    "a price of less than nothing": (_top(prices_h={EVERY: 5.0, "x": -1.0}), "no price"),
    "a price that is none": (_top(prices_h={EVERY: NAN}), "finite"),
    "a price of everything": (_top(prices_h={EVERY: INF}), "finite"),
    "too many prices": (_top(prices_h=dict.fromkeys(map(str, range(65)), 1.0)), "prices_h"),
    "too many kinds": (
        lambda told: told.update(kinds=dict.fromkeys(map(str, range(65)), told["kinds"]["out:*"])),  # type: ignore[index]
        "kinds",
    ),
    "too many names": (_top(usual=dict.fromkeys(map(str, range(NAMES_MAX + 1)), 1.0)), "usual"),
    "a lateness that is none": (_top(usual={"out:755A": NAN}), "finite"),
    "a rate above one": (_top(read={"out:755A": 1.01}), "read"),
    "a rate that is none": (_top(read={"out:755A": NAN}), "read|finite"),
    "a rate of departures that is none": (_top(missed={"out:755A": NAN}), "missed|finite"),
    "a share that is none": (_top(elsewhere={EVERY: NAN}), "elsewhere|finite"),
    "a prior that is none": (_top(lost={EVERY: NAN}), "lost|finite"),
    "a rate below nothing": (_top(missed={"out:755A": -0.01}), "missed"),
    "a share that is text": (_top(elsewhere={EVERY: "1"}), "elsewhere"),
    "no curve of elsewhere": (_top(elsewhere_curve=b""), "elsewhere"),
    "a curve of elsewhere too long": (_top(elsewhere_curve=falling(1.0) * 2), "elsewhere"),
    "elsewhere rises": (_top(elsewhere_curve=_curve(POINTS - 1, 0.9)), "rises"),
    "half a curve": (_kind(curves=falling(2.0)[:-4]), "no curves"),
    "a byte too many": (_kind(curves=falling(2.0) + b"\0"), "no curves"),
    "no curves at all": (_kind(curves=b""), "no curves"),
    "too many curves": (_kind(curves=falling(2.0) * (RISKS_MAX + 1)), "no curves"),
    "a curve that rises": (_kind(curves=_curve(100, 1.0)), "rises"),
    "a curve above one": (_kind(curves=_curve(0, 1.5)), "leaves 0 to 1"),
    "a curve below nothing": (_kind(curves=_curve(POINTS - 1, -0.1)), "leaves 0 to 1"),
    "a curve that is none": (_kind(curves=_curve(50, NAN)), "rises"),
    "a second curve that rises": (_kind(curves=falling(2.0) + _curve(100, 1.0)), "rises"),
    "hours of another clock": (_kind(hour=(0.0,) * 23), "hour"),
    "an effect too many": (_kind(ahead=(0.0,) * (AHEAD_MAX + 2)), "ahead"),
    "an effect that is none": (_kind(late=(NAN,) * (2 * LATE_H + 1)), "finite"),
    "a risk of everything": (_kind(risk_from=INF), "finite"),
    "a slope that is none": (_kind(slope=NAN), "finite"),
    "too many kinds of newcomers": (
        _top(newcomers={str(n): msgspec.to_builtins(kind()) for n in range(65)}),
        "newcomers",
    ),
    "a newcomers' curve that rises": (_newcomers(curves=_curve(100, 1.0)), "rises"),
    "half a curve of newcomers": (_newcomers(curves=falling(2.0)[:-4]), "no curves"),
    "newcomers' risk that is none": (_newcomers(risk_mean=NAN), "finite"),
    "too steady": (_kind(steadiness=1.1), "steadiness"),
    "a steadiness that is none": (_kind(steadiness=NAN), "steadiness|finite"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_what_no_model_can_hold_is_refused_with_a_sentence(name: str) -> None:
    change, words = BREACHES[name]
    told = msgspec.msgpack.decode(GOOD)
    change(told)
    with pytest.raises(ValueError, match=f"^model: .*({words})"):
        unpack(msgspec.msgpack.encode(told))


def test_the_edges_of_what_a_model_can_hold_are_read() -> None:
    widest = tables(
        kinds={str(n): kind() for n in range(64)},
        newcomers={str(n): kind(risks=5) for n in range(64)},
        prices_h={EVERY: 0.0},
        lost={EVERY: 0.0, "x": 1.0},
        read={"out:755A": 1.0, "out:755B": 0.0},
    )
    assert unpack(pack(widest)) == widest
    longest = tables(kinds={"out:*": kind(curves=falling(2.0) * RISKS_MAX)})
    assert len(curves_of(unpack(pack(longest)).kinds["out:*"])) == RISKS_MAX


def test_more_bytes_than_a_model_has_are_not_looked_at() -> None:
    with pytest.raises(ValueError, match=f"^model: {BYTES_MAX + 1} bytes"):
        unpack(bytes(BYTES_MAX + 1))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, len(GOOD) - 1), bits=st.integers(1, 255), cut=st.booleans())
def test_damaged_bytes_are_refused_or_hold_numbers_to_count_with(
    at: int, bits: int, cut: bool
) -> None:
    damaged = GOOD[:at] if cut else GOOD[:at] + bytes([GOOD[at] ^ bits]) + GOOD[at + 1 :]
    try:
        found = unpack(damaged)
    except ValueError as error:
        assert str(error).startswith("model: ")
        return
    assert not cut
    assert all(np.isfinite(curves_of(each)).all() for each in found.kinds.values())
    assert all(math.isfinite(each) for each in found.prices_h.values())


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"^model: "):
        unpack(noise)


def test_a_scan_is_judged_by_the_narrowest_name_that_is_known() -> None:
    place = Place("out:*", "out:755A", "out:755A@19", 19, 0, rests=False)
    model = tables(usual={"out:*": 1.0, "out:755A": 2.0, "out:755A@19": 4.0})
    by_hour = tuple(0.5 if hour == 19 else 0.0 for hour in range(24))
    own = kind(slope=0.1, intercept=7.0, hour=by_hour, rests=(0.0, 9.0))
    assert base_risk(model, own, place) == pytest.approx(7.9)
    assert base_risk(model, own, place._replace(turn="out:755A@20")) == pytest.approx(7.7)
    assert base_risk(model, own, place._replace(turn="", lane="")) == pytest.approx(7.6)
    assert base_risk(model, own, place._replace(rests=True)) == pytest.approx(16.9)
    assert base_risk(tables(), own, place) == pytest.approx(7.5)
