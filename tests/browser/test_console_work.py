"""The screens that work is done on, in a real browser, and fifty people who watch the wall.

Custody with its ruler, what is chosen on it and any moment before; suspects and lanes; the shift's
board, lists and staff. One module, because a hub with a day behind it takes its time to make.
"""

import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from hub.evidence import Verdict
from tests.browser.accessibility import check_access
from tests.browser.console_day import BAG, DRIFTED_SITE, LivingHub
from tests.browser.console_looks import look_at
from tests.browser.day_looks import look_of, looked_again, search_looked_at
from tests.browser.day_parcels import CARRIED, SUSPECT
from tests.browser.day_reads import HAS_FEW, SKIPS_LESS_NOW, SKIPS_LITTLE, SKIPS_MOST, WEEKS_DAYS
from tests.browser.screenshots import shoot
from tests.browser.watchers import delays_s, watching
from tests.rig.personal import PERSON
from tests.rig.programs import wait_until
from wire.names import Result

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CUSTODY = f"/console/parcels/{CARRIED}"
WATCHERS = 50
ALERTS = 33
ALERTS_PER_MIN = 200
ALERTS_ALONE = 12
ROUNDS_MAX = 3
TOLD_S_MAX = 20.0
ALONE_S_MIN = 0.25
TIMES_BEHIND_MAX = 6
"""The median for fifty against that for one, in one run: machines are shared, and a busy one slows
both. ``python -m bench console`` measures it alone."""


def test_custody_is_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "custody", CUSTODY)


