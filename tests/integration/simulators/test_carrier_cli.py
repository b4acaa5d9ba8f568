"""``custos-sim carrier`` as a person calls it."""

import json
from collections import Counter
from pathlib import Path

from typer.testing import CliRunner

from hub.network_file import parse_network
from simulators.cli import app
from simulators.refused import RefusedError

RUNNER = CliRunner()


def test_a_carriers_days_are_written_and_their_rates_said(tmp_path: Path) -> None:
    folder = tmp_path / "days"
    done = RUNNER.invoke(app, ["carrier", "--out", str(folder), "--seed", "3", "--parcels", "40"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0] == "seed 3"
    assert "of them were not made" in done.output
    assert parse_network((folder / "network.toml").read_bytes()).sites
    doings = [json.loads(line) for line in (folder / "doings.jsonl").read_text().splitlines()]
    kinds = Counter(doing["kind"] for doing in doings)
    assert set(kinds) == {"pull", "typed", "call"}
    assert [each["at"] for each in doings] == sorted(each["at"] for each in doings)
    declared = [each for each in doings if each.get("path", "").startswith("parcels/")]
    assert len(declared) == 40
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    assert Counter(each["kind"] for each in truth)["fate"] == 40


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    args = ["carrier", "--out", str(tmp_path / "file"), "--parcels", "1"]
    done = RUNNER.invoke(app, args)
    assert isinstance(done.exception, RefusedError)
    assert str(done.exception) == f"cannot write {tmp_path / 'file'}: File exists"
