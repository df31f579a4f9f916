from __future__ import annotations

import ast
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import ROOT
from steps.guard import Finding, check_folder, check_source
from steps.guard_rules import RULES, USES
from tests.steps.guard_cases import CASES, HEAD, Case, flow

HEAD_LINES = len(HEAD.splitlines())


def rules(text: str) -> list[str]:
    return [one.rule for one in check_source("a.py", text)]


def in_step(body: str) -> str:
    return HEAD + flow(0, body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.body.splitlines()[-1]}")
def test_what_a_step_may_not_do_is_found_on_its_line(case: Case):
    [finding] = check_source("a.py", in_step(case.body))
    assert finding.rule == case.rule
    if case.body != "remember(1)":
        assert finding.line == HEAD_LINES + 3 + len(case.body.splitlines())
    assert RULES[case.rule].instead in finding.message


def test_every_rule_has_a_case_and_every_use_a_rule():
    assert {case.rule for case in CASES} == set(RULES)
    assert {rule for rule in USES.values() if rule} <= set(RULES)


def test_a_finding_says_where_what_why_and_what_to_use():
    text = "import time\n\n\ndef café():\n    ä = 'ä'; time.sleep(1)\n"
    assert [str(one) for one in check_source("a.py", text)] == [
        "a.py:5:14: sleep: time.sleep stops the worker, and ends with it; use `api.schedule_next_step(delay=...)`."
    ]


