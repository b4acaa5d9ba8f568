"""A browser handheld on a real edge: paired, offline for 300 scans, back without loss (P1-P3)."""

import json
import re
import signal
import time
from collections.abc import Callable, Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from websockets.sync.client import connect

from edge.scan_lines import body_hash
from tests.browser.accessibility import check_access
from tests.browser.screenshots import shoot
from tests.integration.edge.rig import House, open_house
from wire.bodies import PrivateBody
from wire.events import Scan
from wire.names import Result

pytestmark = pytest.mark.browser

HANDHELD = {"width": 360, "height": 640}
AMBER, GREEN, RED = "rgb(244, 178, 27)", "rgb(10, 106, 60)", "rgb(180, 18, 27)"
OFFLINE_SCANS = 300
PLAIN, HV = "755000000001", "103000000001"
WAIT_S = 40.0
SPY = """
window.tones = []; window.shakes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  window.tones.push(this.frequency.value);
  return start.call(this, at);
};
navigator.vibrate = () => { window.shakes += 1; return true; };
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house")) as found:
        found.edge.start()
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=HANDHELD)  # type: ignore[arg-type]  # a plain dict
    context.add_init_script(SPY)
    yield context
    context.close()


def until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def open_page(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("close", lambda: _no(errors))
    page.goto(url)
    return page


def _no(errors: list[str]) -> None:
    assert errors == []


def url_of(house: House, path: str = "") -> str:
    return f"http://127.0.0.1:{house.edge.port}/{path}"


def pair(house: House, context: BrowserContext, name: str) -> Page:
    """As people do it: a code from the station page, typed on the handheld's keypad."""
    station = open_page(context, url_of(house))
    station.set_viewport_size({"width": 1280, "height": 800})
    station.locator(".dock-handhelds").click()
    station.locator(".panel input").fill(name)
    station.locator(".panel .send").click()
    code = station.locator(".pair-code .code")
    expect(code).to_have_text(re.compile("^[0-9]{6}$"))
    shoot(station, "handheld-code-zh")
    page = open_page(context, url_of(house, "handheld"))
    expect(page.locator(".pairing")).to_be_visible()
    shoot(page, "handheld-pairing-zh")
    check_access(page)
    for digit in code.inner_text():
        page.locator(".key", has_text=digit).click()
    expect(page.locator("#footer .fact")).to_have_count(4)
    expect(station.locator(".handheld-row", has_text=name)).to_be_visible()
    station.close()
    until(lambda: own_list_version(page) == house.hub.wanted.version, "the handheld has the list")
    page.wait_for_function("navigator.serviceWorker.ready")
    return page


OWN_LIST_VERSION = """() => new Promise((resolve) => {
  const opening = indexedDB.open("custos-handheld");
  opening.onsuccess = () => {
    const facts = opening.result.transaction("facts").objectStore("facts");
    facts.get("list").onsuccess = (event) => resolve(event.target.result?.version ?? 0);
    opening.result.close();
  };
})"""


def own_list_version(page: Page) -> int:
    return int(page.evaluate(OWN_LIST_VERSION))


def scan(page: Page, code: str) -> None:
    """As a wedge that puts whole texts into the focused field."""
    page.keyboard.insert_text(code)
    page.keyboard.press("Enter")


def stage_colour(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.getElementById('stage')).backgroundColor"))


WORD_BREAKS = """() => {
  const word = document.querySelector(".word");
  const probe = word.cloneNode(true);
  probe.style.cssText = "position:absolute;width:min-content;overflow-wrap:normal";
  word.after(probe);
  const isEnglish = document.documentElement.lang === "en";
  const breaks = isEnglish && probe.offsetWidth > word.parentElement.offsetWidth;
  probe.remove();
  return breaks;
}"""


def fits(page: Page, name: str) -> None:
    """Both languages fit a handheld's width, and nobody has to hunt for a word."""
    for language in ("en", "zh"):
        page.locator("#language").click()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
        assert page.evaluate("document.documentElement.scrollWidth") <= HANDHELD["width"]
        width_px = page.evaluate(
            "(w => w.scrollWidth - w.clientWidth)(document.querySelector('.stage'))"
        )
        assert width_px == 0, (name, language)
        assert page.evaluate(WORD_BREAKS) is False
        shoot(page, f"handheld-{name}-{language}")
    check_access(page)


def queued(page: Page) -> str:
    return page.locator("#footer .fact .value").first.inner_text()


def of(house: House, device: str) -> list[Scan]:
    events = [event for event in house.hub.events() if isinstance(event, Scan)]
    return [event for event in events if event.device == device]


