#!/bin/sh
# Run by PostgreSQL at its first start: a database and a role of its own for the vault.
set -eu
psql --username temporal --dbname postgres --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/steps_password)" <<'SQL'
CREATE ROLE steps LOGIN PASSWORD :'password';
CREATE DATABASE steps OWNER steps;
REVOKE ALL ON DATABASE steps FROM PUBLIC;
SQL
