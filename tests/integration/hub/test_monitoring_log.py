"""A day's views go to the department above by noon, a month's by the 5th (HV-2.11.3)."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from sqlalchemy import insert

from hub.alerts.service import AlertKind, AlertState
from hub.mail.sender import MailSender
from hub.mail.service import receipts_about
from hub.network import Network
from hub.video.looks import AskedFootage, Finding, note_finding, open_playback
from hub.video.monitoring import EVERY, MonitoringDuty
from hub.video.rules.coverage import Stretch
from hub.video.rules.monitoring import LINES_MAX
from hub.video.store import clips, logs, looks
from tests.footage_index_parts import DOCK, NETWORK, SITE, at, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases

ABOVE = msgspec.structs.replace(NETWORK.site[0], code="020H", contacts=("above@x.example",))
HUB_SITE = msgspec.structs.replace(NETWORK.site[0], superior="020H")
DAY = "2026-11-22"
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def network() -> Network:
    return msgspec.structs.replace(NETWORK, site=(HUB_SITE, ABOVE))


class Taking:
    """A mail server that takes everything."""

    def __init__(self) -> None:
        self.taken: list[tuple[tuple[str, ...], bytes]] = []

    def send(self, sender: str, to: tuple[str, ...], message: bytes) -> str:
        assert sender
        self.taken.append((to, message))
        return "taken"


def shanghai(day: int, hour: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)


def duty_of(hub: HubHome) -> MonitoringDuty:
    role = hub.role
    return MonitoringDuty(role.network, role.policy.monitoring, hub.search().mails)


def turn(hub: HubHome, duty: MonitoringDuty, at_time: datetime) -> None:
    hub.clock.at = at_time
    with hub.database.writing() as tx:
        duty.run(tx, hub.clock.now())


def send_mails(hub: HubHome, outlet: Taking) -> None:
    policy = hub.role.policy.mail
    MailSender(hub.database, hub.keys.bodies, hub.clock, policy, "custos@x.example", outlet).turn()


def view(hub: HubHome) -> None:
    """Somebody views the day's playback and says what was found."""
    asked = AskedFootage(SITE, DOCK, Stretch(at(0), at(10)), None, "daily view")
    with hub.database.writing() as tx:
        opened = open_playback(tx, asked, "li", at(60))
        note_finding(tx, opened.look.id, Finding(True, False, "a box"), "li", at(90))


@on_both_databases
def test_a_viewed_days_log_is_mailed_to_the_department_above_once(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10))
    view(hub)
    duty, outlet = duty_of(hub), Taking()
    turn(hub, duty, shanghai(23, 8))
    turn(hub, duty, shanghai(23, 9))
    send_mails(hub, outlet)
    turn(hub, duty, shanghai(23, 12))
    ((to, message),) = outlet.taken
    assert to == ("above@x.example",)
    content = message_from_bytes(message, policy=policy.default).get_content()
    assert "daily view" in content and "摆放规范：否" in content
    assert hub.alerts(AlertKind.PLAYBACK_MISSED) == hub.alerts(AlertKind.MONITORING_LOG_LATE) == []


def test_a_clip_stands_in_the_log_of_the_day_on_which_it_was_taken(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10))
    view(hub)
    duty = duty_of(hub)
    turn(hub, duty, shanghai(23, 8))
    row = {"look_id": 1, "since": at(2), "until": at(8), "sha256": "cd" * 32, "bytes": 9}
    with hub.database.writing() as tx:
        clips.add(tx, {**row, "at": shanghai(23, 9)})
    turn(hub, duty, shanghai(24, 8))
    with hub.database.reading() as tx:
        (first, second) = (logs.document(tx, SITE, day) or "" for day in (DAY, "2026-11-23"))
    assert "cd" * 32 not in first
    assert "11-23 09:00:00" in second and "cd" * 32 in second and "li" in second


def test_a_clip_alone_makes_no_day_one_that_had_to_be_viewed(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10))
    view(hub)
    row = {"look_id": 1, "since": at(2), "until": at(8), "sha256": "cd" * 32, "bytes": 9}
    with hub.database.writing() as tx:
        clips.add(tx, {**row, "at": shanghai(23, 9)})
    # Nothing was recorded on the 23rd: there was nothing to view.
    turn(hub, duty_of(hub), shanghai(24, 8))
    with hub.database.reading() as tx:
        assert "cd" * 32 in (logs.document(tx, SITE, "2026-11-23") or "")
    assert hub.alerts(AlertKind.PLAYBACK_MISSED) == []


def test_a_day_that_nobody_viewed_is_an_alert_and_its_log_says_so(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10))
    duty = duty_of(hub)
    turn(hub, duty, shanghai(23, 8))
    (alert,) = hub.alerts(AlertKind.PLAYBACK_MISSED)
    assert (alert.site, DAY in alert.text_en) == (SITE, True)
    with hub.database.reading() as tx:
        assert len(receipts_about(tx, f"monitoring/{SITE}/{DAY}")) == 1


@on_both_databases
def test_days_whose_hour_of_sending_the_hub_missed_have_their_logs_late(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10))
    duty = duty_of(hub)
    turn(hub, duty, shanghai(23, 5))
    assert hub.count("monitoring_log") == 0
    # It is down from the 23rd to the 26th, and hears then what was recorded meanwhile.
    hub.clock.at = shanghai(26, 12)
    tell(hub, edge, *(segment(n * 86_400 + 10) for n in (1, 3)))
    turn(hub, duty, shanghai(26, 13))
    with hub.database.reading() as tx:
        made = {log.period for log in logs.page(tx, None, 100)}
    # Of the 24th there was nothing to view.
    assert made == {DAY, "2026-11-23", "2026-11-25"}
    missed = {each.subject for each in hub.alerts(AlertKind.PLAYBACK_MISSED)}
    late = {each.subject for each in hub.alerts(AlertKind.MONITORING_LOG_LATE)}
    assert missed == late == {f"{SITE}/{day}" for day in made}
    outlet = Taking()
    send_mails(hub, outlet)
    assert len(outlet.taken) == len(made)
    turn(hub, duty, shanghai(26, 14))
    assert hub.count("monitoring_log") == len(made)
    states = {each.state for each in hub.alerts(AlertKind.MONITORING_LOG_LATE)}
    assert states == {AlertState.CLOSED}


