"""Live pages: what a stream sends, when it ends, and what it costs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
import uvicorn

from api.feeds import Feeds, Pace
from api.problems import RunUnknown, TemporalUnavailable
from api.services import Services
from api.views import RunList
from tests.api.browsing import sign_in
from tests.api.conftest import Place
from tests.api.runs import start
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONGEST = 20.0


@dataclass
class Served:
    """An application on a port of its own, since a stream needs a real connection."""

    place: Place
    server: uvicorn.Server
    origin: str

    @property
    def services(self) -> Services:
        return self.place.app.state.services

    def browser(self) -> httpx.AsyncClient:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        return httpx.AsyncClient(base_url=self.origin, headers=headers, trust_env=False, timeout=LONGEST)

    @asynccontextmanager
    async def signed_in(self) -> AsyncGenerator[httpx.AsyncClient]:
        async with self.browser() as visitor:
            await sign_in(visitor, self.place.key)
            yield visitor


class Stream:
    """An open stream, read block by block."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def block(self) -> list[str] | None:
        """Return the next block of lines; None when the stream has ended."""
        found: list[str] = []
        async with asyncio.timeout(LONGEST):
            async for line in self._lines:
                if not line:
                    return found
                found.append(line)
        return None

    async def until(self, text: str) -> list[str]:
        """Return the first block that holds the text."""
        while (block := await self.block()) is not None:
            if any(text in line for line in block):
                return block
        pytest.fail(f"The stream ended without {text!r}")

    async def ended(self) -> bool:
        while await self.block() is not None:
            pass
        return True


@asynccontextmanager
async def opened(visitor: httpx.AsyncClient, address: str, **headers: str) -> AsyncGenerator[Stream]:
    async with visitor.stream("GET", address, headers={"Accept": "text/event-stream", **headers}) as answer:
        yield Stream(answer)


@pytest_asyncio.fixture(loop_scope="session")
async def served(running: Place) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(running.app, lifespan="off", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listener]))
    services: Services = running.app.state.services
    services.feeds = Feeds(every=0.05, most=3)
    services.live_pace = Pace(session=0.05, heartbeat=0.3)
    yield Served(running, server, origin)
    services.feeds.close()
    server.should_exit = True
    await serving


async def test_a_run_that_starts_appears_and_is_sent_once(served: Served) -> None:
    async with served.signed_in() as visitor, opened(visitor, "/runs/live?workflow=LongWait") as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["x-accel-buffering"] == "no"
        assert stream.answer.headers["cache-control"] == "no-store"
        assert await stream.block() == ["retry: 2000"]
        assert await stream.block() == ["event: news", "data: Live: what changes appears by itself."]
        run_id = await start(served.place, "LongWait")
        block = await stream.until(run_id)
        assert any(line.startswith("id: ") for line in block)
        mark = next(line for line in block if line.startswith("id: ")).removeprefix("id: ")
        assert all(line.startswith(("id: ", "event: runs", "data: ")) for line in block)
        async with opened(visitor, "/runs/live?workflow=LongWait", **{"Last-Event-ID": mark}) as again:
            await again.until("Live:")
            assert await again.block() == [": still here"]  # it knows the table already


async def test_a_page_is_sent_nothing_that_it_shows_already(served: Served) -> None:
    await start(served.place, "LongWait")
    async with served.signed_in() as visitor:
        page = (await visitor.get("/runs")).text
        address = page.partition('sse-connect="')[2].partition('"')[0].replace("&amp;", "&")
        assert address.startswith("/runs/live?seen=")
        async with opened(visitor, address) as stream:
            await stream.until("Live:")
            assert await stream.block() == [": still here"]
            run_id = await start(served.place, "LongWait")
            await stream.until(run_id)
            assert await stream.block() == ["event: news", "data: 1 new run."]


async def test_the_stream_of_a_run_tells_when_it_moves_and_ends_with_it(served: Served) -> None:
    run_id = await start(served.place, "LongWait")
    async with served.signed_in() as visitor, opened(visitor, f"/runs/{run_id}/events") as stream:
        await stream.until("event: moved")
        await visitor.post(f"/runs/{run_id}/cancel")
        await stream.until("event: over")
        assert await stream.ended()


async def test_a_stream_ends_when_its_browser_signs_out(served: Served) -> None:
    async with served.signed_in() as visitor, opened(visitor, "/runs/live") as stream:
        await stream.until("Live:")
        await visitor.post("/signout")
        assert "Sign in" in "".join(await stream.until("no longer live"))
        assert await stream.block() == ["event: over", "data: "]
        assert await stream.ended()


async def test_a_stream_ends_when_its_key_may_read_no_more(served: Served) -> None:
    vault = served.place.vault
    key, text = await vault.api_keys.create("for a while", ("read",))
    async with served.browser() as visitor:
        await sign_in(visitor, text.reveal())
        async with opened(visitor, "/runs/live") as stream:
            await stream.until("Live:")
            await vault.api_keys.revoke(key.id)
            await stream.until("event: over")


async def test_to_look_is_no_use_of_a_session(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served.signed_in() as visitor:
        (before,) = await served.place.vault.sessions.list()
        monkeypatch.setattr("vault.sessions.USE_NOTED_EVERY", before.seen_at - before.seen_at)
        async with opened(visitor, "/runs/live") as stream:
            await stream.until("still here")
            (looking,) = await served.place.vault.sessions.list()
        assert looking.seen_at == before.seen_at
        await visitor.get("/runs")
        (after,) = await served.place.vault.sessions.list()
        assert after.seen_at > before.seen_at


async def test_browsers_that_ask_the_same_share_one_look_and_leave_nothing_behind(served: Served) -> None:
    feeds = served.services.feeds
    async with served.signed_in() as visitor:
        async with opened(visitor, "/runs/live?text=a") as one, opened(visitor, "/runs/live?text=a&status=") as two:
            await one.until("Live:")
            await two.until("Live:")
            await eventually(lambda: became(lambda: (feeds.readers, len(feeds)) == (2, 1)))
            async with opened(visitor, "/runs/live?text=b") as other:
                await other.until("Live:")
                await eventually(lambda: became(lambda: (feeds.readers, len(feeds)) == (3, 2)))
                refused = await visitor.get("/runs/live")
                assert refused.status_code == 503
                assert "Reload" in refused.text
        await eventually(lambda: became(lambda: (feeds.readers, len(feeds)) == (0, 0)))


async def test_streams_end_when_the_process_is_told_to_stop(served: Served) -> None:
    async with served.signed_in() as visitor, opened(visitor, "/runs/live") as stream:
        await stream.until("Live:")
        served.services.feeds.close()
        assert await stream.ended()


@pytest.mark.parametrize(("error", "lasts"), [(TemporalUnavailable("away"), True), (RunUnknown("gone"), False)])
async def test_a_feed_outlasts_an_outage_and_ends_with_what_it_looks_at(error: Exception, lasts: bool) -> None:
    looks = 0

    async def look() -> RunList:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise error
        return RunList(runs=[], next_cursor="another")

    with Feeds(every=0.01).joined("key", look, RunList(runs=[], next_cursor=None)) as feed:
        mark = feed.mark
        await feed.change(LONGEST)
        assert (feed.over, feed.mark != mark) == (not lasts, lasts)


async def test_without_temporal_a_stream_is_a_problem_and_no_stream(place: Place) -> None:
    async with place.signed_in() as visitor:
        answer = await visitor.get("/runs/live")
    assert answer.status_code == 503


async def became(true: Callable[[], bool]) -> bool:
    return true()
