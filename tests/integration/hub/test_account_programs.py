"""``custos-hub account`` and ``custos-labels`` as a person starts them. Source: interface."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from hub import cli, labels_cli
from hub.access.service import find_account, tokens_of
from hub.db.engine import open_database, parse_url

ROOT = Path(__file__).parents[3]
NETWORK = """
[[region]]
code = "south"
name = "South"
operations_contact = "ops@south.example"
claims_contact = "claims@south.example"
[[site]]
code = "755A"
name = "Nanshan"
kind = "branch"
region = "south"
[[place]]
site = "755A"
id = "cage-1"
kind = "cage"
[[staff]]
badge = "1001"
name = "李雷"
duty = "courier"
site = "755A"
"""


def config_in(folder: Path) -> Path:
    (folder / "network.toml").write_text(NETWORK, "utf-8")
    path = folder / "hub.toml"
    path.write_text(f'data_dir = "{folder / "hub"}"\nnetwork = "{folder / "network.toml"}"\n')
    return path


@pytest.fixture(autouse=True)
def _logs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    # These programs run in this process, and its logging is set up already.
    for program in ("accounts_cli", "labels_cli"):
        monkeypatch.setattr(f"hub.{program}.start_logging", lambda _role: None)
    monkeypatch.setattr("hub.accounts_cli.hash_password", lambda text: f"hash of {text}")


def run(program: Typer, *arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(program, list(arguments), input=stdin)


def test_an_account_is_made_listed_disabled_and_given_another_password(tmp_path: Path) -> None:
    config = config_in(tmp_path)

    def account(*arguments: str, stdin: str = "") -> Result:
        return run(cli.app, "--config", str(config), "account", *arguments, stdin=stdin)

    made = account(
        "add", "li", "--role", "supervisor", "--sites", "755A,020W", stdin="first long one\n"
    )
    assert (made.exit_code, made.stdout) == (0, "li supervisor 020W,755A\n")
    for refused, words in (
        (account("add", "li", "--role", "monitor", stdin="first long one\n"), "li already"),
        (account("add", "han", "--role", "monitor", stdin="short\n"), "password: short"),
        (account("add", "han", "--role", "monitor", "--sites", "a b", stdin="x" * 20), "no site"),
        (account("disable", "han"), "no account han"),
        (account("password", "han", stdin="second long one\n"), "no account han"),
    ):
        assert refused.exit_code == 2
        assert words in refused.stderr.splitlines()[-1]
        assert "long one" not in refused.stdout + refused.stderr
    assert account("password", "li", stdin="second long one\n").exit_code == 0
    assert account("disable", "li").exit_code == 0
    assert account("list").stdout == "li supervisor 020W,755A disabled\n"
    database = open_database(parse_url(None, tmp_path / "hub"))
    with database.reading() as tx:
        stored = find_account(tx, "li")
    database.close()
    assert stored.password_hash == "hash of second long one"
    assert stored.must_change


def test_labels_are_printed_and_a_badge_only_as_asked(tmp_path: Path) -> None:
    config, page = config_in(tmp_path), tmp_path / "labels.html"

    def labels(*arguments: str) -> Result:
        return run(labels_cli.app, "--config", str(config), *arguments)

    plain = labels("--site", "755A", "--bag", "B-1", "--language", "en")
    assert plain.exit_code == 0, plain.stderr
    for code in ("CX:STEP:handover", "CX:PLACE:cage-1", "CX:BAG:B-1", "CX:END"):
        assert f">{code}</p>" in plain.stdout
    assert "CX:BY:" not in plain.stdout
    assert not (tmp_path / "hub").exists(), "without a badge nothing is opened"
    assert labels("--badge", "1001", "--out", str(page)).exit_code == 0
    (token,) = re.findall(r">CX:BY:(\d{22})</p>", page.read_text("utf-8"))
    database = open_database(parse_url(None, tmp_path / "hub"))
    with database.reading() as tx:
        assert set(tokens_of(tx, ["1001"])) == {"1001"}
        assert token not in repr(tx.exec_driver_sql("SELECT * FROM staff_badge").all())
    database.close()
    for refused, words in (
        (labels("--badge", "9999"), "no badge 9999"),
        (labels("--site", "nowhere"), "no site nowhere"),
        (labels("--vehicle", "a b"), "no container id"),
    ):
        assert refused.exit_code == 2
        assert words in refused.stderr.splitlines()[-1]


def test_both_are_programs_of_their_own(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    for arguments, said in (
        (("hub", "--config", str(config), "account", "list"), ""),
        (("hub.labels_cli", "--config", str(config)), "CX:END"),
    ):
        ended = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert said in ended.stdout
