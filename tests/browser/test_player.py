"""The player in a real browser: exact to the picture, in step, and honest about what is missing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.player_parts import BEGAN, FPS, FakeHub, Piece, burnt_in, film, scene
from wire.names import format_at

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

PICTURE_S = timedelta(seconds=1 / FPS)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> list[Piece]:
    """Twenty seconds in files of five."""
    return film(tmp_path_factory.mktemp("footage"), 20, 5)


def shown_at(screen: Locator) -> datetime:
    """When the picture that stands there was taken, as the player says."""
    return datetime.fromtimestamp(float(screen.get_attribute("data-shown-at") or 0) / 1000, UTC)


def wait_for(screen: Locator, at: datetime) -> None:
    """Wait until the picture of a moment stands there."""
    expect(screen).to_have_attribute("data-shows", "picture")
    expect(screen).to_have_attribute("data-shown-at", str(round(at.timestamp() * 1000)))


def seek(player: Locator, at: datetime) -> None:
    """Go to a moment, as the line under the pictures does."""
    player.evaluate("(player, at) => player.seek(at)", at.timestamp() * 1000)


def test_the_picture_of_a_moment_is_the_last_one_taken_until_then(
    page: Page, footage: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": footage})
    hub.start()
    player = hub.play([scene("belt-1")])
    screen = player.locator(".screen")
    for at_s in (0.0, 0.05, 3.34, 4.999, 5.0, 19.9, 9.96, 14.2):
        at = BEGAN + timedelta(seconds=at_s)
        seek(player, at)
        taken = BEGAN + timedelta(seconds=int(at_s * FPS + 1e-6) / FPS)
        wait_for(screen, taken)
        found = burnt_in(screen)
        assert found == taken
        assert at - PICTURE_S < found <= at


def test_one_picture_on_and_back_is_exactly_the_neighbour_also_across_files(
    page: Page, footage: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": footage})
    hub.start()
    screen = hub.play([scene("belt-1", at_s=4.9)]).locator(".screen")
    wait_for(screen, BEGAN + timedelta(seconds=4.9))
    for act, at_s in (("frame.on", 5.0), ("frame.on", 5.1), ("frame.back", 5.0), ("second.on", 6)):
        page.locator(f'[data-act="{act}"]').click()
        wait_for(screen, BEGAN + timedelta(seconds=at_s))
        assert burnt_in(screen) == BEGAN + timedelta(seconds=at_s)


def test_a_look_is_on_record_before_any_picture_stands_there(
    page: Page, footage: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": footage})
    hub.start()
    player = hub.play([scene("belt-1", at_s=2)], purpose="daily round", waybill="103000000001")
    wait_for(player.locator(".screen"), BEGAN + timedelta(seconds=2))
    assert hub.opened == [
        {
            "site": "755A",
            "camera": "belt-1",
            "from": format_at(BEGAN),
            "to": format_at(BEGAN + timedelta(seconds=30)),
            "waybill": "103000000001",
            "purpose": "daily round",
        }
    ]


def test_a_measured_clock_moves_the_pictures_and_says_how_sure_it_is(
    page: Page, footage: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": footage}, clocks={"belt-1": {"offset_ms": 1500, "error_ms": 70}})
    hub.start()
    screen = hub.play([scene("belt-1", at_s=8)]).locator(".screen")
    wait_for(screen, BEGAN + timedelta(seconds=8))
    assert burnt_in(screen) == BEGAN + timedelta(seconds=6.5)
    expect(screen).to_contain_text("09:00:08.000 ± 70 ms")


def test_the_clock_in_the_picture_is_said_beside_it_and_moves_nothing(
    page: Page, footage: list[Piece]
) -> None:
    own = {
        "offset_ms": -60_000,
        "measured_at": format_at(BEGAN),
        "text_zh": "<b>画面上的时间快 60.0 秒</b>",
        "text_en": "The time written in the picture is 60.0 s ahead",
    }
    hub = FakeHub(page, {"belt-1": footage, "belt-2": footage}, own_clocks={"belt-1": own})
    hub.start()
    screens = hub.play([scene("belt-1", "belt-2", at_s=8)]).locator(".screen")
    for screen in screens.all():
        wait_for(screen, BEGAN + timedelta(seconds=8))
    said = screens.nth(0).locator(".screen-own")
    expect(said).to_have_text("<b>画面上的时间快 60.0 秒</b>, asked ")
    expect(said.locator("custos-age")).to_have_attribute("at", format_at(BEGAN))
    expect(screens.nth(1).locator(".screen-own")).to_be_hidden()


def test_a_simulated_camera_says_so_beside_its_name_and_a_real_one_does_not(
    page: Page, footage: list[Piece]
) -> None:
    both = {"belt-1": footage, "cage-1": footage}
    hub = FakeHub(page, both, simulated=frozenset({"cage-1"}))
    hub.start()
    player = hub.play([scene("belt-1", "cage-1", at_s=8)])
    for camera, shown in (("belt-1", False), ("cage-1", True)):
        screen = player.locator(f'.screen[data-camera="{camera}"]')
        wait_for(screen, BEGAN + timedelta(seconds=8))
        expect(screen.locator(".screen-mark")).to_be_visible(visible=shown)


def test_under_a_test_clock_a_file_fills_the_time_that_it_was_told_for(
    page: Page, footage: list[Piece]
) -> None:
    rate = 60
    told = [
        Piece(each.path, BEGAN + (each.ended_at - BEGAN) * rate, each.length_ms * rate)
        for each in footage
    ]
    hub = FakeHub(page, {"belt-1": told}, rate=rate)
    hub.start()
    player = hub.play([scene("belt-1", at_s=330, length_s=1200)])
    screen = player.locator(".screen")
    for at_s in (330, 906, 12):
        seek(player, BEGAN + timedelta(seconds=at_s))
        wait_for(screen, BEGAN + timedelta(seconds=at_s))
        assert burnt_in(screen) == BEGAN + timedelta(seconds=at_s / rate)
    page.locator('[data-act="play"]').click()
    page.wait_for_timeout(1000)
    passed_s = (float(player.get_attribute("data-now") or 0) / 1000) - BEGAN.timestamp() - 12
    assert passed_s > 0.3 * rate


def test_what_is_missing_is_said_in_the_pictures_place(page: Page, footage: list[Piece]) -> None:
    first, second, third, fourth = footage
    away = Piece(third.path, third.ended_at, third.length_ms, state="partial")
    away.have = away.path.stat().st_size * 2 // 5 + 1
    gap = {
        "from": format_at(BEGAN + timedelta(seconds=5)),
        "to": format_at(BEGAN + timedelta(seconds=10)),
        "reason": "camera_lost",
    }
    hub = FakeHub(page, {"belt-1": [first, away]}, gaps={"belt-1": [gap]})
    hub.start()
    player = hub.play([scene("belt-1", at_s=7)])
    screen = player.locator(".screen")
    expect(screen).to_have_attribute("data-shows", "gap")
    expect(screen).to_contain_text("No footage for 5.0 s: camera lost")
    expect(screen.locator("video")).to_be_hidden()
    for _ in range(4):
        page.locator('[data-act="second.on"]').click()
    expect(screen).to_contain_text("On its way from the site, 40 %")
    for _ in range(5):
        page.locator('[data-act="second.on"]').click()
    expect(screen).to_contain_text("Nothing is known of this moment yet")
    # It comes, and the picture of the moment that is being waited for stands there by itself.
    hub.cameras["belt-1"] = [first, third, fourth]
    wait_for(screen, BEGAN + timedelta(seconds=16))
    assert second not in hub.cameras["belt-1"]


def test_two_cameras_run_on_one_clock_through_a_gap_of_one(
    page: Page, tmp_path: Path, footage: list[Piece]
) -> None:
    other = film(tmp_path, 20, 5, camera_no=2)
    gap = {
        "from": format_at(BEGAN + timedelta(seconds=5)),
        "to": format_at(BEGAN + timedelta(seconds=10)),
        "reason": "edge_down",
    }
    without = [other[0], *other[2:]]
    hub = FakeHub(page, {"belt-1": footage, "cage": without}, gaps={"cage": [gap]})
    hub.start()
    player = hub.play([scene("belt-1", "cage", at_s=3.5)])
    belt, cage = (player.locator(f'[data-camera="{each}"]') for each in ("belt-1", "cage"))
    wait_for(cage, BEGAN + timedelta(seconds=3.5))
    for _ in range(2):
        page.locator('[data-act="faster"]').click()
    page.locator('[data-act="play"]').click()
    expect(cage).to_have_attribute("data-shows", "gap")
    expect(belt).to_have_attribute("data-shows", "picture")
    expect(cage).to_have_attribute("data-shows", "picture")
    page.locator('[data-act="play"]').click()
    at = datetime.fromtimestamp(float(player.get_attribute("data-now") or 0) / 1000, UTC)
    assert at >= BEGAN + timedelta(seconds=10)
    for screen in (belt, cage):
        expect(screen).to_have_attribute("data-shows", "picture")
    page.wait_for_function(
        "player => { const shown = [...player.querySelectorAll('.screen')]"
        ".map(each => Number(each.dataset.shownAt));"
        " return shown[0] === shown[1] && Math.abs(shown[0] - player.dataset.now) <= 100 }",
        arg=player.element_handle(),
    )
    assert burnt_in(belt) == burnt_in(cage) == shown_at(belt)


def test_play_runs_from_one_stretch_to_the_next(page: Page, footage: list[Piece]) -> None:
    hub = FakeHub(page, {"belt-1": footage})
    hub.start()
    later = scene("belt-1", length_s=20)
    later |= {"key": "two", "title": "two", "from": format_at(BEGAN + timedelta(seconds=12))}
    player = hub.play([scene("belt-1", at_s=0.5, length_s=1.5), later])
    wait_for(player.locator(".screen"), BEGAN + timedelta(seconds=0.5))
    page.locator('[data-act="play"]').click()
    expect(player).to_contain_text("two")
    screen = player.locator(".screen")
    expect(screen).to_have_attribute("data-shows", "picture")
    page.wait_for_function(
        "each => Number(each.dataset.shownAt) > 1795309213000", arg=screen.element_handle()
    )
    assert len(hub.opened) == 2


@pytest.fixture(scope="module")
def h265(tmp_path_factory: pytest.TempPathFactory) -> list[Piece]:
    """Ten seconds of H.265 in files of five, which Debian's Chromium does not play."""
    return film(tmp_path_factory.mktemp("h265"), 10, 5, codec="h265")


