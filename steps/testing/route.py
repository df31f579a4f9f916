"""What the test lets the outside answer."""

from __future__ import annotations

import inspect
import json as json_module
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from steps.errors import FetchFailed
from steps.http import Response
from steps.testing.call import Call
from steps.testing.errors import SimulationError, UnexpectedCall


@dataclass(frozen=True)
class Reply:
    """One answer: a body of `json` or `text`, and headers."""

    status: int = 200
    json: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def response(self, url: str) -> Response:
        """Return it as a step gets it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.text is None and self.json is not None:
            headers.setdefault("content-type", "application/json")
        return Response(status=self.status, headers=headers, text=self.body, url=url)

    @property
    def body(self) -> str:
        """The body as text."""
        if self.text is not None:
            return self.text
        return "" if self.json is None else json_module.dumps(self.json, ensure_ascii=False)


Answer = Callable[[Call], Reply | Awaitable[Reply]]


@dataclass
class _Turn:
    """One answer, and for how many calls it is good; None is one call, or all that come if it is the last."""

    answer: Answer
    times: int | None


class Route:
    """The answers to calls of one method and address, one after the other; the last one is repeated.

    In the address, `*` stands for anything. One without a query is also that of calls with one.
    """

    def __init__(self, method: str, url: str | re.Pattern[str]) -> None:
        self.method, self.url = method.upper(), url
        self._turns: list[_Turn] = []
        self._used = 0

    def reply(
        self,
        status: int | Answer = 200,
        *,
        json: Any = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> Route:
        """Answer with a status and a body, or with what a function of the call returns."""
        if isinstance(status, int):
            fixed = Reply(status, json, text, headers or {})
            return self._add(lambda _call: fixed, times)
        return self._add(status, times)

    def fail(self, message: str = "the connection was cut", *, times: int | None = None) -> Route:
        """Let the network fail: the engine tries again, as often as the step's `retry` says."""

        def broken(_call: Call) -> Reply:
            raise FetchFailed(message)

        return self._add(broken, times)

    def takes(self, method: str, url: str) -> bool:
        """Tell whether a call is one of this route's."""
        if self.method not in (method, "*"):
            return False
        if isinstance(self.url, re.Pattern):
            return self.url.search(url) is not None
        wanted = ".*".join(re.escape(part) for part in self.url.split("*"))
        return re.fullmatch(wanted, url if "?" in self.url else url.partition("?")[0]) is not None

    async def answer(self, call: Call) -> Reply:
        """Return the next answer.

        Raises:
            UnexpectedCall: all answers are used up.
        """
        turn = self._next()
        if turn is None:
            raise UnexpectedCall(
                f"{self} has given its {self._used} answers, and {call.place} came once more. Leave `times` out of the "
                "last answer to repeat it, or add another one."
            )
        self._used += 1
        given = turn.answer(call)
        reply = await given if inspect.isawaitable(given) else given
        # The type is for authors; what their function returns may be anything.
        if not isinstance(reply, Reply):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise SimulationError(f"The function that answers {self} returned {reply!r}, which is no Reply.")
        return reply

    def _add(self, answer: Answer, times: int | None) -> Route:
        self._turns.append(_Turn(answer, times))
        return self

    def _next(self) -> _Turn | None:
        left = self._used
        for turn in self._turns:
            if turn is self._turns[-1] and turn.times is None:
                return turn
            times = 1 if turn.times is None else turn.times
            if left < times:
                return turn
            left -= times
        return None

    def __str__(self) -> str:
        return f"{self.method} {self.url.pattern if isinstance(self.url, re.Pattern) else self.url}"


def find(routes: list[Route], method: str, url: str) -> Route | None:
    """Return the route of a call: of several the one that was added last, so that a test can refine a fixture's."""
    return next((route for route in reversed(routes) if route.takes(method, url)), None)
