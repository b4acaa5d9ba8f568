"""What the edge stands between, real enough: a scanner's pty, a broker, a hub that keeps lines."""

import contextlib
import hashlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from websockets.sync.client import connect

from ledger.chain import ChainHead, extend
from ledger.keys import SigningKey, key_hash
from ledger.signing import message_type, open_sealed, peek, seal
from wire.envelope import split_lines
from wire.events import Event, Scan, line_hash, parse_line
from wire.limits import (
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    BODIES_BYTES_MAX,
    BODIES_PER_MESSAGE_MAX,
    MESSAGE_BYTES_MAX,
)
from wire.messages import (
    Batch,
    Bodies,
    Enrol,
    Enrolled,
    Fetch,
    Gone,
    Problem,
    Receipt,
    SpoolHead,
    State,
    WantedDelta,
    WantedSnapshot,
)
from wire.names import ZERO_HEAD, format_at
from wire.topics import HUB_SUBSCRIPTIONS, Channel, Topic
from wire.wanted import (
    ListHead,
    WantedEntry,
    WantedResult,
    WantedRule,
    apply_delta,
    list_bytes,
    list_sha256,
    make_list,
)

PATIENCE_S = 15.0
SITE, EDGE = "755A", "dock"
HUB_KEY = SigningKey(b"h" * 32)
SECRET = "s3cret"
TOKEN = f"{SECRET}.{key_hash(HUB_KEY.public_key)}"
SITE_SALT = "ab" * 16
RULE = WantedRule(id="hv", prefix="103", banner_zh="特殊安全产品(高价值)快件", banner_en="HV")


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen within {timeout_s} s: {what}")
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Broker:
    """Debian's mosquitto on a loopback port."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._config = directory / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "max_packet_size 400000\nretain_available false\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self._config)], stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, "the broker listens")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


class FakeHub:
    """Keeps lines in order, signs receipts; strict: a batch that does not follow fails the test."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.edge_key: bytes | None = None
        self.heads: dict[str, ChainHead] = {}
        self.lines: list[bytes] = []
        self.states: list[State] = []
        self.gone: list[Gone] = []
        self.bodies: dict[str, str] = {}
        self.problem: Problem | None = None
        self.is_silent = False
        self.enrol_status = 200
        self.wrong: list[str] = []
        self.wanted = make_list(1, (RULE,), ())
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = False
        self.http_port: int = self._http.server_address[1]
        self._http_thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._http_thread.start()
        self._client: paho.Client | None = None
        self.connect()

    # ------------------------------------------------------------ MQTT

    def connect(self) -> None:
        subscribed = threading.Event()
        client = paho.Client(
            CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.on_message = self._arrived
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", self._broker.port)
        client.loop_start()
        client.subscribe([(topic, 1) for topic in HUB_SUBSCRIPTIONS])
        assert subscribed.wait(PATIENCE_S)
        self._client = client

    def disconnect(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def close(self) -> None:
        self.disconnect()
        self._http.shutdown()
        self._http.server_close()
        self._http_thread.join(PATIENCE_S)

    def _arrived(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            self._take(bytes(message.payload))
        except (ValueError, AssertionError) as error:
            self.wrong.append(str(error))

    def _take(self, payload: bytes) -> None:
        received_at = datetime.now(UTC)
        key = self.edge_key or b""
        first = peek(payload, BATCH_BYTES_MAX)
        if isinstance(first, Gone):
            self.gone.append(open_sealed(payload, Gone, key, MESSAGE_BYTES_MAX).message)
            return
        if isinstance(first, State):
            self.states.append(open_sealed(payload, State, key, MESSAGE_BYTES_MAX).message)
        elif self.problem is None and not self.is_silent:
            self._store(payload, key)
        if not self.is_silent:
            self._receipt(payload, first, received_at)
            if isinstance(first, State) and first.wanted is None:
                self.push_entry(None)

    def _store(self, payload: bytes, key: bytes) -> None:
        batch = open_sealed(payload, Batch, key, BATCH_BYTES_MAX)
        lines = split_lines(batch.lines, BATCH_EVENTS_MAX)
        spool, first_seq = batch.message.spool, batch.message.first_seq
        head = self.heads.get(spool, ChainHead(0, ZERO_HEAD))
        known = head.seq - first_seq + 1
        if known < 0:
            return
        new = lines[known:]
        if new:
            self.heads[spool] = extend(head, head.seq + 1, line_hash(lines[-1]), new)
            self.lines += new

    def _receipt(self, payload: bytes, first: Any, received_at: datetime) -> None:
        spools = [first.spool] if isinstance(first, Batch) else [h.spool for h in first.heads]
        heads = [(spool, self.heads.get(spool, ChainHead(0, ZERO_HEAD))) for spool in spools]
        receipt = Receipt(
            site=SITE,
            edge=EDGE,
            answers=hashlib.sha256(payload.split(b"\n")[0]).hexdigest(),
            heads=tuple(SpoolHead(spool=s, seq=head.seq, head=head.head) for s, head in heads),
            wanted_version=self.wanted.version,
            problem=self.problem if isinstance(first, Batch) else None,
            received_at=format_at(received_at),
            sent_at=format_at(datetime.now(UTC)),
        )
        self._send(Channel.RECEIPT, seal(receipt, HUB_KEY))

    def _send(self, channel: Channel, payload: bytes) -> None:
        assert self._client is not None
        self._client.publish(str(Topic(SITE, EDGE, channel)), payload, qos=1)

    def push_entry(self, waybill: str | None, result: str = "stop") -> None:
        """A delta with one entry; with None only the head, from which the edge finds its way."""
        before = self.wanted
        entries = ()
        if waybill is not None:
            entry = WantedEntry(
                id=f"e{waybill}", waybill=waybill, result=WantedResult(result), reason="stolen"
            )
            entries = (entry,)
        self.wanted = apply_delta(before, before.version + 1, entries, (), None)
        delta = WantedDelta(
            site=SITE,
            edge=EDGE,
            id="e" * 32,
            expires_at=format_at(datetime.now(UTC) + timedelta(seconds=60)),
            from_version=before.version,
            put=entries,
            remove=(),
            head=self._head(),
        )
        self._send(Channel.CMD, seal(delta, HUB_KEY))

    def _head(self) -> ListHead:
        at = format_at(datetime.now(UTC))
        sha256 = list_sha256(self.wanted)
        return ListHead(version=self.wanted.version, list_sha256=sha256, head_at=at)

    # ------------------------------------------------------------ HTTP

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = hub.answer(content)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  see above
                return

        return Handler

    def answer(self, content: bytes) -> tuple[int, bytes]:
        message = peek(content, BODIES_BYTES_MAX)
        match message:
            case Enrol():
                return self._enrol(content, message)
            case Bodies():
                opened = open_sealed(content, Bodies, self.edge_key or b"", BODIES_BYTES_MAX)
                for line in split_lines(opened.lines, BODIES_PER_MESSAGE_MAX):
                    self.bodies[hashlib.sha256(line).hexdigest()] = line.decode()
                return 204, b""
            case Fetch():
                snapshot = WantedSnapshot(site=SITE, edge=EDGE, head=self._head())
                return 200, seal(snapshot, HUB_KEY, [list_bytes(self.wanted)])
            case _:
                raise AssertionError(f"{message_type(message)} does not come over HTTP")

    def _enrol(self, content: bytes, message: Enrol) -> tuple[int, bytes]:
        if self.enrol_status != 200:
            return self.enrol_status, b""
        key = bytes.fromhex(message.public_key)
        open_sealed(content, Enrol, key, MESSAGE_BYTES_MAX)
        if message.secret not in {SECRET, None} or self.edge_key not in {None, key}:
            return 403, b""
        self.edge_key = key
        enrolled = Enrolled(
            site=SITE,
            edge=EDGE,
            public_key=message.public_key,
            hub_key=HUB_KEY.public_key.hex(),
            site_salt=SITE_SALT,
        )
        return 200, seal(enrolled, HUB_KEY)

    # ------------------------------------------------------------ what it has

    def events(self) -> list[Event]:
        return [parse_line(line) for line in list(self.lines)]

    def waybills(self) -> list[str | None]:
        return [event.waybill for event in self.events() if isinstance(event, Scan)]


class Scanner:
    """The far end of a honeywell scanner's cable."""

    def __init__(self, directory: Path) -> None:
        self.link = directory / "scanner"
        self._master, slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(slave)
        self.link.symlink_to(os.ttyname(slave))
        self._slave = slave  # held, so that the cable is there before and after the edge

    def scan(self, code: str, aim: str = "]C0", timeout_s: float = 5.0) -> bytes:
        """Pull the trigger; the answer, empty if none came."""
        os.write(self._master, f"{aim}{code}\r".encode())
        ready, _, _ = select.select([self._master], [], [], timeout_s)
        return os.read(self._master, 100) if ready else b""

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)


class EdgeProgram:
    """``python -m edge`` as an operator starts it."""

    def __init__(self, directory: Path, hub: FakeHub, broker: Broker, scanner: Scanner) -> None:
        self.data_dir = directory / "edge"
        self.config = directory / "edge.toml"
        self.log = directory / "edge.log"
        self.env = dict(os.environ)
        self.port = free_port()
        self.config.write_text(
            f'site = "{SITE}"\nedge = "{EDGE}"\ndata_dir = "{self.data_dir}"\n'
            f'[hub]\nmqtt = "mqtt://127.0.0.1:{broker.port}"\n'
            f'http = "http://127.0.0.1:{hub.http_port}"\ntoken = "{TOKEN}"\n'
            f'[[scanner]]\nid = "dock-1"\nurl = "{scanner.link}"\nprotocol = "honeywell"\n'
            f'[station]\nlisten = "127.0.0.1:{self.port}"\n'
        )
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it records what its scanner sends."""
        self.launch()
        wait_until(self.is_ready, "the edge is ready")
        wait_until(self._has_scanner, "the scanner's port is open")

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start it; an armed fail-point may kill it at any time from now on."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "edge", "--config", str(self.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self.env,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == f"Station page: http://127.0.0.1:{self.port}/\n", self.log.read_text()

    def is_ready(self) -> bool:
        return self.get("readyz") == "ready"

    def _has_scanner(self) -> bool:
        return bool(self.page()["devices"][0]["connected"])

    def get(self, path: str) -> str:
        url = f"http://127.0.0.1:{self.port}/{path}"
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as answer:
            return str(answer.read().decode())
        return ""

    def page(self) -> dict[str, Any]:
        with connect(f"ws://127.0.0.1:{self.port}/ws", proxy=None) as page:
            state: dict[str, Any] = json.loads(page.recv(timeout=PATIENCE_S))
            return state

    def kill(self) -> None:
        self._end(signal.SIGKILL, -signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM, 0)

    def _end(self, number: int, expected: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE_S)
        self.wait()
        assert code == expected, self.log.read_text()

    def wait(self) -> int:
        """Wait for the program to end by itself."""
        assert self._process is not None
        code = self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code


class House:
    """Everything around one edge."""

    def __init__(self, directory: Path) -> None:
        self.broker = Broker(directory)
        self.hub = FakeHub(self.broker)
        self.scanner = Scanner(directory)
        self.edge = EdgeProgram(directory, self.hub, self.broker, self.scanner)


@contextlib.contextmanager
def open_house(directory: Path) -> Iterator[House]:
    house = House(directory)
    try:
        yield house
        assert house.hub.wrong == []
    finally:
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            house.edge.stop()
        house.hub.close()
        house.broker.kill()
        house.scanner.close()
