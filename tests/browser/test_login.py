"""Login, account and labels in a real browser: plain forms, both languages, both themes.

The hub's own application on a port of this machine, without its other roles.
"""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from hub.access.accounts import add_account, hash_password
from hub.access.rules import Role
from hub.app import create_app
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import upgrade
from hub.network import Network, Place, Site, SiteKind, Staff
from tests.browser.accessibility import check_access
from tests.browser.screenshots import shoot
from tests.hub_parts import HubHome, open_hub
from tests.rig.programs import wait_until
from wire.site_pack import Duty

pytestmark = pytest.mark.browser

PASSWORD, OWN = "correct horse battery", "staple of my own choice"
NETWORK = Network(
    site=(Site(code="755A", name="南山分点部", kind=SiteKind.BRANCH, region="south"),),
    place=(Place(site="755A", id="cage-1", kind="cage"),),
    staff=(
        Staff(badge="1001", name="李雷", duty=Duty.COURIER, site="755A"),
        Staff(badge="1002", name="韩梅梅", duty=Duty.WAREHOUSE_KEEPER, site="755A"),
    ),
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubHome]:
    """A hub with a supervisor's account."""
    folder: Path = tmp_path_factory.mktemp("hub")
    url = parse_url(None, folder)
    database = open_database(url)
    upgrade(url, database)
    database.close()
    with open_hub(folder, url, NETWORK) as home:
        hashed = hash_password(PASSWORD)
        with home.database.writing() as tx:
            now = home.clock.now()
            add_account(tx, "li.lei", Role.SUPERVISOR, frozenset({"755A"}), hashed, "test", now)
        yield home


@pytest.fixture(scope="module")
def url(hub: HubHome) -> Iterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = create_app(hub.web())
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=10))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
    thread.start()
    wait_until(lambda: server.started, "the server has started")
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Page]:
    """A desk's browser that nobody has used before."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def dress(page: Page, url: str, language: str, theme: str) -> None:
    page.context.add_cookies(
        [
            {"name": "custos_language", "value": language, "url": url},
            {"name": "custos_theme", "value": theme, "url": url},
        ]
    )


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("language", "title"), [("zh", "登录"), ("en", "Sign in")])
def test_a_stranger_is_asked_who_they_are_wherever_they_come(
    desk: Page, url: str, language: str, theme: str, title: str
) -> None:
    dress(desk, url, language, theme)
    answer = desk.goto(f"{url}/console/parcels/103000000001")
    assert answer is not None
    assert answer.status == 401
    expect(desk.get_by_role("heading", name=title)).to_be_visible()
    check_access(desk)
    shoot(desk, f"login-{language}-{theme}")
    desk.get_by_label("账号" if language == "zh" else "Account").fill("li.lei")
    desk.get_by_label("密码" if language == "zh" else "Password").fill("wrong")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("不对" if language == "zh" else "wrong")
    check_access(desk)
    shoot(desk, f"login-wrong-{language}-{theme}")


def test_a_supervisor_logs_in_by_keyboard_changes_the_password_and_prints_a_badge(
    desk: Page, url: str, hub: HubHome
) -> None:
    desk.goto(f"{url}/login")
    # A page takes keys from its first frame on, which may come after it has loaded.
    expect(desk.get_by_label("账号")).to_be_focused()
    desk.keyboard.type("li.lei")
    desk.keyboard.press("Tab")
    desk.keyboard.type(PASSWORD)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("此密码由他人设置")
    check_access(desk)
    shoot(desk, "account-must-zh-dark")
    desk.get_by_label("当前密码").fill(PASSWORD)
    desk.get_by_label("新密码", exact=True).fill(OWN)
    desk.get_by_label("再输一次新密码").fill(OWN)
    desk.get_by_role("button", name="修改密码").click()
    expect(desk.get_by_role("alert")).to_contain_text("密码已修改")
    desk.get_by_label("语言").select_option("en")
    desk.get_by_label("外观").select_option("light")
    desk.get_by_role("button", name="保存").click()
    desk.goto(f"{url}/account")
    expect(desk.get_by_role("heading", name="My account")).to_be_visible()
    check_access(desk)
    shoot(desk, "account-en-light")
    desk.goto(f"{url}/console/labels?site=755A&bag=B-1")
    expect(desk.get_by_text("CX:PLACE:cage-1")).to_be_visible()
    check_access(desk)
    shoot(desk, "labels-en-light")
    desk.emulate_media(media="print")
    expect(desk.get_by_role("button", name="Show the labels")).to_be_hidden()
    shoot(desk, "labels-print")
    desk.emulate_media(media="screen")
    desk.get_by_role("row", name="韩梅梅").get_by_role("button").click()
    expect(desk.get_by_text("CX:BY:")).to_be_visible()
    check_access(desk)
    shoot(desk, "badge-en-light")
    assert hub.count("staff_badge") == 1
    desk.goto(f"{url}/account")
    desk.get_by_role("button", name="This browser").click()
    expect(desk.get_by_role("heading", name="Sign in")).to_be_visible()
