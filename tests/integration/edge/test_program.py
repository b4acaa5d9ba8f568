"""The real edge between a pty, a real broker and a hub that keeps lines."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.session import pseudonym
from tests.integration.edge.fake_hub import PATIENCE_S, SITE_SALT
from tests.integration.edge.rig import House, open_house, wait_until
from tests.rig import warm
from tests.rig.programs import ROOT
from wire.events import Feedback, Scan, Station, StationFact
from wire.messages import Problem
from wire.names import Result, Signal

OK, WANTED, STOP = b"\x1b7,", b"\x1b6," * 3 + b"\x1b3,", b"\x1b6," * 5 + b"\x1b3,"
PLAIN, HV = "755000000001", "103000000001"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as found:
        yield found


def is_drained(house: House) -> bool:
    return bool(house.edge.page()["spool"]["depth"] == 0)


def test_a_scan_reaches_the_hub_with_all_that_is_known_of_it(house: House) -> None:
    house.edge.start()
    wait_until(lambda: bool(house.hub.states), "the first state")
    wait_until(lambda: house.edge.page()["list"]["version"] > 1, "the list")
    for code in ("CX:BY:t0k3n", "CX:STEP:arrive"):
        assert house.scanner.scan(code) == OK
    assert house.scanner.scan(PLAIN) == OK
    assert house.scanner.scan(HV) == WANTED
    wait_until(lambda: house.hub.waybills()[-2:] == [PLAIN, HV], "both scans")
    scan = [event for event in house.hub.events() if isinstance(event, Scan)][-1]
    assert (scan.by, scan.step, scan.result) == (
        pseudonym("t0k3n", SITE_SALT),
        "arrive",
        Result.HV,
    )
    assert (scan.device, scan.aim, scan.list_version > 1) == ("dock-1", "C0", True)
    assert scan.source is not None
    assert scan.source.startswith("pts:")

    def has_feedback() -> bool:
        found = [event for event in house.hub.events() if isinstance(event, Feedback)]
        return any(event.of_seq == scan.seq for event in found)

    wait_until(has_feedback, "the feedback line")
    feedback = [event for event in house.hub.events() if isinstance(event, Feedback)]
    line = next(event for event in feedback if event.of_seq == scan.seq)
    assert (line.signal, line.commit_us is not None, line.feedback_us is not None) == (
        Signal.WANTED,
        True,
        True,
    )
    wait_until(lambda: len(house.hub.bodies) == 1, "the badge's body")
    assert "CX:BY:t0k3n" in next(iter(house.hub.bodies.values()))
    wait_until(lambda: is_drained(house), "every line receipted")
    state = house.edge.page()
    assert state["link"]["enrolled"]
    assert state["link"]["connected"]
    assert state["clock"]["offset_ms"] is not None
    log = house.edge.log.read_text()
    assert "t0k3n" not in log
    assert PLAIN not in log


def test_a_new_entry_reaches_the_scanner(house: House) -> None:
    house.edge.start()
    wait_until(lambda: house.edge.page()["list"]["version"] > 1, "the list")
    assert house.scanner.scan("755000000002") == OK
    house.hub.push_entry(PLAIN)
    version = house.hub.wanted.version
    wait_until(lambda: house.edge.page()["list"]["version"] == version, "the entry", 2)
    assert house.scanner.scan(PLAIN) == STOP
    house.edge.stop()
    house.hub.is_silent = True
    house.edge.start()
    assert house.edge.page()["list"]["version"] == version
    assert house.scanner.scan(PLAIN) == STOP


def test_noise_on_a_cable_is_counted_for_the_operator(house: House) -> None:
    house.edge.start()
    assert house.scanner.scan(PLAIN, aim="\x01\x02\x03]C0") == OK
    assert 'custos_edge_noise_bytes{device="dock-1"} 3.0' in house.edge.get("metrics")
    assert 'custos_edge_port_crashes{device="dock-1"} 0.0' in house.edge.get("metrics")


def test_a_list_whose_head_is_old_judges_and_shows_as_stale(house: House) -> None:
    house.edge.start()
    wait_until(lambda: house.edge.page()["list"]["stale"] is False, "a fresh list")
    house.hub.head_age_s = 181
    house.hub.push_entry(PLAIN)
    wait_until(lambda: house.edge.page()["list"]["stale"], "a stale list", 3)
    state = house.edge.page()
    assert (state["list"]["version"], state["link"]["offline"]) == (house.hub.wanted.version, True)
    assert house.scanner.scan(PLAIN) == STOP
    wait_until(lambda: PLAIN in house.hub.waybills(), "the scan")
    scan = next(e for e in house.hub.events() if isinstance(e, Scan) and e.waybill == PLAIN)
    assert scan.list_age_s is not None
    assert scan.list_age_s >= 181
    house.hub.head_age_s = 0
    house.hub.push_entry(None)
    wait_until(lambda: not house.edge.page()["list"]["stale"], "fresh again", 3)


def test_it_starts_as_an_operator_starts_it_and_ends_when_told_to(house: House) -> None:
    command = [sys.executable, "-m", "edge", "--config", str(house.edge.config)]
    with (
        house.edge.log.open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        wait_until(house.edge.is_ready, "the edge is ready")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        assert process.stdout is not None
        line = f"Station page: http://127.0.0.1:{house.edge.port}/\n"
        assert process.stdout.read().decode() == line


def test_before_the_hub_is_there_scans_are_judged_and_recorded(house: House) -> None:
    house.hub.enrol_status = 503
    house.edge.start()
    assert house.scanner.scan(HV) == WANTED
    state = house.edge.page()
    assert not state["link"]["enrolled"]
    assert state["list"]["version"] == 0
    house.hub.enrol_status = 200
    wait_until(lambda: HV in house.hub.waybills(), "the scan", timeout_s=30)


def test_the_hubs_problem_makes_the_page_red_and_scanning_goes_on(house: House) -> None:
    house.edge.start()
    wait_until(lambda: bool(house.hub.states), "the first state")
    house.hub.problem = Problem.BROKEN_CHAIN
    assert house.scanner.scan(PLAIN) == OK
    wait_until(lambda: house.edge.page()["link"]["problem"] == "broken_chain", "a red page")
    assert house.scanner.scan(HV) == WANTED
    # Counted beside the scans, not with each of them: the page may be a moment behind.
    wait_until(lambda: house.edge.page()["spool"]["depth"] >= 2, "both scans are kept")


def test_a_clean_stop_tells_the_hub_and_writes_down_the_feedback(house: House) -> None:
    house.edge.start()
    wait_until(lambda: bool(house.hub.states), "the first state")
    house.scanner.scan(PLAIN)
    house.edge.stop()
    wait_until(lambda: bool(house.hub.gone), "the will")
    assert house.hub.gone[-1].connection == house.hub.states[-1].connection
    house.edge.start()
    wait_until(lambda: any(isinstance(e, Feedback) for e in house.hub.events()), "feedback")
    house.edge.stop()
    starts = [
        event
        for event in house.hub.events()
        if isinstance(event, Station) and event.fact is StationFact.SPOOL_START
    ]
    assert len(starts) == 1


# ---------------------------------------------------------------- what ends in one sentence


def run(config: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return warm.run("edge", *arguments, "--config", str(config), **env)


def sentence(house: House, **env: str) -> str:
    done = run(house.edge.config, **env)
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith("custos-edge: ")
    return lines[0]


def test_a_wrong_config_is_one_sentence(house: House) -> None:
    assert "'755 A' is no name" in sentence(house, CUSTOS_SITE="755 A")
    assert "loopback" in sentence(house, CUSTOS_STATION__LISTEN="0.0.0.0:8081")
    assert "CUSTOS_FAIL_POINT" in sentence(house, CUSTOS_FAIL_POINT="lunch")
    assert "not usable" in sentence(house, CUSTOS_DATA_DIR="/proc/custos")
    assert not house.edge.data_dir.exists()


def test_without_token_only_a_hub_on_this_machine_is_joined(house: House) -> None:
    text = house.edge.config.read_text()
    house.edge.config.write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("token"))
    )
    assert "hub.token is missing" in sentence(house, CUSTOS_HUB__HTTP="http://hub.example:8000")
    assert not house.edge.data_dir.exists()


def test_a_second_process_a_taken_port_and_a_broken_spool_are_one_sentence(
    house: House, tmp_path: Path
) -> None:
    house.edge.start()
    assert "in use by another process" in sentence(house)
    other = str(tmp_path / "other")
    assert "Address already in use" in sentence(house, CUSTOS_DATA_DIR=other)
    house.edge.stop()
    (house.edge.data_dir / "spool.sqlite").write_bytes(b"no database" * 1000)
    assert "cannot be used" in sentence(house)


def test_check_reads_and_changes_nothing(house: House) -> None:
    done = run(house.edge.config, "check")
    assert done.returncode == 0
    assert "scanner dock-1: honeywell" in done.stdout
    assert not house.edge.data_dir.exists()
    assert run(house.edge.config, "check", CUSTOS_SITE="!").returncode == 2
