"""`dev` and `demo`: the embedded stack from its start to Ctrl-C."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Awaitable, Callable

from local.child import ChildFailed
from local.demo import Demo, DemoFailed, VisitFailed, set_database, sign_in_link
from local.notion import ORDERS_DATABASE_ID
from local.stack import Say, Stack
from settings import Settings
from vault import VaultError

Work = Callable[[], Awaitable[None]]


async def dev_session(settings: Settings, say: Say) -> int:
    """Start the stack and keep it up; return the exit status."""
    stack = Stack(settings, say)

    async def introduce() -> None:
        if not stack.real_notion:
            await set_database(stack, ORDERS_DATABASE_ID)
        say(f"\nReady. Sign your browser in (once): {await sign_in_link(stack)}")
        say(
            f"Pages {stack.addresses.api}   API documentation {stack.addresses.api}/docs   "
            f"Temporal UI {stack.addresses.ui}"
        )

    return await _session(stack, say, introduce, stay=True)


async def demo_session(settings: Settings, say: Say, *, once: bool) -> int:
    """Run the main job on a stack of its own, with a fresh folder; return the exit status."""
    if not (settings.notion_client_id and settings.notion_client_secret):
        # The stand-in keeps its pages in memory; yesterday's connection and runs would mean nothing to it.
        shutil.rmtree(settings.data_dir, ignore_errors=True)
    say("Durable Steps: an order becomes a Notion page.\n")
    stack = Stack(settings, say)
    return await _session(stack, say, Demo(stack, say).run, stay=not once)


async def _session(stack: Stack, say: Say, work: Work, *, stay: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    doing = asyncio.create_task(_work(stack, say, work, stay=stay))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        say("\nStopping.")
        return 0 if stay else 130
    finally:
        for task in (doing, stopping):
            task.cancel()
        await asyncio.gather(doing, stopping, return_exceptions=True)
        await stack.stop()


async def _work(stack: Stack, say: Say, work: Work, *, stay: bool) -> int:
    try:
        await stack.start()
        await work()
    except (ChildFailed, DemoFailed, VisitFailed, VaultError, OSError) as error:
        say(f"\nFailed: {error}")
        say(f"The logs are in {stack.data / 'logs'}.")
        return 1
    if not stay:
        say("\nDone.")
        return 0
    say("\nPress Ctrl-C to stop.")
    say(f"\nFailed: {await stack.first_to_end()}")
    return 1
