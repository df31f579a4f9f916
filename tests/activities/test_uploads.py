"""Files from an address, into the stand-in for Notion."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from activities.notion.uploads import PART
from local.notion import StandIn
from steps.notion.upload import UploadRequest
from tests.activities.conftest import Worker, World
from tests.activities.servers import Call, Server, reply, serving, trusting
from tests.activities.standing import asked, stand_in, standing

SEND = "POST /file_uploads/{id}/send"


@asynccontextmanager
async def uploading(world: World, answer: Any, **options: Any) -> AsyncGenerator[tuple[Worker, Server, StandIn]]:
    notion = stand_in()
    async with (
        serving(answer) as server,
        standing(world, notion) as origin,
        world.worker(notion_origin=origin, egress_private_hosts=trusting(server), **options) as worker,
    ):
        yield worker, server, notion


async def upload(worker: Worker, server: Server, filename: str = "report.pdf", **more: Any) -> dict[str, Any]:
    request = UploadRequest(handle="my-notion", url=f"{server.origin}/file", filename=filename, **more)
    return await worker.environment().run(worker.activities.upload, request)


@pytest.mark.parametrize("version", [None, "2022-06-28", "2025-09-03"])
async def test_a_file_is_fetched_and_sent(world: World, version: str | None):
    async with uploading(world, reply(200, b"\x00\xff" * 100)) as (worker, server, notion):
        found = await upload(worker, server, version=version)
    assert (found["status"], found["content_length"], found["content_type"]) == ("uploaded", 200, "application/pdf")
    assert asked(notion) == ["POST /file_uploads", SEND.format(id=found["id"])]
    assert "authorization" not in server.calls[0].headers


async def test_a_large_file_is_sent_in_parts(world: World):
    size = 2 * PART + 5
    async with uploading(world, reply(200, b"x" * size)) as (worker, server, notion):
        found = await upload(worker, server, "film.mp4")
    assert (found["status"], found["content_length"]) == ("uploaded", size)
    send = SEND.format(id=found["id"])
    assert asked(notion) == ["POST /file_uploads", send, send, send, f"POST /file_uploads/{found['id']}/complete"]


@pytest.mark.parametrize(
    ("answer", "kind", "words", "final"),
    [
        (reply(404, "no"), "fetch-failed", "it answered 404", True),
        (reply(503, "no"), "fetch-failed", "it answered 503", False),
        (reply(200, ""), "request-invalid", "is empty", True),
        (reply(200, b"x" * 5000), "response-too-large", "STEPS_MAX_UPLOAD_BYTES", True),
        (None, "fetch-failed", "broke off", False),
    ],
)
async def test_a_file_that_does_not_come_makes_no_upload(
    world: World, answer: bytes | None, kind: str, words: str, final: bool
):
    async with uploading(world, answer, max_upload_bytes=4096) as (worker, server, notion):
        failure = await worker.failure(upload(worker, server))
    assert (failure.type, failure.non_retryable) == (kind, final)
    assert words in failure.message
    assert asked(notion) == []


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://10.0.0.1/file", "egress-denied"),
        ("file:///etc/passwd", "request-invalid"),
        ("https://user:word@files.example/a", "request-invalid"),
        ("https://files.example/?k=sealed:variable:KEY:x", "seal-invalid"),
    ],
)
async def test_an_address_is_guarded_as_that_of_a_fetch(world: World, url: str, kind: str):
    await world.connect()
    async with world.worker() as worker:
        request = UploadRequest(handle="my-notion", url=url, filename="a.txt")
        failure = await worker.failure(worker.environment().run(worker.activities.upload, request))
    assert failure.type == kind


async def test_a_redirect_is_followed(world: World):
    async def answer(call: Call) -> bytes:
        return reply(302, "", {"Location": "/there"}) if call.path == "/file" else reply(200, "content")

    async with uploading(world, answer) as (worker, server, _):
        assert (await upload(worker, server, "a.txt"))["content_length"] == 7
