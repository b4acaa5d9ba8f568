"""``custos-hub backup`` and ``restore`` as a person calls them: words, exit codes, kills."""

import os
import random
import shutil
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

import pytest

from edge.spool import KEEP_RECEIPTED
from hub.backup.making import whole_backups
from hub.backup_cli import RECEIPTED_KEPT_DAYS
from tests.backup_parts import put_footage, tree
from tests.rig import warm

KILLS = 15


class Called:
    """``custos-hub`` with one configuration; a hub has been made in its ``data_dir``."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "hub"
        folder.mkdir(exist_ok=True)
        self.config = folder / "hub.toml"
        self.config.write_text(f'data_dir = "{self.data_dir}"\n')
        self.backups = folder / "backups"

    def run(self, *arguments: str) -> CompletedProcess[str]:
        return warm.run("hub", "--config", str(self.config), *arguments)

    def kill(self, after_s: float, *arguments: str) -> None:
        with Path(os.devnull).open("wb") as nowhere:
            process = warm.launch(
                "hub",
                ["--config", str(self.config), *arguments],
                env=dict(os.environ),
                stdout=nowhere.fileno(),
                stderr=nowhere.fileno(),
            )
        with suppress(TimeoutExpired):
            process.wait(after_s)
        process.kill()
        process.wait()


@pytest.fixture
def hub(tmp_path: Path) -> Called:
    called = Called(tmp_path)
    assert called.run("enrol", "755A", "dock").returncode == 0
    return called


def sentence(found: CompletedProcess[str]) -> str:
    """What was wrong: one sentence, exit 2."""
    assert found.returncode == 2, found
    lines = found.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("custos-hub: ")
    return lines[0]


def test_the_days_that_edges_keep_are_the_edges_own() -> None:
    assert KEEP_RECEIPTED.days == RECEIPTED_KEPT_DAYS


def test_a_backup_and_a_restore_say_what_a_person_has_to_know(hub: Called) -> None:
    put_footage(hub.data_dir, b"film")
    made = hub.run("backup", str(hub.backups))
    assert made.returncode == 0
    (folder,) = whole_backups(hub.backups)
    assert made.stdout.splitlines()[0] == str(folder)
    assert "footage: 1 files, 4 bytes" in made.stdout
    assert "can speak as this hub" in made.stdout
    shutil.rmtree(hub.data_dir)
    restored = hub.run("restore", str(hub.backups))
    assert restored.returncode == 0
    assert "s ago (RPO)" in restored.stdout
    assert "What people entered at the hub since then\ndoes not" in restored.stdout
    assert hub.run("check").stdout.count("up to date") == 1


def test_only_the_newest_backups_are_kept_if_somebody_says_so(hub: Called) -> None:
    for _ in range(3):
        assert hub.run("backup", str(hub.backups), "--keep", "2").returncode == 0
    assert len(whole_backups(hub.backups)) == 2


def test_a_wrong_call_is_one_sentence_and_exit_2(hub: Called, tmp_path: Path) -> None:
    assert "--replace" in sentence(_made(hub).run("restore", str(hub.backups)))
    assert "no backup of a Custos hub" in sentence(hub.run("restore", str(tmp_path / "nowhere")))
    other = Called(tmp_path / "other")
    assert "there is no hub in" in sentence(other.run("backup", str(hub.backups)))
    assert not other.data_dir.exists()
    damaged = next(hub.backups.rglob("hub.sqlite"))
    with damaged.open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff")
    assert "is damaged: hub.sqlite" in sentence(hub.run("restore", "--replace", str(hub.backups)))


def _made(hub: Called) -> Called:
    assert hub.run("backup", str(hub.backups)).returncode == 0
    return hub


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_kills_at_any_moment_of_backup_and_restore_leave_whole_ones_or_none(hub: Called) -> None:
    rng = random.Random(4)
    for n in range(20):
        put_footage(hub.data_dir, bytes([n]) * 2_000_000)
    _made(hub)
    wanted = {name: data for name, data in tree(hub.data_dir).items() if name.endswith(".mp4")}
    cut = refused = 0
    for _ in range(KILLS):
        before = len(whole_backups(hub.backups))
        hub.kill(rng.uniform(0.02, 0.25), "backup", str(hub.backups))
        cut += len(whole_backups(hub.backups)) == before
        shutil.rmtree(hub.data_dir)
        hub.kill(rng.uniform(0.02, 0.25), "restore", str(hub.backups))
        if (hub.data_dir / "restore.unfinished").exists():
            refused += 1
            for call in (("enrol", "755A", "gate"), ("check",), ("backup", str(hub.backups))):
                assert "was cut short" in sentence(hub.run(*call))
        again = hub.run("restore", "--replace", str(hub.backups))
        assert again.returncode == 0, again.stderr
        found = tree(hub.data_dir)
        assert {name: found.get(name) for name in wanted} == wanted
        assert hub.run("enrol", "755A", "gate").returncode == 0
    print(f"{KILLS} kills each: {cut} backups and {refused} restores were cut off")
    assert cut
