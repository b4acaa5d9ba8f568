"""scripts/setup.sh with a made-up machine: python3, apt-get and id are scripts of ours."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Makes a .venv whose python is itself, and writes down what it was asked; the version check and pip
# fail while the file of that name exists.
PYTHON = """#!/bin/bash
case "$*" in
    *version_info*) [ ! -e old-python ] ;;
    --version) echo "Python 3.9.2" ;;
    "-m venv --clear .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *"pip install"*) echo "$*" >>calls && [ ! -e pip-fails ] ;;
esac
"""
APT = """#!/bin/bash
echo "apt-get $*" >>calls
"""


class Machine:
    """A clone in a folder of its own, and a PATH that begins with our scripts."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "clone"
        self.programs = folder / "programs"
        self.programs.mkdir(parents=True)
        (self.clone / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup.sh", self.clone / "scripts")
        shutil.copy(ROOT / "pyproject.toml", self.clone)
        shutil.copytree(ROOT / "requirements", self.clone / "requirements")
        self.add("python3", PYTHON)

    def add(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text, encoding="utf-8")
        (self.programs / name).chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", self.clone / "scripts" / "setup.sh", *arguments],
            env={"PATH": f"{self.programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        """What pip and apt-get were asked since the last look."""
        file = self.clone / "calls"
        found = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_run_installs_the_lock_then_the_project_and_the_second_nothing(
    machine: Machine,
) -> None:
    assert machine.run("demo").returncode == 0
    lock, project = machine.calls()
    assert "--require-hashes --requirement requirements/demo.txt" in lock
    assert project.endswith("--no-index --no-deps --no-build-isolation --editable .")
    again = machine.run("demo")
    assert (again.returncode, again.stdout, machine.calls()) == (0, "", [])


def test_a_run_that_failed_is_repaired_by_the_next(machine: Machine) -> None:
    (machine.clone / "pip-fails").touch()
    assert machine.run("demo").returncode != 0
    assert len(machine.calls()) == 1
    (machine.clone / "pip-fails").unlink()
    assert machine.run("demo").returncode == 0
    assert len(machine.calls()) == 2
    assert machine.run("demo").stdout == ""


@pytest.mark.parametrize("changed", ["requirements/demo.txt", "pyproject.toml"])
def test_a_changed_lock_or_project_is_installed(machine: Machine, changed: str) -> None:
    machine.run("demo")
    machine.calls()
    with (machine.clone / changed).open("a", encoding="utf-8") as file:
        file.write("# newer\n")
    assert machine.run("demo").returncode == 0
    assert len(machine.calls()) == 2


def test_a_clone_that_was_moved_is_set_up_anew(machine: Machine) -> None:
    machine.run("demo")
    machine.calls()
    machine.clone = machine.clone.rename(machine.clone.parent / "moved")
    assert machine.run("demo").returncode == 0
    assert len(machine.calls()) == 2


def test_each_part_says_how_long_it_took(machine: Machine) -> None:
    said = machine.run("demo").stdout
    for part in ("system packages", "Python packages (network)", "this project"):
        took = [line for line in said.splitlines() if line.startswith(f"setup: {part}")]
        assert took[-1].endswith(" s")


def test_an_old_python_is_one_sentence_and_exit_2(machine: Machine) -> None:
    (machine.clone / "old-python").touch()
    found = machine.run("demo")
    assert found.returncode == 2
    assert found.stderr == "setup: Python 3.11 or newer is needed, python3 here is Python 3.9.2\n"
    assert not (machine.clone / ".venv").exists()


def test_without_root_the_one_command_to_run_is_printed_and_nothing_done(machine: Machine) -> None:
    machine.add("fc-list", "#!/bin/bash\n")
    machine.add("id", "#!/bin/bash\necho 1000\n")
    machine.add("apt-get", APT)
    found = machine.run("test")
    assert found.returncode == 2
    command = "sudo apt-get update && sudo apt-get install -y --no-install-recommends "
    assert f"run once: {command}" in found.stderr
    assert "fonts-noto-cjk" in found.stderr
    assert machine.calls() == []
    assert not (machine.clone / ".venv").exists()


def test_as_root_what_is_missing_is_installed_after_one_update(machine: Machine) -> None:
    machine.add("fc-list", "#!/bin/bash\n")
    machine.add("id", "#!/bin/bash\necho 0\n")
    machine.add("dpkg", "#!/bin/bash\n")
    machine.add("apt-get", APT)
    found = machine.run("test")
    update, install = machine.calls()
    assert update.endswith(" update")
    assert "install -y --no-install-recommends" in install
    assert install.endswith("fonts-noto-cjk")
    # Our apt-get installs nothing: that is told, and no stamp is written.
    assert found.returncode == 2
    assert "still missing after the installation" in found.stderr
    assert not (machine.clone / ".venv").exists()


def test_a_service_that_we_brought_is_stopped_also_after_an_interrupted_run(
    machine: Machine,
) -> None:
    for program in ("service", "update-rc.d", "systemctl"):
        machine.add(program, f'#!/bin/bash\necho "{program} $*" >>calls\n')
    assert machine.run("demo").returncode == 0
    machine.calls()
    brought = machine.clone / "var" / "setup-installs-postgresql"
    brought.parent.mkdir()
    brought.touch()
    assert machine.run("demo").returncode == 0
    stopped = [call for call in machine.calls() if "postgresql" in call]
    assert stopped in (
        ["service postgresql stop", "update-rc.d postgresql disable"],
        ["systemctl disable --now --quiet postgresql.service"],
    )
    assert not brought.exists()
    assert machine.run("demo").stdout == ""
    assert not any("postgresql" in call for call in machine.calls())


@pytest.mark.parametrize("arguments", [[], ["everything"]])
def test_a_wrong_call_is_told(machine: Machine, arguments: list[str]) -> None:
    found = machine.run(*arguments)
    assert (found.returncode, found.stderr) == (2, "usage: scripts/setup.sh demo|test\n")


def lacks_libraries(machine: Machine, user: int, apt: str) -> None:
    machine.add("grep", "#!/bin/bash\nexit 1\n")
    machine.add("id", f"#!/bin/bash\necho {user}\n")
    machine.add("dpkg", "#!/bin/bash\n")
    machine.add("apt-get", apt)


def test_the_demos_cameras_get_their_libraries_as_root(machine: Machine) -> None:
    lacks_libraries(machine, 0, APT)
    assert machine.run("demo").returncode == 0
    update, install, _, _ = machine.calls()
    assert update.endswith(" update")
    assert install.endswith("install -y --no-install-recommends libgl1 libglib2.0-0 libzbar0")


@pytest.mark.parametrize("user", [0, 1000])
def test_a_demo_that_cannot_have_them_is_set_up_without_and_says_so(
    machine: Machine, user: int
) -> None:
    lacks_libraries(machine, user, "#!/bin/bash\nexit 100\n")
    found = machine.run("demo")
    assert found.returncode == 0
    assert "libgl1 libglib2.0-0 libzbar0" in found.stdout
    assert "cameras" in found.stdout
    assert machine.run("demo").stdout == ""
