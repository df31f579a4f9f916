"""Write the images of the documentation: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import FloatRect

from local.demo import sign_in_link
from local.order import ORDER
from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import Person, follow, launched, person
from tests.browser.running import running_stack, signed_in
from tests.conftest import eventually

FOLDER = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 150_000
_ENDED = ("completed", "failed")


def main(folder: Path) -> int:
    """Write the images; return the exit status, which is 1 when one is too large for a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take_after_the_main_job(folder))
    too_large = [path.name for path in sorted(folder.glob("*.png")) if path.stat().st_size > LARGEST]
    sys.stdout.write(f"Wrote {folder}{f'; too large: {too_large}' if too_large else ''}\n")
    return 1 if too_large else 0


async def _take_after_the_main_job(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        async with running_stack(Path(data)) as stack, signed_in(stack) as program, launched() as browser:
            await program.connect_notion("my-notion")
            run_id = await _record_order(program)
            async with person(browser, width=900, height=560) as somebody:
                await follow(somebody.page, await sign_in_link(stack))
                await _take_all(stack, somebody, folder, run_id)
            async with person(browser, width=1280, height=1560) as somebody:
                await _take_temporal(stack, somebody, folder, run_id, await _wait_for_a_person(program))


async def _take_all(stack: Stack, somebody: Person, folder: Path, run_id: str) -> None:
    places = {
        "connections": "/connections?connected=my-notion",
        "add": "/connections/add/notion",
        "run": f"/runs/{run_id}",
    }
    for name, place in places.items():
        await somebody.page.goto(stack.addresses.api + place)
        await somebody.page.screenshot(path=folder / f"{name}.png", full_page=True)


async def _take_temporal(stack: Stack, somebody: Person, folder: Path, run_id: str, waiting: str) -> None:
    """Show what Temporal's own UI says of a run."""
    runs = f"{stack.addresses.ui}/namespaces/default/workflows"
    await somebody.page.goto(f"{runs}/{run_id.replace('/', '%2F')}")
    await somebody.page.get_by_text("api.notion.com/v1/pages").first.wait_for()
    timeline: FloatRect = {"x": 256, "y": 750, "width": 1024, "height": 420}
    await somebody.page.screenshot(path=folder / "temporal-run.png", clip=timeline)
    await somebody.page.goto(f"{runs}/{waiting.replace('/', '%2F')}")
    await somebody.page.get_by_text("User Metadata").first.click()
    # Details are Markdown of a workflow's own, which the UI shows in a frame.
    await somebody.page.frame_locator("iframe").last.get_by_text("waits for an event until").wait_for()
    head: FloatRect = {"x": 256, "y": 70, "width": 1024, "height": 650}
    await somebody.page.screenshot(path=folder / "temporal-details.png", clip=head)


async def _wait_for_a_person(program: Visitor) -> str:
    data = {"name": "#1002", "total_price": "512.00"}
    started = await program.post("/api/v1/workflows/ApproveOrder/runs", {"data": data})

    async def waits() -> bool:
        return (await program.get(f"/api/v1/runs/{started['id']}"))["waiting_count"] == 1

    await eventually(waits)
    return str(started["id"])


async def _record_order(program: Visitor) -> str:
    return await _finish(program, "OrderToNotion", {key: ORDER[key] for key in ("name", "total_price", "currency")})


async def _finish(program: Visitor, workflow: str, data: dict[str, Any]) -> str:
    run_id: str = (await program.post(f"/api/v1/workflows/{workflow}/runs", {"data": data}))["id"]
    await eventually(_ended(program, run_id))
    return run_id


def _ended(program: Visitor, run_id: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        run = await program.get(f"/api/v1/runs/{run_id}")
        return run["status"] in _ENDED

    return look


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
