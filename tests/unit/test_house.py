"""The house of design section 2 stands, and whoever breaks a wall is caught."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts.rooms_contract import is_allowed

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINTER = PROJECT["tool"]["importlinter"]
PACKAGES: list[str] = LINTER["root_packages"]
CONTRACTS = {contract["id"]: contract["name"] for contract in LINTER["contracts"]}
ROOMS = {"ingest", "wanted", "alerts"}
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

BREACHES: dict[str, list[tuple[str, str]]] = {
    "house": [
        ("wire/breach_house.py", "import ledger.chain"),
        ("hub/breach_house.py", "import edge"),
    ],
    "hardware": [("hub/breach_hardware.py", "import devices")],
    "simulators": [("simulators/breach_codec.py", "from ledger import chain")],
    "devices": [("devices/breach_broker.py", "import paho.mqtt.client")],
    "engines": [("edge/breach_engine.py", "import sqlalchemy")],
    "spool": [("hub/breach_spool.py", "import apsw")],
    "outsiders": [("edge/breach_outsider.py", "import tests")],
    "rooms": [
        ("hub/wanted/store.py", ""),
        ("hub/wanted/api.py", "import hub.wanted.store"),
        ("hub/alerts/breach_neighbour.py", "import hub.wanted.store"),
        ("hub/breach_unlisted/part.py", ""),
    ],
    "pure": [
        ("wire/breach_pure.py", "import os"),
        ("ledger/breach_pure.py", "from time import monotonic"),
        ("hub/ingest/rules.py", "import sqlalchemy"),
        ("hub/missing/learning/lanes.py", "import secrets"),
        ("devices/framing.py", "import threading"),
        ("devices/symbology.py", "import random"),
    ],
}
"""By contract: lines that break it, added to a copy of the tree."""


def run(command: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / command
    return subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def lint(folder: Path) -> tuple[int, str]:
    """Run the import contracts in a tree; the answer without its line breaks."""
    found = run("lint-imports", "--no-cache", "--no-logo", folder=folder)
    return found.returncode, " ".join((found.stdout + found.stderr).split())


@pytest.fixture(scope="module")
def broken_house(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the contracts say of a copy of this tree with every breach in it at once."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(ROOT / "scripts", copy / "scripts")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("*.pyc"))
    for path, line in (breach for breaches in BREACHES.values() for breach in breaches):
        file = copy / path
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        with file.open("a", encoding="utf-8") as text:
            text.write(f"\n{line}\n")
    code, answer = lint(copy)
    assert code != 0
    return answer


def test_the_tree_as_it_stands_keeps_every_contract() -> None:
    code, answer = lint(ROOT)
    assert code == 0, answer
    assert f"{len(CONTRACTS)} kept, 0 broken" in answer


def test_every_contract_has_its_breach_here() -> None:
    assert set(BREACHES) == set(CONTRACTS)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_of_a_contract_is_caught(broken_house: str, contract: str) -> None:
    assert f"{CONTRACTS[contract]} BROKEN" in broken_house
    for path, line in BREACHES[contract]:
        if line:
            module = path.removesuffix(".py").replace("/", ".")
            assert module in broken_house, f"{path} was not named"


def test_a_package_of_the_hub_that_is_no_room_and_no_frame_is_caught(broken_house: str) -> None:
    assert "hub.breach_unlisted is neither a room nor part of the frame" in broken_house


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("hub.wanted.api", "hub.wanted.service", True),
        ("hub.wanted.service", "hub.wanted.store", True),
        ("hub.wanted.service", "hub.wanted.rules", True),
        ("hub.wanted.project", "hub.wanted.store", True),
        ("hub.wanted.store", "hub.wanted.rules", True),
        ("hub.wanted.service", "hub.alerts.service", True),
        ("hub.wanted.project", "hub.alerts.service", True),
        ("hub.wanted.service", "hub.db.outbox", True),
        ("hub.app", "hub.wanted.project", True),
        ("hub.wanted.texts", "hub.wanted.rules", True),
        ("hub.wanted.rules.fold", "hub.wanted.rules.spans", True),
        ("hub.wanted.rules.fold", "hub.wanted.store", False),
        ("hub.web.session", "hub.alerts.service", True),
        ("hub.wanted.api", "hub.wanted.store", False),
        ("hub.wanted.project", "hub.wanted.service", False),
        ("hub.wanted.store", "hub.wanted.service", False),
        ("hub.wanted.rules", "hub.wanted.store", False),
        ("hub.wanted.service", "hub.wanted.api", False),
        ("hub.wanted.texts", "hub.wanted.api", False),
        ("hub.wanted.service", "hub.alerts.store", False),
        ("hub.wanted.service", "hub.alerts.rules", False),
        ("hub.wanted.rules", "hub.alerts", False),
        ("hub.web.session", "hub.alerts.store", False),
        ("hub.wanted.service", "hub.app", False),
        ("hub.supervisor", "hub.app", False),
        ("hub.cli", "hub.app", True),
        ("hub.cli", "hub.wanted.store", False),
    ],
)
def test_a_room_has_only_its_doors(importer: str, imported: str, allowed: bool) -> None:
    assert is_allowed(importer, imported, ROOMS) is allowed


# ---------------------------------------------------------------- the purity ban

IMPURE = {
    "datetime.now": "from datetime import UTC, datetime\n\nX = datetime.now(UTC)\n",
    "datetime.utcnow": "import datetime as d\n\nX = d.datetime.utcnow()\n",
    "datetime.today": "from datetime import datetime\n\nX = datetime.today()\n",
    "date.today": "from datetime import date\n\nX = date.today()\n",
    "time": "import time\n\nX = time.time()\n",
    "sleep": "from time import sleep\n\nsleep(1)\n",
    "random": "import random\n\nX = random.random()\n",
    "secrets": "from secrets import token_hex\n\nX = token_hex()\n",
    "urandom": "import os\n\nX = os.urandom(8)\n",
    "uuid": "from uuid import uuid4\n\nX = uuid4()\n",
}
SHELLS = ["edge/clock.py", "hub/clock.py", "simulators/person.py", "bench/run.py"]


@pytest.fixture(scope="module")
def purity(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a made-up tree in which the purity ban caught something."""
    folder = tmp_path_factory.mktemp("purity")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in (*PACKAGES, "hub/ingest", "bench"):
        (folder / package).mkdir(parents=True, exist_ok=True)
        for name, text in IMPURE.items():
            (folder / package / f"{name.replace('.', '_')}.py").write_text(text, encoding="utf-8")
    for shell in SHELLS:
        (folder / shell).write_text("".join(IMPURE.values()), encoding="utf-8")
    found = run("ruff", "check", "--no-cache", "--output-format=concise", ".", folder=folder)
    return {line.partition(":")[0] for line in found.stdout.splitlines() if " TID251 " in line}


