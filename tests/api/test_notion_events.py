from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.client import Client

from api.handshakes import signature_of
from settings import Settings
from steps.discovery import LoadProblem
from temporal import attributes_known, plugin
from tests.api.conftest import Place
from tests.api.flows.events import ORDERS
from tests.api.notion_sender import TOKEN, WORKSPACE, bot, connect, event, handshake, post, send, set_up
from tests.api.runs import finished
from tests.conftest import eventually
from vault import ConnectionStatus, Secret

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE = Secret("secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl")
SAMPLE_BODY = b'{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}'
SAMPLE_SIGNATURE = "sha256=461e8cbcba8a75c3edd866f0e71280f5a85cbf21eff040ebd10fe266df38a735"


def ids(one: dict[str, Any], *handles: str, workflow: str = "page-changed") -> list[str]:
    return [f"{workflow}/notion-{one['id']}-{handle}" for handle in handles]


# The signature


async def test_the_signature_is_that_of_notions_own_sample(place: Place) -> None:
    assert signature_of(SAMPLE, SAMPLE_BODY) == SAMPLE_SIGNATURE
    assert (await post(place, SAMPLE_BODY, {"X-Notion-Signature": SAMPLE_SIGNATURE})).status_code == 200
    _, token = await place.vault.webhook_tokens.reveal("notion")
    assert token.reveal() == SAMPLE.reveal()


async def test_the_bytes_count_and_not_what_they_say(place: Place) -> None:
    await set_up(place)
    raw = json.dumps(event(workspace_name="Bäckerei 🥐"), ensure_ascii=False, indent=2).encode()
    signature = {"X-Notion-Signature": signature_of(TOKEN, raw)}
    assert (await post(place, raw, signature)).status_code == 200
    assert (await post(place, raw + b" ", signature)).json()["type"] == "signature-invalid"


@pytest.mark.parametrize("kind", ["event", "handshake"])
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("X-Notion-Signature", ""),
        ("X-Notion-Signature", "sha1={hex}"),
        ("X-Notion-Signature", "{hex}"),
        ("X-Notion-Signature", "{}0"),
        ("X-Notion-Signature", "{}, {}"),
        ("X-Notion-Signature", "sha256="),
        ("X-Notion-Signature", f"sha256={'0' * 64}"),
        ("X-Notion-Signature", "é" * 71),
    ],
)
async def test_what_notion_has_not_signed_is_refused(place: Place, name: str, written: str, kind: str) -> None:
    await set_up(place)
    body = event() if kind == "event" else {"verification_token": "secret_of_somebody_else"}
    raw = json.dumps(body).encode()
    signer = TOKEN if kind == "event" else Secret("secret_of_somebody_else")
    right = signature_of(signer, raw)
    given = written.format(right, right, hex=right.removeprefix("sha256="))
    answer = await post(place, raw, {name: given})
    assert (answer.status_code, answer.json()["type"]) == (403, "signature-invalid")
    assert len(await place.vault.webhook_tokens.list("notion")) == 1


async def test_an_event_is_signed_and_a_handshake_may_be(place: Place) -> None:
    await set_up(place)
    answer = await post(place, json.dumps(event()).encode(), {"Notion-Signature": "sha256="})
    assert (answer.status_code, answer.json()["type"]) == (403, "signature-invalid")
    assert (await post(place, SAMPLE_BODY, {})).json()["verification"] == "received"


@pytest.mark.parametrize("secret", ["x", "", "é"])
async def test_another_address_tells_nothing(place: Place, secret: str) -> None:
    hook = (await place.program().get("/api/v1/workflows")).json()[0]["hook_url"].rsplit("/", 1)[1]
    for path in (f"/hooks/notion/events/{secret or 'y'}", f"/hooks/notion/events/{hook}"):
        answer = await post(place, b"{", {}, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "hook-unknown")


