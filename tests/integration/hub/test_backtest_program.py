"""``custos-hub backtest`` as a carrier calls it: a table, a sentence, or each row's trouble."""

import json
import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from hub.missing.backtest.reading import FILE_BYTES_MAX, LINE_BYTES_MAX
from tests.backtest_parts import HEADER, write_history
from tests.rig import warm

ROW = "W1,755A,arrive,2026-09-22T09:30:00+08:00,755W,,,,"
NETWORK = """
[[region]]
code = "S"
name = "South"
operations_contact = "ops@example.com"
claims_contact = "claims@example.com"
[[site]]
code = "755A"
name = "Futian"
kind = "branch"
region = "S"
"""


def run(data: Path, *arguments: str) -> CompletedProcess[str]:
    return warm.run("hub", "backtest", "--data", str(data), *arguments)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backtest") / "scans.csv"
    write_history(path, parcels=1_000, lost=20)
    return path


def test_a_history_is_judged_beside_the_rules_that_people_use(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    found = run(scans, "--lang", "en", "--json", str(out))
    assert found.returncode == 0, found.stderr
    assert "10 of 1,000 good parcels may alarm wrongly:" in found.stdout
    for name in ("fixed hours", "lane 95 % quantile", "late against schedule", "Custos' model"):
        assert f"  {name}: " in found.stdout
    assert "1 of 1,000 cannot be judged: that needs 2,000 parcels" in found.stdout
    assert "truly lost: at 10 per 1,000" in found.stdout
    assert "product HV (" in found.stdout
    assert "1 of 1 done" in found.stderr
    figures = json.loads(out.read_text())
    assert figures["lost"] == 20
    assert {each["method"] for each in figures["verdict"]["contest"]["rows"]} >= {"custos"}
    shares = [
        each["figures"]["realised_over_nominal"] for each in figures["verdict"]["contest"]["rows"]
    ]
    assert max(shares) < 4


def test_it_answers_in_chinese(scans: Path) -> None:
    found = run(scans, "--lang", "zh", "--split", "parcels")
    assert found.returncode == 0, found.stderr
    assert "每 1,000 个完好运单允许误报 10 个：" in found.stdout
    assert "Custos 模型：平均" in found.stdout


def test_each_bad_row_is_told_and_after_some_they_are_counted(tmp_path: Path) -> None:
    data, network = tmp_path / "scans.csv", tmp_path / "network.toml"
    network.write_text(NETWORK)
    rows = [
        ROW.replace("+08:00", ""),
        ROW.replace("755A", "999X"),
        ROW.replace("arrive", "arrived").replace(",755W", ","),
        ROW.replace(",755W", ",").replace("+08:00", "+09:00"),
        "x" * (LINE_BYTES_MAX + 10),
        *[ROW.replace("2026", "2999")] * 30,
    ]
    data.write_text("\n".join([HEADER, *rows]) + "\n")
    found = run(data, "--network", str(network), "--lang", "en", "--errors", "6")
    assert found.returncode == 1  # one scan is too little
    told = found.stderr.splitlines()
    assert told[0].startswith("row 2: at: no time zone in 2026-09-22T09:30:00")
    assert told[1] == "row 3: site: 999X is not in the network file"
    assert told[2].startswith("row 4: step: no step arrived; there are accept")
    assert told[3].startswith("row 5: at: the offset of 2026-09-22T09:30:00+09:00 is not")
    assert told[4] == "row 6: the line is too long"
    assert sum(each.startswith("row ") for each in told) == 6
    assert "left out, 30 x: … is in the future (by more than 5 minutes)" in told
    assert "too little history: parcels to learn from: 0, at least 500" in found.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04" + bytes(100), "no CSV but xlsx"),
        (b"\xff\xfew\x00", "no CSV but utf-16"),
        (bytes(1_000), "no CSV but binary"),
        ("运单,站点,step,at\n".encode("gb18030"), "in GB18030 (GBK), not in UTF-8"),
        ((HEADER + "\n" + "运,1\n" * 10).encode("gb18030"), "in GB18030"),
        (b"waybill;site;step;at\n", "no column waybill"),
        (b"waybill,site,at\n", "no column step"),
        (b"waybill,site,step,at,at\n", "column at twice"),
        (b'"waybill,site,step,at\n', "first line is no CSV"),
        ((HEADER + "\n").encode(), "no row that can be used"),
        (b"a" * 10_000_000, "no column waybill"),
    ],
)
def test_what_holds_no_scans_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    data = tmp_path / "scans.csv"
    data.write_bytes(content)
    found = run(data, "--lang", "en")
    assert found.returncode == 2, found
    lines = found.stderr.strip().splitlines()
    assert lines[-1].startswith("custos-hub: ")
    assert words in lines[-1]
    assert not found.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--split", "moon"], "--split: moon; there are time, parcels"),
        (["--json", "{dir}/none/out.json"], "cannot be written"),
        (["--json", "{dir}/scans.csv"], "that is the file of scans"),
        (["--network", "{dir}/none.toml"], "cannot read"),
    ],
)
def test_a_bad_call_is_one_sentence_and_touches_nothing(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    data = tmp_path / "scans.csv"
    data.write_text(HEADER + "\n" + ROW + "\n")
    found = run(data, *(each.format(dir=tmp_path) for each in arguments))
    assert found.returncode == 2
    assert words in found.stderr
    assert data.read_text() == HEADER + "\n" + ROW + "\n"


@pytest.mark.parametrize("place", ["/dev/zero", "/none", "/proc", "/tmp"])
def test_a_place_that_is_no_file_is_refused_at_once(place: str) -> None:
    found = run(Path(place), "--lang", "en")
    assert found.returncode == 2
    assert "custos-hub: " in found.stderr


def test_a_file_too_long_to_be_read_is_refused_at_once(tmp_path: Path) -> None:
    data = tmp_path / "scans.csv"
    data.write_text(HEADER + "\n")
    os.truncate(data, FILE_BYTES_MAX + 1)
    found = run(data, "--lang", "en")
    assert found.returncode == 2
    assert "longer than 4 GiB" in found.stderr


def test_a_byte_order_mark_is_skipped_and_a_strange_row_is_that_rows_own_trouble(
    tmp_path: Path,
) -> None:
    data = tmp_path / "scans.csv"
    strange = ROW.replace("W1", "运").encode("gb18030")
    data.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{ROW}\r\n".encode() + strange + b"\r\n")
    found = run(data, "--lang", "en")
    assert found.returncode == 1
    assert "row 3: not UTF-8" in found.stderr
    assert "Scans read: 1. Silences: 1" in found.stdout
