"""The same hub by this program and by a newer one: a copy of the sources with one more migration.

Source: docs/adr/0036.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hub.db.upgrade import newest_schema
from tests.rig.programs import ROOT, Hub
from tests.rig.warm import WarmProcess

NEWER = "9001"
PAUSE_S = 0.6
"""The migration stands still for so long between its two halves."""
_SOURCES = ("hub", "ledger", "wire")
_MIGRATION = f'''
import time

import sqlalchemy as sa
from alembic import op

revision = "{NEWER}"
down_revision = "{{before}}"


def upgrade() -> None:
    op.create_table("newer", sa.Column("event_id", sa.BigInteger()))
    op.execute("INSERT INTO newer SELECT id FROM event")
    time.sleep({PAUSE_S})
    op.add_column("spool_head", sa.Column("newer", sa.Integer(), nullable=True))
    op.execute("UPDATE spool_head SET newer = 1")
'''


def make_newer(folder: Path) -> Path:
    """The sources of a newer Custos."""
    for name in _SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "hub" / "db" / "migrations" / "versions" / f"{NEWER}_newer.py"
    path.write_text(_MIGRATION.format(before=newest_schema()))
    return folder


class AnyHub(Hub):
    """A hub whose program can be changed while it does not run; ``tree`` None: this one."""

    tree: Path | None = None

    def spawn(self, log: int, env: dict[str, str]) -> subprocess.Popen[bytes] | WarmProcess:
        if self.tree is None:
            return super().spawn(log, env)
        return subprocess.Popen(
            [sys.executable, "-m", *self.command],
            cwd=self.tree,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**env, "PYTHONPATH": str(self.tree)},
            start_new_session=True,
        )

    def newer(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command of the newer program, begun."""
        assert self.tree is not None
        return subprocess.Popen(
            [sys.executable, "-m", "hub", "--config", str(self.config), *arguments],
            cwd=self.tree,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(self.tree)},
        )
