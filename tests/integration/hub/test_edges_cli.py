"""``custos-hub enrol``, ``revoke``, ``broker`` and ``check`` as an operator runs them."""

import os
import pwd
import subprocess
from pathlib import Path

import msgspec
import pytest

from hub.broker_folder import BrokerOrder
from ledger.certificates import read_certificate
from tests.rig import warm

ME = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(f'data_dir = "{tmp_path / "hub"}"\nmqtt = "mqtts://broker.example:8884"\n')
    return path


def run(config: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return warm.run("hub", "--config", str(config), *arguments, **env)


def order_of(config: Path) -> BrokerOrder:
    return msgspec.json.decode((config.parent / "hub/broker.json").read_bytes(), type=BrokerOrder)


def test_a_folder_is_for_the_host_of_hub_toml_and_written_again_as_it_was(config: Path) -> None:
    folder = config.parent / "mosquitto"
    first = run(config, "broker", str(folder), "--bind", "10.0.0.1", "--path", "/mosquitto/config")
    assert first.stdout == "mosquitto -c /mosquitto/config/mosquitto.conf\n"
    conf = (folder / "mosquitto.conf").read_text()
    assert "listener 8884 10.0.0.1\n" in conf
    assert "crlfile /mosquitto/config/revoked.crl\n" in conf
    assert f"user {ME}\n" in conf
    assert read_certificate((folder / "broker.pem").read_bytes()).name == "broker.example"
    before = order_of(config), (folder / "broker.pem").read_bytes()
    assert run(config, "broker").returncode == 0
    after = order_of(config), (folder / "broker.pem").read_bytes()
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert (folder / "mosquitto.conf").read_text() == conf


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["broker"], "name the folder"),
        (["broker", "{dir}/b", "--host", "a b"], "holds a space"),
        (["broker", "{dir}/b", "--host", "x\ny"], "control character"),
        (["broker", "{dir}/b", "--user", "nobodysuch"], "no account 'nobodysuch'"),
        (["broker", "/proc/none/b"], "cannot be written"),
        (["broker", "{dir}/b", "--host", "bücher"], "no certificate for"),
        (["revoke", "755A", "dock", "--reason", "stolen"], "no edge 755A/dock is enrolled"),
        (["revoke", "755A", "dock"], "--reason: say why"),
        (["revoke", "755 A", "dock", "--reason", "stolen"], "is no name"),
        (["enrol", "755A", "dock", "--replace"], "--reason: say why"),
        (["enrol", "755A", "dock", "--replace", "--reason", "stolen"], "no edge 755A/dock"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_no_folder(
    config: Path, arguments: list[str], words: str
) -> None:
    ended = run(config, *(each.format(dir=config.parent) for each in arguments))
    assert ended.returncode == 2
    (line,) = [each for each in ended.stderr.splitlines() if not each.startswith("{")]
    assert line.startswith("custos-hub: ")
    assert words in line
    assert not (config.parent / "hub/broker.json").exists()


def test_mqtt_in_clear_to_another_machine_is_a_warning(config: Path) -> None:
    assert "warning" not in run(config, "check").stdout
    text = config.read_text()
    config.write_text(text.replace("mqtts://", "mqtt://"))
    assert "warning: mqtt:// leaves this machine in clear" in run(config, "check").stdout
    config.write_text(text.replace("mqtts://broker.example", "mqtt://127.0.0.1"))
    assert "warning" not in run(config, "check").stdout


def test_a_test_clock_and_certificates_exclude_each_other(config: Path) -> None:
    config.write_text(config.read_text().replace("broker.example", "localhost"))
    ended = run(config, "check", CUSTOS_TEST_CLOCK="2026-11-22T01:00:00Z,60")
    assert (ended.returncode, "TLS goes by the real time" in ended.stderr) == (2, True)


def test_an_edges_check_warns_of_mqtt_in_clear(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    text = (
        'site = "755A"\nedge = "dock"\ndata_dir = "x"\n[hub]\nmqtt = "{}://{}"\nhttp = "http://h"\n'
    )
    for scheme, host, is_warned in (
        ("mqtt", "10.0.0.1", True),
        ("mqtts", "10.0.0.1", False),
        ("mqtt", "127.0.0.1", False),
    ):
        path.write_text(text.format(scheme, host))
        said = warm.run("edge", "check", "--config", str(path))
        assert said.returncode == 0, said.stderr
        assert ("warning: hub.mqtt leaves this machine" in said.stdout) is is_warned
