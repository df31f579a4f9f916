"""The public triggers: an address with a secret in it starts a run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from api.answering import answer_response, start_and_answer
from api.auth import public
from api.delivery import delivery_id, kept_headers, merged
from api.documented import json_body, problems
from api.examples import ORDER
from api.handshakes import SIGNATURE, HandshakeView, is_handshake, provider_of_trigger, take_handshake
from api.json_body import read_json_object
from api.problems import HookUnknown
from api.services import Services, Shared
from api.signatures import check_signature
from api.starting import Started, prepare_start, store_start
from api.views import StartedView, api_path, started_view
from settings import Settings
from steps.branch import Trigger
from steps.errors import PayloadInvalid
from steps.naming import slug
from steps.signed import NotionSigned
from steps.workflow import Workflow
from telemetry.place import note_workflow
from vault.signing import Signer

router = APIRouter(tags=["Triggers"], dependencies=[public("The address holds a secret.")])
logger = logging.getLogger("api")

PURPOSE = "trigger"


@router.post(
    "/hooks/{workflow}/{secret}",
    summary="Trigger a run",
    status_code=202,
    response_model=StartedView | HandshakeView,
    responses={
        200: {"model": StartedView | HandshakeView, "description": "This delivery had started the run before."},
        202: {"model": StartedView},
    }
    | problems(
        400, "signature-invalid", 404, "trigger-not-set-up", 413, 415, 422, "too-many-deliveries", 431, 500, 503
    ),
    openapi_extra=json_body(ORDER),
)
async def trigger(
    workflow: Annotated[str, Path(description="The workflow's name, as in its address.")],
    secret: Annotated[str, Path(description="The secret of the address.")],
    request: Request,
    response: Response,
    services: Shared,
) -> StartedView | HandshakeView | Response:
    """Start a run with the JSON body's fields as its data; fields of the query join them, the body's win.

    A delivery that carries `X-Shopify-Webhook-Id`, `Webhook-Id` or `Idempotency-Key` starts one run however often it
    comes. Where the workflow's class wants it signed, it is known by what is signed, and the query, which is not, is
    left out. The answer comes when Temporal has stored the start; a workflow that says so answers with what its first
    step returned, to each delivery the same.
    """
    name, cls = await _find(services, workflow, secret, request)
    note_workflow(name)
    services.deliveries.take(request, name)
    if isinstance(cls.signed, NotionSigned) and is_handshake(body := await read_json_object(request)):
        return await _shake(services, name, body, request)
    signed_as = await _check_signed(services, name, cls, request)
    body = await read_json_object(request)
    if isinstance(cls.signed, NotionSigned) and isinstance(event := body.get("id"), str):
        signed_as = f"notion-{event}"  # the body says, too, which attempt this is
    data = body if cls.signed else merged(request.query_params, body)
    headers = kept_headers(request.headers.items(), secret=cls.signed.header if cls.signed else None)
    argument = Trigger(data=data, headers=headers, given=await services.given(name))
    try:
        start = prepare_start(
            services.settings.task_queue,
            name,
            cls,
            argument,
            key=signed_as or delivery_id(request.headers),
            origin="hook",
        )
    except PayloadInvalid as error:
        # The sender may be a machine that nobody reads; the operator should see it too.
        logger.warning("A delivery to the trigger of %s was refused: %s", name, error)
        raise
    client = await services.temporal()
    if cls.respond is None:
        started = await store_start(client, start)
        response.status_code = 200 if started.duplicate else 202
        return started_view(services.settings, started)
    outcome = await start_and_answer(client, start, cls)
    if not isinstance(outcome, Started):
        return answer_response(start.run_id, outcome)
    response.headers["Location"] = api_path(outcome.id)
    return started_view(services.settings, outcome)


def hook_address(settings: Settings, signer: Signer, name: str, generation: int = 0) -> str:
    """Return the address that triggers the workflow. Whoever knows it can."""
    return f"{settings.public_url}/hooks/{slug(name)}/{signer.sign(PURPOSE, _signed_text(name, generation))}"


def _signed_text(name: str, generation: int) -> str:
    return f"{name}\0{generation}" if generation else name


async def _check_signed(services: Services, name: str, cls: type[Workflow], request: Request) -> str | None:
    """Return what tells the delivery from others, where its sender has signed it."""
    if cls.signed is None:
        return None
    secrets = await (await services.vault()).trigger_secrets.counting(name)
    return check_signature(cls.signed, secrets, await request.body(), request.headers)


async def _shake(services: Services, name: str, body: Mapping[str, Any], request: Request) -> Response:
    signatures = request.headers.getlist(SIGNATURE)
    await take_handshake(services, provider_of_trigger(name), body, await request.body(), signatures)
    logger.warning(
        "A verification token of Notion came to a trigger. `python cli.py triggers token %s` shows it.", name
    )
    return JSONResponse(HandshakeView().model_dump())


async def _find(services: Services, text: str, secret: str, request: Request) -> tuple[str, type[Workflow]]:
    workflows = services.workflows.workflows
    name = next((name for name in workflows if text in (name, slug(name))), None)
    generations = await services.addresses.counting(name or text)
    # Signed in every case, so that the time of the answer does not tell whether the workflow exists.
    matches = [services.signer.matches(PURPOSE, _signed_text(name or text, one), secret) for one in generations]
    if name is None or not any(matches):
        services.deliveries.take_wrong(request)
        raise HookUnknown("Check the address: it is shown beside the workflow, to those who have signed in.")
    return name, workflows[name]
