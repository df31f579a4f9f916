"""What the guard finds, and whether Temporal's sandbox catches it, too: the runs of test_guard_sandbox.py prove it."""

from __future__ import annotations

from typing import Literal, NamedTuple

# The sandbox parks the run, the step fails, or nothing happens. None: no run shows it, for the reason beside it.
Sandbox = Literal["parks", "fails", "no"] | None


class Case(NamedTuple):
    """The body of a step; the last line breaks the rule."""

    rule: str
    body: str
    sandbox: Sandbox


CASES: list[Case] = [
    Case("clock", "import datetime\ndatetime.datetime.now()", "parks"),
    Case("clock", "import datetime as dt\ndt.datetime.now(dt.UTC)", "parks"),
    Case("clock", "from datetime import datetime as D\nD.utcnow()", "parks"),
    Case("clock", "from datetime import date\ndate.today()", "parks"),
    Case("clock", "import time\ntime.time()", "parks"),
    Case("clock", "from time import monotonic\nmonotonic()", "parks"),
    Case("clock", "import time\ntime.localtime(0)", "parks"),
    Case("clock", "import datetime\ngetattr(datetime.datetime, 'now')()", "parks"),
    Case("clock", "import time\ntime.gmtime()", "no"),
    Case("clock", "import time\ntime.strftime('%Y')", "no"),
    Case("sleep", "import time\ntime.sleep(0.001)", "parks"),
    Case("sleep", "from time import sleep as nap\nnap(0.001)", "parks"),
    Case("sleep", "__import__('time').sleep(0.001)", "parks"),
    Case("sleep", "import importlib\nimportlib.import_module('time').sleep(0.001)", "no"),
    Case("random", "import random\nrandom.random()", "parks"),
    Case("random", "from random import choice\nchoice([1, 2])", "parks"),
    Case("random", "import secrets\nsecrets.token_hex()", "parks"),
    Case("random", "import os\nos.urandom(3)", "parks"),
    Case("random", "import random\nrandom.Random()", "no"),
    Case("random", "import random\nrandom.SystemRandom().random()", "no"),
    Case("uuid", "import uuid\nuuid.uuid4()", "parks"),
    Case("uuid", "from uuid import uuid1\nuuid1()", "parks"),
    Case("uuid", "import uuid\nuuid.getnode()", "no"),
    Case("environment", "import os\nos.environ['PATH']", "parks"),
    Case("environment", "from os import getenv\ngetenv('PATH')", "parks"),
    Case("environment", "import platform\nplatform.node()", "parks"),
    Case("environment", "import sys\nsys.argv", "no"),
    Case("file", "open('/etc/hostname', encoding='utf-8')", "parks"),
    Case("file", "from pathlib import Path\nPath('/etc/hostname').read_text()", "parks"),
    Case("file", "import pathlib\npathlib.Path('/etc').exists()", "parks"),
    Case("file", "import os\nos.listdir('/')", "parks"),
    Case("file", "import os.path\nos.path.exists('/')", "parks"),
    Case("file", "import tempfile\ntempfile.mkdtemp()", "parks"),
    Case("file", "import shutil\nshutil.which('ls')", "parks"),
    Case("file", "from pathlib import Path\nfolder = Path('/etc')\n(folder / 'hostname').exists()", "no"),
    Case("file", "import io\nio.open_code('/etc/hostname').close()", "no"),
    Case("file", "import sqlite3\nsqlite3.connect(':memory:').close()", "no"),
    Case("network", "import httpx  # guard: the case is the use\nhttpx.get('http://127.0.0.1:9/')", "parks"),
    Case("network", "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')", "parks"),
    Case("network", "from http.client import HTTPConnection\nHTTPConnection('127.0.0.1')", "parks"),
    Case("network", "import socket\nsocket.socket()", "parks"),
    Case("network", "import smtplib\nsmtplib.SMTP()", "parks"),
    Case("network", "import asyncio\nawait asyncio.open_connection('127.0.0.1', 9)", "fails"),
    # Neither is installed here.
    Case("network", "import requests  # guard: the case is the use\nrequests.get('http://127.0.0.1:9/')", None),
    Case("network", "from aiohttp import ClientSession  # guard: the case is the use\nClientSession()", None),
    Case("process", "import subprocess\nsubprocess.run(['true'])", "parks"),
    Case("process", "from os import system\nsystem('true')", "parks"),
    Case("process", "import asyncio\nawait asyncio.create_subprocess_exec('true')", "fails"),
    Case("thread", "import threading\nthreading.Lock()", "parks"),
    Case("thread", "import multiprocessing\nmultiprocessing.Process()", "parks"),
    Case("thread", "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor()", "parks"),
    Case("thread", "import concurrent.futures\nconcurrent.futures.ThreadPoolExecutor()", "parks"),
    Case("thread", "import asyncio\nawait asyncio.to_thread(len, 'a')", "fails"),
    Case("thread", "import asyncio\nawait asyncio.get_running_loop().run_in_executor(None, len, 'a')", "fails"),
    Case("event-loop", "import asyncio\nasyncio.run(None)", "fails"),
    Case("event-loop", "import asyncio\nasyncio.new_event_loop().close()", "no"),
    Case("task", "import asyncio\nawait asyncio.create_task(asyncio.sleep(0))", "no"),
    # The sandbox warns of these two, in the worker's log, and goes on.
    Case("order", "import asyncio\nawait asyncio.wait([asyncio.Future()], timeout=0.001)", "no"),
    Case("order", "import asyncio\nfor one in asyncio.as_completed([asyncio.sleep(0)]): await one", "no"),
    Case("order", "for name in {'a', 'b'}: await api.schedule_next_step(action='other', payload=name)", "no"),
    Case("order", "names = ['a', 'b']\nfor name in set(names): await api.schedule_next_step(action='other')", "no"),
    Case("order", "import asyncio\nawait asyncio.gather(*(asyncio.sleep(0) for name in {'a', 'b'}))", "no"),
    Case("print", "print('hello')", "no"),
    Case("print", "import sys\nsys.stdout.write('')", "no"),
    Case("logging", "import logging\nlogging.getLogger('x')", "no"),
    Case("logging", "import logging as log\nlog.info('hello')", "no"),
    Case("input", "input()", "parks"),
    Case("input", "breakpoint()", "parks"),
    Case("input", "import sys\nsys.stdin.closed", "no"),
    Case("continue-as-new", "from temporalio import workflow\nworkflow.continue_as_new({'data': None})", "fails"),
    Case("global-state", "global COUNT; COUNT = 1", "no"),
    Case("global-state", "SEEN.append(1)", "no"),
    Case("global-state", "KNOWN['a'] = 1", "no"),
    Case("global-state", "KNOWN.setdefault('b', []).append(1)", "no"),
    Case("global-state", "Shared.kept = 1", "no"),
    Case("global-state", "type(self).kept = 1", "no"),
    Case("global-state", "remember(1)", "no"),
    Case("self-state", "self.kept = 1", "no"),
    Case("self-state", "self.kept, other = 1, 2", "no"),
    Case("self-state", "setattr(self, 'kept', 1)", "no"),
    # Whether the sandbox refuses a package depends on the package; httpx is one that it refuses.
    Case("import", "import httpx", "parks"),
    Case("import", "import iniconfig", "no"),
    Case("excuse", "1 + 1  # guard: nothing is here", None),
    Case("excuse", "1 + 1  # guard:", None),
]

HEAD = """\
from __future__ import annotations

from steps import Api, Workflow

SEEN = []
KNOWN = dict(a=0)
COUNT = 0


class Shared:
    kept = 0


def remember(value):
    deeper(value)


def deeper(value):
    SEEN.append(value)

"""


def flow(number: int, body: str) -> str:
    """Return a workflow whose first step does what the body says."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return (
        f"\nclass Case{number}(Workflow):\n    async def start(self, data, headers, api: Api):\n{lines}"
        "\n    async def other(self, data, headers, api: Api):\n        return data\n"
    )


def caught(rule: str) -> str:
    """Say whether the sandbox catches what a rule forbids: yes, no, or in part."""
    seen = {case.sandbox != "no" for case in CASES if case.rule == rule and case.sandbox}
    return "in part" if len(seen) > 1 else "yes" if seen == {True} else "no"
