"""What a handheld may ask for over HTTP, and what strangers get."""

import asyncio
import json
import queue
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
import trustme

from edge import handheld_page
from edge.config import Certificate
from edge.handheld_page import COOKIE, FILES, worker_script
from edge.handheld_store import FILE_NAME, HandheldStore, PairedHandheld, token_sha256
from edge.handheld_talk import HAND_IN_BYTES_MAX, PAIR_BYTES_MAX, HandInProblem, PairRefusal
from edge.metrics import Metrics
from edge.page import STATIC, Page, PageError, PageServer
from edge.station_events import HandheldAnswered, HandheldAsked
from tests.unit.edge.fakes import Desk
from tests.unit.edge.handheld_parts import QUEUE, open_code

CODES = {"code": "123456", "queue": QUEUE}
NOTHING_NEW = {"queue": QUEUE, "forgotten": 0, "clock": None, "scans": []}
SCAN = {
    "n": 1, "at": "2026-11-22T08:00:00.000Z", "code_hex": "373535303030303030303031", "size": 12,
    "result": "clear", "list_version": 0, "kept": False,
}  # fmt: skip


class Served:
    """A page before a real station's core, which answers in a thread of its own."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.desk = Desk().start()
        self.is_silent = False
        self.taken: list[HandheldAsked] = []
        self.asked: queue.Queue[HandheldAsked | None] = queue.Queue()
        self.page = Page(
            Metrics(), lambda: True, print, lambda _: True, self._take, time.monotonic_ns,
            lambda: datetime.now(UTC), has_tls=certificate is not None,
        )  # fmt: skip
        self.server = PageServer(self.page, "127.0.0.1", 0, certificate)
        self.server.start()
        self._thread = threading.Thread(target=self._answer, name="core")
        self._thread.start()

    def _take(self, asked: HandheldAsked) -> bool:
        self.taken.append(asked)
        self.asked.put(asked)
        return True

    def _answer(self) -> None:
        while (asked := self.asked.get()) is not None:
            if self.is_silent:
                continue
            for output in self.desk.step(asked):
                if isinstance(output, HandheldAnswered):
                    self.page.handheld.admit(self.desk.core.handhelds.changed().by_token)
                    self.page.handheld.answer(output.key, output.answer)

    def stop(self) -> None:
        self.asked.put(None)
        self._thread.join(5)
        assert self.server.stop(5)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(handheld_page, "PAIR_PAUSE_S", 0.0)
    found = Served()
    yield found
    found.stop()


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(retries=20)
    with httpx.Client(base_url=served.server.url, trust_env=False, transport=transport) as client:
        yield client


def pair(served: Served, browser: httpx.Client, name: str = "hht-1", queue_id: str = QUEUE) -> str:
    """Pair this browser; its token."""
    asked = {"code": open_code(served.desk, name), "queue": queue_id}
    answer = browser.post("handheld/pair", json=asked)
    assert (answer.status_code, answer.json()) == (200, {"device": name})
    return browser.cookies[COOKIE]


def test_the_page_and_its_worker_come_without_pairing(browser: httpx.Client) -> None:
    assert browser.get("handheld").headers["location"] == "/handheld/"
    page = browser.get("handheld/")
    assert page.status_code == 200
    assert "worker-src 'self'" in page.text
    worker = browser.get("handheld/worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "no-cache" in worker.headers["cache-control"]


def test_a_code_gives_a_cookie_that_no_script_reads(served: Served, browser: httpx.Client) -> None:
    asked = {"code": open_code(served.desk), "queue": QUEUE}
    cookie = browser.post("handheld/pair", json=asked).headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/handheld", "Max-Age="):
        assert part in cookie
    (kept,) = served.desk.store.kept
    assert kept.token_sha256 == token_sha256(browser.cookies[COOKIE])


def test_a_wrong_code_gives_nothing(served: Served, browser: httpx.Client) -> None:
    assert browser.post("handheld/pair", json=CODES).json() == {"problem": PairRefusal.NO_CODE}
    code = open_code(served.desk)
    wrong = {**CODES, "code": f"{(int(code) + 1) % 10**6:06d}"}
    answer = browser.post("handheld/pair", json=wrong)
    assert (answer.status_code, answer.json()) == (403, {"problem": PairRefusal.WRONG})
    again = browser.post("handheld/pair", json={**CODES, "code": code})
    assert (again.status_code, again.json()) == (429, {"problem": PairRefusal.TOO_SOON})
    assert COOKIE not in browser.cookies


def test_tries_to_pair_reach_the_station_one_at_a_time(
    served: Served, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handheld_page, "PAIR_PAUSE_S", 1.5)

    async def try_twice() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=served.server.url, trust_env=False) as client:
            return await asyncio.gather(*(client.post("handheld/pair", json=CODES) for _ in "12"))

    statuses = sorted(answer.status_code for answer in asyncio.run(try_twice()))
    assert statuses == [403, 429]


@pytest.mark.parametrize("cookie", [None, "", "0" * 64, "é"])
def test_who_is_not_paired_hands_in_nothing_and_gets_no_list(
    served: Served, browser: httpx.Client, cookie: str | None
) -> None:
    pair(served, browser)
    browser.cookies.clear()
    headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}".encode()}
    before = served.desk.spool.head_seq
    said = {**NOTHING_NEW, "scans": [SCAN]}
    for answer in (
        browser.post("handheld/hand-in", json=said, headers=headers),
        browser.get("handheld/list", headers=headers),
    ):
        assert (answer.status_code, answer.json()) == (401, {"problem": HandInProblem.NOT_PAIRED})
    assert served.desk.spool.head_seq == before


def test_a_paired_handheld_hands_in_and_has_the_list(served: Served, browser: httpx.Client) -> None:
    pair(served, browser)
    answer = browser.post("handheld/hand-in", json={**NOTHING_NEW, "scans": [SCAN]})
    assert (answer.json()["upto"], answer.json()["told"][0]["screen"]) == (1, "recorded")
    assert "Max-Age=" in answer.headers["set-cookie"]
    copy = browser.get("handheld/list")
    assert copy.json()["rules"][0]["prefix"] == "103"
    assert copy.headers["cache-control"] == "no-store"


def test_another_queue_is_refused_and_the_handheld_keeps_it(
    served: Served, browser: httpx.Client
) -> None:
    pair(served, browser)
    answer = browser.post("handheld/hand-in", json={**NOTHING_NEW, "queue": "c3" * 16})
    assert (answer.status_code, answer.json()) == (409, {"problem": HandInProblem.OTHER_QUEUE})


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("handheld/hand-in", b"x" * (HAND_IN_BYTES_MAX + 1), 413),
        ("handheld/hand-in", b"[]", 422),
        ("handheld/hand-in", b"\xff", 422),
        ("handheld/pair", b"x" * (PAIR_BYTES_MAX + 1), 413),
        ("handheld/pair", b"[" * 200, 422),
    ],
)
def test_nonsense_is_refused_and_costs_no_crash(
    served: Served, browser: httpx.Client, path: str, body: bytes, status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    pair(served, browser)
    assert browser.post(path, content=body).status_code == status
    assert caplog.records == []


def test_a_station_that_does_not_answer_is_called_busy(
    served: Served, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair(served, browser)
    monkeypatch.setattr(handheld_page, "TIMEOUT_S", 0.05)
    served.is_silent = True
    for answer in (
        browser.post("handheld/hand-in", json=NOTHING_NEW),
        browser.get("handheld/list"),
    ):
        assert (answer.status_code, answer.json()) == (503, {"problem": HandInProblem.BUSY})


def test_one_hand_in_with_scans_is_taken_at_a_time(
    served: Served, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cabled scan waits for one handheld's commits, not for all of theirs."""
    monkeypatch.setattr(handheld_page, "TIMEOUT_S", 0.3)
    tokens = [pair(served, browser)]
    browser.cookies.clear()
    tokens.append(pair(served, browser, "hht-2", "b2" * 16))
    served.is_silent = True
    served.taken.clear()
    said = {**NOTHING_NEW, "scans": [SCAN]}

    async def hand_in(client: httpx.AsyncClient, token: str) -> float:
        answer = await client.post(
            "handheld/hand-in", json=said, headers={"Cookie": f"{COOKIE}={token}"}
        )
        assert answer.json() == {"problem": HandInProblem.BUSY}
        return time.monotonic()

    async def all_at_once() -> list[float]:
        async with httpx.AsyncClient(base_url=served.server.url, trust_env=False) as client:
            return await asyncio.gather(*(hand_in(client, t) for t in [*tokens, tokens[0]]))

    ended = sorted(asyncio.run(all_at_once()))
    # The third, of a handheld that is being heard already, is turned away and does not wait.
    assert len(served.taken) == 2
    assert ended[2] - ended[1] > 0.2


