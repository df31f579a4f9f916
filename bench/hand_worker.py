"""`python -m bench.hand_worker`: the worker of the hand-written side, with the options of ours."""

from __future__ import annotations

import asyncio
import os

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from bench.hand_order import HandOrder
from bench.posting import post_page
from logs import configure_logging
from settings import read_settings
from temporal import leave
from worker import make_worker


async def _work() -> None:
    settings = read_settings(task_queue="hand")
    configure_logging(settings)
    # Without our plugin: Temporal's own sandbox, as it comes.
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter)
    async with make_worker(client, settings, [post_page], [HandOrder]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_work())
    leave(0)
