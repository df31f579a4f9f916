"""What the application's role may do in the vault's database, and what not."""

from __future__ import annotations

from tests.postgres import Postgres

STATEMENTS = {
    "SELECT count(*) FROM connections": True,
    "INSERT INTO paces VALUES ('x', 0, 0, 0, 0, 0, 0)": True,
    "UPDATE paces SET owed = 0": True,
    "DELETE FROM paces": True,
    "SELECT * FROM alembic_version": True,
    "UPDATE alembic_version SET version_num = '9999'": False,
    "DELETE FROM alembic_version": False,
    "TRUNCATE connections": False,
    "DROP TABLE connections": False,
    "ALTER TABLE connections ADD COLUMN x int": False,
    "CREATE TABLE mine (x int)": False,
    "CREATE SCHEMA mine": False,
    "CREATE TEMP TABLE mine (x int)": False,
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'": False,
    "CREATE DATABASE mine": False,
    "CREATE ROLE mine": False,
    "GRANT SELECT ON connections TO PUBLIC": False,
    "SET ROLE steps_owner": False,
    "SELECT pg_read_file('/etc/passwd')": False,
    "COPY connections TO PROGRAM 'cat'": False,
}


def is_allowed(server: Postgres, url: str, statement: str) -> bool:
    """Tell whether the role of the address may do it; what fails for another reason fails the test."""
    said = server.run("psql", "-XAtc", statement, url, check=False)
    refused = [one for one in _REFUSALS if one in said]
    assert refused or "ERROR" not in said, said
    return not refused


_REFUSALS = ("permission denied", "must be owner", "no privileges were granted")
