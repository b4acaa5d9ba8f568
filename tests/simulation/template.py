"""A hub's store as each simulated day begins with it: made once in a process, then copied.

Its schema, keys, rules and enrolled edges; the same bytes of chance each time.
"""

import atexit
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import URL

from hub.access.service import salt_of
from hub.config import Settings, load_policy
from hub.db.engine import Database, open_database, parse_url
from hub.db.upgrade import upgrade
from hub.keys import HubKeys
from ledger.keys import SigningKey
from tests.hub_parts import SigningEdge, open_hub
from wire.policy import Policy

SITE = "755A"
EDGES = ("dock", "gate")
_IN_MEMORY = Path("/dev/shm")
FILE = "hub.sqlite"


@dataclass(frozen=True)
class Template:
    """What all days of a process have in common; ``folder`` holds the one store in use.

    ``database`` is opened once: a new one would compile every statement anew.
    """

    folder: Path
    original: Path
    url: URL
    database: Database
    keys: HubKeys
    policy: Policy
    settings: Settings
    site_salt: str

    def renew(self, copy: Path | None = None) -> None:
        """Put the store back to how a day begins, or to a copy of it."""
        self.database.close()
        for old in self.folder.glob(f"{FILE}-*"):
            old.unlink()
        shutil.copyfile(copy or self.original, self.folder / FILE)

    def copy_to(self, copy: Path) -> None:
        """Keep a copy of the store as it stands."""
        self.database.close()  # and so its log is folded into the one file
        shutil.copyfile(self.folder / FILE, copy)


def edge_key(edge: str) -> SigningKey:
    """The signing key of one of the site's edges."""
    return SigningKey(bytes([EDGES.index(edge) + 1]) * 32)


def new_folder() -> Path:
    """A folder in memory, where a flush costs nothing."""
    return Path(tempfile.mkdtemp(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None, prefix="day-"))


@cache
def template() -> Template:
    """The one of this process."""
    atexit.register(remove_template)
    folder = new_folder()
    url = parse_url(None, folder)
    with closing(open_database(url)) as database:
        upgrade(url, database)
    with open_hub(folder, url) as hub:
        for edge in EDGES:
            hub.enrol(SigningEdge(site=SITE, edge=edge, key=edge_key(edge)))
        with hub.database.writing() as tx:
            salt = salt_of(tx, SITE, hub.clock.random_bytes)
        keys = hub.keys
    original = folder / "template"
    shutil.copyfile(folder / FILE, original)
    # Fewer pages than ingest's own, so that days have checkpoints.
    database = open_database(url, checkpoint_pages=200)
    policy = load_policy(None)
    return Template(folder, original, url, database, keys, policy, Settings(data_dir=folder), salt)


def remove_template() -> None:
    """Leave nothing of it behind."""
    if template.cache_info().currsize:
        template().database.close()
        shutil.rmtree(template().folder)
        template.cache_clear()
