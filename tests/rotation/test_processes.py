"""The rotation as an operator meets it: processes, one of which is killed in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from commands.rotating import under_way
from settings import ROOT
from steps.key_rotation import Progress
from tests.conftest import eventually
from tests.rotation.conftest import SEALED, Place
from tests.rotation.test_rotation import check_all, in_use
from vault import LocalKeys

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def start(place: Place, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env={**os.environ, **place.env}, cwd=ROOT, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip


async def command(place: Place, *arguments: str) -> tuple[int | None, str, str]:
    process = await start(place, "cli.py", "keys", *arguments)
    output, errors = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode, output.decode(), errors.decode()


async def reaches(place: Place, stage: str, rewrapped: int) -> Progress:
    async def reached() -> Progress | None:
        progress = await under_way(place.client)
        assert progress is not None
        return progress if progress.stage == stage and progress.rewrapped >= rewrapped else None

    progress = await eventually(reached)
    assert progress is not None
    return progress


async def test_a_rotator_that_is_killed_midway_is_taken_up_by_the_next(place: Place):
    slow = ("-m", "tests.rotation.slow", place.url, str(place.key_file))
    saved: dict[int, str] = {}
    async with in_use(place, saved):
        killed = await start(place, *slow)
        before = await reaches(place, "rewrapping", 20)
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
        counted = await place.counted()
        assert len(counted) == 2
        assert 20 <= before.rewrapped < SEALED
        assert len(LocalKeys.from_existing(place.key_file).key_ids) == 2
        started = await place.vault()  # a process that starts now
        await started.ready()
        await started.close()
        _, shown, _ = await command(place, "status")
        assert "Rotation: under way, rewrapping" in shown
        next_one = await start(place, *slow)
        output, errors = await asyncio.wait_for(next_one.communicate(), 120)
    assert (next_one.returncode, output.decode()) == (0, "going on\nretired\n"), errors.decode()
    assert await place.counted() == {before.new_key: SEALED}
    assert LocalKeys.from_existing(place.key_file).key_ids == (before.new_key,)
    vault = await place.vault()
    await check_all(vault, saved)
    await vault.close()


async def test_the_command_tells_how_it_goes_and_how_it_ended(place: Place):
    (old,) = await place.counted()
    status, output, errors = await command(place, "rotate", "--grace", "1")
    assert (status, errors) == (0, "")
    (new,) = await place.counted()
    assert f": {SEALED} values rewrapped, 0 left\n" in output
    assert output.splitlines()[-2:] == [
        f"{SEALED} values are under the key {new}, {SEALED} of them rewrapped.",
        f"The key {old}, and any before it, opens nothing any more.",
    ]
    status, output, _ = await command(place, "status")
    assert status == 0
    assert output.splitlines() == [f"{new}  {SEALED:8} values  current", "Rotation: none under way"]


async def test_ctrl_c_stops_the_command_and_the_same_command_goes_on(place: Place):
    process = await start(place, "cli.py", "keys", "rotate", "--grace", "4")
    before = await reaches(place, "waiting", SEALED)
    process.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert "run `python cli.py keys rotate` to go on" in errors.decode()
    assert "Traceback" not in errors.decode()
    assert len(LocalKeys.from_existing(place.key_file).key_ids) == 2
    status, output, _ = await command(place, "rotate")
    assert status == 0
    assert "A rotation is under way; going on with it." in output
    assert LocalKeys.from_existing(place.key_file).key_ids == (before.new_key,)


async def test_a_rotation_that_cannot_be_says_why(place: Place):
    place.key_file.rename(place.folder / "aside.key")
    status, _, errors = await command(place, "rotate")
    assert (status, "key-file-invalid" in errors) == (1, True)
    LocalKeys.from_file(place.key_file)
    status, _, errors = await command(place, "rotate")
    assert (status, "wrong-key" in errors, "rotation-failed" in errors) == (1, True, True)
    assert "Traceback" not in errors
