"""The documentation, held against the code."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr
from starlette.routing import Mount
from typer.main import get_command
from typer.testing import CliRunner

import api.auth
import api.connect
import api.delivery
import api.json_body
import api.scheduling
import api.starting
import api.testing
import steps.errors
import steps.schedule
import steps.schedule_terms
import vault.errors
import vault.handles
import vault.variables
from activities import answer, egress
from api.app import create_app
from api.problems import ApiError
from cli import app as command_line
from local.stack import Stack
from settings import ROOT, Settings
from steps import Api, Notion, Response, Retry, RunInfo, Store, dedupe, failures
from steps import api as steps_api
from steps.answer import MAX_ANSWER_BYTES
from steps.branches import MAX_ARMED
from steps.budget import MAX_STATE_BYTES
from steps.calls import HEARTBEAT_TIMEOUT
from steps.claims import MAX_CLAIMS
from steps.definition import MAX_RESPOND_WITHIN
from steps.delay import MAX_DELAY
from steps.discovery import discover
from steps.facts import Log
from steps.given import MAX_GIVEN_CONNECTIONS
from steps.guard_rules import RULES
from steps.journal import MAX_ROWS
from steps.log import MAX_BYTES, MAX_LINE_CHARACTERS, MAX_LINES
from steps.payload import MAX_PAYLOAD_BYTES, MAX_RESULT_BYTES
from steps.run import MAX_RUNNING
from steps.scheduling import Scheduling
from steps.store import MAX_KEY_CHARACTERS, MAX_STORE_BYTES, MAX_VALUE_BYTES
from steps.wait import MAX_REDIRECT_CHARACTERS
from steps.waits import MAX_PAST_BYTES
from tests.browser.running import running_stack, signed_in
from tests.conftest import eventually
from tests.steps.guard_cases import caught

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
COMMAND = [sys.executable, str(ROOT / "cli.py")]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables' rows, without the heads."""
    tables = re.findall(r"^\|.*\n\|---.*\n((?:\|.*\n)*)", text, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for table in tables for line in table.splitlines()]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def code(cell: str) -> str:
    found = re.fullmatch(r"`([^`]+)`", cell)
    assert found, f"{cell!r} is not one piece of code"
    return found[1]


# Settings


def shown_default(value: object) -> str:
    if value is None:
        return "unset"
    if value == ():
        return "empty"
    if isinstance(value, Path):
        value = value.relative_to(ROOT) if value.is_absolute() else value
    assert not isinstance(value, SecretStr)
    return f"`{value}`"


def test_every_setting_has_its_row_with_its_default():
    table, _, _ = text_of("docs/settings.md").partition("\n## ")
    found = {code(row[0]): row[1] for row in rows(table)}
    wanted = {f"STEPS_{name.upper()}": shown_default(field.default) for name, field in Settings.model_fields.items()}
    assert found == wanted
    assert all(len(row) == 3 and row[2] for row in rows(table))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_setting_that_a_page_names_exists(page: Path):
    known = {f"STEPS_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bSTEPS_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8"))) <= known


# What an author writes against


def public_names(cls: type) -> set[str]:
    return {name for name in vars(cls) if not name.startswith("_")}


API_NAMES = public_names(Api) | public_names(Scheduling) | {"env", "log", "run", "store"}
RUN_NAMES = public_names(RunInfo) | set(RunInfo.__dataclass_fields__)
NOTION_NAMES = public_names(Notion)
STORE_NAMES = public_names(Store) - {"values"}  # the engine's own


def test_every_name_of_the_programming_model_is_explained_and_no_other():
    page = text_of("docs/writing-workflows.md")
    headed = set(re.findall(r"^### `api\.(\w+)", page, re.MULTILINE))
    assert headed == API_NAMES
    assert {code(row[0]).removesuffix("()") for row in rows(page) if row[0].startswith("`api.run.")} == {
        f"api.run.{name}" for name in RUN_NAMES
    }
    stored = [code(row[0]) for row in rows(page) if row[0].startswith("`api.store.")]
    assert {name.partition("(")[0] for name in stored} == {f"api.store.{name}" for name in STORE_NAMES}
    documented = [code(row[0]) for row in rows(page) if row[0].startswith("`notion.")]
    assert {name.partition("(")[0] for name in documented} == {f"notion.{name}" for name in NOTION_NAMES}


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "writing-workflows.md"], ids=lambda path: path.name)
def test_no_page_speaks_of_what_api_does_not_have(page: Path):
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\bapi\.(\w+)", text)) - {"notion", "example", "md", "a1b2c"} <= API_NAMES
    assert set(re.findall(r"\bapi\.run\.(\w+)", text)) <= RUN_NAMES
    assert set(re.findall(r"\bapi\.log\.(\w+)", text)) <= public_names(Log)
    assert set(re.findall(r"(?<![/.-])\bnotion\.(\w+)\(", text)) <= NOTION_NAMES


