"""What the hub does before the eyes of others, scene by scene, each in a process that may die.

A scene tells what the outside saw (an acknowledgement, a receipt, an answer, a mail) the moment it
saw it; what the next one finds on disk is then compared with that.
"""

import base64
import email
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.app import create_app, make_projections
from hub.db.checkpoints import Checkpoints
from hub.failpoints import FailPoints
from hub.ingest.commands import CommandDesk
from hub.ingest.intake import Incoming, Intake
from hub.ingest.link import Received
from hub.ingest.worker import Worker
from hub.mail.sender import MailSender
from hub.mail.service import MailState, receipts_about
from hub.timers import ExpireEntries, Timers
from hub.wanted.service import find_entry, list_version
from ledger.signing import peek
from tests.faults.test_hub_power_cuts import HastyWorker
from tests.hub_parts import BEARER, START, HubHome, SigningEdge, body_of, sealed_bodies
from tests.integration.hub.footage_uploads import FILM, order, sealed_part
from tests.integration.hub.test_mail import put, queue_of
from tests.rest_parts import API
from wire.limits import BATCH_BYTES_MAX
from wire.messages import Batch, Receipt
from wire.names import format_at
from wire.topics import Channel, Topic

Tell = Callable[[dict[str, Any]], None]
Scene = Callable[[HubHome, FailPoints, Tell, dict[str, Any]], None]

TURNS_MAX = 5
HALF = len(FILM) // 2
MAIL_RETRY = timedelta(days=1)


class Impatient(threading.Event):
    """A stop that nobody gives, and that is not waited for."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class TellingLink:
    """A broker's side: brings each message by itself, and tells what comes back."""

    listening_since: datetime | None = None

    def __init__(self, tell: Tell, edge: SigningEdge, hub: HubHome, batches: list[bytes]) -> None:
        topic = str(Topic(edge.site, edge.edge, Channel.EVENTS))
        self._tell = tell
        self.left = [
            Received(Incoming(topic, batch, hub.clock.now()), 1, 1, 1) for batch in batches
        ]

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        return [self.left.pop(0)] if self.left else []

    def acknowledge(self, received: Any) -> None:
        for each in received:
            batch = cast(Batch, peek(each.incoming.payload, BATCH_BYTES_MAX))
            self._tell({"acknowledged": batch.first_seq + batch.count - 1})

    def send(self, topic: Topic, payload: bytes) -> None:
        message = peek(payload, BATCH_BYTES_MAX)
        if isinstance(message, Receipt):
            self._tell({"receipted": message.heads[0].seq})


def ingest(hub: HubHome, faults: FailPoints, tell: Tell, told: dict[str, Any]) -> None:
    """Take in an edge's batches, one commit each; then say what is stored."""
    edge = SigningEdge()
    batches = [base64.b64decode(each) for each in told["batches"]]
    link = TellingLink(tell, edge, hub, batches)
    rooms = make_projections(replace(hub.role, fail_points=faults))
    intake = Intake(rooms, hub.role.policy, CommandDesk(hub.clock.random_bytes))
    key = hub.keys.statement
    kind = HastyWorker if told.get("is_hasty") else Worker
    worker = kind(hub.database, link, intake, (), key, hub.clock, faults)
    checkpoints = Checkpoints(hub.database, faults)
    stop = Impatient()
    while link.left:
        hub.clock.move(0.05)
        worker.step(stop)
        checkpoints.step()


def bodies(hub: HubHome, faults: FailPoints, tell: Tell, told: dict[str, Any]) -> None:
    """An edge brings a private body until it is told that it is kept."""
    _, line = body_of(b"CX:BY:%d" % told["n"])
    sealed = sealed_bodies(SigningEdge(), [line])
    client = _client(hub, faults)
    for _ in range(TURNS_MAX):
        answer = client.post(f"{API}/edge/bodies", content=sealed)
        tell({"status": answer.status_code})
        if answer.status_code == 204:
            break
    tell({"bodies": hub.count("private_body")})


