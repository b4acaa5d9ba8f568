"""A hub in the test's process: keeps lines in order, signs receipts, answers over HTTP."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ledger.chain import ChainHead, extend
from ledger.keys import SigningKey, key_hash
from ledger.signing import message_type, open_sealed, peek, seal
from wire.envelope import split_lines
from wire.events import Event, Scan
from wire.limits import (
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    BODIES_BYTES_MAX,
    BODIES_PER_MESSAGE_MAX,
    MESSAGE_BYTES_MAX,
    PICTURE_BYTES_MAX,
)
from wire.lines import line_hash, parse_line
from wire.messages import (
    Batch,
    Bodies,
    Enrol,
    Enrolled,
    Fetch,
    FootageGone,
    FootageOrder,
    Gone,
    Pack,
    PackFetch,
    PackHead,
    Picture,
    Problem,
    Receipt,
    SpoolHead,
    State,
    WantedDelta,
    WantedSnapshot,
)
from wire.names import ZERO_HEAD, format_at
from wire.policy import parse_policy
from wire.site_pack import (
    Duty,
    PackPerson,
    PackPlace,
    PackShift,
    SelfCheckTask,
    SitePack,
    edge_policy,
    pack_bytes,
    pack_sha256,
)
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
PICTURE_MAX = PICTURE_BYTES_MAX + 4096
SITE, EDGE = "755A", "dock"
HUB_KEY = SigningKey(b"h" * 32)
SECRET = "s3cret"
TOKEN = f"{SECRET}.{key_hash(HUB_KEY.public_key)}"
SITE_SALT = "ab" * 16
RULE = WantedRule(id="hv", prefix="103", banner_zh="特殊安全产品(高价值)快件", banner_en="HV")


def site_pack(version: int, staff: dict[str, str], *tasks: SelfCheckTask) -> SitePack:
    """A pack with these people (names by pseudonym), one place and the shipped policy."""
    policy = parse_policy((files("wire") / "policy.toml").read_bytes())
    return SitePack(
        version=version,
        site=SITE,
        timezone="Asia/Shanghai",
        staff=tuple(
            PackPerson(by=by, name=name, duty=Duty.WAREHOUSE_KEEPER) for by, name in staff.items()
        ),
        places=(PackPlace(id="dock1", kind="dock"),),
        shifts=(PackShift(name="all", starts="00:00", ends="00:00"),),
        tasks=tasks,
        policy=edge_policy(policy),
    )


class FakeHub:
    """Keeps lines in order, signs receipts; strict: a batch that does not follow fails the test."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self.edge_key: bytes | None = None
        self.heads: dict[str, ChainHead] = {}
        self.lines: list[bytes] = []
        self.states: list[State] = []
        self.gone: list[Gone] = []
        self.bodies: dict[str, str] = {}
        self.pictures: dict[Picture, bytes] = {}
        self.gone_footage: list[FootageGone] = []
        self.problem: Problem | None = None
        self.is_silent = False
        self.head_age_s = 0
        self.enrol_status = 200
        self.wrong: list[str] = []
        self.wanted = make_list(1, (RULE,), ())
        self.pack: SitePack | None = None
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
        client.connect("127.0.0.1", self._broker_port)
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
            if isinstance(first, State) and self.pack and first.pack_version < self.pack.version:
                self.push_pack(self.pack)

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

    def push_entry(self, waybill: str | None, result: str = "stop") -> bytes:
        """A delta with one entry; with None only the head, from which the edge finds its way.

        Gives the command as it was sent, for whoever recorded it on the way.
        """
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
        command = seal(delta, HUB_KEY)
        self.send_command(command)
        return command

    def push_pack(self, pack: SitePack) -> None:
        """A newer site pack: the edge is told, and fetches it."""
        self.pack = pack
        self.send_command(seal(self._pack_head(pack), HUB_KEY))

    def _pack_head(self, pack: SitePack) -> PackHead:
        until = format_at(datetime.now(UTC) + timedelta(seconds=60))
        return PackHead(site=SITE, edge=EDGE, id="f" * 32, expires_at=until, version=pack.version)

    def order_footage(self, *sha256s: str) -> None:
        """Tell the edge to send these files."""
        until = format_at(datetime.now(UTC) + timedelta(seconds=60))
        order = FootageOrder(site=SITE, edge=EDGE, id="c" * 32, expires_at=until, files=sha256s)
        self.send_command(seal(order, HUB_KEY))

    def send_command(self, command: bytes) -> None:
        self._send(Channel.CMD, command)

    def _head(self) -> ListHead:
        at = format_at(datetime.now(UTC) - timedelta(seconds=self.head_age_s))
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
        message = peek(content, PICTURE_MAX)
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
            case PackFetch():
                return self._give_pack(content)
            case Picture():
                opened = open_sealed(content, Picture, self.edge_key or b"", PICTURE_MAX)
                self.pictures[opened.message] = opened.lines[:-1]
                return 204, b""
            case FootageGone():
                self.gone_footage.append(message)
                return 204, b""
            case _:
                raise AssertionError(f"{message_type(message)} does not come over HTTP")

    def _give_pack(self, content: bytes) -> tuple[int, bytes]:
        """Strict: an edge that has the newest pack must not ask for it."""
        key = self.edge_key or b""
        request = open_sealed(content, PackFetch, key, MESSAGE_BYTES_MAX).message
        if self.pack is None or request.have_version >= self.pack.version:
            self.wrong.append(f"asked for a pack newer than {request.have_version}")
            return 404, b""
        line = pack_bytes(self.pack)
        answer = Pack(
            site=SITE,
            edge=EDGE,
            version=self.pack.version,
            sha256=pack_sha256(line),
            made_at=format_at(datetime.now(UTC)),
        )
        return 200, seal(answer, HUB_KEY, [line])

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
