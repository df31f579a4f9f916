from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from local.notion import checks
from local.notion.call import answer, parse_json, refusal
from local.notion.consent import consent_page, problem_page
from local.notion.errors import Json, NotionError, OAuthError
from local.notion.grants import Grant
from local.notion.objects import new_id
from local.notion.workspace import Workspace

_FIELDS = ("client_id", "redirect_uri", "response_type", "owner", "state")


class OAuth:
    """Answer the OAuth endpoints."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def authorize(self, request: Request) -> Response:
        """Show the consent page."""
        fields = _fields(dict(request.query_params))
        problem = self._problem(fields)
        return problem_page(problem) if problem else consent_page(self._workspace, self._person(fields), fields)

    async def decide(self, request: Request) -> Response:
        """Take the person's answer back to the application."""
        form = await request.form()
        given = {key: value for key, value in form.items() if isinstance(value, str)}
        fields = _fields(given)
        problem = self._problem(fields)
        if problem:
            return problem_page(problem)
        state = {"state": fields["state"]} if "state" in fields else {}
        if given.get("action") != "allow":
            return _redirect(fields["redirect_uri"], {"error": "access_denied", **state})
        person = self._person(given)
        top = self._workspace.top[person.space.id]
        shared = {id for id in form.getlist("share") if isinstance(id, str) and id in top}
        if person.space != self._workspace.default_person.space:
            shared = set(top)
        code = self._workspace.grants.allow(self._workspace.bot(person), fields["redirect_uri"], shared)
        return _redirect(fields["redirect_uri"], {"code": code, **state})

    async def token(self, request: Request) -> Response:
        """Exchange a code or a refresh token for a pair of tokens."""
        return await self._respond(request, self._token)

    async def introspect(self, request: Request) -> Response:
        """Say whether a token is live."""
        return await self._respond(request, self._introspect)

    async def revoke(self, request: Request) -> Response:
        """Revoke the grant of a token."""
        return await self._respond(request, self._revoke)

    async def _respond(self, request: Request, handler: Any) -> Response:
        try:
            self._authenticate(request.headers.get("authorization"))
            result: Json = handler(_json(request, await request.body()))
        except (OAuthError, NotionError) as error:
            return refusal(error)
        request_id = new_id()
        return answer(request_id, 200, {**result, "request_id": request_id}, {"Cache-Control": "no-store"})

    def _authenticate(self, header: str | None) -> None:
        scheme, _, encoded = (header or "").partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            pair = b""
        expected = f"{self._workspace.client_id}:{self._workspace.client_secret}".encode()
        if scheme.lower() != "basic" or not hmac.compare_digest(pair, expected):
            raise OAuthError(401, "invalid_client")

    def _token(self, body: Json) -> Json:
        grants = self._workspace.grants
        kind = body.get("grant_type")
        if kind == "authorization_code":
            _only(body, "grant_type", "code", "redirect_uri", "external_account")
            return self._pair(grants.exchange(_text(body, "code"), body.get("redirect_uri")))
        if kind == "refresh_token":
            _only(body, "grant_type", "refresh_token")
            return self._pair(grants.refresh(_text(body, "refresh_token")))
        error = "unsupported_grant_type" if isinstance(kind, str) else "invalid_request"
        raise OAuthError(400, error, "grant_type should be authorization_code or refresh_token.")

    def _pair(self, grant: Grant) -> Json:
        person = grant.bot.person
        user = {
            "object": "user",
            "id": person.id,
            "name": person.name,
            "avatar_url": None,
            "type": "person",
            "person": {"email": person.email},
        }
        return {
            "access_token": grant.access_token,
            "token_type": "bearer",
            "refresh_token": grant.refresh_token,
            "bot_id": grant.bot.id,
            "workspace_icon": None,
            "workspace_name": person.space.name,
            "workspace_id": person.space.id,
            "owner": {"type": "user", "user": user},
            "duplicated_template_id": None,
        }

    def _introspect(self, body: Json) -> Json:
        _only(body, "token")
        grant = self._workspace.grants.find(_text(body, "token"))
        if grant is None:
            return {"active": False}
        return {"active": True, "scope": "", "iat": int(grant.issued_at.timestamp())}

    def _revoke(self, body: Json) -> Json:
        _only(body, "token")
        self._workspace.grants.revoke(_text(body, "token"))
        return {}

    def _person(self, fields: dict[str, str]) -> Any:
        default = self._workspace.default_person
        return self._workspace.person(
            fields.get("user", "").strip() or default.name, fields.get("workspace", "").strip() or default.space.name
        )

    def _problem(self, fields: dict[str, str]) -> str | None:
        """Return why a request for consent is refused: never by a redirect, the address may be anyone's."""
        if fields.get("client_id") != self._workspace.client_id:
            return "Missing or unknown client_id."
        redirect_uri, known = fields.get("redirect_uri", ""), self._workspace.redirect_uris
        try:
            parts = urlsplit(redirect_uri)
        except ValueError:
            return "Missing or invalid redirect_uri."
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
            return "Missing or invalid redirect_uri."
        if known is not None and redirect_uri not in known:
            return "The redirect_uri is not one that was registered for this connection."
        if fields.get("response_type") != "code":
            return 'The response_type should be "code".'
        return None if fields.get("owner") == "user" else 'The owner should be "user".'


def _fields(given: dict[str, str]) -> dict[str, str]:
    return {name: given[name] for name in _FIELDS if name in given}


def _redirect(uri: str, answer: dict[str, str]) -> RedirectResponse:
    parts = urlsplit(uri)
    query = "&".join(part for part in (parts.query, urlencode(answer)) if part)
    return RedirectResponse(urlunsplit(parts._replace(query=query)), 303, {"Referrer-Policy": "no-referrer"})


def _json(request: Request, raw: bytes) -> Json:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise OAuthError(400, "invalid_request", "The body should be JSON, with Content-Type: application/json.")
    try:
        body = parse_json(raw)
    except NotionError:
        raise OAuthError(400, "invalid_request", "Error parsing JSON body.") from None
    if not checks.is_object(body):
        raise OAuthError(400, "invalid_request", "The body should be an object.")
    return body


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise OAuthError(400, "invalid_request", f"body.{key} should be a string.")
    return value


def _only(body: Json, *allowed: str) -> None:
    for key in body:
        if key not in allowed:
            raise OAuthError(400, "invalid_request", f"body.{key} should be not present.")
