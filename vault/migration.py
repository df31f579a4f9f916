from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from vault.database import Database, make_private
from vault.errors import VaultNotMigrated, VaultUnavailable

_SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_061_929_436  # Any number that nothing else in the database uses.

# Whoever may use every new table may not say which revision they are of; its owner may, and is not among the grantees.
_KEEP_REVISION = """
DO $$ DECLARE other name; BEGIN
    FOR other IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_name = 'alembic_version' AND grantee NOT IN (grantor, 'PUBLIC')
    LOOP EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM %I', other); END LOOP;
END $$
"""


async def migrate(database_url: str) -> None:
    """Bring the database up to the tables of this version; make the SQLite file if there is none.

    Safe when run twice or by several processes at once: one upgrades, the others wait and find nothing to do.

    Raises:
        VaultNotMigrated: a newer version has migrated it.
        VaultUnavailable: the database does not answer, or this role may not make tables.
    """
    database = Database(database_url, patient=True)  # it may wait for another that migrates
    try:
        if database.file is not None:
            make_private(database.file)
        async with database.write() as connection:
            await connection.run_sync(_upgrade_if_allowed)
    finally:
        await database.close()


async def check_migrated(database: Database) -> None:
    """Refuse a database that does not have the tables of this version.

    Raises:
        VaultNotMigrated: it has others or none.
        VaultUnavailable: it does not answer.
    """
    # Asked first, because to connect to an SQLite file that is not there makes an empty one.
    if database.file is not None and not database.file.is_file():
        raise VaultNotMigrated(f"There is no database at {database.file} yet. Run `python cli.py migrate`.")
    async with database.read() as connection:
        revision = await connection.run_sync(_revision)
    head = _head()
    _refuse_newer(revision)
    if revision != head:
        raise VaultNotMigrated(
            f"The database is at revision {revision or 'none'}, and this version needs {head}. "
            "Run `python cli.py migrate`."
        )


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in _known():
        raise VaultNotMigrated(
            f"The database is at revision {revision}, of a newer version than this one, which needs {_head()}. "
            "Run the newer version, or restore a backup from before."
        )


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


@cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _upgrade_if_allowed(connection: Connection) -> None:
    try:
        _upgrade(connection)
    except ProgrammingError as error:
        # 42501: insufficient_privilege, https://www.postgresql.org/docs/18/errcodes-appendix.html
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        raise VaultUnavailable(
            "This role of the database may not make its tables. Run `python cli.py migrate` with the address of the "
            "role that owns them."
        ) from None


def _upgrade(connection: Connection) -> None:
    # SQLite holds its write lock already (BEGIN IMMEDIATE).
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    _refuse_newer(_revision(connection))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "postgresql":
        connection.execute(text(_KEEP_REVISION))


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