def codes_of(house: House, scans: list[Scan]) -> list[str | None]:
    """What was scanned, also where only a private body holds it; None until that has come."""
    bodies = [msgspec.json.decode(line, type=PrivateBody) for line in house.hub.bodies.values()]
    private = {body_hash(body): json.loads(body.body)["text"] for body in bodies}
    return [scan.text or private.get(scan.body or "") for scan in scans]


def test_a_paired_handheld_scans_and_is_answered(house: House, context: BrowserContext) -> None:
    page = pair(house, context, "hht-1")
    page.keyboard.type(PLAIN)
    page.keyboard.press("Enter")
    expect(page.locator("#stage .word")).to_have_text("已记录")
    assert stage_colour(page) == GREEN
    shoot(page, "handheld-recorded-zh")
    scan(page, HV)
    expect(page.locator("#stage .word")).to_have_text("特殊安全产品(高价值)快件")
    assert stage_colour(page) == RED
    assert page.evaluate("window.tones.slice(-3)") == [2400, 2400, 2400]
    assert page.evaluate("window.shakes") >= 2
    shoot(page, "handheld-wanted-zh")
    check_access(page)
    page.locator(".ack").click()
    expect(page.locator(".acked")).to_be_visible()
    page.goto(url_of(house, "handheld/?lang=en"))
    expect(page.locator("#link")).to_have_text("Online")
    scan(page, "CX:STEP:load")
    expect(page.locator("#stage .word")).to_have_text("Step")
    expect(page.locator("#footer")).to_contain_text("Load")
    until(lambda: len(of(house, "hht-1")) == 3, "three scans at the hub")
    assert [found.queued for found in of(house, "hht-1")] == [None] * 3
    assert page.evaluate("document.documentElement.scrollWidth") <= HANDHELD["width"]


def test_three_hundred_scans_without_network_arrive_once_and_in_order(
    house: House, context: BrowserContext
) -> None:
    page = pair(house, context, "hht-2")
    codes = [f"7551{number:08d}" for number in range(OFFLINE_SCANS)]
    labels = {0: "CX:BY:t0k3n", 1: "CX:STEP:load", 2: "CX:VEH:veh7", 40: HV, 100: "not-a-parcel"}
    for place, code in {**labels, 200: "CX:STEP:unload", 299: "CX:END"}.items():
        codes[place] = code
    context.set_offline(True)
    scan(page, codes[0])
    expect(page.locator("#stage .word")).to_have_text("已暂存")
    assert stage_colour(page) == AMBER
    assert page.evaluate("window.tones").count(2000) == 0  # P1: never the good-read
    fits(page, "kept")
    for code in codes[1:41]:
        scan(page, code)
    expect(page.locator("#stage .word")).to_have_text("特殊安全产品(高价值)快件")
    expect(page.locator("#band")).to_have_text("已暂存 未上传")
    assert page.evaluate("window.tones.slice(-3)") == [2400, 2400, 2400]  # P3
    fits(page, "wanted-offline")
    for code in codes[41:150]:
        scan(page, code)
    expect(page.locator("#footer")).to_contain_text("150 条")
    page.reload()  # a cold start, from the service worker
    expect(page.locator("#footer")).to_contain_text("150 条")
    expect(page.locator("#link")).to_have_text("离线")
    for code in codes[150:]:
        scan(page, code)
    expect(page.locator("#footer")).to_contain_text("300 条")
    assert of(house, "hht-2") == []
    context.set_offline(False)
    until(lambda: queued(page) == "0 条", "the queue is handed in")
    until(lambda: len(of(house, "hht-2")) >= OFFLINE_SCANS, "all are at the hub")
    found = of(house, "hht-2")
    until(lambda: None not in codes_of(house, found), "the private bodies too")
    assert codes_of(house, found) == codes
    assert [scan.queued.n for scan in found if scan.queued] == list(range(1, OFFLINE_SCANS + 1))
    assert [scan.at for scan in found] == sorted(scan.at for scan in found)
    assert {scan.step for scan in found[3:200]} == {"load"}
    assert found[40].queued is not None
    assert (found[40].queued.result, found[40].result) == (Result.HV, Result.HV)


