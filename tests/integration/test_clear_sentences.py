"""What an operator reads when something is wrong: one sentence, exit 2, nothing half-written."""

import os
import pty
import sqlite3
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.programs import ROOT, Broker, Edge, Hub, free_port, running, wait_until
from tests.rig.warm import run


def assert_one_sentence(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit 2, exactly one line on stderr, and the words that tell what to mend."""
    assert ended.returncode == 2, (ended.returncode, ended.stderr)
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("custos-"), "the sentence names its program"
    for word in words:
        assert word in lines[0], lines[0]
    assert "Traceback" not in ended.stderr


EDGE = """
site = "755A"
edge = "dock"
data_dir = "{dir}/edge"
[hub]
mqtt = "mqtt://127.0.0.1:1"
http = "http://127.0.0.1:1"
[[scanner]]
id = "dock-1"
url = "{dir}/scanner"
protocol = "honeywell"
[station]
listen = "127.0.0.1:{port}"
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('site = "755A"', 'site = "755 A"', ["site"]),
        ('edge = "dock"', "", ["edge"]),
        ('edge = "dock"', 'edge = "dock"\ncolour = "red"', ["colour"]),
        ('"honeywell"', '"morse"', ["protocol"]),
        ('url = "{dir}/scanner"', 'url = "serial7"', ["url"]),
        ('listen = "127.0.0.1:{port}"', 'listen = "0.0.0.0:{port}"', ["listen"]),
        ('"mqtt://127.0.0.1:1"', '"amqp://127.0.0.1"', ["mqtt"]),
        ("[station]", "[station", ["edge.toml"]),
    ],
)
def test_a_mistake_in_edge_toml_is_one_sentence(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    assert old in EDGE
    config = tmp_path / "edge.toml"
    config.write_text(EDGE.replace(old, new).format(dir=tmp_path, port=free_port()))
    assert_one_sentence(run("edge", "--config", str(config)), *words)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["edge.toml"]


HUB = """
data_dir = "{dir}/hub"
mqtt = "embedded://127.0.0.1:{broker}"
http = "127.0.0.1:{port}"
[edges]
enrolment = "first-use"
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('data_dir = "{dir}/hub"', 'data_dir = "{dir}/hub"\nspeed = 9', ["speed"]),
        ("embedded://127.0.0.1", "embedded://0.0.0.0", ["loopback"]),
        ("embedded://127.0.0.1:{broker}", "kafka://x", ["mqtt"]),
        ('"127.0.0.1:{port}"', '"127.0.0.1:http"', ["http"]),
        ('"first-use"', '"whoever"', ["enrolment"]),
        ('http = "127.0.0.1:{port}"', 'http = "0.0.0.0:{port}"', ["first-use"]),
        ("[edges]", 'policy = "{dir}/none.toml"\n[edges]', ["none.toml"]),
        ("[edges]", 'database = "oracle://x"\n[edges]', ["database"]),
    ],
)
def test_a_mistake_in_hub_toml_is_one_sentence(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    assert old in HUB
    config = tmp_path / "hub.toml"
    text = HUB.replace(old, new).format(dir=tmp_path, port=free_port(), broker=free_port())
    config.write_text(text)
    assert_one_sentence(run("hub", "--config", str(config)), *words)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hub.toml"]


def test_an_unknown_policy_key_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[list]\nstale_age = 5\n")
    text = HUB.replace("[edges]", 'policy = "{dir}/policy.toml"\n[edges]')
    (tmp_path / "hub.toml").write_text(
        text.format(dir=tmp_path, port=free_port(), broker=free_port())
    )
    ended = run("hub", "--config", str(tmp_path / "hub.toml"))
    assert_one_sentence(ended, "policy", "stale_age")
    assert not (tmp_path / "hub").exists()


def _wrong_database(kind: str, path: Path) -> None:
    if kind == "not a database":
        path.write_bytes(b"This is a letter to the depot.\n" * 200)
        return
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE invoices (id INTEGER)")
    other.close()


@pytest.mark.parametrize("kind", ["not a database", "another program's database"])
def test_a_wrong_database_is_one_sentence_and_stays_as_it_was(tmp_path: Path, kind: str) -> None:
    database = tmp_path / "other.db"
    _wrong_database(kind, database)
    before = database.read_bytes()
    text = HUB.replace("[edges]", 'database = "sqlite:///{dir}/other.db"\n[edges]')
    (tmp_path / "hub.toml").write_text(
        text.format(dir=tmp_path, port=free_port(), broker=free_port())
    )
    assert_one_sentence(run("hub", "--config", str(tmp_path / "hub.toml")), "other.db")
    assert database.read_bytes() == before


def test_an_unreachable_postgresql_is_one_sentence(tmp_path: Path) -> None:
    url = f"postgresql://nobody:geheim@127.0.0.1:{free_port()}/custos"
    text = HUB.replace("[edges]", f'database = "{url}"\n[edges]')
    (tmp_path / "hub.toml").write_text(
        text.format(dir=tmp_path, port=free_port(), broker=free_port())
    )
    ended = run("hub", "--config", str(tmp_path / "hub.toml"))
    assert_one_sentence(ended, "database")
    assert "geheim" not in ended.stderr


@pytest.mark.parametrize(("program", "key"), [("edge", "edge"), ("hub", "hub")])
def test_a_too_old_sqlite_is_one_sentence(tmp_path: Path, program: str, key: str) -> None:
    # The program is run with a stand-in for the SQLite library that names an old version.
    template = EDGE if key == "edge" else HUB
    config = tmp_path / f"{key}.toml"
    config.write_text(template.format(dir=tmp_path, port=free_port(), broker=free_port()))
    old = {
        "edge": "import apsw; apsw.sqlite_lib_version = lambda: '3.40.1'",
        "hub": "import pysqlite3.dbapi2 as d; d.sqlite_version = '3.40.1'; "
        "d.sqlite_version_info = (3, 40, 1); import pysqlite3; "
        "pysqlite3.sqlite_version = '3.40.1'; pysqlite3.sqlite_version_info = (3, 40, 1)",
    }[key]
    code = (
        f"{old}; import sys; sys.argv = ['x', '--config', {str(config)!r}]; "
        f"from {program}.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert_one_sentence(ended, "3.40.1", "3.51.3")


def test_two_edges_on_one_data_dir_are_one_sentence(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "mqtt://127.0.0.1:1")
    edge = Edge(tmp_path, hub, "mqtt://127.0.0.1:1", {"d": (str(tmp_path / "none"), "plain")})
    with running(edge):
        second = Edge(tmp_path, hub, "mqtt://127.0.0.1:1", {"d": (str(tmp_path / "none"), "plain")})
        assert_one_sentence(run("edge", "--config", str(second.config)), "edge-dock")


def test_two_edges_with_one_name_are_a_conflict_and_an_alert(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    hub = Hub(tmp_path, broker.url)
    edge = Edge(tmp_path, hub, broker.url, {"d": (str(tmp_path / "none"), "plain")})
    with running(broker, hub, edge):
        wait_until(lambda: hub.get("edges")["items"], "the first edge is enrolled")
        other = tmp_path / "other"
        other.mkdir()
        twin = Edge(other, hub, broker.url, {"d": (str(other / "none"), "plain")})
        assert_one_sentence(run("edge", "--config", str(twin.config)), "755A", "dock")
        alerts = hub.get("alerts?state=open")["items"]
        assert [a["kind"] for a in alerts if a["level"] == "act"] == ["edge_conflict"]


@pytest.fixture(scope="module")
def strict_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, Hub]]:
    """A hub that believes a new edge by its token alone."""
    directory = tmp_path_factory.mktemp("strict")
    broker = Broker(directory)
    hub = Hub(directory, broker.url, edges="token")
    with running(broker, hub):
        yield broker, hub


@pytest.mark.parametrize("token", ["nonsense", "a" * 32 + "." + "0" * 64])
def test_a_wrong_token_is_one_sentence(
    tmp_path: Path, strict_hub: tuple[Broker, Hub], token: str
) -> None:
    broker, hub = strict_hub
    scanners = {"d": (str(tmp_path / "none"), "plain")}
    edge = Edge(tmp_path, hub, broker.url, scanners, name="stranger", token=token)
    assert_one_sentence(run("edge", "--config", str(edge.config)), "token")
    assert "stranger" not in [each["edge"] for each in hub.get("edges")["items"]]


def test_a_token_of_another_hub_is_one_sentence_and_the_right_one_is_taken_afterwards(
    tmp_path: Path, strict_hub: tuple[Broker, Hub]
) -> None:
    broker, hub = strict_hub
    scanners = {"d": (str(tmp_path / "none"), "plain")}
    printed = run("hub", "enrol", "755A", "dock", "--config", str(hub.config))
    right = printed.stdout.split()[-1]
    secret, _, _ = right.rpartition(".")
    wrong = Edge(tmp_path, hub, broker.url, scanners, token=f"{secret}.{'0' * 64}")
    ended = run("edge", "--config", str(wrong.config))
    assert_one_sentence(ended, "token", "another hub", "custos-hub enrol 755A dock")
    assert not (wrong.data_dir / "enrolled").exists()
    edge = Edge(tmp_path, hub, broker.url, scanners, token=right)
    with running(edge):
        wait_until((edge.data_dir / "enrolled").exists, "the right token is taken")


def test_a_port_that_cannot_be_opened_is_named_and_tried_again(tmp_path: Path) -> None:
    """Missing, a plain file, held by another process: said at the station; a later plug works."""
    hub = Hub(tmp_path, "mqtt://127.0.0.1:1")
    (tmp_path / "plain-file").write_text("no port")
    master, slave = pty.openpty()
    tty.setraw(slave)
    held = os.ttyname(slave)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import serial; p = serial.Serial({held!r}, exclusive=True); "
            "print('held', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        scanners = {
            "missing": (str(tmp_path / "missing"), "plain"),
            "plain-file": (str(tmp_path / "plain-file"), "plain"),
            "held": (held, "plain"),
        }
        edge = Edge(tmp_path, hub, "mqtt://127.0.0.1:1", scanners)
        with running(edge):

            def reasons() -> dict[str, str]:
                devices = edge.page()["devices"]
                return {d["id"]: d["reason"] for d in devices if d["reason"]}

            told = wait_until(lambda: len(r := reasons()) == 3 and r, "three reasons")
            assert "does not exist" in told["missing"]
            assert "not a serial port" in told["plain-file"]
            assert "another process" in told["held"]
            assert len(set(told.values())) == 3
    finally:
        holder.communicate(b"\n", timeout=10)
        os.close(master)
        os.close(slave)