@pytest.mark.parametrize(
    "name",
    [
        "schedule_next_step",
        "fan_out",
        "wait_for_event",
        "cancel_wait",
        "dedupe",
        "fetch",
        "notion",
        "call",
        "get_oauth_token",
    ],
)
def test_the_signatures_in_the_headings_are_those_of_the_code(name: str):
    page = text_of("docs/writing-workflows.md")
    heading = re.search(rf"^### `api\.{name}\((.*)\)`$", page, re.MULTILINE)
    assert heading
    scope: dict[str, Any] = {}
    exec(f"def f({heading[1]}): ...", scope)
    shown = inspect.signature(scope["f"]).parameters.values()
    real = list(inspect.signature(getattr(Api, name)).parameters.values())[1:]
    assert [(one.name, one.kind, one.default) for one in shown] == [(one.name, one.kind, one.default) for one in real]


def test_the_parts_of_a_response_are_named():
    page = text_of("docs/writing-workflows.md")
    for name in ["ok", "json()", *Response.model_fields]:
        assert f"`{name}`" in page


def test_every_rule_of_the_guard_is_explained_with_what_to_use_and_whether_the_sandbox_sees_it():
    table = rows(section(text_of("docs/writing-workflows.md"), "What a step may not do"))
    assert {code(row[0]): (row[2], row[3]) for row in table} == {
        name: (rule.instead, caught(name)) for name, rule in RULES.items()
    }
    assert len(table) == len(RULES)


# Errors


def types_below(base: Any) -> dict[str, Any]:
    """Return the types of a hierarchy; a class elsewhere that shares its parent's type adds none."""
    found = {base.type: base}
    for cls in base.__subclasses__():
        if cls.type != base.type:
            found |= types_below(cls)
    return found


@pytest.mark.parametrize(
    ("heading", "base"),
    [("In a run", steps.errors.StepsError), ("In the vault", vault.errors.VaultError), ("From the API", ApiError)],
)
def test_every_error_is_explained_once(heading: str, base: type):
    found = [code(row[0]) for row in rows(section(text_of("docs/errors.md"), heading))]
    assert sorted(found) == sorted(types_below(base))


def test_the_statuses_of_the_problems_are_those_of_the_code():
    table = rows(section(text_of("docs/errors.md"), "From the API"))
    known = types_below(ApiError)
    assert {code(row[0]): int(row[1]) for row in table} == {name: cls.status for name, cls in known.items()}


# The API


def test_every_route_is_listed_once():
    found = [code(row[0]) for row in rows(text_of("docs/api.md"))]
    routes = create_app(Settings(data_dir=Path("nowhere"))).routes
    wanted = [
        f"{method} {re.sub(r':path}', '}', context.path or '')}"
        for context in iter_route_contexts(routes)
        for method in (context.methods or set()) - {"HEAD"}
        if not isinstance(context.original_route, Mount)
    ]
    wanted += [f"GET {route.path}/{{path}}" for route in routes if isinstance(route, Mount)]
    assert sorted(found) == sorted(wanted)


# Limits

