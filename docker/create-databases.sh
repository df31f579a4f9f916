#!/bin/sh
# Run by PostgreSQL at its first start: a database for the vault, a role that owns its tables, and one that uses them.
set -eu
secrets="${SECRETS:-/run/secrets}"
psql --dbname postgres --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-temporal}" \
    --set owner_password="$(cat "$secrets/steps_owner_password")" --set password="$(cat "$secrets/steps_password")" <<'SQL'
CREATE ROLE steps_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE steps LOGIN PASSWORD :'password';
CREATE DATABASE steps OWNER steps_owner;
-- Temporal's second one, here already, so that it is closed like the others.
CREATE DATABASE temporal_visibility;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database WHERE datname <> 'template0' \gexec
GRANT CONNECT ON DATABASE steps TO steps;
\connect steps
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO steps;
-- Of every table that a migration makes, now and later.
ALTER DEFAULT PRIVILEGES FOR ROLE steps_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO steps;
SQL
