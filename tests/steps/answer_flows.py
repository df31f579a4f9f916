# Steps as authors write them, with few types.
# pyright: basic

"""Workflows that answer the caller of their trigger."""

from __future__ import annotations

from steps import Api, Workflow


class AnswersAndGoesOn(Workflow):
    """Answer, and go on for as many steps as the test says."""

    respond = "start"
    respond_within = "1 min"

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.go_on, payload=data)
        return {"answer": data["left"]}

    async def go_on(self, data, headers, api: Api):
        if data["left"]:
            await api.schedule_next_step(
                action=self.go_on, payload={"left": data["left"] - 1}, delay=data.get("delay", 0)
            )
        return "went on"


class AnswersNobody(Workflow):
    """Return something, and answer nothing."""

    async def start(self, data, headers, api: Api):
        return "nothing to tell"


ANSWER_FLOWS: list[type[Workflow]] = [AnswersAndGoesOn, AnswersNobody]
