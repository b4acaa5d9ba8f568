"""A model is learned from what the hub recorded, counts if a week bears it out, and then judges.

Source: design section 7, docs/adr/0043.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import REGISTRY
from sqlalchemy import update
from structlog.testing import capture_logs

from hub import app
from hub.app import _silence_judge
from hub.missing import model_store, train
from hub.missing.history import Recorded, read_history
from hub.missing.model_store import ModelState
from hub.missing.rules.backtest import Report, Trained, out_of_band
from hub.missing.rules.tables import EVERY, Tables, pack, unpack
from tests.hub_parts import HubHome
from tests.integration.hub.suspect_parts import Watching
from tests.training_parts import PARCELS, Played
from wire.names import Step

NO_PRICE = {EVERY: 0.0}
HIGHEST_PRICE = {EVERY: 1e14}


@pytest.fixture(scope="module")
def home(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubHome]:
    with played.copy(tmp_path_factory.mktemp("train") / "hub") as hub:
        yield hub


@dataclass
class First:
    """The first training: what came of it, what it told of its reading, and what it read."""

    done: Trained
    told: list[tuple[int, int]]
    recorded: Recorded


@pytest.fixture(scope="module")
def first(home: HubHome) -> First:
    told: list[tuple[int, int]] = []
    read: list[Recorded] = []

    def keep(*asked: Any) -> Recorded:
        read.append(read_history(*asked))
        return read[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "read_history", keep)
        done = app.train(home.role, home.clock.now(), lambda *at: told.append(at))
    return First(done, told, read[0])


@pytest.fixture(scope="module")
def good(home: HubHome, first: First) -> Tables:
    """What the first training learned."""
    assert first.done.has_model
    return unpack(stored(home, 1))


@pytest.fixture
def again(home: HubHome, first: First, good: Tables, monkeypatch: pytest.MonkeyPatch) -> HubHome:
    """Only the first model is there, and counts; what learning makes next is the same one."""
    monkeypatch.setattr(train, "read_history", lambda *_: first.recorded)
    monkeypatch.setattr(train, "learn_tables", lambda *_: good)
    with home.database.writing() as tx:
        rows = model_store.model
        tx.execute(rows.delete().where(rows.c.id > 1))
        tx.execute(update(rows).values(tables=pack(good), reason_zh=None, reason_en=None))
        model_store.bring_back(tx, 1)
    return home


def stored(home: HubHome, model_id: int) -> bytes:
    with home.database.reading() as tx:
        return model_store.tables_of(tx, model_id) or b""


def states(home: HubHome) -> dict[int, ModelState]:
    """Of all models, by number."""
    with home.database.reading() as tx:
        return {each.id: each.state for each in model_store.newest(tx, 10)}


def live(home: HubHome) -> int | None:
    with home.database.reading() as tx:
        return model_store.live_id(tx)


def tier(home: HubHome) -> str:
    """Of the scorer that a role of this hub would ask now."""
    judge = _silence_judge(home.role)
    with home.database.reading() as tx:
        return judge.scorer(tx, [], home.clock.now()).tier


def put_tables(home: HubHome, model_id: int, tables: bytes | None) -> None:
    with home.database.writing() as tx:
        rows = model_store.model
        tx.execute(update(rows).where(rows.c.id == model_id).values(tables=tables))


def add_live(home: HubHome, tables: bytes, now: datetime) -> int:
    """As if another night's training had brought it."""
    with home.database.writing() as tx:
        before = model_store.live_id(tx)
        assert before is not None
        model_store.end(tx, before, ModelState.REPLACED, now)
        return model_store.add(tx, ModelState.LIVE, Report(6.0), 1, now, tables)


def run(home: HubHome) -> Trained:
    return app.train(home.role, home.clock.now(), lambda *_: None)


