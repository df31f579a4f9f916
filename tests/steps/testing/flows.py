"""Workflows that do one thing each, for the tests of the kit."""

from __future__ import annotations

import time
from typing import Any

from steps import Api, CallFailed, Cancelled, ConnectionNeedsReauthorization, ConnectionNotFound, Retry, Workflow, step

HOME = "https://shop.example.com/orders"


class Fetches(Workflow):
    """Call an address as its data says, and return what came."""

    async def start(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> Any:
        asked: dict[str, Any] = {"url": HOME, **(data or {})}
        answer = await api.fetch(**asked)
        return [answer.status, answer.text, answer.headers]


class Signs(Workflow):
    """Send a token where its data says."""

    async def start(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> Any:
        secret = api.env["KEY"] if data.get("variable") else await api.get_oauth_token("my-notion")
        place: dict[str, Any] = {"json": {"token": secret}} if data.get("body") else {"headers": {"X-Key": secret}}
        return (await api.fetch(data["url"], method="POST", **place)).status


class CatchesAll(Workflow):
    """Go on whatever happens."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> str:
        try:
            await api.fetch(HOME)
            await api.get_oauth_token("nobody")
        except ConnectionNotFound:
            return "not found"
        except Exception as error:
            return type(error).__name__
        return "well"


class Writes(Workflow):
    """Make one call of Notion, as its data says."""

    async def start(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> Any:
        return await api.notion("my-notion").request(data["method"], data["path"], body=data.get("body"))


class Calls(Workflow):
    """Run an activity, and return what it returned."""

    async def start(self, data: list[Any], headers: dict[str, str], api: Api) -> Any:
        try:
            return await api.call("shout", *data, retry=Retry(attempts=3))
        except CallFailed as error:
            return [error.cause_type, str(error)]


class Asks(Workflow):
    """Wait for an answer after a day, and for a second one."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        api.log("beginning", headers=headers)
        await api.schedule_next_step(action=self.ask, delay="1 day")

    async def ask(self, data: Any, headers: dict[str, str], api: Api) -> None:
        wait = await api.wait_for_event(action=self.answered, timeout="2 days", on_timeout=self.late)
        await api.store.set("link", wait.resume_url)

    async def answered(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        return data["event"]

    async def late(self, data: Any, headers: dict[str, str], api: Api) -> None:
        api.log.warning("nobody answered", days=2)

    async def on_workflow_error(self, error: Any, api: Api) -> None:
        api.log(f"ended as {error.type}")


class Ticks(Workflow):
    """Go on for ever, a step a day."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        await api.schedule_next_step(action=self.tick)

    async def tick(self, data: Any, headers: dict[str, str], api: Api) -> None:
        await api.store.increment("ticks")
        await api.schedule_next_step(action=self.tick, delay="1 day")


class LooksAtTheClock(Workflow):
    """Do what the sandbox refuses."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> float:
        return time.time()


class Forks(Workflow):
    """A call that takes its time beside a delay of days."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        await api.schedule_next_step(action=self.slow)
        await api.schedule_next_step(action=self.late, delay="3 days")

    async def slow(self, data: Any, headers: dict[str, str], api: Api) -> None:
        await api.fetch(HOME, timeout=5)

    async def late(self, data: Any, headers: dict[str, str], api: Api) -> None:
        api.log("three days later")


class TriesAgain(Workflow):
    """A step that is tried again, as a whole, until its third attempt."""

    @step(retry=Retry(attempts=3, backoff="1 hr"))
    async def start(self, data: Any, headers: dict[str, str], api: Api) -> int:
        await api.call("shout", "hello")
        if api.run.attempt < 3:
            raise RuntimeError(f"attempt {api.run.attempt}")
        return api.run.attempt


class Once(Workflow):
    """Tell which of two steps was the first to see a key."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> list[bool]:
        return [await api.dedupe(f"order {data}"), await api.dedupe(f"order {data}")]


class Patient(Workflow):
    """Use a connection which the test breaks in the first ten seconds, in the way that its data says."""

    async def start(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> None:
        token = await api.get_oauth_token("my-notion")
        for _ in range(data.get("branches", 1)):
            payload = {"how": "fetch", **data, "token": token}
            await api.schedule_next_step(action=data.get("step", "use"), payload=payload, delay=10)

    async def use(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> str:
        match data["how"]:
            case "fetch":
                await api.fetch("https://api.notion.com/v1/users/me", headers={"Authorization": data["token"]})
            case "notion":
                await api.notion("my-notion").request("GET", "/v1/users/me")
            case "token":
                await api.get_oauth_token("my-notion")
            case _:
                try:
                    await api.get_oauth_token("my-notion", wait=False)
                except ConnectionNeedsReauthorization as error:
                    return error.handle
        return "done"

    @step(timeout="2 days")
    async def bounded(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> str:
        return await self.use(data, headers, api)

    @step(retry=3)
    async def stubborn(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> str:
        return await self.use(data, headers, api)

    async def on_workflow_error(self, error: Any, api: Api) -> None:
        if isinstance(error, Cancelled):
            await api.notion("my-notion").request("GET", "/v1/users/me")
