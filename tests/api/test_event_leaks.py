from __future__ import annotations

import logging

import httpx
import pytest
from temporalio.client import Client

from tests.api.conftest import Place
from tests.api.notion_sender import TOKEN, bot, connect, event, handshake, post, send
from tests.api.runs import finished
from tests.end_to_end.sweep import histories, sweep
from vault import Secret

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = Secret("secret_canary_of_the_subscription_made_anew")
PAGES = ["/", "/connections", "/runs", "/docs", "/openapi.json", "/api/v1/webhooks/notion", "/api/v1/workflows"]


async def test_the_verification_token_is_in_the_answer_that_reveals_it_and_nowhere_else(
    running: Place, worker: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[httpx.Response] = []
    await connect(running, "first", 1)
    # What the tests' own client logs of what it sends is not the product's.
    with caplog.at_level(logging.DEBUG):
        for token in (TOKEN, SECOND):
            answers += [
                await handshake(running, token),
                await handshake(running, token),
                await send(running, event(), token),
            ]
            async with running.program() as program:
                token_id = (await program.get("/api/v1/webhooks/notion")).json()["tokens"][0]["id"]
                revealed = await program.post("/api/v1/webhooks/notion/reveal", params={"id": token_id})
            assert revealed.json()["token"] == token.reveal()
            sent = event(bots=[bot(1)])
            answers += [await send(running, sent, token), await send(running, sent, Secret("of another" * 4))]
            answers.append(await post(running, b'{"verification_token": "%s"}' % token.reveal().encode(), {}))
            answers.append(await send(running, {"verification_token": token.reveal(), "type": 5}, token))
            run = await finished(running, answers[-4].json()["started"][0])
            assert token.reveal() not in str(run)
        async with running.signed_in() as visitor:
            answers += [await visitor.get(page) for page in PAGES]
    assert {answer.status_code for answer in answers} >= {200, 403, 409, 422}
    logged = "\n".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    assert "A verification token came for Notion's events" in logged
    places = {f"answer {number}": answer.content for number, answer in enumerate(answers)}
    places |= {f"headers {number}": str(answer.headers.multi_items()).encode() for number, answer in enumerate(answers)}
    places |= {path.name: path.read_bytes() for path in running.settings.data_dir.rglob("*") if path.is_file()}
    places |= await histories(worker) | {"log": logged.encode()}
    assert {"vault.db", "log"} <= places.keys()
    assert sweep({"the first token": TOKEN.reveal(), "the second": SECOND.reveal()}, places) == []
