#!/bin/sh
# Bring Temporal's two databases to the schema of this server version; safe to run again.
set -eu
SQL_PASSWORD="$(cat /run/secrets/postgres_password)"
export SQL_PASSWORD
schema=/etc/temporal/schema/postgresql/v12
for pair in temporal:temporal temporal_visibility:visibility; do
    database="${pair%%:*}" folder="${pair##*:}"
    temporal-sql-tool --db "$database" create || echo "the database $database is there"
    temporal-sql-tool --db "$database" setup-schema -v 0.0 || echo "the schema of $database is set up"
    temporal-sql-tool --db "$database" update-schema -d "$schema/$folder/versioned"
done
