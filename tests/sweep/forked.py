"""Run the product's programs as processes of their own, without importing everything anew for each.

`python -m tests.sweep.forked` imports once, then forks for each line that it reads: program, arguments, environment,
what comes in, and the file for what goes out. It answers with the status.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any, NoReturn

import api.app
import cli
import worker

_MAINS = {"cli.py": cli.main, "worker.py": lambda: cli.leave(worker.main())}
_IMPORTED = (api.app,)  # by uvicorn, when it runs


def main() -> None:
    """Serve until there are no more lines."""
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(asked: dict[str, Any]) -> NoReturn:
    with tempfile.TemporaryFile() as given, open(asked["output"], "wb") as output:  # raw, for its number
        given.write(asked["stdin"].encode())
        given.seek(0)
        for number, file in enumerate((given, output, output)):
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # what was read ahead is not the child's
    sys.argv = [asked["program"], *asked["arguments"]]
    try:
        _MAINS[asked["program"]]()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        cli.leave(end.code if isinstance(end.code, int) else int(bool(end.code)))
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        cli.leave(1)
    cli.leave(0)


if __name__ == "__main__":
    main()
