from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from local.child import Child, ChildFailed
from tests.conftest import eventually

SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


async def never() -> bool:
    return False


def child(tmp_path: Path, *argv: str) -> Child:
    return Child("part", argv, log=tmp_path / "part.log")


async def started(tmp_path: Path, *argv: str) -> Child:
    part = child(tmp_path, *argv)

    async def up() -> bool:
        return "up" in part.output()

    await part.start(up)
    return part


def running(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


async def test_a_part_that_ends_at_once_is_named_with_the_end_of_its_log(tmp_path: Path):
    part = child(tmp_path, sys.executable, "-c", "import sys; print('port 80 is taken'); sys.exit(3)")
    with pytest.raises(ChildFailed, match=r"(?s)part ended at once \(status 3\).*port 80 is taken"):
        await part.start(never)


async def test_a_part_that_is_never_ready_is_named(tmp_path: Path):
    part = child(tmp_path, *SLEEPS)
    with pytest.raises(ChildFailed, match=r"was not ready after 0\.3 seconds"):
        await part.start(never, seconds=0.3)
    await part.stop()


async def test_a_stopped_part_ends_and_can_be_started_again(tmp_path: Path):
    part = await started(tmp_path, *SLEEPS)
    first = part.pid
    await part.stop()
    assert not running(first)
    assert not part.alive
    again = await started(tmp_path, *SLEEPS)
    assert again.pid != first
    await again.stop(signal.SIGKILL)


async def test_a_part_that_does_not_listen_is_ended_all_the_same(tmp_path: Path):
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    part = await started(tmp_path, sys.executable, "-c", deaf)
    await part.stop(seconds=0.2)
    assert not part.alive


async def test_the_output_is_that_of_the_last_start(tmp_path: Path):
    (tmp_path / "part.log").write_text("up, an hour ago\n")
    part = await started(tmp_path, *SLEEPS)
    assert part.output() == "up\n"
    await part.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_parts_die_with_their_parent_however_it_dies(tmp_path: Path):
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from local.child import Child\n"
        "async def main():\n"
        "    part = Child('part', [sys.executable, '-c', 'import time; time.sleep(600)'], log=Path(sys.argv[1]))\n"
        "    async def ready(): return True\n"
        "    await part.start(ready)\n"
        "    print(part.pid, flush=True)\n"
        "    await part.ended()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path / "log"), stdout=asyncio.subprocess.PIPE, cwd=os.getcwd()
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert running(pid)
    parent.kill()
    await parent.wait()

    async def gone() -> bool:
        return not running(pid)

    await eventually(gone)
