"""The page for those who come from JsWorkflows."""

from __future__ import annotations

import re

import pytest

from steps import Api, Store, Workflow
from steps.scheduling import Scheduling
from tests.docs.pages import blocks, rows, section, text_of

PAGE = text_of("docs/from-jsworkflows.md")
TABLE = {row[0]: row[1:] for row in rows(section(PAGE, "Call by call"))}

# Every name that their documentation lists for a program, and what starts one.
THEIRS = [
    "export class Workflow", "start(data, headers, api)", "scheduleNextStep", "waitForEvent", "dedupe", "getOAuthToken",
    "google.getServiceAccountToken", "google.sheet", "csv.importCSV", "csv.readCSVChunk", "csv.deleteCSV",
    "runStore.get", "runStore.increment", "getAttachment", "deleteAttachment", "sendToFlow", "sendEmail", "console.log",
    "api.log", "fetch(", "env.NAME", "env.SHOPIFY_STORE", "env.SHOPIFY_API_VERSION", "config.js", "new Response",
    "onWorkflowComplete", "onWorkflowError", "Shopify webhook", "HTTP trigger", "Scheduled trigger", "Shopify Flow",
    "e-mail", "Test from the editor", "Custom OAuth",
]  # fmt: skip


def test_the_program_is_the_one_that_ships():
    (shown,) = blocks(PAGE, "python")
    assert shown == text_of("workflows/order_to_notion.py")


@pytest.mark.parametrize("name", THEIRS)
def test_each_of_their_calls_has_a_row(name: str):
    assert any(name in their for their in TABLE)


def test_what_the_page_names_of_ours_is_there():
    ours = " ".join(cells[0] for cells in TABLE.values()) + PAGE
    named = set(re.findall(r"`(?:await )?api\.(\w+)\(", ours)) - {"scheduleNextStep", "waitForEvent", "getOAuthToken"}
    assert named
    for name in named - {"notion"}:
        assert hasattr(Api, name) or hasattr(Scheduling, name) or name == "log", name
    assert hasattr(Api, "notion")
    for name in ("get", "set", "delete", "increment", "push"):
        assert hasattr(Store, name)
    for name in ("on_workflow_complete", "on_workflow_error", "respond", "signed", "schedule"):
        assert hasattr(Workflow, name), name
