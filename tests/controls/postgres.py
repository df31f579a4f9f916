"""The vault's database, where it is PostgreSQL."""

from __future__ import annotations

from tests.controls import Control, Controls

CONTROLS: Controls = [
    Control(
        threat="A process of the application that is taken over changes, drops or gives away the tables",
        control="The application's role may read and change rows; another role owns the tables, and only migrates",
        test="tests/vault/test_postgres.py::test_the_application_uses_the_tables_and_owns_nothing",
        path="docker/create-databases.sh",
        present="CREATE DATABASE steps OWNER steps_owner;",
        absent="CREATE DATABASE steps OWNER steps_owner; GRANT steps_owner TO steps;",
    ),
    Control(
        threat="The application's role says that the tables are of another version",
        control="It may read the revision, and not write it",
        test="tests/vault/test_postgres.py::test_the_application_uses_the_tables_and_owns_nothing",
        path="vault/migration.py",
        present="        connection.execute(text(_KEEP_REVISION))",
        absent="        text(_KEEP_REVISION)",
    ),
    Control(
        threat="The way to the database is read along although TLS was asked for",
        control="A server without TLS is refused, not used without it",
        test="tests/vault/test_postgres.py::test_where_tls_is_asked_for_nothing_goes_without_it",
        path="vault/database_url.py",
        present='        return {"ssl": mode}',
        absent="        return {}",
    ),
    Control(
        threat="The password of the database stands in an error or a log",
        control="A refusal is told by its name alone, without the error that it came from",
        test="tests/vault/test_postgres.py::test_a_wrong_password_is_an_outage_that_does_not_repeat_it",
        path="vault/database.py",
        present='Its own log says why.") from None',
        absent='Its own log says why.") from error',
    ),
]
