"""The station page's server on a real socket: who may talk to it, and what it tells."""

import json
import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import zxingcpp
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from edge import page as page_module
from edge.forms import AnyForm, Refusal
from edge.metrics import Metrics
from edge.page import CLIENTS_MAX, Page, PageError, PageServer
from edge.station_events import HandheldAsked
from tests.rig.programs import wait_until

AT = datetime(2026, 11, 22, 1, 2, 3, 456_000, tzinfo=UTC)


class Served:
    """A page that is served, and what it heard."""

    def __init__(self) -> None:
        self.is_ready = True
        self.acks: queue.Queue[int] = queue.Queue()
        self.forms: queue.Queue[AnyForm] = queue.Queue()
        self.asked: queue.Queue[HandheldAsked] = queue.Queue()
        self.takes_forms = True
        self.page = Page(
            Metrics(),
            lambda: self.is_ready,
            self.acks.put,
            self._take,
            self._take_asked,
            time.monotonic_ns,
            lambda: AT,
            has_tls=False,
        )
        self.server = PageServer(self.page, "127.0.0.1", 0)
        self.server.start()

    def _take(self, form: AnyForm) -> bool:
        if self.takes_forms:
            self.forms.put(form)
        return self.takes_forms

    def _take_asked(self, asked: HandheldAsked) -> bool:
        self.asked.put(asked)
        return True

    def get(self, path: str, host: str | None = None) -> httpx.Response:
        headers = {"Host": host} if host else {}
        return httpx.get(self.server.url + path, headers=headers, trust_env=False)

    def talk(self, **headers: str) -> ClientConnection:
        url = f"ws://127.0.0.1:{self.server.port}/ws"
        return connect(url, additional_headers=headers, proxy=None, max_size=None)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    (tmp_path / "index.html").write_text("<!doctype html><title>station</title>")
    (tmp_path / "clock.html").write_text("<!doctype html><title>摄像头</title>", encoding="utf-8")
    (tmp_path / "station.js").write_text("export {};")
    monkeypatch.setattr(page_module, "STATIC", tmp_path)
    found = Served()
    with httpx.Client(trust_env=False, transport=httpx.HTTPTransport(retries=20)) as client:
        client.get(found.server.url + "healthz")
    yield found
    assert found.server.stop(5)
    assert [t.name for t in threading.enumerate() if t.name == "page"] == []


