# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from typing import Any

from steps import Api, Retry, Workflow, step

_VERSION = "2025-09-03"


def _text(text):
    return [{"text": {"content": text}}]


class WriteToNotion(Workflow):
    """Make one write: `data` has the connection, what to write, and where."""

    async def start(self, data, headers, api: Api):
        write = getattr(self, f"_{data['write']}")
        return await write(data, api)

    async def _page(self, data, api):
        notion = api.notion(data["handle"], version=data.get("version") or "2022-06-28")
        return await notion.request("POST", "/v1/pages", body=_row(data))

    async def _fetch(self, data, api):
        token = await api.get_oauth_token(data["handle"])
        response = await api.fetch(
            "https://api.notion.com/v1/pages",
            method="POST",
            headers={"Authorization": f"Bearer {token}", "Notion-Version": data.get("version") or "2022-06-28"},
            json=_row(data),
            timeout=data.get("timeout", 30),
            retry=data.get("retry"),
        )
        if not response.ok:
            raise RuntimeError(f"{response.status}")
        return response.json()

    async def _subpage(self, data, api):
        body = {
            "parent": {"page_id": data["page"]},
            "properties": {"title": {"title": _text("A page")}},
            "children": [_paragraph("first"), {"divider": {}}],
        }
        return await api.notion(data["handle"], version=_VERSION).request("POST", "/v1/pages", body=body)

    async def _append(self, data, api):
        body = {"children": [_paragraph("one"), _paragraph("two")]}
        notion = api.notion(data["handle"], version=_VERSION)
        return await notion.request("PATCH", f"/v1/blocks/{data['page']}/children", body=body)

    async def _comment(self, data, api):
        body = {"parent": {"page_id": data["page"]}, "rich_text": _text("Well done")}
        return await api.notion(data["handle"], version=_VERSION).request("POST", "/v1/comments", body=body)

    async def _database(self, data, api):
        body = {
            "parent": {"type": "page_id", "page_id": data["page"]},
            "title": _text("A database"),
            "initial_data_source": {"properties": {"Name": {"title": {}}}},
        }
        return await api.notion(data["handle"], version=_VERSION).request("POST", "/v1/databases", body=body)

    async def _source(self, data, api):
        body = {
            "parent": {"type": "database_id", "database_id": data["database"]},
            "title": _text("A source"),
            "properties": {"Name": {"title": {}}},
        }
        return await api.notion(data["handle"], version=_VERSION).request("POST", "/v1/data_sources", body=body)

    async def _trash(self, data, api):
        return await api.notion(data["handle"], version=_VERSION).request("DELETE", f"/v1/blocks/{data['page']}")

    async def _change(self, data, api):
        body = {"properties": {"title": {"title": _text("Renamed")}}}
        return await api.notion(data["handle"], version=_VERSION).request(
            "PATCH", f"/v1/pages/{data['page']}", body=body
        )

    async def _upload(self, data, api):
        body = {"mode": "single_part", "filename": "a.txt", "content_type": "text/plain"}
        return await api.notion(data["handle"], version=_VERSION).request("POST", "/v1/file_uploads", body=body)


class AppendTwice(Workflow):
    """Append the same paragraph twice: two writes that nothing tells apart but their order."""

    async def start(self, data, headers, api: Api):
        notion = api.notion(data["handle"], version=_VERSION)
        body = {"children": [_paragraph("one")]}
        answers = [await notion.request("PATCH", f"/v1/blocks/{data['page']}/children", body=body) for _ in range(2)]
        return [answer["results"][0]["id"] for answer in answers]


class TryAgain(Workflow):
    """Make two pages that are alike, and fail after each in the first two attempts."""

    @step(retry=Retry(attempts=3, backoff=0.1))
    async def start(self, data, headers, api: Api):
        notion = api.notion(data["handle"], version="2022-06-28")
        pages = [await notion.request("POST", "/v1/pages", body=_row(data))]
        if api.run.attempt == 1:
            raise RuntimeError("after the first")
        pages.append(await notion.request("POST", "/v1/pages", body=_row(data)))
        if api.run.attempt == 2:
            raise RuntimeError("after the second")
        return [page["id"] for page in pages]


def _row(data) -> Any:
    return {
        "parent": {"database_id": data["database"]} if "source" not in data else {"data_source_id": data["source"]},
        "properties": {"Name": {"title": _text(data.get("name", "#1"))}, "Total": {"number": 12.5}},
    }


def _paragraph(text):
    return {"type": "paragraph", "paragraph": {"rich_text": _text(text)}}
