"""Is this database ours, and in what shape; bring it to this program's shape.

A foreign file is recognised before anything is written into it. Source: design section 5.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hub.db.engine import CONNECT_TIMEOUT_S, Database, DatabaseError, sqlite_module

_MIGRATIONS = Path(__file__).parent / "migrations"
_SQLITE_MAGIC = b"SQLite format 3\0"


def upgrade(url: URL, database: Database) -> None:
    """Check the database and bring it to the newest schema, in one transaction.

    Raises:
        DatabaseError: no database, not Custos's, or made by a newer version; nothing was changed.
    """
    if url.get_backend_name() == "sqlite":
        _check_sqlite_file(Path(url.database or ""))
    try:
        with database.writing() as tx:
            _check_owner(tx)
            config = _alembic_config()
            config.attributes["connection"] = tx
            command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseError(f"database: cannot be upgraded: {error}") from error
    except DBAPIError as error:
        raise DatabaseError(f"database: cannot be used: {_first_line(error.orig)}") from error
    except SQLAlchemyError as error:
        raise DatabaseError(f"database: cannot be used: {_first_line(error)}") from error


def check(url: URL, database: Database) -> str:
    """Say in what shape the database is, changing nothing.

    Raises:
        DatabaseError: as :func:`upgrade`.
    """
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return "will be made at the first start"
    is_new = schema_of(url, database) == newest_schema()
    return "up to date" if is_new else "will be upgraded at the next start"


def schema_of(url: URL, database: Database) -> str | None:
    """The revision of the database's schema; ``None``: there is nothing yet.

    Raises:
        DatabaseError: as :func:`upgrade`.
    """
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        _check_sqlite_file(path)
        if not path.exists():
            return None
    try:
        with database.reading() as tx:
            _check_owner(tx)
            return MigrationContext.configure(tx).get_current_revision()
    except SQLAlchemyError as error:
        raise DatabaseError(f"database: cannot be used: {_first_line(error)}") from error


def newest_schema() -> str | None:
    """The revision to which this program brings a database."""
    return _scripts().get_current_head()


def is_known(schema: str) -> bool:
    """Say whether this program knows a revision."""
    return schema in {script.revision for script in _scripts().walk_revisions()}


def _check_sqlite_file(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_file():
        raise DatabaseError(f"database: {path} is not a file")
    try:
        with path.open("rb") as file:
            magic = file.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise DatabaseError(f"database: cannot read {path}: {error.strerror}") from error
    if magic not in (b"", _SQLITE_MAGIC):
        raise DatabaseError(f"database: {path} is not an SQLite database")
    # Opened read-only: the writing engine would already change a foreign file's journal mode.
    module = sqlite_module()
    try:
        found = module.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            names = {row[0] for row in found.execute("SELECT name FROM sqlite_master").fetchall()}
        finally:
            found.close()
    except module.Error as error:
        raise DatabaseError(f"database: {path} cannot be read: {error}") from error
    if names and "alembic_version" not in names:
        raise DatabaseError(f"database: {path} is not Custos's: it has other tables")


def _check_owner(tx: Connection) -> None:
    tables = set(inspect(tx).get_table_names())
    if not tables:
        return
    if "alembic_version" not in tables:
        raise DatabaseError("database: it is not Custos's: it has other tables")
    current = MigrationContext.configure(tx).get_current_revision()
    if current is not None and not is_known(current):
        raise DatabaseError(
            f"database: its schema {current} is unknown to this version of Custos; "
            "it was made by a newer one, or is not Custos's"
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_alembic_config())


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _first_line(error: BaseException | None) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else f"no answer within {CONNECT_TIMEOUT_S} s"