def test_a_model_is_learned_tested_and_counts(home: HubHome, first: First) -> None:
    done, read = first.done, first.told
    assert done.reason is None
    assert done.taken_back is None
    assert done.has_model
    assert read[-1] == (PARCELS, PARCELS)
    report = done.report
    assert report.parcels < PARCELS  # The last week is the one that it did not see.
    assert out_of_band(report) is None
    assert report.wait_h < report.before_wait_h
    assert report.delays is not None
    assert report.before is not None
    assert report.delays.mean_h < report.before.mean_h
    # No product has parcels enough for a price of its own.
    assert set(report.prices_h) == {EVERY}
    assert set(report.lost) == {EVERY, "domestic/hv", "domestic/plain"}
    assert live(home) == 1
    with home.database.reading() as tx:
        (kept,) = model_store.newest(tx, 10)
    assert kept.report == report


def test_a_model_has_curves_of_lanes_that_it_never_saw_in_every_pool(good: Tables) -> None:
    assert good.newcomers.keys() == good.kinds.keys()
    assert any(good.newcomers[pool].curves != good.kinds[pool].curves for pool in good.kinds)


def test_every_role_asks_the_model_that_counts(again: HubHome) -> None:
    judge = _silence_judge(again.role)
    with again.database.reading() as tx:
        assert judge.scorer(tx, [], again.clock.now()).tier == "T1"
        assert judge.models.live(tx) is judge.models.live(tx)  # It is read once.


def test_a_suspect_by_the_model_says_so_and_has_the_odds_of_another_way(
    home: HubHome, good: Tables, played: Played, tmp_path: Path
) -> None:
    with played.copy(tmp_path / "hub") as hub:
        add_first(hub, pack(good))
        rooms = Watching(hub)
        route = hub.role.network.route("755A", "010A")
        assert route is not None
        lost, before = "755000000001", played.now
        rooms.declare(lost, route=route)
        rooms.scan(lost, "755A", Step.ACCEPT, before)
        rooms.watch(before, 72)
        (found,) = [each for each in rooms.suspects() if each.waybill == lost]
        assert found.tier == "T1"
        assert found.evidence is not None
        assert found.evidence.p_diverted is not None
        assert found.p_lost is not None
        assert 0 < found.evidence.p_diverted < 1
        assert 0 < found.p_lost <= 1 - found.evidence.p_diverted


def add_first(hub: HubHome, tables: bytes) -> None:
    with hub.database.writing() as tx:
        model_store.add(tx, ModelState.LIVE, Report(6.0), 1, hub.clock.now(), tables)


def test_the_next_good_model_takes_the_place_of_the_one_before(again: HubHome) -> None:
    done = run(again)
    assert (done.reason, done.taken_back, done.has_model) == (None, None, True)
    assert states(again) == {1: ModelState.REPLACED, 2: ModelState.LIVE}
    assert live(again) == 2
    with again.database.reading() as tx:
        before = model_store.find(tx, 1)
    assert before is not None
    assert before.ended_at == again.clock.now()