SETTING = {name: field.default for name, field in Settings.model_fields.items()}
LIMITS: dict[str, int | timedelta] = {
    "A payload of a step": MAX_PAYLOAD_BYTES,
    "All payloads of a run's branches": MAX_STATE_BYTES,
    "The results of a group": MAX_PAYLOAD_BYTES,
    "Waiting branches of a run": MAX_ARMED,
    "Running steps of a run": MAX_RUNNING,
    "A step's result": MAX_RESULT_BYTES,
    "An answer of `start`": MAX_ANSWER_BYTES,
    "A value in the store": MAX_VALUE_BYTES,
    "The store of a run": MAX_STORE_BYTES,
    "A key of the store": MAX_KEY_CHARACTERS,
    "A key of dedupe": dedupe.MAX_KEY_CHARACTERS,
    "Keys of dedupe that a run's unfinished steps hold": MAX_CLAIMS,
    "The window of dedupe": MAX_DELAY,
    "A wait for an event": MAX_DELAY,
    "The redirect_url of a wait": MAX_REDIRECT_CHARACTERS,
    "The waits that are over and remembered": MAX_PAST_BYTES,
    "The body of a fetch, the argument of a call": steps_api.MAX_REQUEST_BYTES,
    "A delay": MAX_DELAY,
    "The timeout of a fetch": timedelta(hours=1),
    "Attempts of a call": next(rule.le for rule in Retry.model_fields["attempts"].metadata if hasattr(rule, "le")),
    "Attempts of a step": next(rule.le for rule in Retry.model_fields["attempts"].metadata if hasattr(rule, "le")),
    "Steps between two roll-overs": MAX_ROWS,
    "Lines in a run's log": MAX_LINES,
    "The log of a run": MAX_BYTES,
    "One line of the log": MAX_LINE_CHARACTERS,
    "Failures in a run's record": failures.MAX_FAILURES,
    "The failures of a record together": failures.MAX_BYTES,
    "Steps and calls at once": SETTING["max_running_steps"],
    "The answer to a call, as it comes": SETTING["max_response_bytes"],
    "The answer to a call, in the history": answer.LARGEST_RESULT,
    "Redirects of a fetch": egress.MOST_REDIRECTS,
    "Without a heartbeat": HEARTBEAT_TIMEOUT,
    "A request's body": SETTING["max_body_bytes"],
    "The depth of JSON in it": api.json_body.MAX_DEPTH,
    "What a run starts with, data and headers": api.starting.MAX_START_BYTES,
    "The headers that a run keeps": api.delivery.MAX_HEADER_BYTES,
    "The respond_within of a workflow": MAX_RESPOND_WITHIN,
    "The wait for a test run": timedelta(seconds=api.testing.LONGEST_SECONDS),
    "Between two runs of `Every`, at least": steps.schedule.MIN_INTERVAL,
    "Between two runs of `Every`, at most": MAX_DELAY,
    "The jitter of a schedule": steps.schedule_terms.MAX_JITTER,
    "Schedules in a list": api.scheduling.MAX_LISTED,
    "A handle": vault.handles.LONGEST,
    "The value of a variable": vault.variables.LONGEST_VALUE,
    "The variables of a workflow together, as JSON": vault.variables.MOST_OF_A_WORKFLOW,
    "Active connections that a run is given at its start": MAX_GIVEN_CONNECTIONS,
    "From Add Connection to coming back": api.connect.STATE_TTL,
    "A browser's session": api.auth.SESSION_TTL,
}


def measure(text: str) -> int | timedelta:
    found = re.fullmatch(r"([0-9,]+)(?: (\w+))?", text)
    assert found, text
    number, unit = int(found[1].replace(",", "")), found[2]
    if unit in (None, "bytes", "characters"):
        return number
    return timedelta(**{unit if unit.endswith("s") else f"{unit}s": number})


def test_every_limit_is_that_of_the_code():
    assert {row[0]: measure(row[1]) for row in rows(text_of("docs/limits.md"))} == LIMITS


# Code in the pages


def test_the_readme_shows_the_workflow_as_it_is():
    assert text_of("workflows/order_to_notion.py") in blocks(text_of("README.md"), "python")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_python_block_compiles(page: Path):
    for block in blocks(page.read_text(encoding="utf-8"), "python"):
        compile(block, page.name, "exec")


DEFINED = [block for block in blocks(text_of("docs/writing-workflows.md"), "python") if "(Workflow)" in block]


