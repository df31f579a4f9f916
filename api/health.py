"""Whether the process lives, and whether it can work."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import RPCError

from api.answers import vault_advice
from api.auth import public
from api.documented import answered
from api.problems import TemporalUnavailable
from api.services import Services, Shared
from api.workers import Polling, find_polling
from vault.errors import VaultError

router = APIRouter(tags=["Health"], dependencies=[public("It tells of no run and no connection.")])

_PATIENCE = 3.0


class Check(BaseModel):
    """One thing that the service needs."""

    name: Literal["temporal", "worker", "vault", "workflows"]
    state: Literal["ok", "warning", "failed"]
    detail: str = Field(description="What was found, and what to do about it.")
    reason: str | None = Field(default=None, description="The type of the vault's error, such as key-provider-sealed.")


class Readiness(BaseModel):
    """Whether the service can work: it can unless a check has failed."""

    ready: bool
    checks: list[Check]


_SEALED: dict[str, Any] = {
    "application/json": {
        "example": Readiness(
            ready=False,
            checks=[
                Check(
                    name="vault", state="failed", detail="OpenBao is sealed. Unseal it.", reason="key-provider-sealed"
                ),
            ],
        ).model_dump()
    }
}


@router.get("/healthz", summary="Tell that the process runs", responses=answered(200, {"status": "ok"}))
async def health() -> dict[str, str]:
    """Answer as long as the process can answer at all."""
    return {"status": "ok"}


@router.get(
    "/readyz", summary="Tell whether the service can work", responses={503: {"model": Readiness, "content": _SEALED}}
)
async def ready(services: Shared, response: Response) -> Readiness:
    """Check Temporal, the worker, the vault and the workflows; without a worker it is ready, for runs wait for one."""
    readiness = await check_all(services)
    if not readiness.ready:
        response.status_code = 503
    return readiness


async def check_all(services: Services) -> Readiness:
    """Return the state of everything that the service needs."""
    checked = await asyncio.gather(_temporal(services), _worker(services), _vault(services))
    checks = [*checked, _workflows(services)]
    return Readiness(ready=all(check.state != "failed" for check in checks), checks=checks)


async def polling_of(services: Services) -> Polling | None:
    """Return what Temporal knows of our workers; None when it does not tell."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await find_polling(await services.temporal(), services.settings.task_queue)
    except (RPCError, RuntimeError, TimeoutError, TemporalUnavailable):
        return None


async def _temporal(services: Services) -> Check:
    try:
        async with asyncio.timeout(_PATIENCE):
            client = await services.temporal()
            request = DescribeNamespaceRequest(namespace=client.namespace)
            await client.workflow_service.describe_namespace(request, timeout=timedelta(seconds=_PATIENCE))
    except (RPCError, RuntimeError, TimeoutError, TemporalUnavailable):
        # Not Temporal's own words: this answer is public, and those name addresses.
        return Check(
            name="temporal", state="failed", detail="Temporal does not answer. Start it, or set TEMPORAL_ADDRESS."
        )
    return Check(name="temporal", state="ok", detail="Temporal answers.")


async def _worker(services: Services) -> Check:
    polling = await polling_of(services)
    if polling is None:
        return Check(name="worker", state="warning", detail="Only Temporal knows, and it does not answer.")
    if polling.fresh(datetime.now(UTC)):
        return Check(name="worker", state="ok", detail="A worker polls.")
    return Check(
        name="worker",
        state="warning",
        detail="No worker polls. Start one with `python worker.py`; runs wait for it, and none is lost.",
    )


async def _vault(services: Services) -> Check:
    try:
        async with asyncio.timeout(_PATIENCE):
            vault = await services.vault()
            await vault.ready()
            _ = services.signer
    except VaultError as error:
        return Check(name="vault", state="failed", detail=vault_advice(error), reason=error.type)
    except TimeoutError:
        return Check(
            name="vault", state="failed", detail="The vault's database or its key provider does not answer in time."
        )
    return Check(name="vault", state="ok", detail="The vault is open.")


def _workflows(services: Services) -> Check:
    found, wrong = len(services.workflows.workflows), len(services.workflows.problems)
    if not wrong:
        return Check(name="workflows", state="ok", detail=f"{found} loaded.")
    state = "warning" if found else "failed"
    return Check(
        name="workflows", state=state, detail=f"{found} loaded, {wrong} not: the first page names file and line."
    )
