from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from steps.discovery import Discovered, LoadProblem, discover
from tests.steps import flows, hard_flows
from tests.steps.flows import FLOWS
from tests.steps.hard_flows import HARD_FLOWS

HEAD = "from __future__ import annotations\n\nfrom steps import Api, Workflow\n\n\n"
STEP = "    async def start(self, data, headers, api: Api):\n        return data\n"


def good(name: str) -> str:
    return f"{HEAD}class {name}(Workflow):\n{STEP}"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A package of workflows, under a name that no other test has imported."""
    path = tmp_path / f"flows_{uuid.uuid4().hex}"
    path.mkdir()
    before = list(sys.path)
    yield path
    sys.path[:] = before
    for name in [name for name in sys.modules if name.split(".")[0] == path.name]:
        del sys.modules[name]


def found_in(folder: Path, **files: str) -> Discovered:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return discover(folder)


def test_every_workflow_of_every_file_is_found_by_its_name(folder: Path):
    found = found_in(
        folder,
        one=good("One"),
        two=good("Two") + f"\n\nclass Three(Workflow, name='third'):\n{STEP}",
        base=f"{HEAD}class Base(Workflow, abstract=True):\n{STEP}\n\nclass Four(Base):\n    pass\n",
        _hidden="raise RuntimeError('a file that begins with an underscore is not read')\n",
    )
    assert found.problems == []
    assert sorted(found.workflows) == ["Four", "One", "Two", "third"]
    assert {cls.__module__ for cls in found.workflows.values()} == {
        f"{folder.name}.one", f"{folder.name}.two", f"{folder.name}.base",
    }  # fmt: skip


def test_a_workflow_that_a_file_imports_from_another_is_not_its_own(folder: Path):
    importing = f"{HEAD}from {folder.name}.one import One\n\n\nclass Two(One):\n    pass\n"
    found = found_in(folder, one=good("One"), two=importing)
    assert found.problems == []
    assert sorted(found.workflows) == ["One", "Two"]


BAD: list[tuple[str, str, int | None, str]] = [
    ("syntax", "x = 1\nclass Bad(Workflow:\n", 2, "SyntaxError: "),
    ("indent", "class A:\n  x = 1\n    y = 2\n", 3, "IndentationError: "),
    ("missing", HEAD + "import no_such_module_anywhere\n", 6, "No module named 'no_such_module_anywhere'"),
    ("raises", HEAD + "def f():\n    raise ValueError('at import')\n\n\nf()\n", 7, "ValueError: at import"),
    ("leaves", HEAD + "raise SystemExit(3)\n", 6, "SystemExit: 3"),
    ("no_start", HEAD + "class Bad(Workflow):\n    pass\n", 6, "DefinitionInvalid: Bad has no start"),
    (
        "sync",
        HEAD + "class Bad(Workflow):\n    def start(self, data, headers, api): ...\n",
        6,
        "Bad.start must be async",
    ),
    (
        "clock",
        "from datetime import datetime\n"
        + HEAD.replace("from __future__ import annotations\n", "")
        + "NOW = datetime.now()\n\n\n"
        + f"class Bad(Workflow):\n{STEP}",
        6,
        "datetime.datetime.now",
    ),
    (
        "chance",
        f"import random\n\nfrom steps import Api, Workflow\n\nLUCK = random.random()\n\n\nclass Bad(Workflow):\n{STEP}",
        5,
        "random.random",
    ),
    (
        "reads",
        f"from pathlib import Path\n\nfrom steps import Api, Workflow\n\nTEXT = Path(__file__).read_text()\n\n\n"
        f"class Bad(Workflow):\n{STEP}",
        5,
        "pathlib.Path.read_text",
    ),
    (
        "unresolved",
        HEAD + "class Bad(Workflow):\n    async def start(self, data: Nowhere, headers, api: Api): ...\n",
        None,
        "Bad.start: the type of `data` cannot be read: name 'Nowhere' is not defined",
    ),
    ("none", "x = 1\n", None, "It defines no subclass of steps.Workflow."),
    ("empty", "", None, "It defines no subclass of steps.Workflow."),
    (
        "abstract",
        f"{HEAD}class Base(Workflow, abstract=True):\n{STEP}",
        None,
        "It defines no subclass of steps.Workflow.",
    ),
]


@pytest.mark.parametrize(("name", "text", "line", "says"), BAD, ids=[bad[0] for bad in BAD])
def test_a_file_with_a_mistake_is_named_with_its_line_and_the_others_load(
    folder: Path, name: str, text: str, line: int | None, says: str
):
    found = found_in(folder, a_good_one=good("First"), **{name: text}, z_good_one=good("Last"))
    [problem] = found.problems
    assert problem.file == f"{name}.py"
    assert problem.line == line
    assert says in problem.message
    assert sorted(found.workflows) == ["First", "Last"]


def test_a_file_that_is_no_utf8_is_named(folder: Path):
    (folder / "bytes.py").write_bytes(b"x = '\xff'\n")
    [problem] = found_in(folder, good=good("Good")).problems
    assert problem.file == "bytes.py"
    assert "SyntaxError" in problem.message


def test_the_second_of_two_workflows_of_one_name_is_refused_with_the_place_of_the_first(folder: Path):
    found = found_in(folder, one=good("Same"), two=good("Same"))
    [problem] = found.problems
    assert (problem.file, problem.message) == (
        "two.py", f"The name Same is taken by {folder.name}.one.Same; names must be unique.",
    )  # fmt: skip
    assert found.workflows["Same"].__module__ == f"{folder.name}.one"


def test_a_folder_that_is_not_there_is_a_problem_that_names_the_setting(tmp_path: Path):
    [problem] = discover(tmp_path / "nowhere").problems
    assert "STEPS_WORKFLOWS_DIR" in problem.message


def test_what_the_guard_finds_is_kept_and_keeps_no_file_from_loading(folder: Path):
    reads = good("Reads").replace("        return data\n", "        return open(data)\n")
    found = found_in(folder, reads=reads, good=good("Good"), bad="class Bad(\n")
    assert sorted(found.workflows) == ["Good", "Reads"]
    assert [problem.file for problem in found.problems] == ["bad.py"]
    assert [(one.file, one.line, one.column, one.rule) for one in found.findings] == [("reads.py", 8, 16, "file")]


def test_a_problem_is_shown_as_file_line_and_message():
    assert str(LoadProblem("a.py", 3, "wrong")) == "a.py:3: wrong"
    assert str(LoadProblem("a.py", None, "wrong")) == "a.py: wrong"


async def test_it_works_inside_a_running_loop_too(folder: Path):
    assert sorted(found_in(folder, one=good("One")).workflows) == ["One"]


def test_the_products_own_workflows_load():
    found = discover(Path(__file__).parents[2] / "workflows")
    assert found.problems == []
    assert found.workflows


def test_the_flows_of_these_tests_are_all_run_by_the_tests_worker():
    values = [*vars(flows).values(), *vars(hard_flows).values()]
    defined = {value for value in values if isinstance(value, type) and "run" in vars(value)}
    assert defined == {*FLOWS, *HARD_FLOWS}
