from __future__ import annotations

from typing import Any

from steps import Api, GitHub, NotionSigned, SharedHeader, Shopify, StandardWebhooks, Workflow


class _Echoing(Workflow, abstract=True):
    async def start(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        return {"data": data, "headers": headers}


class FromShopify(_Echoing):
    """Take what Shopify signs."""

    signed = Shopify()


class FromGitHub(_Echoing):
    """Take what GitHub signs."""

    signed = GitHub()


class FromNotion(_Echoing):
    """Take what Notion signs."""

    signed = NotionSigned()


class FromStandard(_Echoing):
    """Take what is signed as Standard Webhooks are."""

    signed = StandardWebhooks()


class FromForm(_Echoing):
    """Take what brings the secret in a header."""

    signed = SharedHeader("X-Trigger-Secret")