FORMS = {
    "at the top of the file": "import time\nNOW = time.time()\n",
    "in a helper function": "from time import time\n\n\ndef helper():\n    return time()\n",
    "in a method that is no step": "import time\n\n\nclass A:\n    def _helper(self):\n        return time.time()\n",
    "by a star": "from time import *\n\nx = time()\n",
    "by another name for the module": "import time\n\nt = time\nt.time()\n",
    "by a name for the function": "import time\n\nnow = time.time\n",
    "as a model's default": "import time\nfrom pydantic import Field\n\nx = Field(default_factory=time.time)\n",
    "as a parameter's default": "import time\n\n\ndef f(at=time.time()): ...\n",
    "in a lambda": "import time\n\nf = lambda: time.time()\n",
    "in a comprehension": "import time\n\nx = [time.time() for _ in range(3)]\n",
    "imported in a function": "def f():\n    import time\n\n    return time.time()\n",
    "imported in a try": "try:\n    import time\nexcept ImportError:\n    time = None\n\ntime.time()\n",
    "in a nested function": "import time\n\n\ndef f():\n    def g():\n        return time.time()\n\n    return g\n",
    "beside a class's own name": "from time import time\n\n\nclass A:\n    time = 1\n    def f(self): time()\n",
    "in an f-string": "import time\n\nx = f'{time.time()}'\n",
    "in a decorator": "import time\n\n\n@time.time\ndef f(): ...\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_found_however_it_is_written(form: str):
    assert rules(FORMS[form]) == ["clock"]


def test_a_path_is_known_by_its_annotation_and_by_what_is_made_of_it():
    text = "from pathlib import Path\n\n\ndef f(folder: Path):\n    file = folder / 'x'\n    file.parent.mkdir()\n"
    assert [(one.line, one.rule) for one in check_source("a.py", text)] == [(6, "file")]


INNOCENT = [
    "api.run.now(); api.run.random.choice([1, 2]); api.run.uuid(); api.env['A']; api.log('a')",
    "from datetime import UTC, date, datetime, timedelta\ndatetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1)",
    "from datetime import datetime\ndatetime.fromisoformat('2026-01-01').strftime('%Y'); isinstance(data, datetime)",
    "import datetime\nat: datetime.datetime = api.run.now()\nat.date()",
    "import uuid\nuuid.UUID(int=1), uuid.uuid5(uuid.NAMESPACE_DNS, 'x')",
    "import random\nrandom.Random(7).choice([1, 2])",
    "import time\ntime.strftime('%Y', time.gmtime(0))",
    "import urllib.parse\nurllib.parse.quote('a b')",
    "from http import HTTPStatus\nHTTPStatus.OK",
    "from pathlib import PurePath\nPurePath('a') / 'b'",
    "from pathlib import Path\nPath('a').with_suffix('.txt').name",
    "import asyncio\nawait asyncio.sleep(1)\nawait asyncio.gather(api.fetch('a'), api.fetch('b'))",
    "import asyncio\nasync with asyncio.TaskGroup() as group: group.create_task(api.fetch('a'))",
    "import asyncio\nasync with asyncio.timeout(3): await api.fetch('a')",
    "random = api.run.random\nrandom.choice([1]); random.random()",
    "time = data['time']\ntime.sleep, time.time()",
    "import time\ntime = data\ntime.time()",
    "open = data['open']\nopen(1)",
    "def open(x): return x\nopen(1)",
    "[print for print in data]\n",
    "match data:\n    case {'open': open}: open(1)",
    "for name in sorted({'a', 'b'}): await api.fetch(name)",
    "for name in {1, 2}: await api.fetch(name)",
    "total = 0\nfor name in {'a', 'b'}: total += len(name)",
    "'a' in {'a', 'b'}",
    "seen = []\nseen.append(1)\nknown = {}\nknown['a'] = 1",
    "KNOWN.get('a'); SEEN.index(1); len(SEEN); list(SEEN)",
    "other = dict(KNOWN)\nother['a'] = 2",
    "SEEN = []\nSEEN.append(1)",
    "self.kept; self.start; await self.other(1, 2, api)",
    "from contextvars import ContextVar\nmark = ContextVar('mark')\nmark.set(1)",
    "import hashlib, json, re, decimal, math, itertools\njson.loads('{}'); re.match('a', 'a'); hashlib.sha256(b'')",
    "from zoneinfo import ZoneInfo\nZoneInfo('Europe/Berlin')",
    "import os\ndef name(path: os.PathLike): return path, os.sep",
    "self.names.index(1); self.other.append(1)",
    "from temporalio import workflow\nawait workflow.sleep(1); workflow.now()",
    "import logging\nlevel = logging.INFO",
    "import time\nassert time",
    "'# guard: this is text'",
    "data.now(); data.today(); data.read_text; data.environ; data.getenv('a')",
    "import time\ntime.time()  # guard: the figure is only logged, and never decides anything",
    "import time\nf(\n    time.time(),  # guard: on the line of the call\n)",
]


@pytest.mark.parametrize("body", INNOCENT)
def test_what_is_innocent_is_not_found(body: str):
    assert check_source("a.py", in_step(body)) == []


TOPS = {
    "types alone": "import socket\n\n\ndef f(x: socket.socket) -> socket.socket: ...\n",
    "for type checkers": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import httpx\n",
    "run by hand": "if __name__ == '__main__':\n    print(open('x').read())\n",
    "an activity": "from temporalio import activity\n\n\n@activity.defn(name='x')\ndef f():\n    open('x')\n",
    "passed through": "from temporalio import workflow as w\nwith w.unsafe.imports_passed_through(): import attrs\n",
    "a registry that is filled when the file is loaded": "KNOWN = {}\n\n\ndef register(cls):\n    KNOWN[1] = cls\n"
    "\n\n@register\nclass A:\n    async def start(self, data, headers, api): ...\n",
    "an object of one's own": "class Total:\n    def add(self, x):\n        self.x = x\n",
    "relative": "from . import other\nfrom .more import sleep\n\nsleep(1)\n",
    "of the sandbox": "import pydantic\nimport pydantic_core\nfrom steps import Api\nfrom temporalio import workflow\n",
    "of no Python": "class Bad(:\n",
    "of nothing": "",
}


@pytest.mark.parametrize("top", TOPS)
def test_a_file_with_what_is_innocent_has_no_finding(top: str):
    assert check_source("a.py", TOPS[top]) == []


NAMES = ["time", "random", "open", "os", "uuid", "datetime", "socket", "print", "httpx", "input", "secrets"]


@given(st.lists(st.tuples(st.sampled_from(INNOCENT[:-2]), st.sampled_from(NAMES)), min_size=1, max_size=6))
def test_innocent_lines_stay_innocent_together_and_so_do_names_that_a_step_gives_itself(parts: list[tuple[str, str]]):
    flows = (flow(number, body) for number, (body, _) in enumerate(parts))
    own = "".join(
        f"\ndef own_{name}({name}):\n    return {name}.now(), {name}(), {name}.sleep(1)\n" for _, name in parts
    )
    assert check_source("a.py", HEAD + "".join(flows) + own) == []


@given(st.lists(st.sampled_from([case for case in CASES if case.body != "remember(1)"]), min_size=1, max_size=6))
def test_many_findings_are_all_there_in_the_order_of_the_file(cases: list[Case]):
    text = HEAD + "".join(flow(number, case.body) for number, case in enumerate(cases))
    found = check_source("a.py", text)
    assert [one.rule for one in found] == [case.rule for case in cases]
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_an_excuse_needs_a_reason_and_something_to_excuse():
    assert rules("import time\ntime.time()  # guard: for the log alone\n") == []
    assert rules("import time\ntime.time()  # noqa: X1  # guard: for the log alone\n") == []
    assert rules("import time\ntime.time()  # guard:\n") == ["clock", "excuse"]
    [finding] = check_source("a.py", "x = 1  # guard: once there was a clock here\n")
    assert (finding.rule, finding.line, finding.column) == ("excuse", 1, 8)
    assert "excuses nothing" in finding.message


def test_a_helper_that_no_step_reaches_may_change_what_the_module_holds():
    helper = "SEEN = []\n\n\ndef add(x):\n    SEEN.append(x)\n\n\nadd(1)\n"
    step = "\n\nclass A:\n    async def start(self, data, headers, api):\n        "
    assert rules(helper + step + "pass\n") == []
    assert rules(helper + step + "add(2)\n") == ["global-state"]


def test_a_list_of_the_class_is_one_for_all_runs_of_a_worker():
    text = "class A:\n    seen: list[int] = []\n\n    async def start(self, data, headers, api):\n        {}\n"
    assert rules(text.format("self.seen.append(1)")) == ["global-state"]
    assert rules(text.format("self.seen[0] = 1")) == ["global-state"]
    assert rules(text.format("seen = list(self.seen); seen.append(1)")) == []


def test_a_folder_is_read_file_by_file_and_its_own_package_is_no_stranger(tmp_path: Path):
    (tmp_path / "b.py").write_text(f"import {tmp_path.name}.a\nimport time\ntime.time()\n", encoding="utf-8")
    (tmp_path / "_a.py").write_text("print()\n", encoding="utf-8")
    assert [(one.file, one.line, one.rule) for one in check_folder(tmp_path)] == [
        ("_a.py", 1, "print"), ("b.py", 3, "clock"),
    ]  # fmt: skip


def test_what_cannot_be_read_is_left_to_the_loading(tmp_path: Path):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "late.py").write_text("print()\n", encoding="utf-8")
    assert [one.file for one in check_folder(tmp_path)] == ["late.py"]
    for text in ["x = " + "1 + " * 3_000 + "1\n", "x = '\0'\n", b"x = '\xff'\n"]:
        assert check_source("a.py", text) == []