@pytest.mark.parametrize("package", ["wire", "ledger", "devices", "edge", "hub", "hub/ingest"])
@pytest.mark.parametrize("name", IMPURE)
def test_clock_sleep_random_and_ids_are_arguments(
    purity: set[str], package: str, name: str
) -> None:
    assert f"{package}/{name.replace('.', '_')}.py" in purity


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_may_ask_the_machine(purity: set[str], shell: str) -> None:
    assert shell not in purity


# ---------------------------------------------------------------- shape


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_no_file_is_longer_than_its_bound() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(*PACKAGES, "scripts", "tests", "bench")
    }
    assert not {path: size for path, size in lengths.items() if size > FILE_LINES_MAX}


def test_no_function_is_longer_than_its_bound() -> None:
    long = []
    for path in sources(*PACKAGES, "scripts", "bench"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES_MAX:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {size}")
    assert not long


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "data", "info"}
    assert not [path for path in sources(*PACKAGES) if path.stem in vague]


def test_every_package_says_what_it_is() -> None:
    folders = {path.parent for path in sources(*PACKAGES)}
    silent = [
        folder
        for folder in folders
        if not (folder / "__init__.py").is_file()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    ]
    assert not silent


def test_every_exception_to_a_check_says_why() -> None:
    # The reason stands behind the exception in a comment of its own.
    bare = re.compile(r"#\s*(?:type: ignore(?:\[[^]]*\])?|noqa(?::\s*[A-Z0-9, ]+)?)\s*$", re.M)
    unexplained = [
        str(path.relative_to(ROOT))
        for path in sources(*PACKAGES, "scripts", "bench")
        if bare.search(path.read_text(encoding="utf-8"))
    ]
    assert not unexplained


# ---------------------------------------------------------------- what gets installed

LOCKS: dict[str, list[str]] = {
    "base": [],
    "edge": ["edge"],
    "hub": ["hub"],
    "demo": ["edge", "vision", "hub", "demo"],
    "dev": ["edge", "vision", "hub", "demo", "dev"],
}
"""By lock: the extras it covers. ``build`` holds what builds a wheel, and nothing of ours."""
_PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.M)


def pins(lock: str) -> dict[str, str]:
    return dict(_PIN.findall((ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")))


def test_there_is_a_lock_for_each_set_that_is_installed_and_no_other() -> None:
    assert {path.stem for path in (ROOT / "requirements").glob("*.txt")} == {*LOCKS, "build"}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_covers_what_the_project_asks_for(lock: str) -> None:
    project = PROJECT["project"]
    wanted = list(project["dependencies"])
    for extra in LOCKS[lock]:
        wanted += project["optional-dependencies"][extra]
    names = {re.split(r"[\[<>=;~! ]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names <= set(pins(lock)), "run: scripts/lock.sh"


@pytest.mark.parametrize("lock", [*LOCKS, "build"])
def test_a_lock_pins_hashes_and_names_no_registry(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"index-url|find-links|trusted-host", text)
    for block in re.split(r"^(?=[a-z])", text, flags=re.M)[1:]:
        assert "--hash=sha256:" in block, block[:60]


@pytest.mark.parametrize("lock", [*LOCKS, "build"])
def test_all_locks_agree_with_the_largest(lock: str) -> None:
    everything = pins("dev")
    assert pins(lock).items() <= everything.items(), "run: scripts/lock.sh"


def test_a_scanner_only_edge_installs_no_vision_and_no_hub() -> None:
    installed = set(pins("edge"))
    assert not {"opencv-python", "av", "zxing-cpp", "pyzbar", "numpy"} & installed
    assert not {"nicegui", "sqlalchemy", "iotcore", "alembic"} & installed


def test_only_the_programs_are_packed() -> None:
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert PROJECT["tool"]["mypy"]["packages"] == PACKAGES
