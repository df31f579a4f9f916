"""`python cli.py triggers`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from api.handshakes import provider_of_trigger
from api.hooks import hook_address
from api.signatures import check_secret
from api.starting import find_workflow
from api.trigger_problems import TriggerNotSigned
from commands.shared import opened, perform
from settings import read_settings
from steps.delay import parse_delay
from steps.discovery import discover
from steps.signed import NotionSigned, Signed
from steps.workflow import Workflow
from vault import Secret
from vault.opening import open_signer
from vault.trigger_secrets import LONGEST_KEPT

app = typer.Typer(no_args_is_help=True, help="Set what triggers are signed with, and replace their addresses.")

Name = Annotated[str, typer.Argument(help="The workflow's name, such as OrderToNotion.")]
Keep = Annotated[str, typer.Option("--keep", help="How long what is replaced still counts, such as '24 hr'.")]


@app.command("list")
def list_triggers() -> None:
    """List the triggers: how each is signed, and since when its secret is set. No secret is shown."""

    async def work() -> None:
        async with opened() as vault:
            found = await vault.trigger_secrets.list()
        for name, cls in sorted(_workflows().items()):
            mine = [one for one in found if one.workflow == name]
            if cls.signed is None:
                typer.echo(f"{name}: not signed; its address is its only secret")
            elif not mine:
                todo = "token" if isinstance(cls.signed, NotionSigned) else "secret"
                typer.echo(f"{name}: {cls.signed.words}: NOT SET UP, run `python cli.py triggers {todo} {name}`")
            for one in mine:
                if cls.signed is None:
                    continue
                until = f", counts until {one.until:%Y-%m-%d %H:%M} UTC" if one.until else ""
                typer.echo(f"{name}: {cls.signed.words}, set {one.created_at:%Y-%m-%d %H:%M} UTC{until}")

    perform(work())


@app.command("secret")
def set_secret(name: Name, keep: Keep = "0 sec") -> None:
    """Set what the sender of a trigger signs with. It is asked for, or read from standard input; nothing shows it."""

    async def work() -> Signed:
        signed = find_workflow(_workflows(), name).signed
        if signed is None:
            raise TriggerNotSigned(f"{name} declares no signature: write `signed = Shopify()` or another in its class.")
        kept = parse_delay(keep, limit=LONGEST_KEPT)
        secret = _ask(signed)
        check_secret(signed, secret)
        async with opened() as vault:
            await vault.trigger_secrets.set(name, secret, keep=kept)
        return signed

    typer.echo(f"Set. Deliveries to {name} have to be signed with it: {perform(work()).words}.")


@app.command("token")
def take_token(
    name: Name,
    keep: Keep = "0 sec",
    token_id: Annotated[str | None, typer.Option("--id", help="Which one, where several have come.")] = None,
) -> None:
    """Print the token that Notion has sent to a trigger, for Notion's page; deliveries count by it from then on."""

    async def work() -> Secret:
        if not isinstance(find_workflow(_workflows(), name).signed, NotionSigned):
            raise TriggerNotSigned(f"{name} is not signed by Notion: write `signed = NotionSigned()` in its class.")
        kept = parse_delay(keep, limit=LONGEST_KEPT)
        async with opened() as vault:
            provider = provider_of_trigger(name)
            for one in await vault.webhook_tokens.list(provider):
                typer.echo(f"A token came {one.received_at:%Y-%m-%d %H:%M:%S} UTC: {one.id}", err=True)
            secret = (await vault.webhook_tokens.reveal(provider, token_id))[1]
            await vault.trigger_secrets.set(name, secret, keep=kept)
        return secret

    typer.echo(perform(work()).reveal())


@app.command("rotate")
def rotate(name: Name, keep: Keep = "7 days") -> None:
    """Replace a trigger's address and print the new one; the one before is good for a while longer."""

    async def work() -> str:
        find_workflow(_workflows(), name)
        kept = parse_delay(keep, limit=LONGEST_KEPT)
        settings = read_settings()
        signer = open_signer(settings.signing_key_text, settings.signing_key_path)
        async with opened() as vault:
            address = await vault.trigger_addresses.rotate(name, keep=kept)
        return hook_address(settings, signer, name, address.generation)

    typer.echo(perform(work()))


def _workflows() -> Mapping[str, type[Workflow]]:
    found = discover(read_settings().workflows_dir)
    for problem in found.problems:
        typer.echo(f"Not loaded: {problem}", err=True)
    return found.workflows


def _ask(signed: Signed) -> Secret:
    if sys.stdin.isatty():
        return Secret(typer.prompt(f"The secret ({signed.scheme})", hide_input=True))
    return Secret(sys.stdin.read().rstrip("\r\n"))
