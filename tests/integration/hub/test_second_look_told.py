"""Looks outlive kills, and what they came to is told: HV-2.11.2, docs/adr/0044."""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from hub.evidence import SecondLook, Verdict, percent
from hub.failpoints import parse_fail_points
from hub.incidents.service import Act, Kind, State
from hub.mail.service import context_of
from hub.mail.store import mail
from hub.missing import second_look, suspect_store
from hub.missing.duties import LookDuty
from hub.network import Network
from hub.timers import Timers
from tests.hub_parts import HubHome
from tests.integration.hub.look_parts import (
    EVENING,
    LEFT_AT,
    MINUTE,
    RAISED_AT,
    SIBLINGS,
    acts,
    cut_off,
    dossier,
    escalate,
    look_of,
    lose,
    make_doubtful,
    only,
    suspect_a_bag,
)
from tests.integration.hub.suspect_parts import HV, Watching
from tests.missing_parts import HOUR
from tests.missing_parts import network as small_network
from wire.names import Step


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    hub.clock.at = EVENING
    return Watching(hub, looks_again=True)


def test_what_is_due_is_found_by_an_index_of_the_doubtful_alone(watching: Watching) -> None:
    with watching.hub.database.reading() as tx:
        asked = suspect_store._DUE_LOOKS.compile(dialect=tx.dialect)
        given = tuple(0 for _ in asked.positiontup or ())
        steps = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", given)]
    assert any("USING INDEX ix_missing_suspect_look_at" in step for step in steps), steps


# ---------------------------------------------------------------- kills


def looked(watching: Watching) -> tuple[int, datetime | None, list[Act]]:
    suspect = only(watching)
    return suspect.looks, suspect.look_at, acts(dossier(watching))


ONE_LOOK = """
import sys
from datetime import datetime
from pathlib import Path
from hub.app import make_duties
from hub.db.engine import parse_url
from hub.failpoints import parse_fail_points
from hub.missing.duties import LookDuty
from hub.timers import Timers
from tests.hub_parts import open_hub
from tests.missing_parts import network
folder, now, point = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3]
with open_hub(folder, parse_url(None, folder), network()) as hub:
    duties = [each for each in make_duties(hub.role) if isinstance(each, LookDuty)]
    Timers(hub.database, duties, parse_fail_points(point)).turn(now, 1)
"""


def kill(watching: Watching, now: datetime, point: str) -> None:
    """A clock role of its own, which dies there."""
    folder = str(watching.hub.data_dir)
    arguments = [sys.executable, "-c", ONE_LOOK, folder, now.isoformat(), f"{point}:1"]
    done = subprocess.run(arguments, timeout=60, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr


def fail(watching: Watching, now: datetime, point: str) -> None:
    """The database goes away there."""
    duties = [each for each in watching.duties if isinstance(each, LookDuty)]
    failing = parse_fail_points(f"{point}:1:fail")
    with pytest.raises(OperationalError):
        Timers(watching.hub.database, duties, failing).turn(now, 1)


@pytest.mark.parametrize("die", [kill, fail])
@pytest.mark.parametrize(
    ("point", "is_done"), [("timer_before_commit", False), ("timer_committed", True)]
)
def test_a_look_that_dies_is_done_once_and_told_once(
    watching: Watching,
    die: Callable[[Watching, datetime, str], None],
    point: str,
    is_done: bool,
) -> None:
    lose(watching, HV)
    cut_off(watching, "755W", LEFT_AT)
    before = looked(watching)
    at = RAISED_AT + HOUR
    die(watching, at, point)
    done = (1, at + HOUR, [Act.OPENED, Act.CUT_OFF])
    assert looked(watching) == (done if is_done else before)
    watching.restart()
    watching.turn(at)
    assert looked(watching) == done
    watching.turn(at + MINUTE)
    assert looked(watching) == done


# ---------------------------------------------------------------- told


@pytest.mark.anyio
async def test_rest_tells_the_newer_number_with_its_age_and_what_it_was_at_first(
    watching: Watching, admin: httpx.AsyncClient
) -> None:
    lose(watching, HV)
    (at_first,) = (await admin.get("/api/v1/suspects")).json()["items"]
    assert (at_first["second_look"], at_first["look_at"]) == (None, text_of(RAISED_AT + HOUR))
    assert at_first["evidence"]["looks"][-1]["en"].startswith("Looked at again")
    watching.turn(RAISED_AT + HOUR)
    (item,) = (await admin.get("/api/v1/suspects")).json()["items"]
    look = item["second_look"]
    assert look["looked_at"] == item["evidence"]["at"] == text_of(RAISED_AT + HOUR)
    assert item["look_at"] == text_of(RAISED_AT + 2 * HOUR)
    assert item["p_lost"] == item["evidence"]["p_lost"] > at_first["p_lost"]
    assert look["p_lost_first"] == at_first["p_lost"]
    assert look["evidence_first"] == at_first["evidence"]
    assert (look["verdict"], look["explained_en"]) == ("doubtful", None)
    assert item["reasons_en"] == [line["en"] for line in item["evidence"]["lines"]]
    assert float(item["worth_cny"]) > float(at_first["worth_cny"])
    incident = (await admin.get(f"/api/v1/incidents/{item['incident']}")).json()
    for field in ("second_look", "p_lost", "evidence", "reasons_zh", "tier", "expected_by"):
        assert incident[field] == item[field]


def text_of(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_the_report_to_the_region_has_the_newer_number_and_says_what_it_was_at_first(
    watching: Watching,
) -> None:
    lose(watching, HV)
    (upstream,) = mails_of(watching)
    assert "lost with" not in upstream
    cut_off(watching, "755W", LEFT_AT)
    escalate(watching, RAISED_AT + HOUR)
    found = dossier(watching)
    assert found.incident.state is State.ESCALATED
    (report,) = [each for each in mails_of(watching) if each != upstream]
    now = percent(look_of(only(watching)).evidence.p_lost or 0)
    assert f"{HV} lost with {now} (first 15%)" in report
    assert f"{HV} 遗失概率 {now}（首次预警 15%）" in report
    assert "暂有解释（查找照常）：755W" in report
    assert "Explained for now, search on: Nothing was heard of 755W" in report


def mails_of(watching: Watching) -> list[str]:
    cipher = watching.hub.search().mails.cipher
    with watching.hub.database.reading() as tx:
        rows = tx.execute(select(mail.c.key, mail.c.content).order_by(mail.c.id)).all()
    return [cipher.decrypt(row.content, context_of(row.key)).decode() for row in rows]


def test_a_surer_parcel_stands_for_its_group_until_it_is_found(watching: Watching) -> None:
    raised_at = suspect_a_bag(watching, *SIBLINGS)
    make_doubtful(watching, raised_at)
    watching.turn(raised_at + HOUR)
    surest = dossier(watching, Kind.GROUP).incident.look
    assert surest is not None
    other = next(each for each in watching.suspects() if each.waybill != surest.waybill)
    doubtful = SecondLook(
        other.waybill, Verdict.DOUBTFUL, look_of(other).evidence, "T0", other.p_lost
    )
    (incident,) = watching.incidents(Kind.GROUP)

    def note() -> SecondLook | None:
        with watching.hub.database.writing() as tx:
            second_look.note_look(tx, incident.id, doubtful, [], raised_at + 2 * HOUR)
        return dossier(watching, Kind.GROUP).incident.look

    assert note() == surest
    watching.scan(surest.waybill, "755W", Step.SORT, raised_at + 2 * HOUR)
    assert note() == doubtful
