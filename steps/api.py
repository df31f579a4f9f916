"""`api`: what a step can do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from temporalio import workflow

from steps.calls import look_up, place, run_activity, send
from steps.dedupe import first_to_see
from steps.delay import Delay, parse_delay
from steps.earlier import Calls
from steps.environment import Env
from steps.errors import PayloadInvalid, RequestInvalid
from steps.facts import Log, RunInfo
from steps.http import MAX_REQUEST_BYTES, ConnectionRequest, FetchRequest, Response
from steps.notion import Notion
from steps.notion.plain import RETRY as NOTION_RETRY
from steps.notion.plain import is_notion
from steps.parts import parse_object
from steps.payload import describe, to_json
from steps.retry import Retry
from steps.scheduling import Scheduling
from steps.sealed import SealedToken, is_sealed
from steps.store import Store

if TYPE_CHECKING:
    from steps.branch import Branch
    from steps.run import Run


class Api(Scheduling):
    """What a step, or a hook, gets as `api`. Each step has its own; it ends with the step."""

    def __init__(self, run: Run, step: str, branch: Branch | None) -> None:
        super().__init__(run, step, branch)
        self.env: Env = run.env
        self.store: Store = run.store
        self.log = Log(run.log, step, branch.id if branch else None)
        self._calls = Calls(branch.since if branch else None, "interactive" if run.answers.awaited else "bulk")
        attempt = branch.attempt if branch else 1
        self.run = RunInfo(workflow.info().workflow_id, run.workflow.__name__, step, attempt, run.started_at)

    async def dedupe(self, key: str, window: Delay = "1 day") -> bool:
        """Tell whether this workflow sees the key for the first time within the window, across all its runs.

        Of any number that ask at the same time exactly one is told True; a later attempt of the same step is told so
        again, a second call of the same attempt is not. The window, 400 days at most, is that of the first call.

        Raises:
            RequestInvalid, DelayInvalid.
        """
        self._check_open("dedupe")
        return await first_to_see(self._run.claims, self._branch, key, window)

    async def get_oauth_token(self, handle: str, *, wait: bool = True) -> SealedToken:
        """Return a sealed reference to the connection's token, to be put into a request header.

        One that was active when the run began is at hand; a call that uses it tells what has happened to it since.
        A connection that has lost its authorization is waited for, for 30 days. With `wait=False` the vault is asked
        how it stands now, and ConnectionNeedsReauthorization comes at once.

        Raises:
            ConnectionNotFound, ConnectionNeedsReauthorization: with what to do about it.
        """
        self._run.attributes.uses(handle)
        if wait and self._run.given and (reference := self._run.given.connections.get(handle)):
            return SealedToken(reference)
        summary = f"{self._step} · connection {handle}"
        request = ConnectionRequest(handle=handle)
        return SealedToken(await look_up("resolve_connection", request, str, summary=summary, wait=wait))

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        params: dict[str, str | int | float | bool] | None = None,
        json: Any = None,
        content: str | None = None,
        timeout: Delay = 30,  # noqa: ASYNC109  # fetch's own word; asyncio.timeout would not be durable
        retry: Retry | int | None = None,
    ) -> Response:
        """Make an HTTP call. A 4xx or 5xx is a Response; a network failure is tried again, then raises FetchFailed.

        `retry` is a Retry, or how often to try in all (5 if not given). A call that has completed is never sent again;
        one whose answer was lost is, so that it is made at least once: give the other side an idempotency key, or pass
        `retry=1`. `timeout` is that of one attempt, for the whole exchange.

        With a connection's token to Notion's API, a write whose answer was lost is looked for before it is sent again,
        and what is refused for now is tried again, 100 times if not said otherwise; see docs/guarantees.md.
        """
        if json is not None and content is not None:
            raise PayloadInvalid("fetch takes json or content, not both.")
        body, _ = to_json(json, "The request body", limit=MAX_REQUEST_BYTES)
        if content is not None:
            to_json(content, "The request body", limit=MAX_REQUEST_BYTES)
        if is_sealed(url):
            raise PayloadInvalid("A token belongs in a request header; in an address it would stand in logs.")
        seconds = parse_delay(timeout, limit=timedelta(hours=1)).total_seconds()
        # Without a token of ours nothing can be looked for in Notion, so that it is a call like any other.
        looks = is_notion(url) and any(map(is_sealed, (headers or {}).values()))
        write = method.upper(), url, body if content is None else content
        try:
            request = FetchRequest(
                url=url, method=method.upper(), headers=headers or {}, params=params,
                json_body=body, has_json=json is not None, content=content, timeout=seconds,
                lane=self._calls.lane, again=self._calls.again(*write) if looks else None,
            )  # fmt: skip
        except ValidationError as error:
            raise RequestInvalid(f"fetch cannot make this call: {describe(error)}.") from None
        usual = NOTION_RETRY if looks else Retry()
        policy = retry if isinstance(retry, Retry) else Retry(attempts=retry) if retry is not None else usual
        summary = f"{self._step} · {place(method, url)}"
        response = await send("fetch", request, Response, timeout=seconds, retry=policy, summary=summary)
        if looks and response.ok:
            self._calls.note(*write, parse_object(response.text))
        return response

    def notion(self, handle: str, *, version: str | None = None, interactive: bool | None = None) -> Notion:
        """Return the Notion client of a connection; without `version` with the deployment's (STEPS_NOTION_VERSION).

        `interactive` says whether somebody waits for its calls, so that they go before others; if not given, that is so
        while the run's caller waits.

        Raises:
            RequestInvalid: the version is none that is known.
        """
        self._run.attributes.uses(handle)
        calls = self._calls if interactive is None else self._calls.in_lane("interactive" if interactive else "bulk")
        return Notion(handle, self._step, calls, version, keys=self._run.record_keys, log=self.log)

    async def call(
        self,
        activity: str | Callable[..., Any],
        *arguments: Any,
        timeout: Delay = 300,  # noqa: ASYNC109  # the activity's own time; asyncio.timeout would not be durable
        retry: Retry | None = None,
    ) -> Any:
        """Run an activity of your own, by function or name; `timeout` is that of one attempt.

        Raises:
            CallFailed: with the failure's type and message, when its retries are used up.
        """
        plain = [to_json(argument, "The argument", limit=MAX_REQUEST_BYTES)[0] for argument in arguments]
        return await run_activity(activity, plain, timeout=parse_delay(timeout), retry=retry or Retry())
