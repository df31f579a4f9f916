"""The workflows of the pages, run in virtual time as they stand there: writing-workflows.md and fragments elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from steps import Workflow
from steps.discovery import discover
from steps.testing import SimulatedRun, World, simulate
from tests.docs.pages import blocks, text_of

PAGES = ("writing-workflows.md", "guarantees.md", "providers.md")


def framed(block: str) -> str:
    """Return a step that stands alone as a workflow that runs it, named like the step."""
    named = re.search(r"async def (\w+)", block)
    assert named
    lines = "".join(f"    {line}\n" if line else "\n" for line in block.splitlines())
    head = "from steps import Api, ConnectionNeedsReauthorization, Workflow\n\n\n"
    if named[1] == "start":
        return f"{head}class fragment(Workflow):\n{lines}"
    first = "    async def start(self, data, headers, api: Api):\n"
    first += f"        await api.schedule_next_step(action=self.{named[1]}, payload=data)\n\n"
    return f"{head}class {named[1]}(Workflow):\n{first}{lines}"


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, type[Workflow]]]:
    folder = tmp_path_factory.mktemp("flows_of_the_pages")
    for page in PAGES:
        for number, block in enumerate(blocks(text_of(f"docs/{page}"), "python")):
            if "def test_" not in block and "async def " in block:
                name = f"{page.removesuffix('.md').replace('-', '_')}_{number}.py"
                (folder / name).write_text(block if "(Workflow)" in block else framed(block), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        found = discover(folder)
        assert (found.problems, found.findings) == ([], [])
        yield found.workflows


def outside(world: World) -> None:
    """Answer what the workflows of the pages ask for."""
    world.connect("my-notion")
    world.connect("acme-crm", hosts=["api.acme.example"])
    world.on("POST", "https://mail.example.com/*").reply(200)
    world.on("POST", "https://chat.example.com/*").reply(200)
    world.on("GET", "https://shop.example.com/pages/*").reply(200, json=["a", "b"])
    world.on("GET", "https://stock.example.com/price").reply(200, json={"price": 3})
    world.on("POST", "https://stock.example.com/reserve").reply(503).reply(200)
    world.on("GET", "https://api.acme.example/v1/contacts").reply(200, json=["Ada"])


ENV = {"NOTION_DATABASE_ID": "db1", "CHAT": "https://chat.example.com/send"}
# The data, the steps that run, and a text of the log or the result.
RUNS: dict[str, tuple[Any, list[str], Any]] = {
    "Remind": ({"email": "ada@example.com"}, ["start", "ask", "ask"], None),
    "Typed": ({"name": "#1", "total_price": 3}, ["start"], "#1 costs 3.0"),
    "Import": ({"pages": [1, 2]}, ["start", "load", "load", "report"], "4 records on 2 pages"),
    "Quote": ({"sku": "A-1"}, ["start", "remember"], "Asked for a price"),
    "AskFirst": ({"name": "#1"}, ["start", "declined"], "Nobody approved #1"),
    "CountsIn": ({"lines": ["a", "b"]}, ["start", "keep", "keep", "finish"], "All lines are recorded"),
    "Welcome": ({"email": "ada@example.com"}, ["start"], None),
    "Watched": ({}, ["start"], "Every branch has ended well"),
    "Stubborn": ({"sku": "A-1"}, ["start", "start"], None),
    "remind": ({}, ["start", "remind"], None),
    "record_order": ({"order_id": "#1"}, ["start", "record_order"], None),
    "fragment": ({}, ["start"], None),
}


def test_every_workflow_of_the_pages_is_run(flows: dict[str, type[Workflow]]):
    assert flows.keys() == RUNS.keys()


@pytest.mark.parametrize("name", RUNS)
async def test_a_workflow_of_the_pages_does_what_it_says(flows: dict[str, type[Workflow]], name: str):
    data, steps, logged = RUNS[name]
    async with simulate(flows[name], env=ENV) as world:
        outside(world)
        run: SimulatedRun = await world.run(data=data)
    assert run.check().steps == steps
    assert logged is None or logged in run.log
