"""What docker/openbao-setup.sh does the second time, and with what an operator changed."""

from __future__ import annotations

import stat

from tests.openbao.server import Server
from vault import KeyProviderDenied, Secret
from vault.openbao import OpenBaoKeys, OpenBaoRotator
from vault.openbao_client import OpenBao

PROCESSES = ("api", "worker")


def accessors(openbao: Server, role: str) -> list[str]:
    return openbao.root("LIST", f"auth/approle/role/steps-{role}/secret-id")["data"]["keys"]


def test_a_second_run_changes_nothing(openbao: Server):
    before = {role: (openbao.secret_id(role), accessors(openbao, role)) for role in PROCESSES}
    key = openbao.root("GET", "transit/keys/steps")["data"]["keys"]
    assert "OpenBao is set up." in openbao.set_up()
    assert {role: (openbao.secret_id(role), accessors(openbao, role)) for role in PROCESSES} == before
    assert openbao.root("GET", "transit/keys/steps")["data"]["keys"] == key


def test_what_it_writes_is_closed_to_others(openbao: Server):
    for name in ("init.txt", *(f"openbao_{role}_secret_id" for role in PROCESSES)):
        assert stat.S_IMODE((openbao.folder / name).stat().st_mode) == 0o600


async def test_a_secret_id_in_the_file_takes_the_place_of_the_one_before(openbao: Server):
    before, file = openbao.secret_id("api"), openbao.folder / "openbao_api_secret_id"
    file.write_text("5" * 64)
    openbao.set_up()
    assert len(accessors(openbao, "api")) == 1
    for text, works in (("5" * 64, True), (before, False)):
        client = OpenBao(openbao.url, "steps-api", Secret(text))
        try:
            await OpenBaoKeys(client, "steps").wrap(b"data key", b"context")
            assert works
        except KeyProviderDenied:
            assert not works
        await client.close()


def test_without_the_root_token_it_finds_out_whether_the_roles_are_let_in(openbao: Server):
    hidden = (openbao.folder / "init.txt").rename(openbao.folder / "taken-away")
    file = openbao.folder / "openbao_worker_secret_id"
    good = file.read_text()
    try:
        done = openbao.run_setup()
        assert (done.returncode, done.stderr) == (0, "")
        assert "lets the roles in" in done.stdout
        file.write_text("wrong")
        assert openbao.run_setup().returncode != 0
    finally:
        file.write_text(good)
        hidden.rename(openbao.folder / "init.txt")


async def test_the_server_notes_each_call_without_what_was_sealed(openbao: Server):
    client = openbao.role("api")
    await OpenBaoKeys(client, "steps").wrap(b"canary-data-key", b"context")
    await client.close()
    last = [line for line in (openbao.folder / "audit.log").read_text().splitlines() if "transit/encrypt" in line][-1]
    assert '"role_name":"steps-api"' in last
    assert "Y2FuYXJ5" not in last


def test_no_secret_stands_in_what_the_server_writes(openbao: Server):
    for text in (openbao.root_token, *(openbao.secret_id(role) for role in PROCESSES)):
        assert text not in openbao.log


async def test_whoever_rotates_keys_gets_a_secret_id_that_lasts_a_day(openbao: Server):
    path = "auth/approle/role/steps-rotator/secret-id"
    made = openbao.root("POST", path)["data"]
    assert made["secret_id_ttl"] == 86_400
    client = openbao.role("rotator", made["secret_id"])
    assert (await OpenBaoRotator(client, "steps").current()).startswith("openbao/steps/v")
    openbao.root("POST", f"{path}-accessor/destroy", {"secret_id_accessor": made["secret_id_accessor"]})
    await client.close()
