"""The JSON API of what triggers are signed with, and of their addresses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.auth import BEARER, needs
from api.documented import problems
from api.hooks import hook_address
from api.services import Shared
from api.signatures import check_secret
from api.starting import find_workflow
from api.trigger_problems import TriggerNotSigned
from vault.secret import Secret
from vault.trigger_secrets import LONGEST_KEPT

router = APIRouter(prefix="/api/v1", tags=["Triggers"], dependencies=[BEARER])

Name = Annotated[str, Path(description="The workflow's name, such as `OrderToNotion`.")]
_MOST_SECONDS = int(LONGEST_KEPT.total_seconds())


class Kept(BaseModel):
    """How long what is replaced counts beside what takes its place."""

    model_config = ConfigDict(extra="forbid")

    keep_seconds: int = Field(default=0, ge=0, le=_MOST_SECONDS, strict=True, description="At most 30 days.")


class SecretBody(Kept):
    """What the sender signs with."""

    secret: SecretStr = Field(min_length=12, max_length=1024, description="Write-only: nothing returns it.")


class SecretView(BaseModel):
    """A trigger's secret, without itself."""

    scheme: str = Field(description="How it is used, such as `shopify`.")
    created_at: datetime
    until: datetime | None = Field(description="When one that was replaced stops counting; null for the present one.")


class AddressView(BaseModel):
    """The present address of a trigger."""

    hook_url: str = Field(description="Whoever knows it can post to the trigger: treat it as a secret.")
    earlier_until: datetime | None = Field(description="Until when the address before is good, too.")


@router.put(
    "/workflows/{name}/trigger-secret",
    dependencies=[needs("admin")],
    summary="Set a trigger's secret",
    responses=problems(400, 401, 403, 404, "trigger-not-signed", 413, 422, "vault-unavailable"),
)
async def set_secret(name: Name, body: SecretBody, services: Shared) -> SecretView:
    """Store what the sender of the trigger signs with; the one before may count for a while longer."""
    signed = find_workflow(services.workflows.workflows, name).signed
    if signed is None:
        raise TriggerNotSigned(f"{name} declares no signature: write `signed = Shopify()` or another in its class.")
    secret = Secret(body.secret.get_secret_value())
    check_secret(signed, secret)
    secrets = (await services.vault()).trigger_secrets
    made = await secrets.set(name, secret, keep=timedelta(seconds=body.keep_seconds))
    return SecretView(scheme=signed.scheme, created_at=made.created_at, until=None)


@router.get(
    "/workflows/{name}/trigger-secret",
    dependencies=[needs("read")],
    summary="See which secrets of a trigger count",
    responses=problems(401, 403, 404, "vault-unavailable"),
)
async def list_secrets(name: Name, services: Shared) -> list[SecretView]:
    """Return when each was set and how long it counts, the present one first; never the secrets."""
    signed = find_workflow(services.workflows.workflows, name).signed
    found = [one for one in await (await services.vault()).trigger_secrets.list() if one.workflow == name]
    scheme = signed.scheme if signed else "none"
    return [SecretView(scheme=scheme, created_at=one.created_at, until=one.until) for one in found]


@router.post(
    "/workflows/{name}/trigger-address",
    dependencies=[needs("admin")],
    summary="Replace a trigger's address",
    responses=problems(400, 401, 403, 404, 413, 422, "vault-unavailable"),
)
async def rotate_address(name: Name, body: Kept, services: Shared) -> AddressView:
    """Give the trigger another address; the present one may be good for a while longer."""
    find_workflow(services.workflows.workflows, name)
    keep = timedelta(seconds=body.keep_seconds)
    address = await (await services.vault()).trigger_addresses.rotate(name, keep=keep)
    await services.addresses.look()
    url = hook_address(services.settings, services.signer, name, address.generation)
    return AddressView(hook_url=url, earlier_until=address.earlier_until)