@pytest.mark.parametrize(
    ("raw", "status", "type"),
    [
        (b"{", 400, "json-invalid"),
        (b"[]", 400, "json-not-object"),
        (b'{"a": "' + b"x" * 1_048_576 + b'"}', 413, "body-too-large"),
        (b"{}", 422, "request-invalid"),
        (b'{"id": 5, "type": "page.created"}', 422, "request-invalid"),
        (b'{"id": "", "type": "page.created"}', 422, "request-invalid"),
        (b'{"id": "e1", "type": null}', 422, "request-invalid"),
        (b'{"verification_token": "short"}', 422, "request-invalid"),
        (b'{"verification_token": ["secret_tMrlL1qK5vuQAh1b6cZGhFChZ"]}', 422, "request-invalid"),
        (b'{"verification_token": "secret_\\u00e9MrlL1qK5vuQAh1b6cZGhFChZ"}', 422, "request-invalid"),
    ],
)
async def test_what_is_no_event_is_refused(place: Place, raw: bytes, status: int, type: str) -> None:
    await set_up(place)
    answer = await post(place, raw, {"X-Notion-Signature": signature_of(TOKEN, raw)})
    assert (answer.status_code, answer.json()["type"]) == (status, type)


# Setting up


async def state(place: Place) -> dict[str, Any]:
    async with place.program() as program:
        answer = await program.get("/api/v1/webhooks/notion")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_the_way_from_the_address_to_the_first_event(place: Place) -> None:
    before = await state(place)
    assert (before["state"], before["tokens"]) == ("waiting", [])
    assert before["address"].startswith("http://steps.test/hooks/notion/events/")
    early = await send(place, event())
    assert (early.status_code, early.json()["type"]) == (409, "webhook-not-set-up")
    assert "python cli.py webhooks notion --token" in early.json()["detail"]

    assert (await handshake(place)).json() == {"started": [], "earlier": [], "verification": "received"}
    received = await state(place)
    assert received["state"] == "received"
    assert "Paste the token" in received["next"]
    # Nobody has seen the token, so nobody can have pasted it: this is not Notion.
    assert (await send(place, event())).json()["type"] == "webhook-not-set-up"

    async with place.program() as program:
        revealed = await program.post("/api/v1/webhooks/notion/reveal")
    assert revealed.json()["token"] == TOKEN.reveal()
    assert revealed.headers["cache-control"] == "no-store"
    assert (await send(place, event())).json() == {"started": [], "earlier": [], "verification": None}
    verified = await state(place)
    (token,) = verified["tokens"]
    assert (verified["state"], verified["next"], token["id"]) == ("verified", "Nothing.", revealed.json()["id"])
    assert token["received_at"] < token["revealed_at"] < token["verified_at"] == token["last_event_at"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/webhooks/notion"), ("POST", "/api/v1/webhooks/notion/reveal")]
)
async def test_only_a_key_or_a_session_sees_the_address_or_the_token(place: Place, method: str, path: str) -> None:
    await handshake(place)
    async with place.browser() as stranger, place.signed_in() as visitor:
        refused = await stranger.request(method, path)
        assert (refused.status_code, refused.json()["type"]) == (401, "authentication-required")
        assert (await visitor.request(method, path)).status_code == 200
        if method == "POST":
            crossed = await visitor.request(method, path, headers={"Sec-Fetch-Site": "cross-site"})
            assert (crossed.status_code, crossed.json()["type"]) == (403, "cross-site-refused")


async def test_without_a_handshake_there_is_no_token_to_reveal(place: Place) -> None:
    async with place.program() as program:
        answer = await program.post("/api/v1/webhooks/notion/reveal")
    assert (answer.status_code, answer.json()["type"]) == (404, "webhook-token-unknown")


async def test_a_stranger_with_the_address_cannot_take_the_events_over(place: Place) -> None:
    await set_up(place)
    assert (await send(place, event())).status_code == 200
    stranger = Secret("secret_of_a_stranger_who_learnt_the_address")
    assert (await handshake(place, stranger)).status_code == 200
    assert (await send(place, event(), stranger)).json()["type"] == "signature-invalid"
    assert (await send(place, event())).status_code == 200
    seen = await state(place)
    assert (seen["state"], len(seen["tokens"])) == ("verified", 2)
    assert "somebody else knows the address" in seen["next"]


