"""A server that gives back what it is sent."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from tests.activities.servers import Call, reply

PAGES = "https://api.notion.com/v1/pages"


async def mirror(call: Call) -> bytes:
    """Give the secret back in every form that a server may think of."""
    sent = call.headers.get("authorization", "")
    secret = sent.removeprefix("Bearer ")
    forms = [
        sent,
        quote(secret, safe=""),
        quote(secret, safe="").lower(),
        secret.replace("/", "\\/"),
        base64.b64encode(sent.encode()).decode(),
        base64.urlsafe_b64encode(f"user:{secret}".encode()).decode(),
        base64.b64encode(f"ab:{secret}:cd".encode()).decode(),
        secret.encode().hex(),
    ]
    headers = {f"X-Form-{index}": form for index, form in enumerate(forms)} | {"Location": f"/?token={secret}"}
    return reply(200, json.dumps([call.headers, *forms]), headers)