def footage(hub: HubHome, faults: FailPoints, tell: Tell, told: dict[str, Any]) -> None:
    """An edge brings a file in two parts, going on from where the hub says that it is."""
    content = told["n"].to_bytes(4, "big") + FILM
    order(hub, content)
    client, edge, raw, offset = _client(hub, faults), SigningEdge(), b"", 0
    for _ in range(2 * TURNS_MAX):
        part = sealed_part(edge, raw, offset, content)
        answer = client.post(f"{API}/edge/footage", content=part)
        if answer.status_code == 200:
            offset = answer.json()["have"]
            tell({"have": offset})
        if offset == len(content):
            break
        raw = content[offset : offset + HALF]


def news(hub: HubHome, faults: FailPoints, tell: Tell, told: dict[str, Any]) -> None:
    """Somebody listens while an alert comes; whoever comes back asks REST first."""
    app = create_app(replace(hub.web(), fail_points=faults))
    subject = f"755A/{told['n']}"
    with TestClient(app, headers=BEARER) as client:
        items = client.get(f"{API}/alerts?limit=1000").json()["items"]
        tell({"asked": [each["subject"] for each in items if each["kind"] == "edge_refused"]})
        with client.websocket_connect(f"{API}/live") as socket:
            finding = Finding(AlertKind.EDGE_REFUSED, subject, START)
            with hub.database.writing() as tx:
                raise_alert(tx, finding, START)
            tell({"raised": subject})
            tell({"heard": socket.receive_json()["subject"]})


def timer(hub: HubHome, faults: FailPoints, tell: Tell, told: dict[str, Any]) -> None:
    """An entry of the wanted list expires; each change is one version of the list."""
    waybill = f"7551{told['n']:08d}"
    if told["is_new"]:
        hub.put_wanted(waybill, expires_at=format_at(START + timedelta(seconds=60)))
        with hub.database.reading() as tx:
            tell({"version": list_version(tx)})
    hub.clock.move(61)
    _turns(lambda: Timers(hub.database, [ExpireEntries()], faults).turn(hub.clock.now(), 0))
    with hub.database.reading() as tx:
        tell({"version": list_version(tx), "left": find_entry(tx, waybill) is not None})


def mail(hub: HubHome, faults: FailPoints, tell: Tell, told: dict[str, Any]) -> None:
    """A queued mail is sent; the outlet tells what a mail server would have seen."""

    class Server:
        def send(self, sender: str, to: tuple[str, ...], message: bytes) -> str:
            tell({"taken": email.message_from_bytes(message)["Message-ID"]})
            return "taken"

    if told["is_new"]:
        tell({"queued": put(hub, f"incident/{told['n']}")})
    policy, key = hub.role.policy.mail, hub.keys.bodies
    own = queue_of(hub).sender
    sender = MailSender(hub.database, key, hub.clock, policy, own, Server(), faults)
    for _ in range(TURNS_MAX):
        _turns(sender.turn)
        hub.clock.move(MAIL_RETRY.total_seconds())
    with hub.database.reading() as tx:
        states = {each.message_id: each.state for each in receipts_about(tx, "incident/1")}
    tell({"sent": [id_ for id_, state in states.items() if state is MailState.SENT]})


def _turns(turn: Callable[[], object]) -> None:
    """As the clock role does: a database that does not answer is asked in the next turn."""
    for _ in range(TURNS_MAX):
        try:
            turn()
        except OperationalError:
            continue
        return


def _client(hub: HubHome, faults: FailPoints) -> TestClient:
    app = create_app(replace(hub.web(), fail_points=faults))
    return TestClient(app, raise_server_exceptions=False)


SCENES: dict[str, Scene] = {
    "ingest": ingest,
    "news": news,
    "bodies": bodies,
    "footage": footage,
    "timer": timer,
    "mail": mail,
}
"""By the first word of the fail-points that lie on its way."""