async def test_a_subscription_that_is_made_anew_takes_over_at_its_first_event(place: Place) -> None:
    await set_up(place)
    assert (await send(place, event())).status_code == 200
    anew = Secret("secret_of_the_subscription_made_anew")
    await handshake(place, anew)
    async with place.program() as program:
        unclear = await program.post("/api/v1/webhooks/notion/reveal")
    assert (unclear.status_code, unclear.json()["type"]) == (409, "webhook-token-unclear")
    await set_up(place, anew)
    assert (await send(place, event())).status_code == 200
    assert (await send(place, event(), anew)).status_code == 200
    assert (await send(place, event())).json()["type"] == "signature-invalid"
    assert len((await state(place))["tokens"]) == 1


# What an event starts


async def test_a_run_gets_the_event_as_it_came_and_the_connection(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)], workspace_name="Bäckerei 🥐")
    answer = await send(running, sent)
    (run_id,) = ids(sent, "first")
    assert answer.json() == {"started": [run_id], "earlier": [], "verification": None}
    run = await finished(running, run_id)
    assert run["result"]["data"] == sent
    assert run["result"]["headers"] == {"connection": "first", "notion-event": "page.properties_updated"}
    assert run["trigger"] == "notion"


async def test_a_run_is_found_by_its_trigger_and_its_connection(
    make_place: Callable[..., Place], settings: Settings, worker: Client
) -> None:
    async def knowing() -> Client:
        """Return a client whose server knows the attributes; each is told of it once in a while."""
        client = await Client.connect(worker.service_client.config.target_host, plugins=[plugin()])
        assert await attributes_known(client)
        return client

    client = await eventually(knowing)
    place = make_place(settings, client)
    await connect(place, "first", 1)
    await set_up(place)
    sent = event(bots=[bot(1)])
    assert (await send(place, sent)).status_code == 200
    (run_id,) = ids(sent, "first")

    async def found() -> list[str]:
        wanted = f"`Trigger` = 'notion' AND Connection = 'first' AND WorkflowId = '{run_id}'"
        return [one.id async for one in client.list_workflows(wanted)]

    assert await eventually(found) == [run_id]


@pytest.mark.parametrize(
    ("parts", "handles"),
    [
        ({"bots": [bot(1)]}, ["first"]),
        ({"bots": [bot(1).replace("-", "")]}, ["first"]),
        ({"bots": [bot(2), bot(1), bot(9)]}, ["first", "second"]),
        ({"bots": [bot(9)]}, []),
        ({"bots": []}, []),
        ({"accessible_by": [None, "x", {"id": 5}, {"id": bot(1), "type": "bot"}]}, ["first"]),
        ({"accessible_by": [{"id": "c7c11cca-1d73-471d-9b6e-bdef51470190", "type": "person"}]}, []),
        ({}, ["first", "second"]),
        ({"accessible_by": None}, ["first", "second"]),
        ({"workspace_id": WORKSPACE.replace("-", "")}, ["first", "second"]),
        ({"workspace_id": bot(7)}, ["elsewhere"]),
        ({"workspace_id": bot(8)}, []),
        ({"workspace_id": None}, []),
        ({"workspace_id": ["x"]}, []),
    ],
)
async def test_an_event_goes_to_the_connections_that_it_is_for(
    running: Place, parts: dict[str, Any], handles: list[str]
) -> None:
    for number, handle in enumerate(("first", "second"), 1):
        await connect(running, handle, number)
    await connect(running, "elsewhere", 3, bot(7))
    await connect(running, "withdrawn", 4)
    await running.vault.connections.mark("withdrawn", ConnectionStatus.REVOKED)
    await set_up(running)
    sent = event(**parts)
    answer = await send(running, sent)
    assert (answer.status_code, answer.json()["started"]) == (200, ids(sent, *handles))


