"""Requests to a hub that accepts, refuses, hangs up or is not there."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from simulators.hub_rest import HubRest, HubRestError, is_ready


class Hub(BaseHTTPRequestHandler):
    got: list[tuple[str, str, dict[str, str]]]

    def do_GET(self) -> None:
        if self.path.startswith("/api/v1/"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"items": [7]}'[: int(self.path.removeprefix("/api/v1/"))])
            return
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((self.path, self.headers["Authorization"], body))
        good = self.headers["Authorization"] == "Bearer good"
        self.send_response(200 if good else 401)
        self.end_headers()
        self.wfile.write(b'{"title":"who are you?"}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Hub.got = []
    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(5)


def test_an_entry_is_put_as_the_interface_says(url: str) -> None:
    entry = {"result": "stop", "reason": "破损"}
    HubRest(url, "good").send("PUT", "wanted/755000000001", entry)
    assert Hub.got == [
        (
            "/api/v1/wanted/755000000001",
            "Bearer good",
            {"result": "stop", "reason": "破损"},
        )
    ]


def test_a_refusal_says_what_the_hub_said(url: str) -> None:
    with pytest.raises(HubRestError, match=r"the hub answered 401: .*who are you"):
        HubRest(url, "bad").send("PUT", "wanted/755000000001", {})


def test_what_is_asked_for_comes_as_json_and_half_of_it_is_an_error(url: str) -> None:
    hub = HubRest(url, "good")
    assert hub.get("14") == {"items": [7]}
    for half in ("7", "0"):
        with pytest.raises(HubRestError, match="cannot be read"):
            hub.get(half)


def test_a_hub_that_is_not_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(HubRestError, match="the hub did not answer"):
        HubRest(f"http://127.0.0.1:{port}", "good").send("PUT", "wanted/755000000001", {})
    assert not is_ready(f"http://127.0.0.1:{port}/readyz")


def test_a_server_that_speaks_no_http_is_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(1024)
            connection.sendall(b"220 smtp\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        assert not is_ready(f"http://127.0.0.1:{server.getsockname()[1]}/readyz")
        thread.join(5)


def test_only_200_is_ready(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert is_ready(f"{url}/200")
    assert not is_ready(f"{url}/503")
    assert not is_ready(f"{url}/204")
