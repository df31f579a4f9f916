"""How it ends: a rotated key, crashes, settings that are wrong, encrypted runs, deleted accounts."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import signal
from collections.abc import Iterator
from typing import Any, cast

from local.demo import HANDLE
from tests.conftest import eventually
from tests.sweep.planting import PLANTED
from tests.sweep.world import World


async def the_key_is_rotated(world: World) -> None:
    """By the rotator's role, as an operator does it."""
    assert "0 left" in await world.cli("keys", "rotate", "--grace", "1", role="rotator")


async def operators_look(world: World) -> None:
    """At what commands show."""
    failed = next(run for run in world.runs if run.startswith("order-fan-out/"))
    await asyncio.gather(
        world.cli("runs", "show", failed),
        world.cli("connections", "list"),
        world.cli("connections", "test", "acme-crm"),
    )


async def processes_crash(world: World) -> None:
    """The worker while a call is in the air, and the API; they write what they know of it."""
    await world.run(path="slow")
    await asyncio.wait_for(world.acme.held.wait(), 90)
    for name in ("worker", "api"):
        child = world.stack.children[name]
        before = len(child.output())
        await child.stop(signal.SIGABRT)
        world.crashes[f"crash of {name}"] = child.output()[before:]
        assert "Fatal Python error: Aborted" in world.crashes[f"crash of {name}"]


async def settings_are_wrong(world: World) -> None:
    """With secrets where they do not belong, so that processes do not start."""

    def wrong(what: str) -> str:
        return world.ledger.add(f"wrong {what}", f"wrong-{secrets.token_urlsafe(24)}")

    providers = world.stack.data / "wrong.toml"
    providers.write_text(
        f'[providers.{PLANTED}]\nclient_secret = "{wrong("client secret")}"\ntoken_url = "ftp://{wrong("URL")}"\n'
    )
    address = world.database.application.partition("@")[2]
    told = {
        "api with settings": ("cli.py api", {
            "STEPS_EVENTS_SECRET": f"whsec_{wrong('events secret')}",
            "STEPS_PAYLOAD_KEYS": f"one:{wrong('payload key')}",
            "STEPS_OIDC_ISSUER": f"https://user:{wrong('password')}@id.test",
            "STEPS_PUBLIC_URL": f"ftp://{wrong('URL')}",
            "STEPS_OPENBAO_URL": f"http://root:{wrong('password')}@bao.test",
            "STEPS_EGRESS_PRIVATE_HOSTS": wrong("host"),
            "STEPS_OIDC_ACCESS": wrong("access"),
            "STEPS_LOG_LEVEL": wrong("level"),
        }),
        "api with providers": ("cli.py api", {"STEPS_PROVIDERS_FILE": str(providers)}),
        "worker with a signing key": ("worker.py", {"STEPS_SIGNING_KEY": wrong("signing key")}),
        "command with a secret id": ("cli.py variables list", {"STEPS_OPENBAO_SECRET_ID": wrong("secret id")}),
        "worker with a password": ("worker.py", {
            "STEPS_DATABASE_URL": f"postgresql://steps:{wrong('password')}@{address}",
        }),
        "migrate with an address": ("cli.py migrate", {
            "STEPS_DATABASE_URL": f"postgresql://steps:{wrong('password')}@127.0.0.1:port/{wrong('name')}",
        }),
    }  # fmt: skip

    async def start(name: str, command: str, env: dict[str, str]) -> None:
        program, *arguments = command.split()
        status, output = await world.stack.command(*arguments, program=program, role="worker", **env)
        assert status != 0, output
        world.crashes[f"crash of {name}"] = output

    await asyncio.gather(*(start(name, *given) for name, given in told.items()))


async def runs_are_encrypted(world: World) -> None:
    """From now on, what Temporal keeps is; the API shows it to those who may see it, and decrypts it for its UI."""
    await world.stack.encrypt()
    run = await world.run(path="fails")
    await world.until(run, "failed")
    history = await (await world.stack.client()).get_workflow_handle(run).fetch_history()
    payloads = list(_payloads(json.loads(history.to_json())))
    assert "acme.test" not in "".join(base64.b64decode(one["data"]).decode(errors="replace") for one in payloads)
    key = {"Authorization": f"Bearer {world.keys['operate']}"}
    answer = await world.http.post(f"{world.api}/codec/decode", json={"payloads": payloads}, headers=key)
    assert answer.status_code == 200, answer.text


def _payloads(part: Any) -> Iterator[dict[str, Any]]:
    """Give every payload of a history, as Temporal's UI does when it has them decrypted."""
    if isinstance(part, dict) and "metadata" in part and "data" in part:
        yield cast("dict[str, Any]", part)
    elif isinstance(part, dict):
        yield from _payloads([*cast("dict[str, Any]", part).values()])
    elif isinstance(part, list):
        for inner in cast("list[Any]", part):
            yield from _payloads(inner)


async def accounts_are_deleted(world: World) -> None:
    """At the provider, which repeats the token that it does not revoke, and at Notion."""
    for handle in ("acme-crm", HANDLE):
        answer = await world.http.post(f"{world.api}/connections/{handle}/delete")
        assert answer.status_code in (200, 303), answer.text

    async def gone() -> bool:
        left = {connection["handle"] for connection in await world.visitor.get("/api/v1/connections")}
        return left.isdisjoint(("acme-crm", HANDLE))

    await eventually(gone, seconds=90)
