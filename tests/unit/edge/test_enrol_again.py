"""A hub that was restored knows an edge no more: it is shown its own answer."""

from pathlib import Path

import httpx
import pytest

from edge.data_dir import read_file
from edge.enrolment import ENROLLED_NAME, Enrolment, EnrolmentError
from edge.errands import EnrolAgain
from edge.hub_http import HubRefusedError, HubUnreachableError
from ledger.keys import SigningKey
from tests.unit.edge.test_enrolment import RUN, STRANGER, TOKEN, hub, open_own, takes
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Enrol

OURS = SigningKey(b"e" * 32)


def enrolled(directory: Path) -> Enrolment:
    made = Enrolment(directory, "755A", "dock", OURS, TOKEN)
    made.ask(hub(takes()), RUN)
    return made


def test_the_kept_answer_is_shown_once_and_stands(tmp_path: Path) -> None:
    enrolment = enrolled(tmp_path)
    kept = read_file(tmp_path / ENROLLED_NAME, MESSAGE_BYTES_MAX)
    asked: list[Enrol] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(open_own(request.content))
        return takes()(request)

    errand = EnrolAgain(enrolment, RUN)
    assert not errand.is_due()
    errand.ask()
    errand.run(hub(handler))
    assert not errand.is_due()
    assert kept is not None
    assert [each.enrolled for each in asked] == [kept.decode()]
    assert read_file(tmp_path / ENROLLED_NAME, MESSAGE_BYTES_MAX) == kept


@pytest.mark.parametrize("status", [401, 403, 409, 500])
def test_a_refusal_ends_nothing_and_is_asked_again_later(tmp_path: Path, status: int) -> None:
    errand = EnrolAgain(enrolled(tmp_path), RUN)
    errand.ask()
    with pytest.raises((EnrolmentError, HubRefusedError, HubUnreachableError)):
        errand.run(hub(lambda _: httpx.Response(status)))
    assert errand.is_due()


@pytest.mark.parametrize("key", [STRANGER, None])
def test_another_hubs_answer_changes_nothing(tmp_path: Path, key: SigningKey | None) -> None:
    enrolment = enrolled(tmp_path)
    kept = read_file(tmp_path / ENROLLED_NAME, MESSAGE_BYTES_MAX)
    errand = EnrolAgain(enrolment, RUN)
    errand.ask()
    answers = takes(site_salt="cd" * 16) if key is None else takes(key)
    with pytest.raises(EnrolmentError):
        errand.run(hub(answers))
    assert errand.is_due()
    assert read_file(tmp_path / ENROLLED_NAME, MESSAGE_BYTES_MAX) == kept
