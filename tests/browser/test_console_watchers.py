"""Fifty people watch the wall while alerts come as fast as they do on a bad day."""

import time

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.console_day import LivingHub
from tests.browser.watchers import watching
from tests.rig.programs import wait_until
from wire.names import Result

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WATCHERS = 50
ALERTS = 10
BETWEEN_S = 0.3
TOLD_S_MAX = 60.0


def test_nobody_of_fifty_loses_the_wall_and_each_is_told_of_every_alert(
    day: LivingHub, day_person: BrowserContext
) -> None:
    cookies = {each["name"]: each["value"] for each in day_person.cookies()}
    raised = [f"1030008{number:05d}" for number in range(ALERTS)]
    with watching(day.process.url, cookies, WATCHERS) as watchers:
        for waybill in raised:
            day.gate.scan_at_once([waybill], Result.HV)
            time.sleep(BETWEEN_S)
        wait_until(
            lambda: all(told.keys() >= set(raised) for told in watchers.told_at),
            "every watcher is told of every alert",
            TOLD_S_MAX,
        )
        assert watchers.watching == WATCHERS