def test_the_products_workflows_have_no_finding():
    assert check_folder(ROOT / "workflows") == []


def test_of_the_tests_own_workflows_the_guard_finds_those_that_break_a_rule_on_purpose():
    def found(name: str) -> list[Finding]:
        return check_source(name, (ROOT / "tests" / "steps" / name).read_bytes(), frozenset({"tests"}))

    assert [one.rule for one in found("flows.py")] == ["self-state"]
    assert [one.rule for one in found("hard_flows.py")] == [
        "clock", "random", "uuid", "file", "sleep", "clock", "clock", "continue-as-new", "continue-as-new",
        "global-state",
    ]  # fmt: skip


@pytest.mark.parametrize("room", ["steps", "activities", "vault", "api", "local", "tests/steps"])
def test_any_file_at_all_can_be_read_twice_with_the_same_answer(room: str):
    for path in sorted((ROOT / room).rglob("*.py")):
        assert check_source(path.name, path.read_bytes()) == check_source(path.name, path.read_bytes())


def test_a_check_costs_some_readings_of_the_file_and_no_more():
    source = (ROOT / "workflows" / "order_fan_out.py").read_bytes()
    reading = _seconds(lambda: ast.parse(source))
    assert _seconds(lambda: check_source("a.py", source)) < 30 * reading, "about 5 of them"


def _seconds(do: Callable[[], object]) -> float:
    """Return the shortest of ten tries, which is what it costs when nothing else is in the way."""
    tries: list[float] = []
    for _ in range(10):
        before = time.perf_counter()
        do()
        tries.append(time.perf_counter() - before)
    return min(tries)
