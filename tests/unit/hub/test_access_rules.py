"""Who may enrol: every way in, and every attacker's. Source: design section 4."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.access.rules import (
    SESSION_IDLE,
    SESSION_LIFE,
    EdgeKey,
    EnrolAnswer,
    Enrolment,
    EnrolSecret,
    is_session_over,
    judge_enrolment,
)

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
KNOWN = EdgeKey(1, "755A", "dock", "aa" * 32, NOW)
SECRET = EnrolSecret(1, "755A", "dock", NOW + timedelta(seconds=1), used=False)


def judge(
    known: EdgeKey | None = None,
    mode: Enrolment = Enrolment.TOKEN,
    secret: EnrolSecret | None = None,
    shown: bool = True,
    key: str = "aa" * 32,
) -> EnrolAnswer:
    return judge_enrolment("755A", "dock", key, known, mode, secret, shown, NOW)


def test_a_good_secret_is_taken() -> None:
    assert judge(secret=SECRET) is EnrolAnswer.TAKEN


def test_first_use_needs_no_secret() -> None:
    assert judge(mode=Enrolment.FIRST_USE, shown=False) is EnrolAnswer.TAKEN


def test_without_a_secret_nobody_enrols_where_one_is_needed() -> None:
    assert judge(shown=False) is EnrolAnswer.NO_SECRET


@pytest.mark.parametrize("mode", Enrolment)
@pytest.mark.parametrize(
    "secret",
    [
        None,
        EnrolSecret(1, "755A", "dock", NOW, used=False),
        EnrolSecret(1, "755A", "dock", NOW + timedelta(hours=1), used=True),
        EnrolSecret(1, "755A", "cage", NOW + timedelta(hours=1), used=False),
        EnrolSecret(1, "755W", "dock", NOW + timedelta(hours=1), used=False),
    ],
    ids=["unknown", "expired", "used", "another edge's", "another site's"],
)
def test_a_bad_secret_is_refused_in_every_mode(mode: Enrolment, secret: EnrolSecret | None) -> None:
    assert judge(mode=mode, secret=secret) is EnrolAnswer.BAD_SECRET


def test_the_same_key_gets_the_same_answer_whatever_became_of_its_secret() -> None:
    used = EnrolSecret(1, "755A", "dock", NOW, used=True)
    assert judge(known=KNOWN, secret=used) is EnrolAnswer.KNOWN
    assert judge(known=KNOWN, shown=False) is EnrolAnswer.KNOWN


@pytest.mark.parametrize("mode", Enrolment)
def test_another_key_under_an_enrolled_name_is_a_conflict_even_with_a_good_secret(
    mode: Enrolment,
) -> None:
    assert judge(known=KNOWN, mode=mode, secret=SECRET, key="bb" * 32) is EnrolAnswer.CONFLICT


# ---------------------------------------------------------------- sessions


@pytest.mark.parametrize("rate", [1.0, 600.0])
def test_a_session_ends_by_age_and_by_idleness_in_real_time(rate: float) -> None:
    """A clock that runs fast logs nobody out in seconds."""
    second = timedelta(seconds=1)
    idle_end, end = NOW + SESSION_IDLE * rate, NOW + SESSION_LIFE * rate
    assert not is_session_over(NOW, None, idle_end - second, rate)
    assert is_session_over(NOW, None, idle_end, rate)
    assert not is_session_over(NOW, end - second * 2, end - second, rate)
    assert is_session_over(NOW, end - second * 2, end, rate)
