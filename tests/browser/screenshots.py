"""Write the images of the documentation: `make screenshots`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, FloatRect, Page

from local.demo import sign_in_link
from local.order import ORDER
from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import follow, launched, person
from tests.browser.places import PLACES, Made, make_all
from tests.browser.running import running_stack, signed_in
from tests.conftest import eventually

FOLDER = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 150_000
WIDTH, TALLEST = 1280, 900


def main(folder: Path) -> int:
    """Write the images; return the exit status, which is 1 when one is too large for a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take_all(folder))
    too_large = [path.name for path in sorted(folder.glob("*.png")) if path.stat().st_size > LARGEST]
    sys.stdout.write(f"Wrote {folder}{f'; too large: {too_large}' if too_large else ''}\n")
    return 1 if too_large else 0


async def _take_all(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        async with running_stack(Path(data)) as stack, signed_in(stack) as program, launched() as browser:
            await program.connect_notion("my-notion")
            recorded = await _record_order(program)
            made = await make_all(stack, program, order="#1001", title="Coffee", column="Colour")
            await _take_pages(browser, stack, made, folder)
            async with person(browser, width=WIDTH, height=1560) as somebody:
                await follow(somebody.page, await sign_in_link(stack))
                await _take_temporal(somebody.page, stack, recorded, made.waiting, folder)


async def _record_order(program: Visitor) -> str:
    """Run the main job, whose timer takes ten seconds."""
    data = {key: ORDER[key] for key in ("name", "total_price", "currency")}
    run_id = str((await program.post("/api/v1/workflows/OrderToNotion/runs", {"data": data}))["id"])

    async def completed() -> bool:
        return (await program.get(f"/api/v1/runs/{run_id}"))["status"] == "completed"

    await eventually(completed)
    return run_id


async def _take_pages(browser: Browser, stack: Stack, made: Made, folder: Path) -> None:
    """Picture each page once, and those that are known by it in the dark, too."""
    async with person(browser, width=WIDTH) as inside, person(browser, width=WIDTH) as outside:
        await follow(inside.page, await sign_in_link(stack))
        for place in PLACES:
            page = (inside if place.signed_in else outside).page
            await page.goto(stack.addresses.api + place.of(made))
            await _take(page, folder / f"{place.name}.png")
            if place.dark:
                await page.emulate_media(color_scheme="dark")
                await _take(page, folder / f"{place.name}-dark.png")
                await page.emulate_media(color_scheme="light")


async def _take(page: Page, path: Path) -> None:
    """Picture the page as far as it goes, but no further than a reader would scroll."""
    tall: int = await page.evaluate("() => document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": WIDTH, "height": min(tall, TALLEST)})
    await page.screenshot(path=path)
    await page.set_viewport_size({"width": WIDTH, "height": 800})


async def _take_temporal(page: Page, stack: Stack, recorded: str, waiting: str, folder: Path) -> None:
    """Picture what Temporal's own UI says of a run."""
    runs = f"{stack.addresses.ui}/namespaces/default/workflows"
    await page.goto(f"{runs}/{recorded.replace('/', '%2F')}")
    await page.get_by_text("api.notion.com/v1/pages").first.wait_for()
    timeline: FloatRect = {"x": 256, "y": 750, "width": 1024, "height": 420}
    await page.screenshot(path=folder / "temporal-run.png", clip=timeline)
    await page.goto(f"{runs}/{waiting.replace('/', '%2F')}")
    await page.get_by_text("User Metadata").first.click()
    # Details are Markdown of a workflow's own, which the UI shows in a frame.
    await page.frame_locator("iframe").last.get_by_text("waits for an event until").wait_for()
    head: FloatRect = {"x": 256, "y": 70, "width": 1024, "height": 650}
    await page.screenshot(path=folder / "temporal-details.png", clip=head)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