def test_a_block_and_a_handover_are_told_in_words_with_their_records(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(day.process.url + CUSTODY)
    expect(page.locator(".parcel-waybill .group")).to_have_text(["1030", "0000", "4720"])
    expect(page.locator(".parcel-waybill .series")).to_have_text("103")
    expect(page.locator(".lane-name b")).to_have_text(["755A", "755W", "在途"])
    page.locator('.block[aria-label*="李强"]').click()
    expect(page.locator(".chosen-name")).to_have_text("李强")
    expect(page.locator(".chosen")).to_contain_text("只有一方的工牌")
    page.locator('.joint[aria-label*="双方确认"]').click()
    expect(page.locator(".chosen-name")).to_have_text("李强 → 王芳")
    expect(page.locator(".joint[aria-pressed=true]")).to_have_count(1)
    expect(page.locator(".block[aria-pressed=true]")).to_have_count(0)
    page.locator('.joint[aria-label*="已拒收"]').click()
    expect(page.locator(".chosen .history")).to_contain_text("封签号不符")
    page.locator(".block-nobody").last.click()
    expect(page.locator(".chosen")).to_contain_text("途中没有具名的人负责")
    expect(page.locator(".task", has_text="HV-2.3")).to_contain_text("SZ-0090")


def test_whom_a_parcel_is_for_is_shown_with_a_reason_that_is_on_record(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(day.process.url + CUSTODY)
    people = page.locator(".people")
    expect(people).to_contain_text("139****1234")
    expect(page.locator("body")).not_to_contain_text(PERSON["name"])
    show = people.get_by_role("button", name="显示全部")
    show.click()
    expect(people.locator(".problem")).to_have_text("要写明原因")
    people.get_by_label("查看原因").fill("派送前致电")
    show.click()
    for field in PERSON.values():
        expect(people).to_contain_text(field)
    shoot(page, "console-people-zh-dark")
    expect(page.locator(".parcel-facts")).to_contain_text("派送前致电")


def test_what_was_known_at_a_moment_stands_in_the_address_and_leads_back(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(day.process.url + CUSTODY)
    before = page.locator(".scan").count()
    page.locator(".belief:not(.is-late)").last.click()
    page.wait_for_url("**?as_of=*")
    expect(page.locator(".parcel-marks .m-violet")).to_contain_text("当时所知")
    expect(page.locator(".belief.is-late")).to_have_count(0)
    expect(page.locator(".scan")).to_have_count(before - 1)
    page.locator(".as-of .field").fill("2020-01-01T00:00:00")
    page.locator(".as-of button").click()
    expect(page.locator(".empty-word")).to_have_text("当时还没有这张运单的记录")
    page.locator(".as-of a").click()
    expect(page.locator(".belief.is-late")).to_have_count(1)


def test_suspects_are_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "suspects", "/console/suspects")


def test_on_a_narrow_screen_the_list_stands_whole_above_its_panel(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.set_viewport_size({"width": 800, "height": 900})
    page.goto(f"{day.process.url}/console/suspects")
    expect(page.locator(".side .why-line")).to_have_count(3)
    boxes = [page.locator(each).bounding_box() for each in (".beside > .page", ".beside > .side")]
    rows = page.locator(".row-suspect").last.bounding_box()
    assert rows is not None
    above, below = (each for each in boxes if each is not None)
    assert rows["y"] + rows["height"] <= above["y"] + above["height"] <= below["y"] + 1


def test_a_suspects_evidence_stands_beside_it_and_on_the_lanes_too(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/suspects")
    expect(page.locator(".side .detail-waybill")).to_have_attribute("aria-label", SUSPECT)
    expect(page.locator(".side .why-line")).to_have_count(3)
    expect(page.locator(".side .why-line .bar")).to_have_count(3)
    expect(page.locator(".side")).to_contain_text("24 件中 23 件此后已在 021W 扫描，这一件没有")
    expect(page.locator(".side .bar-line .bar-name")).to_have_text(["755W", "021W"])
    expect(page.locator(".side .worth-parts li").first).to_have_text("遗失概率 37%")
    first, second = page.locator(".row-suspect .figure").all_text_contents()
    assert int(first[1:].replace(",", "")) > int(second[1:].replace(",", ""))
    page.locator(".row-suspect").nth(1).click()
    expect(page.locator(".side .bar-line", has_text="没有估计")).to_be_visible()
    page.keyboard.press("v")
    page.locator(f'.dot[aria-label^="{SUSPECT}"]').click()
    expect(page.locator(".side")).to_contain_text("37%")
    expect(page.locator('.dot[aria-pressed="true"]')).to_have_count(1)
    shoot(page, "console-lanes-zh-dark")


def test_a_newer_look_stands_with_its_age_beside_what_the_first_alert_said(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    with looked_again(day, Verdict.SURER, 0.64):
        page.goto(f"{day.process.url}/console/suspects")
        look = page.locator(".side .second-look")
        expect(look).to_contain_text("首次预警 37%；")
        expect(look).to_contain_text("复看 64%")
        expect(look.locator(".chip")).to_have_text("更可能遗失")
        expect(page.locator(".row-suspect").first).to_contain_text("37% → 64%")
        expect(page.locator(".side .worth-parts li").first).to_have_text("遗失概率 64%")
        expect(page.locator(".side .why-line:visible")).to_have_count(3)
        page.locator(".side summary").click()
        expect(page.locator(".side .why-line:visible")).to_have_count(6)
        look_at(page, day, "suspects-surer", "/console/suspects")


def test_what_is_explained_for_now_stands_last_with_its_reason_and_is_searched_for(
    day: LivingHub, day_page: Page
) -> None:
    page, incident = day_page, f"/console/incidents/{day.incidents[SUSPECT]}"
    with looked_again(day, Verdict.CUT_OFF, 0.21):
        look_at(page, day, "suspects-explained", "/console/suspects")
        last = page.locator(".row-suspect").last
        expect(last).to_contain_text("explained for now")
        last.click()
        expect(page.locator(".side .second-look")).to_contain_text("Nothing was heard of 021W")
        expect(page.locator(".side .second-look")).to_contain_text("the search goes on")
        look_at(page, day, "incident-explained", incident)
        expect(page.locator(".second-look")).to_contain_text("First alert 37%; looked at again")
        line = page.locator(".history li").first
        expect(line).to_contain_text("looked at again: explained for now, a site is not heard")
        expect(line).to_contain_text("37% → 21%")


def test_of_a_group_the_look_names_the_parcel_that_it_tells_of(
    day: LivingHub, day_page: Page
) -> None:
    page, waybill, now = day_page, "103000004803", datetime.now(UTC)
    look = look_of(day, waybill, Verdict.DOUBTFUL, 0.21, now)
    with search_looked_at(day, BAG, look, now):
        page.goto(f"{day.process.url}/console/incidents/{day.incidents[BAG]}")
        expect(page.locator(".second-look .chip")).to_have_text("仍存疑")
        whose = page.locator(".why-age", has_text="其中最可能遗失的一件").locator(".waybill")
        expect(whose).to_have_attribute("aria-label", waybill)
        shoot(page, "console-incident-group-zh-dark")


def test_a_query_is_recorded_under_the_persons_name_for_the_shift(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/suspects")
    # What is done before the page is joined to the hub is sent afterwards, in no certain order.
    page.wait_for_function("window.did_handshake")
    page.locator(".ask select").first.select_option("021W")
    page.keyboard.press("q")
    expect(page.locator(".ask-answer")).to_contain_text("已记录：administrator 查询 021W，1 件")
    expect(page.locator(".row-suspect")).to_have_count(1)


def test_skipped_scans_are_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "reads", "/console/reads", until=".row-read.is-chosen")


def test_a_site_sees_how_many_scans_it_skips_where_and_whether_that_gets_better(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/reads")
    rows = page.locator(".rows .row-read")
    expect(rows.first).to_contain_text(SKIPS_MOST)
    expect(rows.first).to_contain_text("漏得比多数多")
    expect(rows.first).to_contain_text("近一周变多")
    expect(rows.filter(has_text=SKIPS_LESS_NOW)).to_contain_text("近一周变少")
    expect(rows.filter(has_text=HAS_FEW)).to_contain_text("只应扫 3 次，太少，不算比例")
    expect(page.locator(".read-network")).to_contain_text("全网中位数")
    page.wait_for_function("window.did_handshake")
    page.keyboard.press("d")
    expect(page.locator('.chip-button[aria-pressed="true"]')).to_have_text("近 28 天")
    expect(rows.filter(has_text=HAS_FEW)).to_contain_text("只应扫 12 次")
    rows.filter(has_text=SKIPS_LITTLE).click()
    side = page.locator(".side")
    expect(side.locator("h2")).to_have_text(SKIPS_LITTLE)
    expect(side.locator(".read-passing", has_text="出去派送时")).to_contain_text("漏 ")
    columns = side.locator("custos-days rect[style*='transparent']")
    expect(columns).to_have_count(WEEKS_DAYS - WEEKS_DAYS // 7)
    shoot(page, "console-reads-chosen-zh-dark")
    side.hover()
    page.mouse.wheel(0, 2_000)
    expect(side.locator("li").last).to_be_in_viewport(ratio=1)
    expect(page.locator("h1")).to_be_in_viewport(ratio=1)
    page.keyboard.press("d")
    expect(page.locator(".read-network")).to_contain_text("今天的漏扫还没数完")
    shoot(page, "console-reads-today-zh-dark")


def test_the_model_is_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "model", "/console/model", until=".model-plot")


def test_the_models_screen_tells_who_judges_how_that_did_and_what_it_does_not_know(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/model")
    expect(page.locator(".model-now h2")).to_have_text("现在由学出来的模型判断（T1–T3）")
    expect(page.locator(".model-facts")).to_contain_text("8,412 件、61,730 段沉默")
    expect(page.locator(".model-night")).to_have_count(12)
    expect(page.locator(".model-night").last).to_contain_text("在用")
    expect(page.locator(".model-night .chip.m-amber")).to_have_count(4)
    expect(page.locator(".model-answer").first).to_contain_text("预算 10，没有超")
    pairs = page.locator(".model-pair")
    expect(pairs).to_have_count(6)
    expect(pairs.nth(1).locator(".model-bar-figure")).to_have_text(["18.4\u00a0h", "26.3\u00a0h"])
    expect(page.locator(".model-dot")).to_have_count(7)
    expect(page.locator(".model-dot.is-few")).to_have_count(2)
    expect(page.locator(".model-drift .bar-name")).to_have_text(f"{DRIFTED_SITE} 深圳中转场")
    expect(page.locator("main.model")).to_contain_text("4.2% 的沉默它没有曲线")
    page.set_viewport_size({"width": 800, "height": 900})
    page.get_by_text("上面的丢件是假想的").scroll_into_view_if_needed()
    shoot(page, "console-model-narrow-zh-dark")


@pytest.mark.parametrize("name", ["shift", "dispatch"])
def test_the_shifts_work_is_readable_for_everybody(
    day: LivingHub, day_page: Page, name: str
) -> None:
    look_at(day_page, day, name, f"/console/{name}")


def test_a_card_of_the_board_leads_to_its_list_which_is_sent_forwarded_and_received(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/shift")
    expect(page.locator(".due-card", has_text="在库")).to_contain_text("755A")
    expect(page.locator(".due-card", has_text="派送中 2 件")).to_contain_text("021W")
    page.locator(".due-card", has_text="发送高价值清单").first.click()
    page.wait_for_url("**/console/dispatch/*")
    for key, done in (("s", "已发送，未转发"), ("f", "已转发，未确认"), ("r", "目的中心已收到")):
        expect(page.locator(".dispatch-acts .button").first).to_be_visible()
        page.keyboard.press(key)
        expect(page.locator(".dispatch .page-head")).to_contain_text(done)
    for row in page.locator(".row-parcel").all():
        expect(row).to_contain_text("021D")
    shoot(page, "console-dispatch-list-zh-dark")
    check_access(page)
    page.goto(f"{day.process.url}/console/shift")
    expect(page.locator(".due-card", has_text="在库")).to_be_visible()


def test_staff_are_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "staff", "/console/staff")


def test_a_new_badge_is_shown_once_in_its_own_window_and_ends_by_a_click(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/staff")
    page.keyboard.press("f")
    page.keyboard.type("李强")
    row = page.locator(".row-staff")
    expect(row).to_have_count(1)
    row.click()
    expect(page.locator(".side")).to_contain_text("谁都能照抄")
    with page.expect_popup() as opened:
        page.locator('.side [data-key="p"]').click()
    expect(opened.value.locator("main.labels")).to_contain_text("李强")
    opened.value.close()
    expect(page.locator(".side .m-green")).to_contain_text("已打印工牌")
    shoot(page, "console-staff-chosen-zh-dark")
    page.get_by_role("button", name="作废工牌").click()
    expect(page.locator(".side .m-grey")).to_contain_text("已作废")


def test_nobody_of_fifty_loses_the_wall_and_each_is_told_of_every_alert_at_once(
    day: LivingHub, day_person: BrowserContext
) -> None:
    cookies = {each["name"]: each["value"] for each in day_person.cookies()}
    times: list[float] = []
    # What else runs on the machine can only add to a round: the best one tells of the wall.
    while len(times) < ROUNDS_MAX and min(times, default=TIMES_BEHIND_MAX) >= TIMES_BEHIND_MAX:
        series = len(times)
        alone_s = median_delay_s(day, cookies, 1, ALERTS_ALONE, series)
        together_s = median_delay_s(day, cookies, WATCHERS, ALERTS, series)
        print(f"half is told within: one watcher {alone_s:.2f} s, {WATCHERS} {together_s:.2f} s")
        times.append(together_s / max(alone_s, ALONE_S_MIN))
    assert min(times) < TIMES_BEHIND_MAX, times


def median_delay_s(
    day: LivingHub, cookies: dict[str, str], count: int, alerts: int, series: int
) -> float:
    """Half of so many watchers' news of so many alerts came sooner; none is lost."""
    committed_at: dict[str, float] = {}
    with watching(day.process.url, cookies, count) as watchers:
        begun = time.monotonic()
        for number in range(alerts):
            waybill = f"1030{series}{count:02d}{number:05d}"
            day.gate.scan_at_once([waybill], Result.HV)
            committed_at[waybill] = time.time()
            due = begun + (number + 1) * 60 / ALERTS_PER_MIN
            time.sleep(max(0.0, due - time.monotonic()))
        wait_until(
            lambda: all(told.keys() >= committed_at.keys() for told in watchers.told_at),
            "every watcher is told of every alert",
            TOLD_S_MAX,
        )
        assert watchers.watching == count
    delays = sorted(s for told_at in watchers.told_at for s in delays_s(committed_at, told_at))
    return delays[len(delays) // 2]
