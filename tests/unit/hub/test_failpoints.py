"""Fail-points are off unless somebody arms them, act at their hit alone, and only where we are."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from hub.config import ConfigError, Settings
from hub.failpoints import (
    FAIL_POINT_VARIABLE,
    NO_FAIL_POINTS,
    Action,
    ArmedFailPoints,
    FailPoint,
    parse_fail_points,
)
from hub.home import read_fail_points


def test_without_the_variable_nothing_is_armed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FAIL_POINT_VARIABLE, raising=False)
    assert read_fail_points(Settings(data_dir=tmp_path)) is NO_FAIL_POINTS


@pytest.mark.parametrize(
    ("point", "error"),
    [(FailPoint.INGEST_COMMITTED, OperationalError), (FailPoint.MAIL_SENT, OSError)],
)
def test_a_place_fails_at_its_hit_and_at_no_other_as_what_works_there_does(
    point: FailPoint, error: type[Exception], capfd: pytest.CaptureFixture[str]
) -> None:
    armed = parse_fail_points(f"{point}:2:fail,{FailPoint.NEWS_READ}:9")
    assert isinstance(armed, ArmedFailPoints)
    armed.hit(point)
    with pytest.raises(error):
        armed.hit(point)
    armed.hit(point)
    told = capfd.readouterr().err.splitlines()
    assert told == [f'{{"event": "fail point", "point": "{point}", "action": "fail"}}']


def test_death_is_what_is_meant_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    deaths: list[Sequence[int]] = []
    monkeypatch.setattr("hub.failpoints.os.kill", lambda *given: deaths.append(given))
    for text in ("timer_committed:1", f"timer_committed:1:{Action.KILL}"):
        with pytest.raises(OperationalError):  # it would have died before
            parse_fail_points(text).hit(FailPoint.TIMER_COMMITTED)
    assert len(deaths) == 2


@pytest.mark.parametrize(
    "bad",
    ["", "mail_sent", "mail_sent:0", "mail_sent:x", "lunch:1", "mail_sent:1:sleep", "mail_sent:1,"],
)
def test_a_malformed_fail_point_is_refused(
    bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FAIL_POINT_VARIABLE, bad)
    with pytest.raises(ConfigError, match=FAIL_POINT_VARIABLE):
        read_fail_points(Settings(data_dir=tmp_path))


def test_no_fail_point_where_others_reach_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FAIL_POINT_VARIABLE, "mail_sent:1")
    assert isinstance(read_fail_points(Settings(data_dir=tmp_path)), ArmedFailPoints)
    with pytest.raises(ConfigError, match="loopback"):
        read_fail_points(Settings(data_dir=tmp_path, http="0.0.0.0:8000"))
