from __future__ import annotations

import dataclasses

import pytest

from vault import notion


def test_notion_is_where_its_documentation_says() -> None:
    provider = notion()
    assert (provider.name, provider.title, provider.token_format) == ("notion", "Notion", "json")
    assert provider.authorize_url == "https://api.notion.com/v1/oauth/authorize"
    assert provider.token_url == "https://api.notion.com/v1/oauth/token"
    assert provider.revoke_url == "https://api.notion.com/v1/oauth/revoke"
    assert dict(provider.authorize_params) == {"owner": "user"}
    assert set(provider.token_headers) == {"Notion-Version"}


def test_another_origin_moves_the_end_points_and_never_the_hosts() -> None:
    provider = notion("http://127.0.0.1:9000/")
    assert provider.token_url == "http://127.0.0.1:9000/v1/oauth/token"
    assert provider.hosts == ("api.notion.com",)


def test_a_provider_cannot_be_changed() -> None:
    provider = notion()
    with pytest.raises(dataclasses.FrozenInstanceError):
        provider.hosts = ("evil.example",)  # pyright: ignore[reportAttributeAccessIssue] -- the point of the test
    with pytest.raises(TypeError):
        provider.authorize_params["owner"] = "evil"  # pyright: ignore[reportIndexIssue] -- the point of the test
