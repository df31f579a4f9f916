"""Which connections are known from the code, before a run begins."""

from __future__ import annotations

from typing import Any

import pytest

from steps import Api
from steps.handles import handles_of
from tests.steps.call_flows import Catches, Journey, TakesToken
from tests.steps.flows import FreshInstance

SHOP, NUMBER = "a-constant", 7


class Texts:
    async def start(self, api: Api):
        await api.get_oauth_token("z-text")
        api.notion("a-text", version="2025-09-03")


class Twice:
    async def start(self, api: Api):
        await api.get_oauth_token("once")
        await api.get_oauth_token("once")


class Constants:
    async def start(self, api: Api):
        await api.get_oauth_token(SHOP)


class Keywords:
    async def start(self, api: Api):
        await api.get_oauth_token(handle="a-keyword")
        api.notion(version="2025-09-03", handle=SHOP)


class Dynamic:
    async def start(self, data: Any, api: Api):
        handle = "a-local"
        await api.get_oauth_token(f"{data}-text")
        await api.get_oauth_token(data["handle"])
        await api.get_oauth_token(handle)
        api.notion("a" + "-sum")
        await api.get_oauth_token(NUMBER)  # pyright: ignore[reportArgumentType]  # on purpose


class Others:
    async def start(self, api: Api):
        await api.fetch("https://example.com")
        api.log("a-line")
        get_oauth_token("a-function")


class Inherits(Constants):
    async def later(self, api: Api):
        api.notion("its-own")


def get_oauth_token(_: str) -> None: ...


@pytest.mark.parametrize(
    ("cls", "handles"),
    [
        (Texts, ("a-text", "z-text")),
        (Twice, ("once",)),
        (Constants, ("a-constant",)),
        (Keywords, ("a-constant", "a-keyword")),
        (Dynamic, ()),
        (Others, ()),
        (Inherits, ("a-constant", "its-own")),
        (type("WithoutFile", (), {}), ()),
        (Journey, ("my-notion",)),
        (TakesToken, ()),
        (Catches, ()),
        (FreshInstance, ()),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_the_connections_that_the_code_names_are_known_before_it_runs(cls: type, handles: tuple[str, ...]):
    assert handles_of(cls) == handles
