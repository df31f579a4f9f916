#!/bin/sh
# Set OpenBao up for Durable Steps: two keys, three roles. Safe to run again, and to be run again after a change of a
# policy or of a secret id. Needs the `bao` command, BAO_ADDR, and BAO_TOKEN unless it initializes OpenBao itself.
#   openbao-setup.sh POLICIES SECRETS ADMIN
# POLICIES  the folder with api.hcl, worker.hcl and rotator.hcl
# SECRETS   openbao_<role>_secret_id of the API and the workers: what is there is used, what is missing is made
# ADMIN     where the recovery key and the root token of a new OpenBao are written: init.txt
set -eu
umask 077
policies=$1 secrets=$2 admin=$3

left=60
until bao status >/dev/null 2>&1 || [ $? -eq 2 ]; do # 2: it answers, and is sealed
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "OpenBao does not answer at ${BAO_ADDR:-}." >&2; exit 1; }
    sleep 1
done

if ! bao operator init -status >/dev/null 2>&1; then
    bao operator init -recovery-shares=1 -recovery-threshold=1 >"$admin/init.new"
    mv "$admin/init.new" "$admin/init.txt"
    echo "OpenBao is new. Take $admin/init.txt to a safe place: it holds the recovery key and the root token."
fi
if [ -z "${BAO_TOKEN:-}" ] && [ -s "$admin/init.txt" ]; then
    BAO_TOKEN=$(sed -n 's/^Initial Root Token: //p' "$admin/init.txt")
    export BAO_TOKEN
fi
left=60
until bao status >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "OpenBao is sealed. Unseal it, then run this again." >&2; exit 1; }
    sleep 1
done

if [ -z "${BAO_TOKEN:-}" ]; then
    # Without the root token there is nothing to change, but something to find out: whether the roles are let in.
    for role in api worker; do
        bao write -field=token auth/approle/login role_id="steps-$role" secret_id=- \
            <"$secrets/openbao_${role}_secret_id" >/dev/null
    done
    echo "OpenBao lets the roles in. It was not changed: there is no root token."
    exit 0
fi

bao read sys/mounts/transit >/dev/null 2>&1 || bao secrets enable transit
bao read sys/auth/approle >/dev/null 2>&1 || bao auth enable approle
bao write transit/config/keys disable_upsert=true >/dev/null
for key in steps steps-hooks; do
    bao read "transit/keys/$key" >/dev/null 2>&1 || bao write "transit/keys/$key" type=aes256-gcm96 derived=true >/dev/null
done

for role in api worker rotator; do
    path=auth/approle/role/steps-$role
    bao policy write "steps-$role" "$policies/$role.hcl" >/dev/null
    # Tokens of five minutes, which cannot be renewed: a withdrawn secret id is good for no longer than that.
    bao write "$path" token_policies="steps-$role" token_no_default_policy=true token_ttl=5m token_max_ttl=5m >/dev/null
    bao write "$path/role-id" role_id="steps-$role" >/dev/null
    if [ "$role" = rotator ]; then # it has no secret id until a key is rotated, and then for a day
        bao write "$path" secret_id_ttl=24h >/dev/null
        continue
    fi

    file=$secrets/openbao_${role}_secret_id
    if [ ! -s "$file" ]; then
        bao write -force -field=secret_id "$path/secret-id" >"$file.new"
        mv "$file.new" "$file"
    fi
    accessor() { # of the secret id, if OpenBao knows it; else it says that it succeeded, and no more
        bao write -field=secret_id_accessor "$path/secret-id/lookup" secret_id=- <"$file" | grep -E '^[0-9a-f-]{36}$' || true
    }
    [ -n "$(accessor)" ] || bao write "$path/custom-secret-id" secret_id=- <"$file" >/dev/null
    # Only the secret id of the file counts: to change one, replace the file and run this again.
    kept=$(accessor)
    for other in $(bao list "$path/secret-id" | tail -n +3); do
        [ "$other" = "$kept" ] || bao write "$path/secret-id-accessor/destroy" secret_id_accessor="$other" >/dev/null
    done
done
echo "OpenBao is set up."
