"""A real hub in a process of its own, and a pen that writes into its database what an edge sends.

The pen signs batches as an edge does and hands them to the hub's own intake, so what the console
shows went through the same rules, projections and alerts as any scan; only the broker is left out.
"""

import hashlib
import json
import os
import select
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hub.access.service import Enrolment, enrol_edge
from hub.access.store import salt_of
from hub.app import make_projections
from hub.clock import SystemClock
from hub.config import load_network, load_policy, load_settings
from hub.db.engine import Database, open_database, parse_url
from hub.heartbeat import Role
from hub.ingest.commands import CommandDesk
from hub.ingest.intake import Incoming, Intake
from hub.keys import NONCE_BYTES, load_keys
from hub.parcels.declaring import declare_parcel
from hub.parcels.rules.parcel import Declaration
from hub.roles import RoleContext
from hub.wanted.service import entry_id_of, put_entry
from ledger.keys import SigningKey
from ledger.signing import seal
from tests import samples
from tests.rig import warm
from tests.rig.personal import check_log
from tests.rig.programs import free_port, http_status, wait_until
from wire.badges import badge_sha256, pseudonym
from wire.events import (
    Act,
    ActKind,
    ClockReading,
    Codec,
    Event,
    Feedback,
    Scan,
    Segment,
    Station,
    StationFact,
)
from wire.lines import line_hash, seal_line
from wire.messages import Batch, Enrol, SpoolHead, State
from wire.names import ZERO_HEAD, Result, Signal, Step, format_at
from wire.topics import Channel, Topic
from wire.wanted import WantedEntry, WantedResult

START_S_MAX = 60.0
STOP_S_MAX = 20.0
SITE, EDGE = "755A", "dock"


