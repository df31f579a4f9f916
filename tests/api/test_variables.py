from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.api.browsing import program
from tests.api.conftest import Place
from vault.variables import LONGEST_VALUE

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = "/api/v1/variables"
CANARY = "canary-of-a-secret-value"
SECRET = {"value": CANARY, "secret": True, "hosts": ["api.example.com"]}


async def test_a_variable_is_set_listed_changed_and_deleted(place: Place) -> None:
    async with place.program() as admin:
        answer = await admin.put(f"{ROOT}/Echo/DATABASE", json={"value": "d1"})
        made: dict[str, Any] = answer.json()
        assert answer.status_code == 200
        assert (made["workflow"], made["name"], made["secret"], made["value"]) == ("Echo", "DATABASE", False, "d1")
        assert (await admin.put(f"{ROOT}/Echo/DATABASE", json={"value": ""})).json()["value"] == ""
        await admin.put(f"{ROOT}/Planned/DATABASE", json={"value": "d2"})
        assert [one["value"] for one in (await admin.get(ROOT)).json()] == ["", "d2"]
        (mine,) = (await admin.get(ROOT, params={"workflow": "Planned"})).json()
        assert mine["workflow"] == "Planned"
        assert (await admin.delete(f"{ROOT}/Echo/DATABASE")).status_code == 204
        again = await admin.delete(f"{ROOT}/Echo/DATABASE")
        assert (again.status_code, again.json()["type"]) == (404, "variable-unknown")


async def test_a_secret_value_comes_in_and_never_goes_out(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with place.program() as admin:
        answers = [
            await admin.put(f"{ROOT}/Echo/MAIL_KEY", json=SECRET),
            await admin.get(ROOT),
            await admin.put(f"{ROOT}/Echo/MAIL_KEY", json=SECRET | {"hosts": []}),
            await admin.put(f"{ROOT}/Echo/MAIL_KEY", json=SECRET | {"hosts": CANARY}),
            await admin.put(f"{ROOT}/Echo/MAIL_KEY", json=SECRET | {"value": [CANARY]}),
            await admin.put(f"{ROOT}/Echo/MAIL_KEY", json=SECRET | {"value": CANARY + "\0"}),
            await admin.put(f"{ROOT}/Echo/MAIL_KEY", content=f'{{"value": "{CANARY}"'),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 422, 422, 422, 422, 422]
        assert [answer.text for answer in answers if CANARY in answer.text] == []
        (listed,) = answers[1].json()
        assert (listed["secret"], listed["value"], listed["hosts"]) == (True, None, ["api.example.com"])
    assert (await place.vault.variables.open("Echo", "MAIL_KEY")).reveal() == CANARY
    assert caplog.records
    assert CANARY not in caplog.text


async def test_only_an_admin_sees_plain_values(place: Place) -> None:
    await place.vault.variables.set("Echo", "DATABASE", "d1")
    for scopes, value in ((["read"], None), (["operate"], None), (["admin"], "d1")):
        _, text = await place.vault.api_keys.create("eyes", scopes)
        async with program(place.app, text.reveal()) as caller:
            (listed,) = (await caller.get(ROOT)).json()
        assert (listed["name"], listed["value"]) == ("DATABASE", value)


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("Echo/lower", {"value": ""}, 422, "variable-name-invalid"),
    ("Ecko/NAME", {"value": ""}, 404, "workflow-unknown"),
    ("Echo/NAME", {"value": "x" * (LONGEST_VALUE + 1)}, 422, "variable-too-long"),
    ("Echo/NAME", {"value": "\0"}, 422, "variable-value-invalid"),
    ("Echo/NAME", {"value": "x", "secret": True}, 422, "variable-hosts-missing"),
    ("Echo/NAME", {"value": "x", "secret": True, "hosts": ["https://a.b"]}, 422, "variable-host-invalid"),
    ("Echo/NAME", {}, 422, "request-invalid"),
    ("Echo/NAME", {"value": "x", "secret": "yes"}, 422, "request-invalid"),
    ("Echo/NAME", {"value": "x", "kind": "secret"}, 422, "request-invalid"),
]


@pytest.mark.parametrize(("path", "body", "status", "type"), REFUSED)
async def test_a_variable_that_cannot_be_is_refused(
    place: Place, path: str, body: dict[str, Any], status: int, type: str
) -> None:
    async with place.program() as admin:
        answer = await admin.put(f"{ROOT}/{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, type)
    assert await place.vault.variables.list() == []


async def test_the_variables_of_one_workflow_have_a_limit_together(place: Place) -> None:
    async with place.program() as admin:
        answers = [await admin.put(f"{ROOT}/Echo/V{n}", json={"value": "x" * LONGEST_VALUE}) for n in range(3)]
    assert answers[-1].json()["type"] == "variables-too-large"


async def test_the_document_says_that_a_value_is_write_only(place: Place) -> None:
    async with place.program() as caller:
        schema = (await caller.get("/openapi.json")).json()["components"]["schemas"]["VariableBody"]
    assert schema["properties"]["value"]["writeOnly"] is True