def test_a_log_of_a_day_to_come_keeps_no_other_from_being_made(
    hub: HubHome, edge: SigningEdge
) -> None:
    # The hub's clock was a year ahead for a while.
    far = shanghai(22, 9).replace(year=2027)
    ahead = logs.MadeLog(SITE, "2027-11-21", 0, far, far, far, None)
    with hub.database.writing() as tx:
        logs.add(tx, ahead, "")
    tell(hub, edge, segment(10))
    turn(hub, duty_of(hub), shanghai(23, 8))
    with hub.database.reading() as tx:
        assert logs.has(tx, SITE, DAY)


def test_a_log_that_no_server_took_by_noon_is_an_alarm_until_one_does(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10))
    duty = duty_of(hub)
    turn(hub, duty, shanghai(23, 8))
    turn(hub, duty, shanghai(23, 11))
    assert hub.alerts(AlertKind.MONITORING_LOG_LATE) == []
    turn(hub, duty, shanghai(23, 12))
    turn(hub, duty, shanghai(23, 13))
    (alert,) = hub.alerts(AlertKind.MONITORING_LOG_LATE)
    assert (alert.state, alert.count) == (AlertState.OPEN, 1)
    send_mails(hub, Taking())
    turn(hub, duty, shanghai(23, 14))
    assert hub.alerts(AlertKind.MONITORING_LOG_LATE)[0].state is AlertState.CLOSED


def test_a_months_summary_is_made_on_its_first_day_and_late_after_the_fifth(
    hub: HubHome, edge: SigningEdge
) -> None:
    tell(hub, edge, segment(10))
    duty = duty_of(hub)
    turn(hub, duty, shanghai(23, 8))
    send_mails(hub, Taking())
    turn(hub, duty, shanghai(1, 9, month=12))
    assert hub.alerts(AlertKind.MONITORING_LOG_LATE) == []
    turn(hub, duty, shanghai(5, 23, month=12))
    months = [a for a in hub.alerts(AlertKind.MONITORING_LOG_LATE) if "2026-11)" in a.text_en]
    assert months == []
    turn(hub, duty, shanghai(6, 1, month=12))
    subjects = [each.subject for each in hub.alerts(AlertKind.MONITORING_LOG_LATE)]
    assert f"{SITE}/2026-11" in subjects


@on_both_databases
def test_a_months_views_and_clips_are_counted_all_however_many_of_them_are_listed(
    hub: HubHome,
) -> None:
    views, taken = looks.LOOKS_MAX + 600, clips.CLIPS_MAX + 1
    seen = {"site": SITE, "camera": DOCK, "since": at(0), "until": at(60), "purpose": "round"}
    clip = {"look_id": 1, "since": at(2), "until": at(8), "sha256": "cd" * 32, "bytes": 9}
    with hub.database.writing() as tx:
        who = ["li", *["wang"] * (views - 1)]
        rows = [{**seen, "who": name, "at": at(n)} for n, name in enumerate(who)]
        tx.execute(insert(looks.footage_look), rows)
        tx.execute(insert(clips.footage_clip), [{**clip, "at": at(n)} for n in range(taken)])
    turn(hub, duty_of(hub), shanghai(1, 8, month=12))
    with hub.database.reading() as tx:
        (month,) = (log for log in logs.page(tx, None, 100) if log.period == "2026-11")
        page = logs.document(tx, SITE, "2026-11") or ""
    assert month.views == views
    assert f"views: {views} li 1、wang {views - 1}<" in page
    assert f"Clips taken away: {taken} " in page
    assert page.count("<tr><td>") == 2 * LINES_MAX


def test_before_anything_was_recorded_nothing_is_missed(hub: HubHome) -> None:
    turn(hub, duty_of(hub), shanghai(23, 8))
    assert hub.count("monitoring_log") == 0
    assert hub.alerts(AlertKind.PLAYBACK_MISSED) == []


def test_it_looks_once_a_minute(hub: HubHome, edge: SigningEdge) -> None:
    duty = duty_of(hub)
    turn(hub, duty, shanghai(23, 8))
    tell(hub, edge, segment(10))
    turn(hub, duty, shanghai(23, 8) + EVERY / 2)
    assert hub.count("monitoring_log") == 0
    turn(hub, duty, shanghai(23, 8) + EVERY)
    assert hub.count("monitoring_log") == 1


@pytest.mark.anyio
async def test_a_log_is_a_page_that_can_be_printed(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    tell(hub, edge, segment(10))
    view(hub)
    turn(hub, duty_of(hub), shanghai(23, 8))
    (listed,) = (await admin.get("/api/v1/monitoring-logs")).json()["items"]
    assert (listed["site"], listed["period"], listed["views"]) == (SITE, DAY, 1)
    page = await admin.get(f"/api/v1/monitoring-logs/{SITE}/{DAY}")
    assert "a box" in page.text and page.headers["content-type"].startswith("text/html")
    assert (await admin.get(f"/api/v1/monitoring-logs/{SITE}/2026-11")).status_code == 404
