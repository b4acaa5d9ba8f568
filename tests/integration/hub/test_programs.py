"""The real program: it starts, heals, stops, and says in one sentence why it cannot."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from hub.heartbeat import Role
from hub.keys import HUB_KEY_FILE
from ledger.keys import SigningKey, key_hash
from ledger.signing import open_sealed, seal
from tests.broker_parts import EdgeCable, kill_router, wait_for
from tests.hub_parts import SigningEdge
from tests.rig import warm
from tests.rig.programs import free_port
from tests.rig.warm import WarmProcess
from wire.messages import Enrolled, MessageBase, Receipt
from wire.names import Result

ROOT = Path(__file__).parents[3]


@dataclass
class RunningHub:
    """A started ``custos-hub``."""

    process: subprocess.Popen[str] | WarmProcess
    data_dir: Path
    http_port: int
    mqtt_port: int
    config: Path

    def api(self) -> httpx.Client:
        token = (self.data_dir / "admin.token").read_text().strip()
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.http_port}",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )

    def processes(self) -> list[psutil.Process]:
        """Broker and roles."""
        return psutil.Process(self.process.pid).children()


def write_config(tmp_path: Path, **changes: str) -> Path:
    values = {
        "data_dir": str(tmp_path / "hub"),
        "mqtt": f"embedded://127.0.0.1:{free_port()}",
        "http": f"127.0.0.1:{free_port()}",
        **changes,
    }
    path = tmp_path / "hub.toml"
    path.write_text("".join(f'{key} = "{value}"\n' for key, value in values.items()))
    return path


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return warm.run("hub", *arguments, **environment)


def start_cold(config: Path, log: int) -> subprocess.Popen[str]:
    """As an operator starts it."""
    command = [sys.executable, "-m", "hub", "--config", str(config)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)


def start_warm(config: Path, log: int) -> WarmProcess:
    return warm.launch("hub", ["--config", str(config)], env={**os.environ}, stderr=log)


@contextmanager
def started(
    config: Path,
    tmp_path: Path,
    start: Callable[[Path, int], subprocess.Popen[str] | WarmProcess] = start_warm,
) -> Iterator[RunningHub]:
    text = config.read_text()
    http = int(re.findall(r'http = ".*:(\d+)"', text)[0])
    mqtt = int(re.findall(r'mqtt = ".*:(\d+)"', text)[0])
    with (tmp_path / "stderr.log").open("w") as log:
        process = start(config, log.fileno())
    assert process.stdout is not None
    try:
        yield RunningHub(process, tmp_path / "hub", http, mqtt, config)
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
            process.stdout.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningHub, str]]:
    """A hub that serves, with the line that it printed."""
    tmp_path = tmp_path_factory.mktemp("running")
    with started(write_config(tmp_path), tmp_path, start_cold) as hub:
        assert hub.process.stdout is not None
        line = hub.process.stdout.readline()
        yield hub, line


def enrolled_edge(hub: RunningHub) -> tuple[SigningEdge, EdgeCable]:
    edge = SigningEdge(edge=f"dock-{free_port()}")
    token = run("enrol", edge.site, edge.edge, "--config", str(hub.config)).stdout.strip()
    secret, _, hub_hash = token.partition(".")
    with hub.api() as api:
        answer = api.post("/api/v1/edge/enrol", content=seal(edge.enrol_message(secret), edge.key))
    hub_key = SigningKey(bytes.fromhex((hub.data_dir / HUB_KEY_FILE).read_text())).public_key
    assert key_hash(hub_key) == hub_hash
    assert open_sealed(answer.content, Enrolled, hub_key, 4096).message.edge == edge.edge
    return edge, EdgeCable(hub.mqtt_port, edge.site, edge.edge, hub_key)


def hand_over_scan(edge: SigningEdge, cable: EdgeCable) -> Receipt:
    """As an edge does: sent again until there is a receipt, for nobody may have listened yet."""
    batch = edge.batch([edge.line(edge.scan())])

    def handed_over() -> MessageBase | None:
        cable.publish(batch)
        try:
            return cable.receive(Receipt, deadline_s=1)
        except queue.Empty:
            return None

    receipt = wait_for("a receipt", handed_over)
    assert isinstance(receipt, Receipt)
    return receipt


def test_the_printed_link_opens_the_console(running: tuple[RunningHub, str]) -> None:
    _, line = running
    found = re.fullmatch(r"Console \(one use\): (http://127\.0\.0\.1:\d+/enter/\w+)\n", line)
    assert found, line
    answer = httpx.get(found[1], trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")


def test_one_scan_goes_from_the_broker_to_rest_and_alert(running: tuple[RunningHub, str]) -> None:
    hub, _ = running
    edge, cable = enrolled_edge(hub)
    try:
        scan = edge.scan("103000000001", result=Result.HV)
        cable.publish(edge.batch([edge.line(scan)]))
        receipt = cable.receive(Receipt)
    finally:
        cable.close()
    assert isinstance(receipt, Receipt)
    assert receipt.heads[0].seq == 1
    with hub.api() as api:
        (event,) = api.get("/api/v1/events", params={"waybill": "103000000001"}).json()["items"]
        alerts = api.get("/api/v1/alerts", params={"level": "passage"}).json()["items"]
    assert (event["result"], event["edge"]) == ("hv", edge.edge)
    assert [each["waybill"] for each in alerts] == ["103000000001"]


def test_a_killed_role_comes_back_and_says_so(running: tuple[RunningHub, str]) -> None:
    hub, _ = running
    with hub.api() as api:
        before = hub.processes()
        for process in before:
            process.kill()
        psutil.wait_procs(before, timeout=10)

        def restarted() -> set[str] | None:
            try:
                answer = api.get("/api/v1/alerts", params={"state": "open", "level": "warn"})
            except httpx.TransportError:
                return None
            subjects = {each["subject"] for each in answer.json()["items"]}
            return subjects if len(subjects) == 5 else None

        expected = {"ingest", "web", "clock", "signer", "broker"}
        assert wait_for("roles and broker", restarted) == expected
        wait_for("readiness", lambda: api.get("/readyz").status_code == 200)
    edge, cable = enrolled_edge(hub)
    assert hand_over_scan(edge, cable)
    cable.close()


def test_roles_have_names_and_what_they_are_copied_from_has_no_database_open(
    running: tuple[RunningHub, str],
) -> None:
    hub, _ = running
    names = {each.name() for each in hub.processes()}
    assert {f"custos-{role}" for role in Role} <= names
    supervisor = psutil.Process(hub.process.pid)
    assert supervisor.num_threads() == 1
    assert not [each.path for each in supervisor.open_files() if "hub.sqlite" in each.path]


def test_a_broker_that_is_dead_inside_is_started_again(running: tuple[RunningHub, str]) -> None:
    hub, _ = running
    kill_router(hub.mqtt_port)
    with hub.api() as api:

        def told() -> str | None:
            answer = api.get("/api/v1/alerts", params={"state": "open", "level": "warn"})
            texts = [each["text_en"] for each in answer.json()["items"]]
            return next((text for text in texts if "answers no CONNECT" in text), None)

        assert "broker" in wait_for("the broker's restart", told, deadline_s=40)
        wait_for("readiness", lambda: api.get("/readyz").status_code == 200)
    edge, cable = enrolled_edge(hub)
    try:
        assert hand_over_scan(edge, cable)
    finally:
        cable.close()


def test_all_processes_metrics_are_told_together(running: tuple[RunningHub, str]) -> None:
    hub, _ = running
    with hub.api() as api:
        text = api.get("/metrics").text
    assert "custos_hub_ingest_commit_seconds_count" in text
    assert "custos_hub_request_failures_total" in text


def test_a_second_hub_on_the_same_data_is_one_sentence(running: tuple[RunningHub, str]) -> None:
    hub, _ = running
    refused = run("--config", str(hub.config))
    assert refused.returncode == 2
    assert "another hub runs" in only_sentence(refused)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_stops_when_told_to_and_leaves_nobody_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    with started(write_config(tmp_path), tmp_path) as hub:
        assert hub.process.stdout is not None
        assert hub.process.stdout.readline()
        children = hub.processes()
        assert len(children) == 5
        hub.process.send_signal(number)
        assert hub.process.wait(20) == 0
        assert not any(child.is_running() for child in children)
    stderr = (tmp_path / "stderr.log").read_text()
    assert "Traceback" not in stderr
    assert "Fatal" not in stderr


def test_it_stops_while_its_roles_are_only_starting(tmp_path: Path) -> None:
    with started(write_config(tmp_path), tmp_path) as hub:
        children = wait_for("roles", lambda: has_all(hub.processes()))
        hub.process.terminate()
        assert hub.process.wait(20) == 0
        assert not any(child.is_running() for child in children)
    assert "Traceback" not in (tmp_path / "stderr.log").read_text()


def has_all(processes: list[psutil.Process]) -> list[psutil.Process] | None:
    return processes if len(processes) == 5 else None


def test_kill_minus_nine_leaves_nobody_behind(tmp_path: Path) -> None:
    with started(write_config(tmp_path), tmp_path) as hub:
        assert hub.process.stdout is not None
        assert hub.process.stdout.readline()
        children = hub.processes()
        hub.process.kill()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []


def test_a_killed_hub_can_be_started_again_at_once(tmp_path: Path) -> None:
    """Its roles live on for a moment, and hold its directory and its ports."""
    config = write_config(tmp_path)
    for _ in range(3):
        with started(config, tmp_path) as hub:
            assert hub.process.stdout is not None
            assert hub.process.stdout.readline(), (tmp_path / "stderr.log").read_text()
            hub.process.kill()
            assert hub.process.wait(10) == -signal.SIGKILL


# ---------------------------------------------------------------- what cannot start


def only_sentence(result: subprocess.CompletedProcess[str]) -> str:
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    sentences = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert len(sentences) == 1, result.stderr
    return sentences[0]


def test_a_taken_console_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = write_config(tmp_path, http=f"127.0.0.1:{taken.getsockname()[1]}")
        result = run("--config", str(config))
    assert result.returncode == 2
    assert "http: cannot listen" in only_sentence(result)


def test_a_taken_broker_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = write_config(tmp_path, mqtt=f"embedded://127.0.0.1:{taken.getsockname()[1]}")
        result = run("--config", str(config))
    assert result.returncode == 2
    assert "embedded broker" in only_sentence(result)


def test_a_wrong_database_is_one_sentence_and_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite"
    foreign.write_text("not a database")
    config = write_config(tmp_path, database=f"sqlite:///{foreign}")
    for command in ([], ["check"]):
        result = run(*command, "--config", str(config))
        assert result.returncode == 2
        assert "not an SQLite database" in only_sentence(result)
    assert foreign.read_text() == "not a database"


def test_an_unknown_role_is_one_sentence(tmp_path: Path) -> None:
    result = run("--config", str(write_config(tmp_path)), "--roles", "ingest,cook")
    assert result.returncode == 2
    assert "cook" in only_sentence(result)


def test_the_test_clock_is_for_loopback_only(tmp_path: Path) -> None:
    clock = {"CUSTOS_TEST_CLOCK": "2026-01-01T00:00:00Z,10"}
    config = write_config(tmp_path, http="0.0.0.0:0")
    result = run("check", "--config", str(config), **clock)
    assert result.returncode == 2
    assert "loopback" in only_sentence(result)
    wrong = run("check", "--config", str(config), CUSTOS_TEST_CLOCK="yesterday")
    assert wrong.returncode == 2
    assert "CUSTOS_TEST_CLOCK" in only_sentence(wrong)


def test_checking_changes_nothing(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    result = run("check", "--config", str(config))
    assert result.returncode == 0
    assert "configuration is good" in result.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["hub.toml"]


def test_a_wrong_edge_name_is_one_sentence(tmp_path: Path) -> None:
    result = run("enrol", "755A", "a/b", "--config", str(write_config(tmp_path)))
    assert result.returncode == 2
    assert "no name" in only_sentence(result)


def test_every_role_follows_the_test_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_at, rate = datetime(2031, 1, 1, tzinfo=UTC), 1000
    monkeypatch.setenv("CUSTOS_TEST_CLOCK", f"{start_at.isoformat()},{rate}")
    begun = time.monotonic()
    with started(write_config(tmp_path), tmp_path) as hub:
        assert hub.process.stdout is not None
        assert hub.process.stdout.readline()
        with hub.api() as api:
            assert api.get("/api/v1/about").json()["test_clock"].startswith("2031")
            soon = start_at + timedelta(seconds=rate * (time.monotonic() - begun + 3))
            body = {"result": "stop", "reason": "r", "expires_at": soon.isoformat()}
            assert api.put("/api/v1/wanted/755123456789", json=body).status_code == 201
            wait_for(
                "the expiry",
                lambda: api.get("/api/v1/wanted/755123456789").status_code == 404,
            )
