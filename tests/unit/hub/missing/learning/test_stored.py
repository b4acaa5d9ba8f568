"""A model as bytes: it comes back as it was, and hostile bytes are refused with a sentence."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.missing.learning import stored
from hub.missing.learning.model import Model, learn_model
from hub.missing.learning.stored import BYTES_MAX, pack, unpack
from tests.unit.hub.missing.learning.test_learning import RECIPE, silences


@pytest.fixture(scope="module")
def model() -> Model:
    return learn_model(silences(1, 2_000), RECIPE, 1, (5, 20), seed=1)


@pytest.fixture(scope="module")
def packed(model: Model) -> bytes:
    return pack(model)


def test_a_stored_model_says_what_it_said(model: Model, packed: bytes) -> None:
    back = unpack(packed)
    coming = silences(2, 500)
    assert back.prices_h == model.prices_h
    assert np.array_equal(back.survival(coming), model.survival(coming))
    assert np.array_equal(back.deadlines(coming, 5), model.deadlines(coming, 5))
    assert pack(back) == packed


def _other(value: object) -> Callable[[dict[str, object]], None]:
    return lambda told: told.update(value)  # type: ignore[call-overload]


def _family(**value: object) -> Callable[[dict[str, object]], None]:
    def change(told: dict[str, object]) -> None:
        told["families"][0].update(value)  # type: ignore[index]

    return change


def _lane(part: int, value: object) -> Callable[[dict[str, object]], None]:
    def change(told: dict[str, object]) -> None:
        told["families"][0]["levels"][1][part] = value  # type: ignore[index]

    return change


def _curve(part: int, value: object) -> Callable[[dict[str, object]], None]:
    def change(told: dict[str, object]) -> None:
        told["families"][0]["hazards"][0][part] = value  # type: ignore[index]

    return change


NAN = np.array([np.nan]).tobytes()
BREACHES: dict[str, tuple[Callable[[dict[str, object]], None], str]] = {
    "another release": (_other({"format": 2}), "format"),
    "no families": (_other({"families": []}), "families"),
    "a price of nothing": (_other({"prices_h": [[5.0, float("nan")]]}), "price"),
    "knots back to front": (_other({"knots": {"plan_h": [5.0, 0.0]}}), "knots of plan_h"),
    "a knot that is none": (_other({"knots": {"plan_h": [0.0, float("inf")]}}), "finite"),
    "a key too many": (_other({"keys": ["all", "lane", "more"]}), "other lanes"),
    "newcomers of nowhere": (_other({"newcomer": "more"}), "newcomers"),
    "a kind twice": (_family(kinds=[0, 0]), "one family"),
    "a kind far off": (_family(kinds=[1_000_000]), "kinds"),
    "too few effects": (_family(effects=NAN), "1 numbers|numbers are due"),
    "a mean that is none": (_family(mean_h=float("inf")), "finite"),
    "half a lane": (_lane(1, b"1234"), "no lanes"),
    "no lanes": (_lane(1, b""), "no lanes"),
    "lanes out of order": (_lane(1, bytes(8 * 20)), "in order"),
    "a lane of nothing": (_lane(3, np.full(20, -1.0).tobytes()), "less than nothing"),
    "sums of nothing": (_lane(2, np.full(20, np.nan).tobytes()), "finite"),
    "a flat spread": (_curve(1, np.zeros(1).tobytes()), "spread"),
    "a curve too short": (_curve(2, NAN), "numbers are due"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_what_is_no_model_is_refused_with_a_sentence(packed: bytes, name: str) -> None:
    change, sentence = BREACHES[name]
    told = msgspec.msgpack.decode(packed)
    # Levels and curves are stored as maps; here by place, to break one of them.
    for family in told["families"]:
        family["levels"] = [list(each.values()) for each in family["levels"]]
        family["hazards"] = [list(each.values()) for each in family["hazards"]]
    change(told)
    for family in told["families"]:
        names = stored.StoredLevel.__struct_fields__
        family["levels"] = [dict(zip(names, each, strict=True)) for each in family["levels"]]
        names = stored.StoredHazard.__struct_fields__
        family["hazards"] = [dict(zip(names, each, strict=True)) for each in family["hazards"]]
    with pytest.raises(ValueError, match=sentence):
        unpack(msgspec.msgpack.encode(told))


def test_a_model_that_knows_newcomers_is_stored_with_their_curves() -> None:
    recipe = replace(RECIPE, newcomer="lane")
    model = learn_model(silences(1, 1_000), recipe, 1, [20], seed=1)
    coming = silences(2, 100)
    coming.keys["lane"][:50] = 10_000
    back = unpack(pack(model))
    assert np.array_equal(back.survival(coming), model.survival(coming))
    assert np.array_equal(back.deadlines(coming, 20), model.deadlines(coming, 20))


def test_a_model_that_looks_at_other_things_is_refused(packed: bytes) -> None:
    assert unpack(packed, like=RECIPE)
    for other in (replace(RECIPE, knots={"late_h": (0, 5)}), replace(RECIPE, keys=("lane", "all"))):
        with pytest.raises(ValueError, match="looks at other things"):
            unpack(packed, like=other)


def test_more_than_a_model_can_be_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BYTES_MAX", 10)
    with pytest.raises(ValueError, match="11 bytes, at most 10"):
        unpack(bytes(11))
    assert BYTES_MAX < 2**27


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, 2**20), value=st.integers(0, 255), cut=st.integers(0, 2**20))
def test_altered_bytes_are_a_model_or_a_sentence(
    packed: bytes, at: int, value: int, cut: int
) -> None:
    altered = bytearray(packed)
    altered[at % len(packed)] = value
    for each in (bytes(altered), packed[: cut % len(packed)]):
        try:
            found = unpack(each, like=RECIPE)
        except ValueError as error:
            assert str(error).startswith(("model: ", "recipe: "))
        else:
            assert found.deadlines(silences(3, 4), next(iter(found.prices_h))) is not None
