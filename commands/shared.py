"""What the commands share: the vault, and errors as one line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import typer
from temporalio.service import RPCError

from api.problems import ApiError
from codec.errors import PayloadError
from settings import read_settings
from steps import StepsError
from vault import Vault, VaultError
from vault.opening import open_vault

T = TypeVar("T")


def perform(work: Coroutine[Any, Any, T]) -> T:
    """Run a command; what an operator can mend is shown as one line with its type, not as a traceback."""
    try:
        return asyncio.run(work)
    except (VaultError, StepsError, ApiError) as error:
        typer.echo(f"{error} ({error.type})", err=True)
    except PayloadError as error:
        typer.echo(f"{error.message} ({error.type})", err=True)
    except (RuntimeError, RPCError) as error:
        typer.echo(f"Temporal does not answer: {error}", err=True)
    raise typer.Exit(1)


@asynccontextmanager
async def opened() -> AsyncGenerator[Vault, None]:
    """Open the vault that the settings name."""
    settings = read_settings()
    vault = await open_vault(
        settings.vault_url, settings.master_key_text, settings.master_key_path, settings, may="seal"
    )
    try:
        yield vault
    finally:
        await vault.close()
