"""A whole stack on this machine, as a person has it after `make dev`."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.demo import set_database, sign_in_link
from local.notion import ORDERS_DATABASE_ID
from local.stack import Stack
from local.visitor import Visitor
from settings import Settings


@asynccontextmanager
async def running_stack(folder: Path, *, workflows: Path | None = None) -> AsyncGenerator[Stack]:
    """Start a stack in a folder, with no setting and no `.env` of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("STEPS_", "TEMPORAL_", "NOTION_")):
                patch.delenv(name)
        patch.chdir(folder)
        settings = Settings(data_dir=folder / "data", api_port=0)
        if workflows is not None:
            settings = settings.model_copy(update={"workflows_dir": workflows})
        stack = Stack(settings, _nobody_listens)
        await stack.start()
    try:
        await set_database(stack, ORDERS_DATABASE_ID)
        yield stack
    finally:
        await stack.stop()


@asynccontextmanager
async def signed_in(stack: Stack) -> AsyncGenerator[Visitor]:
    """Use the JSON API of a stack."""
    visitor = Visitor(stack.addresses.api)
    try:
        await visitor.sign_in(await sign_in_link(stack))
        yield visitor
    finally:
        await visitor.close()


def _nobody_listens(_text: str) -> None:
    pass