def test_a_worker_is_another_one_as_soon_as_any_file_differs(tmp_path: Path) -> None:
    for name in (*FILES, "worker.js"):
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    first = worker_script(tmp_path)
    assert worker_script(tmp_path) == first == worker_script(STATIC)
    (tmp_path / "words.js").write_text("// another")
    assert worker_script(tmp_path) != first


# ---------------------------------------------------------------- on the network


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certificate]:
    folder = tmp_path_factory.mktemp("tls")
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    for pem in issued.cert_chain_pems:
        pem.write_to_path(folder / "cert.pem", append=True)
    yield Certificate(folder / "cert.pem", folder / "key.pem")


def test_with_a_certificate_it_is_https_and_the_cookie_never_goes_without(
    certificate: Certificate,
) -> None:
    served = Served(certificate)
    context = ssl.create_default_context(cafile=certificate.cert)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        assert served.server.url.startswith("https://")
        with httpx.Client(
            base_url=served.server.url, trust_env=False,
            transport=httpx.HTTPTransport(retries=20, verify=context),
        ) as browser:  # fmt: skip
            asked = {"code": open_code(served.desk), "queue": QUEUE}
            assert "Secure" in browser.post("handheld/pair", json=asked).headers["set-cookie"]
    finally:
        served.stop()


