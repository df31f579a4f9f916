"""A run that asks, and who answers it."""

from __future__ import annotations

from typing import Any

import httpx

from steps.resume_token import make_token
from tests.api.conftest import Place
from tests.conftest import eventually

QUESTION = "Approve <b>#1001</b>?"


def sender(place: Place) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(place.app), base_url="http://steps.test")


async def view_of(place: Place, run_id: str) -> dict[str, Any]:
    async with place.program() as program:
        return (await program.get(f"/api/v1/runs/{run_id}")).json()


async def asked(place: Place, *, stay: bool = True, withdraw: bool = False, **wait: Any) -> tuple[str, str]:
    """Start a run that asks; return its id and the link, as who is signed in sees it."""
    wait = {"payload": {"order": "#1001", "question": QUESTION}} | wait
    async with place.program() as program:
        body = {"data": {"wait": wait, "stay": stay, "withdraw": withdraw}}
        run_id = (await program.post("/api/v1/workflows/Waiter/runs", json=body)).json()["id"]

    async def waiting() -> str:
        (step,) = [step for step in (await view_of(place, run_id))["waiting"] if step["step"] == "answered"]
        return step["resume_url"]

    return run_id, await eventually(waiting) if not withdraw else ""


async def events(place: Place, run_id: str) -> list[Any]:
    """Return the events that the run has taken, once it has taken one."""

    async def look() -> list[Any]:
        return (await view_of(place, run_id))["store"].get("events", [])

    return await eventually(look)


def link(place: Place, run_id: str, wait_id: str = "0" * 32) -> str:
    signer = place.app.state.services.signer
    return f"/resume/{make_token(run_id, wait_id, lambda text: signer.sign('resume', text))}"


async def refused(place: Place, url: str, **request: Any) -> tuple[int, str]:
    async with sender(place) as program:
        answer = await program.post(url, **request)
    return answer.status_code, answer.json()["type"]
