"""A clip of time that its site has not told of: waited for while that may come, then named."""

from datetime import timedelta
from pathlib import Path

import av
import httpx
import pytest

from hub.video.certificates import GIVE_UP_AFTER
from tests.footage_index_parts import at, camera, gap, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.film_parts import film, opened, put_film, span
from tests.integration.hub.playback_cases import CAMERA
from tests.rest_parts import problem
from wire.events import CameraFact
from wire.names import format_at

pytestmark = pytest.mark.anyio

TOLD_S = 12
"""So much of the footage is in the index, and here."""
MOMENT = timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return film(tmp_path_factory.mktemp("film"))


def waits_for(since_s: float, until_s: float) -> str:
    since, until = format_at(at(since_s)), format_at(at(until_s))
    return (
        f"its site has not told yet what there is of footage between {since} and {until}: ask again"
    )


def comment_of(answer: httpx.Response, folder: Path) -> list[str]:
    assert answer.status_code == 200, answer.text
    (folder / "got.mp4").write_bytes(answer.content)
    with av.open(str(folder / "got.mp4")) as container:
        return container.metadata["comment"].splitlines()


async def test_what_its_site_has_not_told_of_yet_is_waited_for(
    hub: HubHome,
    edge: SigningEdge,
    admin: httpx.AsyncClient,
    paths: list[Path],
    tmp_path: Path,
) -> None:
    put_film(hub, paths)
    path = await opened(admin)
    whole = span(1, 20)
    assert problem(await admin.get(f"{path}/clip", params=whole), 409) == waits_for(TOLD_S, 20)
    nothing = problem(await admin.get(f"{path}/clip", params=span(30, 40)), 409)
    assert nothing == waits_for(30, 40)
    assert hub.count("footage_clip") == 0
    tell(hub, edge, gap(20, 8, CAMERA))
    said = comment_of(await admin.get(f"{path}/clip", params=whole), tmp_path)
    missing = [line for line in said if line.startswith("missing")]
    assert missing == [f"missing {format_at(at(TOLD_S))} {format_at(at(20))} camera_lost"]


async def test_what_is_waited_for_is_named_by_the_hubs_clock(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, paths: list[Path]
) -> None:
    put_film(hub, paths)
    tell(hub, edge, camera(CameraFact.CLOCK, 1, CAMERA, offset_ms=5000, error_ms=100))
    # What the camera says ends at 12 s ended five seconds later.
    said = problem(await admin.get(f"{await opened(admin)}/clip", params=span(6, 18)), 409)
    assert said == waits_for(TOLD_S + 5, 18.1)


async def test_what_is_not_told_for_as_long_as_a_certificate_waits_is_named_unknown(
    hub: HubHome, admin: httpx.AsyncClient, paths: list[Path], tmp_path: Path
) -> None:
    put_film(hub, paths)
    hub.clock.at = at(20) + GIVE_UP_AFTER - MOMENT
    path = await opened(admin)
    asked = span(1, 20)
    assert problem(await admin.get(f"{path}/clip", params=asked), 409) == waits_for(TOLD_S, 20)
    hub.clock.at += MOMENT
    said = comment_of(await admin.get(f"{path}/clip", params=asked), tmp_path)
    missing = [line for line in said if line.startswith("missing")]
    assert missing == [f"missing {format_at(at(TOLD_S))} {format_at(at(20))} unknown"]
    # What ended later may still come.
    later = problem(await admin.get(f"{path}/clip", params=span(1, 20.001)), 409)
    assert later == waits_for(TOLD_S, 20.001)
    nothing = problem(await admin.get(f"{path}/clip", params=span(13, 20)), 422)
    assert nothing == "there is no footage of that time: its site never told of all of it"
