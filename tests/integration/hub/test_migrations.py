"""A hub that has run before keeps what it knew of its parcels when it is upgraded."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import text

from hub.access.service import find_edge, record_of
from hub.db import upgrade as upgrading
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import upgrade
from hub.incidents.service import Timer
from hub.incidents.steps import timers
from hub.missing.rules.plan import LastScan, Phase, Stop
from hub.missing.rules.watch import Ride, Watch
from hub.missing.store import known
from hub.parcels.service import Refusal, declarations_of, find_parcel, refusals_among
from hub.parcels.trace_store import traces_of
from hub.video.rules.troubles import FROZEN_BEFORE
from hub.video.service import certificates_of, earlier_issues, troubles_between
from tests.hub_parts import START
from tests.samples import POLICY
from wire.names import Step

WAYBILL = "755123456789"
MICROSECONDS = int(START.timestamp() * 1_000_000)


def test_scans_from_before_the_traces_are_carried_over(tmp_path: Path) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0002")
        spool = "INSERT INTO spool_head VALUES (1, '755A', 'dock', :spool, 1, '', 0)"
        tx.execute(text(spool), {"spool": "ab" * 16})
        event = (
            "INSERT INTO event VALUES (1, 1, 1, 'scan', :waybill, NULL, :at, :at, false, false,"
            " :line)"
        )
        line = json.dumps({"step": "arrive"}).encode()
        tx.execute(text(event), {"waybill": WAYBILL, "at": MICROSECONDS, "line": line})
        row = "first_site, first_at, last_site, last_at, scans) VALUES"
        seen = f"INSERT INTO parcel (waybill, {row} (:waybill, '755A', :at, '755A', :at, 1)"
        tx.execute(text(seen), {"waybill": WAYBILL, "at": MICROSECONDS})
        declared = (
            "INSERT INTO parcel (waybill, declared_value_fen, declared_by, declared_at, scans)"
            " VALUES ('103000000001', 2500000, 'administrator', :at, 0)"
        )
        tx.execute(text(declared), {"at": MICROSECONDS})
    upgrade(url, database)
    with database.reading() as tx:
        scanned, said = find_parcel(tx, WAYBILL), find_parcel(tx, "103000000001")
        (trace,) = traces_of(tx, WAYBILL)
    database.close()
    assert (trace.site, trace.at, trace.step) == ("755A", START, Step.ARRIVE)
    assert scanned is not None
    assert scanned.declaration is None
    assert scanned.seen is not None
    assert (scanned.seen.last.site, scanned.seen.last.at, scanned.seen.scans) == ("755A", START, 1)
    assert said is not None
    assert said.declaration is not None
    assert (said.seen, said.declaration.declared_value_cny) == (None, 25000)


def test_declarations_from_before_their_rows_stay_and_refused_ones_stay_refused(
    tmp_path: Path,
) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    low, high, dear = "103000000001", WAYBILL, "103000000003"
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0012")
        accepted = (
            "INSERT INTO parcel (waybill, declared_value_fen, origin, hv_by_value, declared_by,"
            " declared_at) VALUES (:waybill, 2500000, '755A', false, 'li', :at)"
        )
        tx.execute(text(accepted), {"waybill": low, "at": MICROSECONDS})
        refused = (
            "INSERT INTO parcel_refusal (waybill, declared_value_fen, rule, refused_by, refused_at)"
            " VALUES (:waybill, :fen, :rule, 'li', :at)"
        )
        for waybill, fen, rule in (
            (low, 50_000, "HV-2.2.2.2"),
            (high, 3_000_000, "HV-2.2.2.2"),
            (dear, 9_000_000, "HV-1.2.2"),
        ):
            row = {"waybill": waybill, "fen": fen, "rule": rule, "at": MICROSECONDS + 1}
            tx.execute(text(refused), row)
    upgrade(url, database)
    with database.reading() as tx:
        known, said = find_parcel(tx, low), declarations_of(tx, low)
        against = refusals_among(tx, [low, high, dear], POLICY)
    database.close()
    assert known is not None
    assert known.declaration is not None
    assert (known.declaration.declared_value_cny, known.declaration.origin) == (25000, "755A")
    assert (known.declared_by, known.declared_at) == ("li", START)
    assert [each.refusal for each in said] == [Refusal.SERIES_MISUSED, None]
    assert against == {
        low: Refusal.SERIES_MISUSED,
        high: Refusal.SERIES_MISSING,
        dear: Refusal.ABOVE_BAND,
    }


def test_follow_ups_from_before_are_of_the_site_asked_last_and_ended_searches_wait_for_nothing(
    tmp_path: Path,
) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0011")
        for number, state in ((1, "self_check"), (2, "found")):
            tx.execute(
                text(
                    "INSERT INTO incident VALUES (:id, 'parcel', 'x', NULL, :state, '755A', NULL,"
                    " :at, NULL, NULL, NULL, 'T0', '[]', '[]', :at, :at)"
                ),
                {"id": number, "state": state, "at": MICROSECONDS},
            )
            for timer in ("escalate", "follow_up"):
                row = {"id": number, "timer": timer, "at": MICROSECONDS}
                tx.execute(text("INSERT INTO incident_timer VALUES (:id, :timer, :at, NULL)"), row)
        for line, site in ((1, "021W"), (2, "755W")):
            tx.execute(
                text(
                    "INSERT INTO incident_history VALUES (:id, 1, :at, 'triaged', 'li', :site, '')"
                ),
                {"id": line, "at": MICROSECONDS, "site": site},
            )
    upgrade(url, database)
    with database.reading() as tx:
        found = [(row.timer, row.site) for each in (1, 2) for row in timers(tx, each)]
    database.close()
    assert found == [(Timer.ESCALATE, None), (Timer.FOLLOW_UP, "755W")]


def test_troubles_and_certificates_from_before_say_no_more_than_they_did(tmp_path: Path) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0028")
        for number, fact in ((1, "frozen"), (2, "black")):
            row = (
                "INSERT INTO camera_trouble VALUES"
                " (:id, '755A', 'dock-cam', :fact, :at, NULL, NULL, NULL)"
            )
            tx.execute(text(row), {"id": number, "fact": fact, "at": MICROSECONDS})
        coverage = {"state": "present", "segments": ["ab" * 32], "gaps": [], "unknown": []}
        share = {"camera": "dock-cam", "coverage": coverage}
        certified = (
            "INSERT INTO footage_certificate VALUES (1, '755A', 'dock', :spool, 1, :waybill, NULL,"
            " 'arrive', :at, :at, :at, true, :at, NULL, 'present', :cameras, :at, :at)"
        )
        row = {"spool": "ab" * 16, "waybill": WAYBILL, "at": MICROSECONDS}
        tx.execute(text(certified), row | {"cameras": json.dumps([share]).encode()})
    upgrade(url, database)
    with database.reading() as tx:
        troubles = troubles_between(tx, "755A", "dock-cam", START, START + timedelta(seconds=1))
        (found,) = certificates_of(tx, WAYBILL)
        earlier = earlier_issues(tx, WAYBILL)
    database.close()
    doubts = {each.fact: each.doubt_ms for each in troubles}
    assert doubts == {"frozen": FROZEN_BEFORE / timedelta(milliseconds=1), "black": 0}
    (kept,) = found.cameras
    assert (kept.coverage.segments, kept.troubles, kept.is_simulated) == (("ab" * 32,), (), False)
    assert (found.news, earlier) == (None, {})


def test_an_edge_from_before_the_history_of_keys_has_one_from_its_enrolment_on(
    tmp_path: Path,
) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0031")
        edge = "INSERT INTO edge VALUES (1, '755A', 'dock', :key, :at)"
        tx.execute(text(edge), {"key": "ab" * 32, "at": MICROSECONDS})
        secret = "INSERT INTO enrol_secret VALUES (1, :hash, '755A', 'cage', :at, :at, NULL)"
        tx.execute(text(secret), {"hash": "cd" * 32, "at": MICROSECONDS})
    upgrade(url, database)
    with database.reading() as tx:
        found, record = find_edge(tx, "755A", "dock"), record_of(tx, "755A", "dock")
        may_replace = tx.execute(text("SELECT replaces FROM enrol_secret")).scalar_one()
    database.close()
    assert found is not None
    assert found.revoked_at is None
    assert [(key.public_key, key.since, key.until) for key in record.keys] == [
        ("ab" * 32, START, None)
    ]
    assert not may_replace


def test_watched_parcels_from_before_they_were_packed_are_watched_on(tmp_path: Path) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    at, later = "2026-11-22T01:00:00Z", "2026-11-22T05:30:00.25Z"
    stop = {
        "site": "755W",
        "phase": "in",
        "by": later,
        "again": later,
        "origin": "755A",
        "reach_h": 4,
        "is_last": False,
    }
    ride = {"container": "vehicle:V-1", "site": "755A", "at": at}
    full: dict[str, Any] = {
        "last": {"site": "755A", "phase": "out", "at": at},
        "step": "load",
        "stops": [stop, stop],
        "sites": 3,
        "skipped": ["in:755A"],
        "ride": ride,
        "came_from": None,
        "returning": False,
        "done": False,
        "bag": ride,
        "is_in_bag": True,
    }
    bare = {"last": {**full["last"], "phase": "in"}, "step": None, "stops": [], "sites": 0}
    many = [str(number) for number in range(2, 5_003)]  # more than are packed at once
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0037")
        into = "INSERT INTO missing_watch (waybill, fold, last_at) VALUES (:waybill, :fold, :at)"
        folds = {"1": full, **dict.fromkeys(many, bare)}
        rows = [
            {"waybill": waybill, "fold": json.dumps(fold).encode(), "at": MICROSECONDS}
            for waybill, fold in folds.items()
        ]
        tx.execute(text(into), rows)
    upgrade(url, database)
    with database.reading() as tx:
        found = known(tx, folds)
    database.close()
    by = datetime(2026, 11, 22, 5, 30, 0, 250_000, UTC)
    coming = Stop("755W", Phase.IN, by, by, "755A", 4)
    riding = Ride("vehicle:V-1", "755A", START)
    assert found["1"].fold == Watch(
        LastScan("755A", Phase.OUT, START),
        Step.LOAD,
        (coming, coming),
        3,
        ("in:755A",),
        riding,
        bag=riding,
        is_in_bag=True,
    )
    seen = Watch(LastScan("755A", Phase.IN, START), None, (), 0)
    assert [waybill for waybill in many if found[waybill].fold != seen] == []
