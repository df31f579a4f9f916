from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ProgrammingError

from vault.database import Database, make_private
from vault.errors import VaultNotMigrated, VaultUnavailable

SCRIPTS = Path(__file__).parent / "migrations"
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
    _refuse_newer(revision)
    if revision != (head := revisions()[-1]):
        raise VaultNotMigrated(
            f"The database is at revision {revision or 'none'}, and this version needs {head}. "
            "Run `python cli.py migrate`."
        )


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in revisions():
        raise VaultNotMigrated(
            f"The database is at revision {revision}, of a newer version than this one, which needs {revisions()[-1]}. "
            "Run the newer version, or restore a backup from before."
        )


@cache
def revisions() -> tuple[str, ...]:
    """Return every revision, the newest last: each has a file that begins with it."""
    return tuple(sorted(path.name.partition("_")[0] for path in SCRIPTS.glob("versions/[0-9]*.py")))


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
    # Alembic brings Mako and Pygments along: a fifth of a second that only who migrates needs to pay.
    from alembic import command
    from alembic.config import Config

    # SQLite holds its write lock already (BEGIN IMMEDIATE).
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    _refuse_newer(_revision(connection))
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "postgresql":
        connection.execute(text(_KEEP_REVISION))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))
