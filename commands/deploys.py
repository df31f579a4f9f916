"""`python cli.py deploys`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from commands.deployment import Deployment
from commands.shared import perform
from settings import read_settings
from temporal import connect

Name = Annotated[str | None, typer.Option("--deployment", help="The deployment; TEMPORAL_DEPLOYMENT_NAME if left out.")]
app = typer.Typer(no_args_is_help=True, help="See the builds of the worker, and choose the one that runs go on with.")


async def _opened(name: str | None) -> Deployment:
    read_settings()  # it puts what .env has into the environment
    name = name or os.environ.get("TEMPORAL_DEPLOYMENT_NAME")
    if not name:
        raise SystemExit("Which deployment? Set TEMPORAL_DEPLOYMENT_NAME as for the workers, or use --deployment.")
    return Deployment(await connect(), name)


@app.command("list")
def list_builds(deployment: Name = None) -> None:
    """List the builds, the current one first: status, running runs, first seen.

    A `draining` build has runs still, or had some minutes ago; one that is `drained` may be stopped.
    """

    async def work() -> None:
        for build in await (await _opened(deployment)).builds():
            typer.echo(f"{build.build_id:32} {build.status:10} {build.runs:7} runs  {build.since:%Y-%m-%d %H:%M:%S}")

    perform(work())


@app.command("promote")
def promote_build(
    build: Annotated[str, typer.Argument(help="Its TEMPORAL_WORKER_BUILD_ID; a worker of it must be polling.")],
    deployment: Name = None,
) -> None:
    """Let every run go on with a build: new ones at once, running ones at their next step, sleeping ones now.

    To go back, promote the build before. It is safe to run again.
    """

    async def work() -> None:
        chosen = await _opened(deployment)
        await chosen.promote(build)
        typer.echo(f"{build} is current: new runs begin on it.")
        woken = await chosen.wake()
        typer.echo(f"Told {woken.told} running runs of other builds to move to it.")
        if woken.left:
            typer.echo(f"{woken.left} have not moved yet: each does when its step ends. Keep their builds running.")

    perform(work())
