from __future__ import annotations

import signal

import pytest

from tests.conftest import eventually
from tests.end_to_end.conftest import Shop

pytestmark = pytest.mark.server


async def test_a_worker_killed_during_the_delay_loses_nothing(shop: Shop):
    run_id = await shop.order("#3001", workflow="PostSoon")
    await shop.waits(run_id, "create_record")
    await shop.stack.children["worker"].stop(signal.SIGKILL)
    await shop.stack.start_worker()
    await shop.until(run_id, "completed")
    assert len(await shop.pages("#3001")) == 1


async def test_a_worker_killed_while_the_post_is_in_the_air_makes_no_second_page(shop: Shop):
    """The write took effect and its answer was lost: the next attempt finds the page."""
    await shop.fault(method="POST", path="/v1/pages", kind="slow", seconds=20, when="after")
    run_id = await shop.order("#3002", workflow="PostNow")

    async def in_the_air() -> bool:
        return len(await shop.pages("#3002")) == 1

    await eventually(in_the_air)
    await shop.stack.children["worker"].stop(signal.SIGKILL)
    await shop.stack.start_worker()
    await shop.until(run_id, "completed")
    assert len(await shop.pages("#3002")) == 1


async def test_a_temporal_server_killed_with_its_database_file_goes_on(shop: Shop):
    run_id = await shop.order("#3003", workflow="PostSoon")
    await shop.waits(run_id, "create_record")
    await shop.stack.children["temporal"].stop(signal.SIGKILL)
    await shop.stack.start_temporal()
    await shop.until(run_id, "completed")
    assert len(await shop.pages("#3003")) == 1


async def test_a_stopping_worker_lets_its_call_end(shop: Shop):
    await shop.fault(method="POST", path="/v1/pages", kind="slow", seconds=2, when="before")
    run_id = await shop.order("#3004", workflow="PostNow")

    async def in_the_air() -> bool:
        return any("#3004" in str(call["body"]) for call in await shop.calls("/v1/pages"))

    await eventually(in_the_air)
    worker = shop.stack.children["worker"]
    await worker.stop(signal.SIGTERM)
    assert await worker.ended() == 0
    assert len(await shop.pages("#3004")) == 1  # the call ended, and was not cut
    await shop.stack.start_worker()
    await shop.until(run_id, "completed")
    assert len(await shop.pages("#3004")) == 1


async def test_while_temporal_is_down_the_trigger_says_so_and_readyz_tells(shop: Shop):
    hook = await shop.hook()
    await shop.stack.children["temporal"].stop(signal.SIGKILL)
    try:
        answer = await shop.visitor.http.post(hook, json={"name": "#3005"}, timeout=30)
        assert (answer.status_code, answer.json()["type"]) == (503, "temporal-unavailable")
        assert int(answer.headers["retry-after"]) > 0
        ready = await shop.visitor.http.get(f"{shop.stack.addresses.api}/readyz", timeout=30)
        assert ready.status_code == 503
        assert (await shop.visitor.http.get(f"{shop.stack.addresses.api}/healthz")).status_code == 200
    finally:
        await shop.stack.start_temporal()

        async def ready_again() -> bool:
            return (await shop.visitor.http.get(f"{shop.stack.addresses.api}/readyz", timeout=30)).is_success

        await eventually(ready_again)


async def test_without_a_worker_the_run_waits_and_its_page_says_why(shop: Shop):
    await shop.stack.children["worker"].stop()
    try:
        run_id = await shop.order("#3006", workflow="PostNow")
        run = await shop.until(run_id, "running")
        assert "python worker.py" in run["note"]
    finally:
        await shop.stack.start_worker()
    await shop.until(run_id, "completed")
    assert len(await shop.pages("#3006")) == 1
