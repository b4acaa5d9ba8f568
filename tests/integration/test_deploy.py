"""What stands in deploy/ and docker-compose.yml is accepted by the programs that read it."""

import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from tests.rig.programs import free_port
from wire.limits import BATCH_BYTES_MAX
from wire.topics import Channel, Topic

ROOT = Path(__file__).parents[2]
MOSQUITTO = "/usr/sbin/mosquitto"
CONF = ROOT / "deploy" / "mosquitto" / "mosquitto.conf"
DEADLINE_S = 10.0


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """The broker with deploy's own configuration, on another port."""
    port = free_port()
    text, count = re.subn(r"(?m)^listener 1883 ", f"listener {port} ", CONF.read_text("utf-8"))
    assert count == 1
    conf = folder / "mosquitto.conf"
    conf.write_text(text, encoding="utf-8")
    with subprocess.Popen([MOSQUITTO, "-c", conf], stderr=subprocess.PIPE) as process:
        try:
            wait_for_port(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(DEADLINE_S)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the broker did not listen in time")


@contextmanager
def client(port: int, received: list[mqtt.MQTTMessage]) -> Iterator[mqtt.Client]:
    found = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    found.on_message = lambda _client, _data, message: received.append(message)
    found.connect("127.0.0.1", port)
    found.loop_start()
    try:
        yield found
    finally:
        found.disconnect()
        found.loop_stop()


def test_the_broker_takes_the_largest_batch_and_retains_nothing(tmp_path: Path) -> None:
    topic = str(Topic("S" * 32, "e" * 32, Channel.EVENTS))
    received: list[mqtt.MQTTMessage] = []
    with broker(tmp_path) as port, client(port, received) as hub:
        ready: list[object] = []
        hub.on_subscribe = lambda *arguments: ready.append(arguments)
        hub.subscribe("custos/v1/+/+/events", qos=1)
        poll(lambda: bool(ready))
        hub.publish(topic, b"x" * BATCH_BYTES_MAX, qos=1).wait_for_publish(DEADLINE_S)
        poll(lambda: bool(received))
    assert (received[0].topic, len(received[0].payload)) == (topic, BATCH_BYTES_MAX)


def poll(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_done():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)


def test_the_broker_listens_on_the_loopback_and_keeps_nothing() -> None:
    lines = CONF.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("listener")] == ["listener 1883 127.0.0.1"]
    assert {"set_tcp_nodelay true", "retain_available false", "persistence false"} <= set(lines)


def test_the_compose_file_fits_the_compose_schema() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"
    found = subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_compose_file_names_only_files_and_targets_that_exist() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    targets = set(re.findall(r"(?m)^FROM \S+ AS (\S+)", dockerfile))
    for service in services.values():
        if "build" in service:
            assert service["build"]["target"] in targets
            assert (ROOT / service["build"]["dockerfile"]).is_file()
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert not source.startswith(".") or (ROOT / source).is_file()


def test_no_service_is_reachable_from_outside_and_none_runs_as_root() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    assert not [name for name, service in services.items() if "ports" in service]
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    stages = re.split(r"(?m)^FROM ", dockerfile)
    for target in ("hub", "edge", "sim"):
        [stage] = [text for text in stages if f"AS {target}\n" in text]
        assert "USER custos" in stage


def test_the_image_copies_every_package_that_the_wheel_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"COPY {package} {package}\n" in dockerfile
        assert f"!{package}" in ignored


@pytest.mark.parametrize(("program", "config"), [("hub", "hub.toml"), ("edge", "edge.toml")])
def test_a_program_accepts_its_deployed_configuration(
    program: str, config: str, tmp_path: Path
) -> None:
    # data_dir is the image's volume; everything else is checked as it stands.
    found = subprocess.run(
        [sys.executable, "-m", program, *check_command(program, ROOT / "deploy" / config)],
        cwd=ROOT,
        env={**os.environ, "CUSTOS_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert found.returncode == 0, found.stderr


def check_command(program: str, config: Path) -> list[str]:
    """Each program's own spelling of "read the configuration and change nothing"."""
    if program == "hub":
        return ["--config", str(config), "check"]
    return ["check", "--config", str(config)]
