from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from settings import Settings
from tests.api.browsing import program
from tests.api.conftest import Place
from tests.conftest import binary
from vault import migrate

pytestmark = pytest.mark.asyncio(loop_scope="session")


def checks(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in answer.json()["checks"]}


async def test_all_is_well(running: Place) -> None:
    async with program(running.app) as anyone:
        assert (await anyone.get("/healthz")).json() == {"status": "ok"}
        answer = await anyone.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert {name: check["state"] for name, check in checks(answer).items()} == {
        "temporal": "ok",
        "worker": "ok",
        "vault": "ok",
        "workflows": "ok",
    }


async def test_without_temporal(place: Place) -> None:
    async with program(place.app) as anyone:
        assert (await anyone.get("/healthz")).status_code == 200
        answer = await anyone.get("/readyz")
    assert answer.status_code == 503
    assert checks(answer)["temporal"]["state"] == "failed"
    assert "TEMPORAL_ADDRESS" in checks(answer)["temporal"]["detail"]


async def test_the_api_goes_on_when_temporal_is_there(
    place: Place, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{unused_tcp_port}")
    async with place.program() as caller:
        assert (await caller.get("/api/v1/runs")).status_code == 503
        async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
            dev_server_existing_path=binary("temporal"), dev_server_log_level="error", port=unused_tcp_port
        ):
            answer = await caller.get("/api/v1/runs")
            assert (answer.status_code, answer.json()) == (200, {"runs": [], "next_cursor": None})
            assert checks(await caller.get("/readyz"))["temporal"]["state"] == "ok"
        assert checks(await caller.get("/readyz"))["temporal"]["state"] == "failed"


async def test_the_api_starts_before_the_vault_and_goes_on_when_it_is_there(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app), program(app, "steps_" + "A" * 43) as caller:
        answer = await caller.get("/readyz")
        assert answer.status_code == 503
        assert "python cli.py migrate" in checks(answer)["vault"]["detail"]
        refused = await caller.get("/api/v1/connections")
        assert (refused.status_code, refused.json()["type"]) == (503, "vault-not-migrated")
        assert refused.headers["retry-after"]
        assert str(settings.data_dir) not in refused.text + answer.text

        await migrate(settings.vault_url)
        assert checks(await caller.get("/readyz"))["vault"]["state"] == "ok"
        assert (await caller.get("/api/v1/connections")).status_code == 401


async def test_a_wrong_vault_key_is_told(settings: Settings, tmp_path: Path) -> None:
    first = create_app(settings)
    await migrate(settings.vault_url)
    async with first.router.lifespan_context(first):
        pass
    second = create_app(settings.model_copy(update={"master_key": None}))
    async with second.router.lifespan_context(second), program(second) as anyone:
        detail = checks(await anyone.get("/readyz"))["vault"]["detail"]
    assert "key is not the one" in detail
    assert str(tmp_path) not in detail


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "broken_flows"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "wrong.py").write_text("x = 1\nraise ValueError('<i>no</i>')\n", encoding="utf-8")
    return folder


async def test_a_file_that_does_not_load_is_named_to_those_signed_in(
    make_place: Callable[..., Place], settings: Settings, broken: Path
) -> None:
    place = make_place(settings.model_copy(update={"workflows_dir": broken}))
    async with place.signed_in() as visitor:
        check = checks(await visitor.get("/readyz"))["workflows"]
        assert (check["state"], "1 not" in check["detail"]) == ("failed", True)
        assert "wrong.py" not in check["detail"]
        home = await visitor.get("/")
    assert "wrong.py:2 did not load" in home.text
    assert "ValueError: &lt;i&gt;no&lt;/i&gt;" in home.text
    assert "Temporal does not answer" in home.text
