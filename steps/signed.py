"""How the sender of a trigger signs: `signed = Shopify()` in a workflow's class."""

from __future__ import annotations

import re
from typing import ClassVar

from steps.errors import DefinitionInvalid

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_OTHERS = frozenset(
    {
        "authorization", "cookie", "host", "content-length", "content-type", "connection",
        "x-shopify-webhook-id", "webhook-id", "idempotency-key",  # which tell deliveries apart
    }
)  # fmt: skip


class Signed:
    """Base of the schemes. The secret itself is the operator's: `python cli.py triggers secret`."""

    scheme: ClassVar[str] = ""
    header: str = ""
    """The header that holds the signature."""

    @property
    def words(self) -> str:
        """How it is signed, in words."""
        return f"{self.scheme}, in {self.header}"


class Shopify(Signed):
    """Shopify's webhooks: base64 of the body's HMAC-SHA256 under the app's client secret.

    Source: shopify.dev/docs/apps/build/webhooks/subscribe/https
    """

    scheme = "shopify"
    header = "X-Shopify-Hmac-Sha256"


class GitHub(Signed):
    """GitHub's webhooks: `sha256=` and the body's HMAC-SHA256 in hexadecimal.

    Source: docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """

    scheme = "github"
    header = "X-Hub-Signature-256"


class NotionSigned(Signed):
    """A subscription of Notion's: `sha256=` and the body's HMAC-SHA256 under the token that Notion sends first.

    Source: developers.notion.com/reference/webhooks
    """

    scheme = "notion"
    header = "X-Notion-Signature"


class StandardWebhooks(Signed):
    """Standard Webhooks: id, time and body are signed; a time more than five minutes away is refused.

    Source: github.com/standard-webhooks/standard-webhooks, spec
    """

    scheme = "standard-webhooks"
    header = "Webhook-Signature"


class SharedHeader(Signed):
    """A header that holds the secret itself: for senders that sign nothing. Raises DefinitionInvalid."""

    scheme = "shared-header"

    def __init__(self, header: str) -> None:
        # What stands there is not repeated: it may be the secret, by mistake.
        if not _HEADER.fullmatch(str(header)) or header.lower() in _OTHERS:
            raise DefinitionInvalid(
                "SharedHeader(...) needs the name of a header that a sender can put the secret into, such as "
                '"X-Trigger-Secret", and not one that has a meaning of its own. The secret itself is set with '
                "`python cli.py triggers secret`."
            )
        self.header = header


SCHEMES: tuple[type[Signed], ...] = (Shopify, GitHub, NotionSigned, StandardWebhooks, SharedHeader)