def test_page_and_static_files_are_served_with_strict_headers(served: Served) -> None:
    for path in ("", "static/station.js"):
        answer = served.get(path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-cache"
    assert served.get("static/../edge.toml").status_code == 404
    assert served.get("docs").status_code == 404


def test_health_ready_and_figures(served: Served) -> None:
    assert served.get("healthz").text == "ok"
    assert served.get("readyz").status_code == 200
    served.is_ready = False
    assert served.get("readyz").status_code == 503
    assert "custos_edge_scans" in served.get("metrics").text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::1"])
def test_a_request_under_another_name_is_refused(served: Served, host: str) -> None:
    assert served.get("", host=host).status_code == 403
    assert served.get("readyz", host=f"{host}:80").status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "", "http://[", "https://{own}"]
)
def test_a_foreign_page_may_not_open_the_socket(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        served.talk(Origin=origin.format(own=f"127.0.0.1:{served.server.port}"))


def test_our_own_page_may(served: Served) -> None:
    served.page.show("{}")
    with served.talk(Origin=f"http://127.0.0.1:{served.server.port}") as socket_:
        assert socket_.recv(timeout=5) == "{}"


def test_the_newest_state_comes_at_once_and_after_each_change(served: Served) -> None:
    served.page.show('{"n":1}')
    with served.talk() as one, served.talk() as two:
        assert one.recv(timeout=5) == two.recv(timeout=5) == '{"n":1}'
        served.page.show('{"n":2}')
        assert one.recv(timeout=5) == two.recv(timeout=5) == '{"n":2}'


def test_a_touch_is_heard_with_the_alarm_that_it_means(served: Served) -> None:
    with served.talk() as socket_:
        socket_.send(json.dumps({"type": "ack", "seq": 12}))
        assert served.acks.get(timeout=5) == 12


def test_a_page_that_floods_waits_in_its_own_socket(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "LISTEN_PAUSE_S", 60)
    with served.talk() as flood, served.talk() as other:
        for _ in range(1000):
            flood.send('{"type":"ack","seq":1}')
        assert served.acks.get(timeout=5) == 1
        other.send('{"type":"ack","seq":2}')
        assert served.acks.get(timeout=5) == 2
        assert served.acks.empty()


KEYS = ("1" * 32, "2" * 32)


def form(key: str = KEYS[0], signer_id: str = "440301199001011234") -> str:
    said = {"type": "deliver", "key": key, "waybill": "103000000001", "signer_name": "张三"}
    return json.dumps({**said, "signer_id": signer_id})


def answer_to(socket_: ClientConnection) -> dict[str, object]:
    found: dict[str, object] = json.loads(socket_.recv(timeout=5))
    return found


def test_a_form_is_answered_to_the_page_that_sent_it_and_only_after_the_station(
    served: Served,
) -> None:
    with served.talk() as sender, served.talk() as other:
        sender.send(form())
        taken = served.forms.get(timeout=5)
        assert taken.key == KEYS[0]
        with pytest.raises(TimeoutError):
            sender.recv(timeout=0.2)
        served.page.answer(taken.key, None)
        assert answer_to(sender) == {
            "type": "answer", "key": KEYS[0], "recorded": True, "reason": None,
        }  # fmt: skip
        with pytest.raises(TimeoutError):
            other.recv(timeout=0.2)


def test_one_form_of_a_page_is_under_way_at_a_time(served: Served) -> None:
    with served.talk() as sender:
        for key in KEYS:
            sender.send(form(key))
        assert served.forms.get(timeout=5).key == KEYS[0]
        with pytest.raises(queue.Empty):
            served.forms.get(timeout=0.3)
        served.page.answer(KEYS[0], Refusal.NOT_DELIVERED)
        assert answer_to(sender)["reason"] == "not_delivered"
        assert served.forms.get(timeout=5).key == KEYS[1]
        served.page.answer(KEYS[1], None)
        assert answer_to(sender)["recorded"] is True


def test_a_form_that_no_answer_comes_to_is_called_unsure_and_a_late_answer_is_lost(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "FORM_TIMEOUT_S", 0.1)
    with served.talk() as sender:
        sender.send(form())
        assert answer_to(sender)["reason"] == "unsure"
        served.page.answer(KEYS[0], None)
        sender.send(form())  # the same key: the station knows it
        assert served.forms.qsize() >= 1
        assert answer_to(sender)["reason"] == "unsure"


def test_a_form_that_the_station_cannot_take_is_called_busy(served: Served) -> None:
    served.takes_forms = False
    with served.talk() as sender:
        sender.send(form())
        assert answer_to(sender)["reason"] == "busy"


def test_two_pages_with_one_key_are_not_mixed_up(served: Served) -> None:
    with served.talk() as one, served.talk() as two:
        one.send(form())
        served.forms.get(timeout=5)
        two.send(form())
        assert answer_to(two)["reason"] == "busy"
        served.page.answer(KEYS[0], None)
        assert answer_to(one)["recorded"] is True


def test_a_page_that_leaves_with_a_form_under_way_leaves_nothing_behind(served: Served) -> None:
    with served.talk() as sender:
        sender.send(form())
        served.forms.get(timeout=5)
    served.page.answer(KEYS[0], None)
    with served.talk() as again:
        again.send(form(KEYS[1]))
        assert served.forms.get(timeout=5).key == KEYS[1]
        served.page.answer(KEYS[1], None)
        assert answer_to(again)["recorded"] is True


@pytest.mark.parametrize(
    "message",
    [
        "", "ack", "[]", '{"type":1}', '{"type":"ack"}', '{"type":"ack","seq":"1"}',
        '{"type":"ack","seq":0}', '{"type":"scan","seq":1}',
        '{"type":"ack","seq":1,"more":1}', form(signer_id=""), form(key="1"), "x" * 5000,
        b"", b"\xff", b'{"type":"ack","seq":1}',
    ],
)  # fmt: skip
def test_a_page_that_talks_nonsense_is_cut_off(
    served: Served, message: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with served.talk() as socket_:
        socket_.send(message)
        with pytest.raises(ConnectionClosed):
            socket_.recv(timeout=5)
    assert served.acks.empty()
    assert served.forms.empty()
    assert caplog.records == []  # a stranger's nonsense is not our crash


def test_no_more_pages_than_the_bound(served: Served) -> None:
    served.page.show("{}")
    with ExitStack() as stack:
        for _ in range(CLIENTS_MAX):
            assert stack.enter_context(served.talk()).recv(timeout=5) == "{}"
        with served.talk() as one_too_many, pytest.raises(ConnectionClosed):
            one_too_many.recv(timeout=5)
    with served.talk() as again:
        assert again.recv(timeout=5) == "{}"


def test_a_page_that_takes_nothing_is_dropped(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "SEND_TIMEOUT_S", 0.1)
    slow = socket.create_connection(("127.0.0.1", served.server.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    slow.recv(100)
    served.page.show("x" * 20_000_000)
    with served.talk() as quick:
        assert len(quick.recv(timeout=10)) == 20_000_000
        served.page.show("{}")
        assert quick.recv(timeout=10) == "{}"
    slow.close()


def test_a_page_that_reads_nothing_keeps_no_connection(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "UNREAD_MS_MAX", 300)
    monkeypatch.setattr(page_module, "SEND_TIMEOUT_S", 0.1)
    other = Served()
    try:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", other.server.port))
            deaf.sendall(
                b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                b"Sec-WebSocket-Version: 13\r\n\r\n"
            )
            assert deaf.recv(12) == b"HTTP/1.1 101"
            other.page.show("x" * 20_000_000)
            connections = other.server._server.server_state.connections
            wait_until(lambda: not connections, "it is hung up on", 10)
    finally:
        other.server.stop(5)


def test_a_taken_port_is_one_sentence(served: Served) -> None:
    with pytest.raises(PageError, match="Address already in use"):
        PageServer(served.page, "127.0.0.1", served.server.port)


def test_the_clock_for_cameras_is_a_code_of_the_edges_own_time(served: Served) -> None:
    page = served.get("clock")
    assert page.status_code == 200
    assert "摄像头" in page.text
    code = served.get("clock/code.svg?1")
    assert code.headers["content-type"] == "image/svg+xml"
    assert code.headers["cache-control"] == "no-store"
    drawn = zxingcpp.create_barcode("CX:CLOCK:1795309323456", zxingcpp.BarcodeFormat.QRCode)
    assert code.text == drawn.to_svg()


def test_without_the_video_libraries_there_is_no_code(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    assert served.get("clock/code.svg").status_code == 404