def test_others_write_while_models_are_played(
    again: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a minute: a scan that came meanwhile would wait for its receipt as long."""
    play, written = train.backtest, 0

    def play_beside_a_writer(*told: Any) -> Report:
        nonlocal written
        with again.database.writing() as tx:
            tx.execute(update(model_store.model).values(parcels=7))
        written += 1
        return play(*told)

    monkeypatch.setattr(train, "backtest", play_beside_a_writer)
    assert run(again).reason is None
    assert written == 2  # the new one, and the one that counted


def test_a_model_that_another_training_put_meanwhile_is_left_alone(
    again: HubHome, good: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_new(monkeypatch, good)
    judge, added = train._judge_stored, 0

    def judge_beside_another(*told: Any) -> Any:
        nonlocal added
        found = judge(*told)
        added = add_live(again, pack(good), again.clock.now())
        return found

    put_tables(again, 1, b"not a model")
    monkeypatch.setattr(train, "_judge_stored", judge_beside_another)
    assert run(again).taken_back is None
    assert live(again) == added


@pytest.mark.parametrize("damaged", [None, b"", b"no model", bytes(100)])
def test_a_model_that_cannot_be_read_leaves_the_judging_to_tier_t0(
    again: HubHome, damaged: bytes | None
) -> None:
    put_tables(again, 1, damaged)
    before = REGISTRY.get_sample_value("custos_hub_models_unread_total") or 0
    with capture_logs() as logs:
        assert tier(again) == "T0"
    assert [each["event"] for each in logs] == ["model not read, tier T0 judges"]
    assert logs[0]["log_level"] == "error"
    assert REGISTRY.get_sample_value("custos_hub_models_unread_total") == before + 1


def test_what_cannot_be_read_is_told_once_and_another_model_is_read(
    again: HubHome, good: Tables
) -> None:
    judge = _silence_judge(again.role)
    put_tables(again, 1, b"no model")
    with capture_logs() as logs, again.database.reading() as tx:
        assert [judge.scorer(tx, [], again.clock.now()).tier for _ in range(3)] == ["T0"] * 3
    assert len(logs) == 1
    add_live(again, pack(good), again.clock.now())
    with again.database.reading() as tx:
        assert judge.scorer(tx, [], again.clock.now()).tier == "T1"


def refuse_new(monkeypatch: pytest.MonkeyPatch, good: Tables) -> None:
    """What is learned next would suspect each parcel at once."""
    monkeypatch.setattr(train, "learn_tables", lambda *_: replace(good, prices_h=NO_PRICE))


@pytest.mark.parametrize(
    ("prices_h", "words_zh", "words_en"),
    [(NO_PRICE, "误报千分之", "false alarms in 1,000"), (HIGHEST_PRICE, "才报警", "would wait")],
)
def test_a_model_that_left_its_band_is_taken_back_and_an_earlier_good_one_counts_again(
    again: HubHome,
    good: Tables,
    monkeypatch: pytest.MonkeyPatch,
    prices_h: dict[str, float],
    words_zh: str,
    words_en: str,
) -> None:
    refuse_new(monkeypatch, good)
    bad = add_live(again, pack(replace(good, prices_h=prices_h)), again.clock.now())
    done = run(again)
    assert done.taken_back is not None
    assert words_zh in done.taken_back[0]
    assert words_en in done.taken_back[1]
    assert done.reason is not None
    assert "false alarms in 1,000" in done.reason[1]
    assert done.has_model
    assert live(again) == 1
    assert states(again) == {
        1: ModelState.LIVE,
        bad: ModelState.ROLLED_BACK,
        bad + 1: ModelState.REFUSED,
    }
    with again.database.reading() as tx:
        rows = {each.id: each for each in model_store.newest(tx, 10)}
    assert (rows[bad].reason_zh, rows[bad].reason_en) == done.taken_back
    assert (rows[bad + 1].reason_zh, rows[bad + 1].reason_en) == done.reason
    assert rows[1].ended_at is None
    assert tier(again) == "T1"


def test_where_no_earlier_model_is_good_tier_t0_judges(
    again: HubHome, good: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_new(monkeypatch, good)
    put_tables(again, 1, pack(replace(good, prices_h=NO_PRICE)))
    add_live(again, b"no model", again.clock.now())
    done = run(again)
    assert done.taken_back is not None
    assert "模型无法读取" in done.taken_back[0]
    assert done.taken_back[1].startswith("it cannot be read: model: ")
    assert not done.has_model
    assert live(again) is None
    assert tier(again) == "T0"


def test_the_tables_of_the_newest_few_are_kept(again: HubHome, good: Tables) -> None:
    for _ in range(model_store.TABLES_KEPT + 1):
        newest = add_live(again, pack(good), again.clock.now())
    with again.database.reading() as tx:
        kept = [
            each.id
            for each in model_store.newest(tx, 20)
            if model_store.tables_of(tx, each.id) is not None
        ]
    assert kept == list(range(newest, newest - model_store.TABLES_KEPT, -1))


def test_what_was_recorded_after_the_moment_is_not_looked_at(home: HubHome, first: First) -> None:
    until = home.clock.now() - timedelta(days=19)
    done = app.train(home.role, until, lambda *_: None)
    assert done.reason is not None
    assert "too little history" in done.reason[1]
    assert done.report.parcels == len(
        {each.waybill for each in first.recorded.past if each.since <= until}
    )