def test_a_certificate_that_cannot_be_used_is_one_sentence(
    certificate: Certificate, tmp_path: Path
) -> None:
    page = Page(
        Metrics(), lambda: True, print, lambda _: True, lambda _: True, time.monotonic_ns,
        lambda: datetime.now(UTC), has_tls=True,
    )  # fmt: skip
    (tmp_path / "empty.pem").write_text("")
    for wrong in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(PageError, match=r"station\.tls_cert and tls_key"):
            PageServer(page, "127.0.0.1", 0, Certificate(wrong, certificate.key))


# ---------------------------------------------------------------- on the disk


def test_paired_handhelds_are_kept_and_a_damaged_file_is_not_believed(tmp_path: Path) -> None:
    store = HandheldStore(tmp_path)
    assert store.load() == ()
    kept = PairedHandheld(
        name="hht-1", token_sha256="a" * 64, queue=QUEUE, paired_at="2026-11-22T08:00:00.000Z"
    )
    store.save((kept,))
    assert HandheldStore(tmp_path).load() == (kept,)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0
    for damage in (b"", b"{}", msgspec.json.encode({"handhelds": [{"name": "hht 1"}]})):
        (tmp_path / FILE_NAME).write_bytes(damage)
        with pytest.raises(ValueError):
            store.load()


def test_the_list_of_the_page_s_files_is_what_its_worker_keeps() -> None:
    told = worker_script(STATIC).splitlines()[1]
    paths = json.loads(told.removeprefix("const FILES = ").removesuffix(";"))
    assert paths == [f"/static/{name}" for name in FILES if name != "handheld.html"]
