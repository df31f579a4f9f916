# Steps as authors write them, with few types.
# pyright: basic

from __future__ import annotations

from datetime import datetime

from steps import Api, Retry, Workflow, step


class RecordOrder(Workflow):
    """Record an order in Notion at the second attempt, a moment after it came."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(delay=0.3, action="create_record", payload=data)

    @step(retry=Retry(attempts=2, backoff=0.2))
    async def create_record(self, data, headers, api: Api):
        if api.run.attempt == 1:
            api.log.warning("not yet", colour="blue")
            raise RuntimeError("not yet")
        title = {"title": [{"text": {"content": data["name"]}}]}
        body = {"parent": {"page_id": data["page"]}, "properties": {"title": title}}
        notion = api.notion("my-notion")
        page = await notion.request("POST", "/v1/pages", body=body)
        await notion.request("GET", f"/v1/pages/{page['id']}")
        api.log("recorded")


class Broken(Workflow):
    """Fail at once."""

    async def start(self, data, headers, api: Api):
        raise RuntimeError("broken")


class Parking(Workflow):
    """Stop where only another build goes on."""

    async def start(self, data, headers, api: Api):
        datetime.now()


class Chain(Workflow):
    """Do the same twice."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action="again", payload={"left": 1})

    async def again(self, data, headers, api: Api):
        if data["left"]:
            await api.schedule_next_step(delay=0.05, action="again", payload={"left": data["left"] - 1})