def test_an_edge_killed_while_a_queue_is_handed_in_loses_and_doubles_nothing(
    house: House, context: BrowserContext
) -> None:
    """SIGKILL before a commit, then after one and before its answer: both forms of the fault."""
    page = pair(house, context, "hht-3")
    codes = [f"7552{number:08d}" for number in range(60)]
    context.set_offline(True)
    house.edge.stop()
    for code in codes:
        scan(page, code)
    expect(page.locator("#footer")).to_contain_text("60 条")
    context.set_offline(False)
    for point in ("before_commit:14", "after_commit:21"):
        house.edge.env["CUSTOS_FAIL_POINT"] = point
        house.edge.launch()
        assert house.edge.wait() == -signal.SIGKILL
        assert queued(page) != "0 条"
    del house.edge.env["CUSTOS_FAIL_POINT"]
    scan(page, "755299999999")
    house.edge.start()
    until(lambda: queued(page) == "0 条", "the queue is handed in")
    until(lambda: len(of(house, "hht-3")) > len(codes), "all are at the hub")
    assert codes_of(house, of(house, "hht-3")) == [*codes, "755299999999"]


def test_a_wedge_is_heard_whatever_has_the_focus_and_a_hand_is_not(
    house: House, context: BrowserContext
) -> None:
    page = pair(house, context, "hht-4")
    page.locator("#language").focus()
    for key in ("9", "9", "Control+]", "1"):  # GS as wedges press it
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#stage .word")).to_have_text("不是运单")
    page.evaluate("document.activeElement.blur()")
    scan(page, f"{PLAIN}\n{HV}")  # two codes in one burst: one after the other
    expect(page.locator("#stage .word")).to_have_text("特殊安全产品(高价值)快件")
    scan(page, HV)  # Enter on a focused button acknowledges nothing, it ends a code
    expect(page.locator(".ack")).to_be_visible()
    page.keyboard.type("75", delay=250)
    page.keyboard.press("Enter")
    until(lambda: len(of(house, "hht-4")) >= 3, "the scans")
    found = of(house, "hht-4")
    until(lambda: None not in codes_of(house, found), "their bodies")
    assert codes_of(house, found)[:3] == ["99\x1d1", PLAIN, HV]
    assert "75" not in codes_of(house, found)


def test_what_only_the_edge_knows_sounds_late_and_a_full_handheld_refuses(
    house: House, context: BrowserContext
) -> None:
    page = pair(house, context, "hht-5")
    wanted = "755300000001"
    context.set_offline(True)
    scan(page, wanted)
    expect(page.locator("#stage .word")).to_have_text("已暂存")
    house.hub.push_entry(wanted)
    version = house.hub.wanted.version
    until(lambda: house.edge.page()["list"]["version"] == version, "the edge has the entry")
    context.set_offline(False)
    expect(page.locator("#stage .word")).to_have_text("禁止流转")
    expect(page.locator("#band")).to_contain_text("补报警")
    fits(page, "late-stop")
    page.locator(".ack").click()
    expect(page.locator("#band")).to_be_visible()
    until(lambda: own_list_version(page) == version, "the handheld has the entry, too")
    (line,) = of(house, "hht-5")
    assert line.queued is not None
    assert (line.queued.result, line.result) == (Result.CLEAR, Result.STOP)
    context.set_offline(True)
    page.evaluate(FILL, 5000)
    scan(page, PLAIN)
    expect(page.locator("#stage .word")).to_have_text("未记录")
    assert stage_colour(page) == RED
    fits(page, "full")


FILL = """(count) => new Promise((resolve) => {
  const opening = indexedDB.open("custos-handheld");
  opening.onsuccess = () => {
    const filling = opening.result.transaction("scans", "readwrite");
    for (let i = 0; i < count; i += 1) filling.objectStore("scans").add({ filled: true });
    filling.oncomplete = () => { opening.result.close(); resolve(); };
  };
})"""


def test_a_revoked_handheld_asks_to_be_paired_and_keeps_its_queue(
    house: House, context: BrowserContext
) -> None:
    page = pair(house, context, "hht-6")
    context.set_offline(True)
    scan(page, PLAIN)
    expect(page.locator("#stage .word")).to_have_text("已暂存")
    context.set_offline(False)
    until(lambda: queued(page) == "0 条", "the queue is handed in")
    context.set_offline(True)
    scan(page, HV)
    expect(page.locator("#band")).to_be_visible()
    revoke(house, "hht-6")
    context.set_offline(False)
    expect(page.locator(".pairing")).to_contain_text("1 条未上传")
    page.close()
    pair(house, context, "hht-7")
    until(lambda: len(of(house, "hht-7")) == 1, "the scan that waited")
    assert [scan.queued.n for scan in of(house, "hht-7") if scan.queued] == [2]


def revoke(house: House, name: str) -> None:
    with connect(f"ws://127.0.0.1:{house.edge.port}/ws", proxy=None) as station:
        station.send(json.dumps({"type": "revoke", "key": "e" * 32, "name": name}))
        while json.loads(station.recv(timeout=10))["type"] != "answer":
            pass
