#!/bin/sh
# Make the secrets that docker-compose.yml reads, once; what is there already is kept, an empty one is filled. Back secrets/ up, apart from the database.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
make_one() { # name, value
    [ -s "secrets/$1" ] || { rm -f "secrets/$1"; printf '%s' "$2" > "secrets/$1"; }
    chmod 444 "secrets/$1" # read by the containers' own users; the folder is closed to everyone else
}
make_one postgres_password "$(openssl rand -hex 24)"
make_one steps_password "$(openssl rand -hex 24)"
make_one steps_database_url "postgresql+asyncpg://steps:$(cat secrets/steps_password)@postgres:5432/steps"
make_one steps_owner_password "$(openssl rand -hex 24)"
make_one steps_owner_database_url "postgresql+asyncpg://steps_owner:$(cat secrets/steps_owner_password)@postgres:5432/steps"
make_one openbao_unseal_key "$(openssl rand -hex 32)"
for role in api worker; do make_one "openbao_${role}_secret_id" "$(openssl rand -hex 32)"; done
make_one steps_signing_key "$(openssl rand -base64 32)"
make_one steps_notion_client_secret "${STEPS_NOTION_CLIENT_SECRET:-}"
make_one steps_oidc_client_secret "${STEPS_OIDC_CLIENT_SECRET:-}"
make_one steps_payload_keys "${STEPS_PAYLOAD_KEYS:-}" # empty: Temporal keeps payloads in plain text
make_one steps_traces_headers "${STEPS_TRACES_HEADERS:-}" # what a hosted collector of traces asks for
make_one grafana_password "$(openssl rand -hex 24)"
chmod 700 secrets
echo "The secrets are in secrets/."
