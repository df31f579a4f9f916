from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook
from temporalio.exceptions import ApplicationError

from activities.egress import Egress
from activities.exchange import Exchange
from settings import Settings
from steps.connection_tasks import Told
from steps.errors import FetchFailed

_SECONDS = 20.0
_GONE = 410
_NEXT = {
    "connection.created": "Workflows can use it by its handle.",
    "connection.reconnected": "Runs that waited for it go on by themselves.",
    "connection.needs_reauthorization": "Reconnect it with the same account: runs that use it wait for 30 days.",
    "connection.revoked": "Somebody has deleted it. Nothing uses it any more; it is being revoked at its provider.",
}
_AFTER = {
    "revoked": "It is revoked at its provider.",
    "refused": "Its provider refused to revoke it: remove it in the provider's settings, too.",
    "unreached": "Its provider could not be reached: remove it in the provider's settings, too.",
    "impossible": "It could not be revoked at its provider: remove it in the provider's settings, too.",
}


class Teller:
    """Send events of connections, signed as Standard Webhooks has it."""

    def __init__(self, egress: Egress, settings: Settings) -> None:
        self._egress, self._public_url = egress, settings.public_url
        self._url, self._secret = settings.events_url, settings.events_secret

    async def tell(self, told: Told) -> None:
        """Send an event; return when it was taken, with any 2xx. Its id and its body are the same at each attempt.

        Raises:
            FetchFailed: it was not taken, and may be sent again.
            FailureError: the receiver wants no more.
        """
        if self._url is None or self._secret is None:
            return  # it was switched off after the event
        body = json.dumps(self._body(told), ensure_ascii=False, separators=(",", ":"))
        id, now = f"msg_{told.id}", datetime.now(UTC)
        signature = Webhook(self._secret.get_secret_value()).sign(id, now, body)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        request = httpx.Request("POST", self._url, headers=headers, content=body.encode())
        # With an auth, be it one that does nothing, no redirect is followed: the event is for this address alone.
        answer = await self._egress.send(request, Exchange(request.url.host), httpx.Auth(), _SECONDS)
        if answer.status == _GONE:
            raise ApplicationError("The receiver wants no more events (410).", type="events-gone", non_retryable=True)
        if not answer.ok:
            raise FetchFailed(f"The receiver answered {answer.status}, and not with a 2xx.")

    def _body(self, told: Told) -> dict[str, Any]:
        next = _AFTER.get(str(told.data.get("revocation"))) or _NEXT.get(told.type, "")
        data = told.data | {"next": next, "url": f"{self._public_url}/connections"}
        return {"type": told.type, "timestamp": told.at.isoformat(), "data": data}
