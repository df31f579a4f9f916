"""Take out each control and see its test fail: `python -m tests.controls [room]`; `--write` for docs/security.md."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from settings import ROOT
from tests.controls import Control
from tests.controls.catalogue import rooms, write

_SECONDS = 300
_FAILED = 1  # pytest's status for failed tests; any other means that they did not run


def main(arguments: list[str]) -> int:
    """Return 0 when every test went red."""
    if arguments == ["--write"]:
        write()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_tree(Path(folder) / "tree")
        missed = [
            f"{room}: {control.threat}"
            for room, controls in rooms().items()
            if not arguments or room in arguments
            for control in controls
            if not goes_red(tree, control)
        ]
    say("All went red." if not missed else "\n".join(["These did not go red:", *missed]))
    return len(missed) > 0


def copy_of_the_tree(to: Path) -> Path:
    """Copy what git tracks, as it is in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    (to / ".venv").symlink_to(ROOT / ".venv")
    return to


def goes_red(tree: Path, control: Control) -> bool:
    """Take the control out, run its test, put the control back, and tell whether the test failed."""
    path = tree / control.path
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(control.present, control.absent), encoding="utf-8")
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", control.test],
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        say(f"hangs  {control.test}")
        return False
    finally:
        path.write_text(whole, encoding="utf-8")
    red = ran.returncode == _FAILED
    say(f"{'red  ' if red else f'NOT RED ({ran.returncode})'}  {control.threat}  [{control.test}]")
    if not red:
        say("\n".join(ran.stdout.splitlines()[-5:]))
    return red


def say(text: str) -> None:
    """Print at once: a run takes minutes."""
    print(text, flush=True)  # noqa: T201  # a command prints its result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
