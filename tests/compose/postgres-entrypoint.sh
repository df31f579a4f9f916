#!/bin/sh
# As the image of PostgreSQL starts: at the first start a database, the password from a file, and the scripts of the
# folder, by a server that listens on its socket alone; then the server itself.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust >/dev/null
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl --wait --options="-c listen_addresses=''" start
    createdb --username="$POSTGRES_USER" "$POSTGRES_USER"
    for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
    pg_ctl --wait --mode=fast stop
fi
exec postgres -c listen_addresses='*'
