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
    Control(
        threat="Whoever takes over the application reads Temporal's database, which is on the same server",
        control="Every other database of the server is closed to the vault's roles",
        test="tests/vault/test_roles.py::test_neither_role_reaches_another_database_of_the_server",
        path="docker/create-databases.sh",
        present="WHERE datname <> 'template0' \\gexec",
        absent="WHERE datname = 'steps' \\gexec",
    ),
    Control(
        threat="Somebody on the way to the database shows a certificate for another host",
        control="With verify-full, the name in the certificate must be the server's",
        test="tests/vault/test_outages.py::test_whose_certificate_a_server_may_show",
        path="vault/database_url.py",
        present='context.check_hostname = mode == "verify-full"',
        absent="context.check_hostname = False",
    ),
    Control(
        threat="Somebody on the way to the database shows a certificate that he made himself",
        control="It must come from the authority of sslrootcert, with require, too",
        test="tests/vault/test_outages.py::test_whose_certificate_a_server_may_show",
        path="vault/database_url.py",
        present="context = ssl.create_default_context(cafile=None if authority == _SYSTEM else authority)",
        absent="context = ssl._create_unverified_context()",
    ),
    Control(
        threat="The database's address asks for a protection that the vault does not know, and goes without",
        control="A parameter that is not understood is refused",
        test="tests/vault/test_outages.py::test_what_the_address_asks_for_is_done_or_refused",
        path="vault/database_url.py",
        present="if unknown := sorted({*url.query} - _UNDERSTOOD):",
        absent="if unknown := sorted({*url.query} - {*url.query}):",
    ),
    Control(
        threat="An older version runs on the tables of a newer one, and misreads them",
        control="A revision that this version does not know is refused, also by migrate",
        test="tests/vault/test_upgrade.py::test_a_newer_database_is_refused_with_what_to_do",
        path="vault/migration.py",
        present="if revision is not None and revision not in revisions():",
        absent="if revision is not None and revision in ():",
    ),
    Control(
        threat="A database that falls silent holds every call for ever",
        control="Each statement and each connection has a time limit",
        test="tests/vault/test_outages.py::test_a_server_that_falls_silent_is_an_outage_before_long",
        path="vault/database.py",
        present='"command_timeout": seconds}',
        absent='"command_timeout": None}',
    ),
    Control(
        threat="A server with a stricter default refuses all but one of those who write at once",
        control="The vault names the isolation of its transactions itself",
        test="tests/vault/test_outages.py::test_a_server_whose_default_is_stricter_refuses_no_writer",
        path="vault/database.py",
        present="isolation_level=_ISOLATION",
        absent="isolation_level=None",
    ),
    Control(
        threat="A restored database lets the application's role say that it is of another version",
        control="migrate takes that from it again, and the page on backups ends with it",
        test="tests/vault/test_recovery.py::test_a_server_and_its_keys_are_restored",
        path="docs/backup.md",
        present='STEPS_DATABASE_URL="$OWNER_URL" python cli.py migrate',
        absent="true",
    ),
]