@pytest.mark.parametrize(
    ("kind", "place_of_page", "workflows"),
    [
        ("page.locked", {"data_source_id": ORDERS}, ["order-moved", "page-changed"]),
        ("page.locked", {"id": ORDERS.replace("-", "")}, ["order-moved", "page-changed"]),
        ("page.locked", {"id": bot(5)}, ["page-changed"]),
        ("page.moved", {"data_source_id": ORDERS}, ["order-moved"]),
        ("page.deleted", {"data_source_id": ORDERS}, []),
        ("something.new", {}, []),
    ],
)
async def test_an_event_starts_each_workflow_that_wants_it(
    running: Place, kind: str, place_of_page: dict[str, str], workflows: list[str]
) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(kind, bots=[bot(1)], data={"parent": place_of_page})
    answer = await send(running, sent)
    wanted = [run for workflow in workflows for run in ids(sent, "first", workflow=workflow)]
    assert (answer.status_code, answer.json()["started"]) == (200, wanted)


async def test_an_event_that_comes_again_starts_nothing(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)])
    assert (await send(running, sent)).json()["started"] == ids(sent, "first")
    await connect(running, "second", 2)
    for attempt in range(2, 9):
        again = await send(running, sent | {"attempt_number": attempt})
        assert (again.status_code, again.json()) == (
            200,
            {"started": [], "earlier": ids(sent, "first"), "verification": None},
        )


async def test_an_event_that_comes_fifty_times_at_once_starts_one_run(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)])
    answers = [answer.json() for answer in await asyncio.gather(*(send(running, sent) for _ in range(50)))]
    assert sorted(answer["started"] for answer in answers) == [[]] * 49 + [ids(sent, "first")]
    assert all(answer["started"] or answer["earlier"] for answer in answers)


async def test_a_workflow_that_does_not_take_the_event_does_not_stop_the_others(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event("page.unlocked", bots=[bot(1)])
    answer = await send(running, sent)
    assert (answer.status_code, answer.json()["type"]) == (422, "payload-invalid")
    assert "field `text`" in answer.json()["detail"]
    await finished(running, ids(sent, "first")[0])


async def test_an_event_whose_start_temporal_did_not_store_is_not_confirmed(place: Place) -> None:
    await connect(place, "first", 1)
    await set_up(place)
    answer = await send(place, event(bots=[bot(1)]))
    assert (answer.status_code, answer.json()["type"]) == (503, "temporal-unavailable")


@pytest.mark.parametrize(("text", "status"), [("on = NotionEvent(", 503), ("on = something", 200)])
async def test_an_event_is_not_confirmed_while_a_file_that_may_want_it_is_not_loaded(
    running: Place, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, text: str, status: int
) -> None:
    services = running.app.state.services
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    running.settings.workflows_dir = tmp_path
    monkeypatch.setattr(services.workflows, "problems", [LoadProblem("broken.py", 1, "SyntaxError")])
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)])
    answer = await send(running, sent)
    assert answer.status_code == status
    if status == 503:
        assert answer.json()["type"] == "workflows-unloaded"
        assert "broken.py" in answer.json()["detail"]
    assert (await send(running, event(bots=[bot(9)]))).status_code == 200
    await finished(running, ids(sent, "first")[0])


async def test_the_list_and_the_page_say_what_a_workflow_runs_on(place: Place) -> None:
    async with place.program() as program, place.signed_in() as visitor:
        on = {item["name"]: item["on"] for item in (await program.get("/api/v1/workflows")).json()}
        assert on["Echo"] is None
        assert on["OrderMoved"] == f"page.moved or page.locked in {ORDERS.replace('-', '')} through first"
        page = (await visitor.get("/workflows/PageChanged")).text
        assert "page.unlocked" in page
        assert "Events in Notion" in page