@pytest.mark.parametrize("number", range(len(DEFINED)))
def test_every_workflow_in_the_guide_can_be_defined(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / f"documented_{number}.py"
    path.write_text(DEFINED[number], encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    __import__(path.stem)


@pytest.mark.parametrize("number", range(2))
def test_every_workflow_of_the_page_about_schedules_loads_with_its_schedule(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = blocks(text_of("docs/scheduling.md"), "python")
    assert len(found) == 2
    folder = tmp_path / f"scheduled_{number}"
    folder.mkdir()
    (folder / "flow.py").write_text(found[number], encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    loaded = discover(folder)
    assert (loaded.problems, loaded.findings) == ([], [])
    assert all(cls.schedule is not None for cls in loaded.workflows.values())


def test_every_option_of_a_schedule_has_its_row():
    table = rows(section(text_of("docs/scheduling.md"), "When"))
    named = {name for row in table for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(steps.schedule_terms.Options.__annotations__)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


def test_every_page_can_be_reached_from_the_readme():
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text_of("README.md"))}
    pages = {f"docs/{page.name}" for page in DOCS.glob("*.md")}
    assert pages <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_make_target_that_a_page_names_exists(page: Path):
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)) <= targets


# The command line


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if words:
        yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*words, name))


COMMANDS = sorted(commands(get_command(command_line)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_that_says_what_it_does(words: tuple[str, ...]):
    result = CliRunner().invoke(command_line, [*words, "--help"])
    assert result.exit_code == 0
    said = [line for line in result.output.splitlines() if line.strip() and "Usage" not in line]
    assert len(said[0].strip()) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(page: Path):
    for line in re.findall(r"cli\.py ([a-z].*?)(?:`|$|\)|  )", page.read_text(encoding="utf-8"), re.MULTILINE):
        words = tuple(line.split())
        assert words[:1] in COMMANDS or words[:2] in COMMANDS, line
        if words[0] in ("connections", "runs", "schedules", "keys", "variables"):
            assert words[:2] in COMMANDS, line


# What the README says, done


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path_factory.mktemp("stack")) as started:
        yield started


def run_snippet(stack: Stack, snippet: str, *, python: bool = False, **extra: str) -> str:
    """Run a piece of the README against the stack: only where the stack is differs from what is written."""
    snippet = snippet.replace("http://127.0.0.1:8000", stack.addresses.api)
    snippet = snippet.replace("localhost:7233", stack.addresses.temporal)
    snippet = snippet.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    arguments = [sys.executable, "-c", snippet] if python else ["bash", "-euc", snippet]
    done = subprocess.run(
        arguments, cwd=ROOT, env={**os.environ, **stack.env, **extra}, capture_output=True, text=True, timeout=60
    )
    # A program that has ended may still be crashed by the SDK's threads while Python tears down (see temporal.leave).
    assert done.returncode in (0, -signal.SIGSEGV, -signal.SIGABRT), done.stderr
    return done.stdout


@pytest.mark.server
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
async def test_the_readme_starts_a_run_in_each_way_that_it_names(stack: Stack):
    start = section(text_of("README.md"), "Start a run")
    shell, (program,) = blocks(start, "sh"), blocks(start, "python")
    assert len(shell) == 3
    async with signed_in(stack) as visitor:
        await visitor.connect_notion("my-notion")
        hook = next(
            item["hook_url"] for item in await visitor.get("/api/v1/workflows") if item["name"] == "OrderToNotion"
        )
        for snippet in shell:
            run_snippet(stack, snippet, HOOK_URL=hook)
        run_snippet(stack, shell[0], HOOK_URL=hook)  # the same delivery, once more
        assert "Created page" in run_snippet(stack, program, python=True)

        async def all_pages() -> list[str]:
            found = (await visitor.http.get(f"{stack.addresses.notion}/_local/pages")).json()
            names = sorted(page["title"] for page in found if page["title"].startswith("#100"))
            assert len(names) >= 4
            return names

        assert await eventually(all_pages) == ["#1001", "#1002", "#1003", "#1004"]
        ids = {run["id"] for run in (await visitor.get("/api/v1/runs"))["runs"]}
        assert ids == {
            "order-to-notion/delivery-1001",
            "order-to-notion/1002",
            "order-to-notion/1003",
            "order-to-notion/1004",
        }


@pytest.mark.server
async def test_the_retention_on_the_laptop_is_what_the_pages_say(stack: Stack):
    said = run_snippet(stack, ".venv/bin/temporal operator namespace describe -n default")
    assert re.search(r"Retention\S*\s+(24h0m0s|24h|1d)", said), said
    assert "a day on the laptop" in text_of("docs/running.md")
