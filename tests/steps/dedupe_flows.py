# Steps as authors write them, with few types.
# pyright: basic

"""Workflows that ask whether they are the first."""

from __future__ import annotations

from steps import Api, Cancelled, RunFailed, Workflow


class Dedupes(Workflow):
    """Ask for the keys, one after the other; wait, and ask again; fail if the test says so."""

    async def start(self, data, headers, api: Api):
        return await self.ask(data, headers, api)

    async def ask(self, data, headers, api: Api):
        first = [await api.dedupe(key, data.get("window", "1 day")) for key in data["keys"]]
        for key, new in zip(data["keys"], first, strict=True):
            api.log("asked", key=key, first=new)
        if data.get("fail"):
            raise RuntimeError("after the claim")
        if data.get("again"):
            await api.schedule_next_step(action=self.ask, payload={**data, "again": None}, delay=data["again"])
        return first

    async def on_workflow_complete(self, api: Api):
        api.log("hook", first=[await api.dedupe("of the hook"), await api.dedupe("of the hook")])

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log("error hook", first=await api.dedupe("of the hook"))


class DedupesElsewhere(Dedupes):
    """Ask for the same keys under another name."""


class DedupesEachStep(Workflow):
    """Claim a key in each step of a chain, the first of them in a step that fails."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.fail, payload=data)
        await api.schedule_next_step(action=self.claim, payload=data)

    async def fail(self, data, headers, api: Api):
        await api.dedupe("failed")
        raise RuntimeError("after the claim")

    async def claim(self, data, headers, api: Api):
        for number in range(data.get("each", 1)):
            if not await api.dedupe(f"{data['left']} {number}"):
                raise RuntimeError("nobody else asks for this")
        if data["left"]:
            await api.schedule_next_step(action=self.claim, payload={**data, "left": data["left"] - 1})
        return await api.dedupe("failed")


DEDUPE_FLOWS: list[type[Workflow]] = [Dedupes, DedupesElsewhere, DedupesEachStep]
