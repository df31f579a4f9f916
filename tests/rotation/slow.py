"""A rotator process that takes small steps: `python -m tests.rotation.slow <url> <key file>`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import typer

from commands.rotating import begin, follow, rotator
from steps.key_rotation import Order
from temporal import connect, leave
from vault.opening import open_rotations


async def main(url: str, path: str) -> None:
    async with open_rotations(url, None, Path(path)) as rotations:
        client = await connect()
        typer.echo("new" if await begin(client, Order(grace_seconds=1, page=8, pages=1)) else "going on")
        async with rotator(client, rotations["master"]):
            typer.echo((await follow(client, lambda _: None)).stage)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    leave(0)
