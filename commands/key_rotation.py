"""`python cli.py keys rotate` and `keys status`, which are about the vault's master key."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from temporalio.service import RPCError

from commands.rotating import begin, follow, rotator, under_way
from commands.shared import perform
from settings import Settings, read_settings
from steps.key_rotation import GRACE_SECONDS, RETIRED, Order, Progress
from temporal import connect
from vault.opening import open_rotations

_INTERRUPTED = 130


Grace = Annotated[
    float,
    typer.Option(
        "--grace",
        min=0,
        help="Seconds in which nothing may turn up under an old key; less only where nothing else is running.",
    ),
]


def rotate_master_key(grace: Grace = GRACE_SECONDS) -> None:
    """Rotate the vault's master key (no API key changes): make a new one, bring every sealed value under it.

    The old keys are given up at the end, after a minute in which nothing turned up under them. Everything may go on
    meanwhile. Ctrl-C stops it, and the same command goes on; a second one at the same time watches the first.
    """
    try:
        done = perform(_rotate(read_settings(), grace))
    except KeyboardInterrupt:
        typer.echo("Stopped. The old keys are still there; run `python cli.py keys rotate` to go on.", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    if not done:
        raise typer.Exit(1)


def show_master_key() -> None:
    """Show which master keys the vault's values are sealed under, and whether a rotation is under way."""

    async def work() -> None:
        settings = read_settings()
        async with open_rotations(*_vault(settings)) as rotations:
            for rotation in rotations.values():
                for line in _keys(await rotation.current(), await rotation.count()):
                    typer.echo(line)
        typer.echo(f"Rotation: {await _state(list(rotations))}")

    perform(work())


async def _rotate(settings: Settings, grace: float) -> bool:
    """Rotate each key, and tell whether all old ones are given up; go on where an earlier command was stopped."""
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)  # what went wrong is told in a line, not as a traceback
    async with open_rotations(*_vault(settings)) as rotations:
        client = await connect()
        rings = list(rotations)
        begun = [place for place, ring in enumerate(rings) if await under_way(client, ring)]
        for ring in rings[begun[0] if begun else 0 :]:
            if not await begin(client, Order(grace_seconds=grace), ring):
                typer.echo("A rotation is under way; going on with it.")
            async with rotator(client, rotations[ring], ring):
                progress = await follow(client, lambda progress: typer.echo(_line(progress)), ring)
            counted = await rotations[ring].count()
            for line in _end(progress, counted, as_text=settings.master_key_text is not None):
                typer.echo(line)
            if progress.stage != RETIRED:
                return False
    return True


def _vault(settings: Settings) -> tuple[str, str | None, Path, Settings]:
    return settings.vault_url, settings.master_key_text, settings.master_key_path, settings


def _keys(current: str, counted: Mapping[str, int]) -> list[str]:
    ids = [current, *sorted(set(counted) - {current})]
    return [
        f"{key_id}  {counted.get(key_id, 0):8} values  {'current' if key_id == current else 'old'}" for key_id in ids
    ]


async def _state(rings: Sequence[str]) -> str:
    try:
        client = await connect()
        found = [progress for ring in rings if (progress := await under_way(client, ring))]
    except (RuntimeError, RPCError) as error:
        return f"not known, for Temporal does not answer: {error}"
    if not found:
        return "none under way"
    return f"under way, {_line(found[0])}. Where its command was stopped, `python cli.py keys rotate` goes on."


def _line(progress: Progress) -> str:
    line = f"{progress.stage}: {progress.rewrapped} values rewrapped"
    return line if progress.left is None else f"{line}, {progress.left} left"


def _end(progress: Progress, counted: Mapping[str, int], *, as_text: bool) -> list[str]:
    if progress.stage != RETIRED:
        return [
            "These values open with no key that is here:",
            *(f"  {place}" for place in progress.unreadable),
            "The old keys are kept. Store these anew or delete them, and run this again.",
        ]
    total = sum(counted.values())
    lines = [f"{total} values are under the key {progress.new_key}, {progress.rewrapped} of them rewrapped."]
    if as_text:
        return [*lines, "Now take the other keys out of STEPS_MASTER_KEY, and restart everything."]
    return [*lines, f"The key {progress.old_key}, and any before it, opens nothing any more."]