class HubProcess:
    """``custos-hub`` on free ports of this machine; ``link`` opens the console once."""

    def __init__(
        self, folder: Path, *arguments: str, more_config: str = "", **environment: str
    ) -> None:
        self.config = folder / "hub.toml"
        self.config.write_text(
            f'data_dir = "{folder / "data"}"\n'
            f'mqtt = "embedded://127.0.0.1:{free_port()}"\n'
            f'http = "127.0.0.1:{free_port()}"\n'
            f"{more_config}"
        )
        self._log = (folder / "hub.log").open("wb")
        self._process = warm.launch(
            "hub",
            ["--config", str(self.config), *arguments],
            env={**os.environ, **environment},
            stderr=self._log.fileno(),
        )
        try:
            self.settings = load_settings(self.config)
            host, port = self.settings.http_address
            self.url = f"http://{host}:{port}"
            self.link = "" if "--roles" in arguments else self._read_link()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The supervisor's process; the roles are its children."""
        return self._process.pid

    def more_link(self) -> str:
        """Another console link, as a person would ask for one, once the console answers."""
        wait_until(
            lambda: http_status(f"{self.url}/healthz") == 200, "the console answers", START_S_MAX
        )
        done = warm.run("hub", "--config", str(self.config), "link", timeout_s=START_S_MAX)
        return done.stdout.split()[-1]

    def stop(self) -> None:
        """End the hub and all its children."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S_MAX)
        finally:
            self._process.kill()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._log.close()
        check_log(Path(self._log.name))

    def _read_link(self) -> str:
        stdout = self._process.stdout
        assert stdout is not None
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            if select.select([stdout], [], [], 0.2)[0]:
                line = stdout.readline()
                if line.startswith("Console (one use):"):
                    return line.split()[-1]
        raise TimeoutError("the hub printed no console link; see hub.log")


class Pen:
    """Writes what one edge sends, in one unbroken chain."""

    def __init__(self, hub: HubProcess, site: str = SITE, edge: str = EDGE) -> None:
        self.site, self.edge = site, edge
        self._spool = hashlib.sha256(f"{site}/{edge}".encode()).hexdigest()[:32]
        settings, clock = hub.settings, SystemClock()
        self.database: Database = open_database(parse_url(settings.database, settings.data_dir))
        role = RoleContext(
            role=Role.INGEST,
            settings=settings,
            policy=load_policy(settings.policy),
            own_policy_keys=frozenset(),
            network=load_network(settings.network),
            clock=clock,
            database=self.database,
            keys=load_keys(settings.data_dir, clock.random_bytes),
            stop=threading.Event(),
            listen_fd=None,
        )
        self.role = role
        desk = CommandDesk(clock.random_bytes)
        self._intake = Intake(make_projections(role), role.policy, desk)
        self._key = SigningKey(bytes(range(32)))
        self._seq, self._head = 0, ZERO_HEAD
        self._states = 0
        message = Enrol(
            site=site,
            edge=edge,
            public_key=self._key.public_key.hex(),
            secret=None,
            boot=samples.BOOT,
        )
        with self.database.writing() as tx:
            enrol_edge(tx, message, Enrolment.FIRST_USE, clock.now(), clock.random_bytes)

    def scan(
        self, waybill: str, result: Result, *, ago: timedelta = timedelta(), **more: object
    ) -> None:
        """Record one scan with its feedback line."""
        scan = self._scan_of(waybill, result, ago, more)
        feedback = Feedback(
            site=self.site,
            edge=self.edge,
            at=scan.at,
            mono_ms=scan.mono_ms,
            boot=samples.BOOT,
            clock=scan.clock,
            of_seq=self._seq + 1,
            signal=Signal.OK if result is Result.CLEAR else Signal.WANTED,
            commit_us=210,
            feedback_us=1300,
        )
        self.record(scan, feedback)

    def scan_at_once(self, waybills: Sequence[str], result: Result) -> None:
        """Record several scans in one batch: they reach the hub in one moment."""
        self.record(*(self._scan_of(each, result, timedelta(), {}) for each in waybills))

    def _scan_of(
        self, waybill: str, result: Result, ago: timedelta, more: dict[str, object]
    ) -> Scan:
        at = format_at(datetime.now(UTC) - ago)
        return samples.scan(
            **{
                "site": self.site,
                "edge": self.edge,
                "at": at,
                "waybill": waybill,
                "text": waybill,
                "code_hex": waybill.encode().hex(),
                "result": result,
                "source": "pts:/dev/pts/3",
                "clock": ClockReading(offset_ms=0, error_ms=5),
                **more,
            }
        )

    def pull(
        self, waybill: str, step: Step, badge: str | None, *, ago: timedelta, **more: object
    ) -> int:
        """Somebody scans, and the hub hears of it at once; return the line's seq."""
        own = {"step": step, "by": self.by(badge), "container": None, "container_kind": None}
        self.record(self._scan_of(waybill, Result.HV, ago, own | more), heard_ago=ago)
        return self._seq

    def act(self, kind: ActKind, *, ago: timedelta, **more: object) -> None:
        """Record what people did beyond scanning; the hub hears of it at once."""
        plain: dict[str, object] = {
            "site": self.site,
            "edge": self.edge,
            "at": format_at(datetime.now(UTC) - ago),
            "mono_ms": 1,
            "boot": samples.BOOT,
            "clock": ClockReading(offset_ms=0, error_ms=5),
            "act": kind,
        }
        self.record(Act(**{**plain, **more}), heard_ago=ago)

    def by(self, badge: str | None) -> str | None:
        """The pseudonym under which this site's lines name somebody."""
        with self.database.reading() as tx:
            salt = salt_of(tx, self.site)
        assert salt is not None
        return None if badge is None else pseudonym(badge_sha256(badge), salt)

    def tell(self, fact: StationFact, *, ago: timedelta = timedelta(), **more: object) -> None:
        """Record a fact about the station."""
        plain: dict[str, object] = {
            "site": self.site,
            "edge": self.edge,
            "at": format_at(datetime.now(UTC) - ago),
            "mono_ms": 1,
            "boot": samples.BOOT,
            "clock": ClockReading(offset_ms=0, error_ms=5),
            "fact": fact,
        }
        self.record(Station(**{**plain, **more}))

    def film(self, camera: str) -> None:
        """Tell of ten seconds of footage that has just ended."""
        segment = Segment(
            site=self.site,
            edge=self.edge,
            at=format_at(datetime.now(UTC)),
            mono_ms=1,
            boot=samples.BOOT,
            clock=ClockReading(offset_ms=0, error_ms=5),
            device=camera,
            length_ms=10_000,
            error_ms=40,
            sha256="f" * 64,
            bytes=1_000_000,
            codec=Codec.H264,
            frames=250,
        )
        self.record(segment)

    def want(self, waybill: str, result: WantedResult, reason: str, **more: object) -> None:
        """Put a waybill on the wanted list."""
        own = {"id": entry_id_of(waybill), "waybill": waybill, "result": result, "reason": reason}
        entry = WantedEntry(**{**own, **more})
        with self.database.writing() as tx:
            put_entry(tx, entry, datetime.now(UTC))

    def declare(
        self,
        waybill: str,
        value_cny: str,
        origin: str = "755W",
        destination: str = "021B",
        recipient: Mapping[str, str] | None = None,
    ) -> None:
        """Declare a parcel's value, its way, and whom it is for."""
        people = None
        if recipient is not None:
            plain = json.dumps({"recipient": recipient}).encode()
            nonce = self.role.clock.random_bytes(NONCE_BYTES)
            people = self.role.keys.bodies.encrypt(plain, f"people/{waybill}", nonce)
        said = Declaration(Decimal(value_cny), origin, destination, None, None, people)
        with self.database.writing() as tx:
            declare_parcel(tx, waybill, said, "administrator", samples.POLICY, datetime.now(UTC))

    def record(self, *events: Event, heard_ago: timedelta = timedelta()) -> None:
        """Seal, sign and hand over a batch."""
        lines = []
        for event in events:
            lines.append(seal_line(event, self._spool, self._seq + len(lines) + 1, self._head))
            self._head = line_hash(lines[-1])
        self.send(lines, heard_ago)

    def garble(self, line: bytes) -> None:
        """Put a line into the chain that nobody can read."""
        self._head = line_hash(line)
        self.send([line])

    def send(self, lines: list[bytes], heard_ago: timedelta = timedelta()) -> None:
        """Sign and hand over lines that are chained already."""
        batch = Batch(
            site=self.site,
            edge=self.edge,
            spool=self._spool,
            first_seq=self._seq + 1,
            count=len(lines),
            head=self._head,
        )
        self._seq += len(lines)
        self.take(seal(batch, self._key, lines), Channel.EVENTS, heard_ago)

    def tell_state(self, **fields: object) -> None:
        """Say how the edge is."""
        self._states += 1
        now = format_at(datetime.now(UTC))
        plain: dict[str, object] = {
            "site": self.site,
            "edge": self.edge,
            "n": self._states,
            "boot": samples.BOOT,
            "connection": samples.CONNECTION,
            "at": now,
            "mono_ms": 1,
            "heads": (SpoolHead(spool=self._spool, seq=self._seq, head=self._head),),
            "wanted": None,
            "clock": ClockReading(offset_ms=-12, error_ms=5),
            "depth": 0,
            "oldest_at": None,
            "devices": (),
            "version": "0.2.0",
        }
        self.take(seal(State(**{**plain, **fields}), self._key), Channel.STATE)

    def take(self, payload: bytes, channel: Channel, heard_ago: timedelta = timedelta()) -> None:
        """Hand over a message as the broker would."""
        topic = str(Topic(self.site, self.edge, channel))
        with self.database.writing() as tx:
            self._intake.take(tx, Incoming(topic, payload, datetime.now(UTC) - heard_ago))
