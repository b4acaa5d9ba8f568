"""The way back from an upgrade: a backup of the database before its schema is changed.

Without keys and footage, which an upgrade does not touch and a restore leaves where they are.
Source: docs/adr/0036.
"""

from pathlib import Path

import structlog
from sqlalchemy import URL

from hub.backup.contents import BEFORE_UPGRADE
from hub.backup.disk import Disk
from hub.backup.making import Choice, Source, keep_newest, make_backup
from hub.backup.manifest import BackupError
from hub.clock import Clock
from hub.db.copying import is_there
from hub.db.engine import Database
from hub.db.upgrade import newest_schema, schema_of

KEPT = 3

_log = structlog.get_logger()


def keep_before_upgrade(data_dir: Path, url: URL, database: Database, clock: Clock) -> None:
    """Back the database up if its schema is older than this program's.

    Raises:
        BackupError: it cannot be; nothing was upgraded.
        DatabaseError: no database, not Custos's, or made by a newer version.
    """
    schema = schema_of(url, database)
    if schema is None or schema == newest_schema():
        return
    if not is_there(url):
        _log.warning("upgraded without a backup: pg_dump is not installed", schema=schema)
        return
    folder = data_dir / BEFORE_UPGRADE
    _log.info("keeping the database before its upgrade", schema=schema)
    try:
        made = make_backup(
            Source(data_dir, url, schema),
            folder,
            Choice(keys=False, footage=False),
            clock.now,
            lambda _what, _done, _all: None,
            Disk(),
        )
        keep_newest(folder, KEPT, Disk())
    except BackupError as error:
        raise BackupError(
            f"not upgraded, for what is there could not be kept: {error}; make room, or: "
            "custos-hub upgrade --without-backup"
        ) from error
    _log.info("kept before the upgrade", schema=schema, backup=str(made.folder))
