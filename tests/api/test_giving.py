"""What the API gives a run at its start, and that it starts one all the same where the vault does not tell."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import Client

from api import starting
from api.starting import body_digest
from settings import Settings
from steps.branch import Trigger
from steps.given import Given
from steps.sealed import PATTERN
from tests.api.conftest import Place
from tests.api.runs import finished, start
from tests.api.test_hooks import JSON, address, post
from vault import Account, Secret, Tokens

pytestmark = pytest.mark.asyncio(loop_scope="session")
CANARY = "canary-of-a-variable"


async def argument(place: Place, run_id: str) -> Trigger:
    """Return what a run was started with, and check that its history has no secret."""
    client: Client = await place.app.state.services.temporal()
    history = await client.get_workflow_handle(run_id).fetch_history()
    assert CANARY not in history.to_json()
    [payload] = history.events[0].workflow_execution_started_event_attributes.input.payloads
    assert CANARY.encode() not in payload.data
    (trigger,) = await client.data_converter.decode([payload], [Trigger])
    assert CANARY not in trigger.model_dump_json()
    return trigger


async def fill(place: Place) -> None:
    await place.vault.variables.set("Echo", "TABLE", "t1")
    await place.vault.variables.set("Echo", "KEY", CANARY, secret=True, hosts=["a.example"])
    await place.vault.connections.save("my-notion", "notion", Account(id="a"), Tokens(Secret(CANARY), None))


async def test_a_run_gets_its_variables_and_connections_as_references(running: Place) -> None:
    await fill(running)
    hooked = (await post(running, address(running), b"{}", JSON)).json()["id"]
    for run_id in (await start(running, "Echo"), hooked):
        given = (await argument(running, run_id)).given
        assert given
        assert given.env["TABLE"] == "t1"
        assert PATTERN.fullmatch(given.env["KEY"])
        assert PATTERN.fullmatch(given.connections["my-notion"])
        assert (await finished(running, run_id))["status"] == "completed"


async def test_a_vault_that_is_down_loses_no_trigger(
    running: Place, make_place: Callable[..., Place], settings: Settings, worker: Client, tmp_path: Path
) -> None:
    place = make_place(settings.model_copy(update={"data_dir": tmp_path / "none"}), worker)
    services = place.app.state.services
    await services.addresses.look()
    services.addresses._fresh_until = 0.0
    services._vault = None  # it is then opened anew, where there is none
    answer = await post(place, address(place), b'{"name": "#1"}', JSON)
    assert answer.status_code == 202, answer.text
    assert (await argument(running, answer.json()["id"])).given is None
    assert (await finished(running, answer.json()["id"]))["status"] == "completed"


async def test_while_nobody_knows_which_addresses_were_replaced_a_delivery_is_to_come_again(
    make_place: Callable[..., Place], settings: Settings, worker: Client, tmp_path: Path
) -> None:
    place = make_place(settings.model_copy(update={"data_dir": tmp_path / "none"}), worker)
    place.app.state.services._vault = None
    answer = await post(place, address(place), b'{"name": "#1"}', JSON)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_data_that_leaves_no_room_starts_a_run_that_reads_for_itself(
    running: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(running)
    monkeypatch.setattr(starting, "MAX_START_BYTES", 400)
    assert (await argument(running, await start(running, "Echo", "x" * 300))).given is None
    async with running.program() as caller:
        answer = await caller.post("/api/v1/workflows/Echo/runs", json={"data": "x" * 400})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (413, "body-too-large")


async def test_a_repeated_request_is_the_same_after_a_variable_has_changed(running: Place) -> None:
    key = uuid.uuid4().hex
    async with running.program() as caller:
        for value, status in (("t1", 202), ("t2", 200)):
            await running.vault.variables.set("Echo", "TABLE", value)
            answer = await caller.post(
                "/api/v1/workflows/Echo/runs", json={"data": {"name": "#1"}}, headers={"Idempotency-Key": key}
            )
            assert answer.status_code == status, answer.text
    assert body_digest(Trigger(data=1)) == body_digest(Trigger(data=1, given=Given(env={"A": "b"})))
