"""The public links of waits: a page with a button for people, a POST for programs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api.auth import public
from api.delivery import merged
from api.documented import answered, json_body, problems
from api.forms import MEDIA_TYPE, read_form
from api.json_body import read_json_object
from api.rendering import render
from api.resuming import Outcome, look_at, outcome_of, resume_wait, unknown
from api.security_headers import POLICY
from api.services import Services, Shared
from api.views import ResumedView
from steps.resume_token import PURPOSE, ResumeToken, read_token

router = APIRouter(tags=["Triggers"], dependencies=[public("The address is signed.")])

Token = Annotated[str, Path(description="The token of the wait.")]


@router.get(
    "/resume/{token}",
    summary="Show what is asked",
    response_class=HTMLResponse,
    responses=answered(200, "<h1>Approve the order #1002?</h1>", "text/html") | problems(404, 503),
)
async def show(token: Token, request: Request, services: Shared) -> Response:
    """Show what waits, with a button; opening the page resumes nothing, so that link scanners cannot."""
    link = _checked(services, token)
    workflow, view = await look_at(await services.temporal(), link)
    if view.state != "open":
        return _done(request, link, outcome_of(view))
    query = f"?{request.url.query}" if request.url.query else ""
    return render(
        "resume.html",
        request.scope,
        headers={"Content-Security-Policy": _policy(view.redirect_url)},
        link=link,
        workflow=workflow,
        wait=view,
        event=dict(merged(request.query_params, {})),
        target=f"/resume/{token}{query}",
    )


@router.post(
    "/resume/{token}",
    summary="Resume a run",
    response_model=ResumedView,
    responses=problems(
        400, 404, "wait-expired", "wait-withdrawn", 413, 415, 422, "temporal-unavailable", "worker-unavailable"
    ),
    openapi_extra=json_body({"approved": True}),
)
async def resume(token: Token, request: Request, services: Shared) -> Response:
    """Send the body and the query as the event that the run waits for; the first one is taken."""
    link = _checked(services, token)
    pressed = request.headers.get("content-type", "").partition(";")[0].strip().lower() == MEDIA_TYPE
    body = dict(await read_form(request)) if pressed else await read_json_object(request)
    outcome = await resume_wait(await services.temporal(), link, merged(request.query_params, body))
    if pressed:
        return _done(request, link, outcome)
    view = ResumedView(already=outcome.already, run=link.run_id, step=outcome.step, at=outcome.at)
    return JSONResponse(view.model_dump(mode="json"))


def _done(request: Request, link: ResumeToken, outcome: Outcome) -> Response:
    if outcome.redirect_url and request.method == "POST":
        return RedirectResponse(outcome.redirect_url, 303)
    return render("resumed.html", request.scope, link=link, outcome=outcome)


def _checked(services: Services, token: str) -> ResumeToken:
    link = read_token(token)
    if link is None or not services.signer.matches(PURPOSE, link.signed, link.signature):
        raise unknown()
    return link


def _policy(redirect_url: str | None) -> str:
    if redirect_url is None:
        return POLICY.format(form_action="'self'")
    parts = urlsplit(redirect_url)
    # Browsers hold the whole chain of redirects after a form to this list, and the target may have one of its own.
    return POLICY.format(form_action=f"'self' https: {parts.scheme}://{parts.netloc}")