def test_h265_is_shown_as_a_copy_that_says_so_exact_to_the_picture(
    page: Page, h265: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": h265})
    hub.start()
    player = hub.play([scene("belt-1")])
    screen = player.locator(".screen")
    for at_s in (0.0, 0.05, 3.34, 4.999, 5.0, 9.96, 7.7):
        at = BEGAN + timedelta(seconds=at_s)
        seek(player, at)
        taken = BEGAN + timedelta(seconds=int(at_s * FPS + 1e-6) / FPS)
        wait_for(screen, taken)
        found = burnt_in(screen)
        assert found == taken
        assert at - PICTURE_S < found <= at
    expect(screen.locator(".screen-copy")).to_have_text("converted copy, not evidence")
    # No master was fetched for nothing.
    assert set(hub.given) == {"as=h264"}


def test_what_the_browser_plays_itself_is_the_master_and_no_copy(
    page: Page, footage: list[Piece], h265: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": footage[:1], "cage": h265[:1]})
    hub.start()
    player = hub.play([scene("belt-1", "cage", at_s=2)])
    belt, cage = (player.locator(f'[data-camera="{each}"]') for each in ("belt-1", "cage"))
    for screen in (belt, cage):
        wait_for(screen, BEGAN + timedelta(seconds=2))
    expect(belt.locator(".screen-copy")).to_be_hidden()
    expect(cage.locator(".screen-copy")).to_be_visible()
    assert sorted(hub.given) == ["", "as=h264"]


def test_a_file_whose_coding_was_told_wrong_is_converted_after_all(
    page: Page, h265: list[Piece]
) -> None:
    told = Piece(h265[0].path, h265[0].ended_at, h265[0].length_ms, codec="h264")
    hub = FakeHub(page, {"belt-1": [told]})
    hub.start()
    screen = hub.play([scene("belt-1", at_s=1)]).locator(".screen")
    wait_for(screen, BEGAN + timedelta(seconds=1))
    assert hub.given == ["", "as=h264"]


def test_a_busy_hub_is_asked_again_for_a_copy_and_the_clock_waits(
    page: Page, h265: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": h265}, busy=1)
    hub.start()
    player = hub.play([scene("belt-1", at_s=1)])
    screen = player.locator(".screen")
    page.locator('[data-act="play"]').click()
    expect(screen).to_contain_text("Converting…")
    expect(screen).to_have_attribute("data-shows", "picture")
    assert shown_at(screen) < BEGAN + timedelta(seconds=3)


def test_h265_of_which_no_copy_can_be_made_is_said(page: Page, h265: list[Piece]) -> None:
    hub = FakeHub(page, {"belt-1": h265}, converts=False)
    hub.start()
    screen = hub.play([scene("belt-1", at_s=1)]).locator(".screen")
    expect(screen).to_contain_text("This browser cannot play H.265, and no copy of it")


def test_a_place_that_no_camera_sees_and_a_hub_that_refuses_are_said(
    page: Page, footage: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": footage})
    hub.start()
    expect(hub.play([scene()])).to_contain_text("No camera sees this place")
    page.route("**/api/v1/playbacks", lambda route: route.fulfill(status=404, json={}))
    expect(hub.play([scene("belt-1")])).to_contain_text("not your sites' business")


def test_the_clock_runs_on_past_a_place_that_no_camera_sees(
    page: Page, footage: list[Piece]
) -> None:
    hub = FakeHub(page, {"belt-1": footage})
    hub.start()
    unseen = scene(at_s=1, length_s=2, plays=True)
    player = hub.play([unseen, {**scene("belt-1"), "key": "two"}])
    expect(player).to_contain_text("No camera sees this place")
    wait_for_next = 'document.querySelector("custos-player").nth === 1'
    page.wait_for_function(wait_for_next, timeout=15_000)
    expect(player.locator(".screen")).to_have_attribute("data-shows", "picture")
    assert "Invalid" not in player.inner_text()
