from __future__ import annotations

import logging

import httpx
import pytest

from api.hooks import hook_address
from tests.api.browsing import begin, consent
from tests.api.conftest import CANARY, Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESSES = [
    "/", "/connections", "/connections?connected=my-notion", "/runs", "/docs", "/openapi.json", "/readyz",
    "/api/v1/connections", "/api/v1/connections/my-notion", "/api/v1/workflows", "/api/v1/runs",
    "/connections/add/notion",
]  # fmt: skip


async def test_no_token_is_in_any_answer_log_or_file(running: Place, caplog: pytest.LogCaptureFixture) -> None:
    answers: list[httpx.Response] = []

    async def keep(answer: httpx.Response) -> None:
        await answer.aread()
        answers.append(answer)

    with caplog.at_level(logging.DEBUG):
        async with running.signed_in() as visitor:
            visitor.event_hooks = {"response": [keep]}
            back = await consent(running.notion, await begin(visitor))
            await visitor.get(back)
            await visitor.get(back)
            await visitor.get(await consent(running.notion, await begin(visitor, "other")))
            for address in ADDRESSES:
                await visitor.get(address)
            await visitor.post("/hooks/echo/wrong")
            await visitor.post(hook_address(running.settings, running.app.state.services.signer, "Echo"))
    opened = await running.vault.connections.open("my-notion")
    assert opened.tokens.refresh
    secrets = [CANARY, opened.tokens.access.reveal(), opened.tokens.refresh.reveal(), "local-secret", running.key]
    told = "".join(answer.text + str(answer.headers.multi_items()) for answer in answers)
    logged = "".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    stored = b"".join(path.read_bytes() for path in running.settings.data_dir.rglob("*") if path.is_file())
    assert len(answers) > len(ADDRESSES)
    for secret in secrets:
        assert secret not in told
        assert secret not in logged
        assert secret.encode() not in stored
