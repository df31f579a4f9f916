"""The page of one run, as a browser without a script gets it, and the parts that htmx asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import httpx
import pytest
from temporalio.client import Client

from api.pages.advice import advice_for
from settings import Settings
from steps.errors import StepsError
from tests.api.browsing import sign_in
from tests.api.conftest import Place
from tests.api.runs import finished, start
from tests.api.waiter import asked
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_BYTES = 34_000
"""What is left of 100 kB beside the style and the scripts."""
HTMX = {"HX-Request": "true"}
# Never the end of a step, or seen where there is no run.
ELSEWHERE = {
    "steps-error", "definition-invalid", "schedule-invalid", "step-unknown", "delay-invalid", "scheduling-refused",
    "run-failed", "cancelled", "paced",
}  # fmt: skip


def said(answer: httpx.Response) -> str:
    """Return the text of a page, on one line."""
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


async def test_a_run_of_many_branches_is_a_small_page_that_counts_them_all(running: Place) -> None:
    run_id = await start(running, "Branching", {"branches": 1_300, "bad": [3, 700, 1_299]})
    run = await finished(running, run_id)
    assert run["attempts"] == 1_301
    async with running.program() as caller:
        assert (await caller.get(f"/api/v1/runs/{run_id}/steps")).json()["next_cursor"]  # it has rolled over
        calls = (await caller.get(f"/api/v1/runs/{run_id}/calls")).json()
        rest = (await caller.get(f"/api/v1/runs/{run_id}/calls", params={"cursor": calls["next_cursor"]})).json()
        assert (len(calls["calls"]), rest["calls"]) == (2, [])
    async with running.signed_in() as visitor:
        page = await visitor.get(f"/runs/{run_id}")
        assert len(page.content) < MOST_BYTES
        text = said(page)
        assert "branch 1,300 branches: 3 failed, 1,297 completed" in text
        assert "start #0 completed" in text
        assert "branch in 3 branches" in text  # what failed alike is one card
        assert "<b>a bad branch</b>" in text

        first = await visitor.get(f"/runs/{run_id}/steps", headers=HTMX)
        assert "<html" not in first.text
        assert "1 to 50 of 1,301" in said(first)
        assert [row.count("failed") > 0 for row in re.findall(r"<tr><td>.*?</tr>", first.text)[:4]] == [True] * 3 + [
            False
        ]
        (following,) = re.findall(r'hx-get="([^"]+)"', first.text)
        assert "51 to 100 of 1,301" in said(await visitor.get(unescape(following)))  # a page of its own, without htmx
        failed = said(await visitor.get(f"/runs/{run_id}/steps?only=failed"))
        assert "1 to 3 of 3" in failed
        assert "ValueError: <b>a bad branch</b>" in failed


async def test_the_page_says_what_ran_what_failed_and_what_to_do(running: Place) -> None:
    run_id = await start(running, "Branching", {"branches": 3, "bad": [2], "again": True})
    await finished(running, run_id)
    async with running.signed_in() as visitor:
        page = await visitor.get(f"/runs/{run_id}")
        text = said(page)
        for part in ("Status failed", "by the API", "Steps done 3", "not yet"):
            assert part in text, part
        assert re.search(r"again #4 failed in \d+ ms, attempt 2", text)
        assert "RuntimeError in branching.py:" in text
        assert "retry the failed steps" in text
        assert 'href="/workflows/Branching"' in page.text
        assert 'hx-trigger="every' not in page.text  # nothing moves any more
        assert "style=" not in page.text
        calls = said(await visitor.get(f"/runs/{run_id}/calls", headers=HTMX))
        assert "POST example.com/items/0 branch 200 1 +" in calls
        assert "shout not known completed 1 +" in calls
        assert "hidden" not in calls
        assert "ValueError: <b>a bad branch</b>" in said(await visitor.get(f"/runs/{run_id}/log"))


async def test_failed_steps_are_retried_and_a_run_is_started_again_with_its_data(running: Place) -> None:
    run_id = await start(running, "Branching", {"branches": 2, "bad": [1]})
    await finished(running, run_id)
    async with running.signed_in() as visitor:
        page = await visitor.get(f"/runs/{run_id}")
        answer = await visitor.post(f"/runs/{run_id}/retry")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{run_id}~2")
        retried = await finished(running, f"{run_id}~2")
        assert f'href="/runs/{run_id}"' in (await visitor.get(f"/runs/{run_id}~2")).text

        (once,) = re.findall(r'name="once" value="([^"]+)"', page.text)
        answers = [await visitor.post(f"/runs/{run_id}/again", data={"once": once}) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {303}
        (place,) = {answer.headers["location"] for answer in answers}  # pressed twice, one run
        again = await finished(running, place.removeprefix("/runs/"))
        assert (again["attempts"], again["failure_count"], retried["attempts"]) == (3, 1, 1)

        # A retry has no data of its own.
        of_retry = await visitor.post(f"/runs/{run_id}~2/again")
        run = await finished(running, of_retry.headers["location"].removeprefix("/runs/"))
        assert (run["attempts"], run["trigger"]) == (3, "api")
        assert (await visitor.post("/runs/branching/none/again")).status_code == 404


async def test_a_run_that_has_not_failed_is_not_retried(running: Place) -> None:
    run_id = await start(running, "Echo")
    await finished(running, run_id)
    async with running.signed_in() as visitor:
        assert "/retry" not in (await visitor.get(f"/runs/{run_id}")).text
        assert (await visitor.post(f"/runs/{run_id}/retry")).status_code == 409


async def test_a_running_run_is_followed_until_it_has_ended(running: Place) -> None:
    run_id, _ = await asked(running, stay=False)
    async with running.signed_in() as visitor:
        page = await visitor.get(f"/runs/{run_id}")
        assert "answered waits for an event until" in said(page)
        assert re.search(r'href="http://steps\.test/resume/[^"]+"', page.text)

        async def nothing_new() -> bool:  # but twice in a minute, so that the bars move
            page = await visitor.get(f"/runs/{run_id}")
            (live,) = re.findall(r'hx-get="([^"]+/live[^"]+)" hx-trigger="sse:moved, every 20s"', page.text)
            return (await visitor.get(unescape(live))).status_code == 204

        await eventually(nothing_new)
        await visitor.post(f"/runs/{run_id}/cancel")
        await finished(running, run_id)
        live = await visitor.get(f"/runs/{run_id}/live?seen=before", headers=HTMX)
        assert "<html" not in live.text
        assert "sse:moved" not in live.text
        assert "The run is cancelled." in live.text
        assert 'id="run-actions" hx-swap-oob="true"' in live.text
        assert "/cancel" not in live.text


@pytest.mark.parametrize(
    ("scopes", "buttons"),
    [
        (["read"], set[str]()),
        (["read", "operate"], {"cancel"}),
        (["read", "trigger"], {"again"}),
        (["admin"], {"cancel", "again"}),
    ],
)
async def test_who_may_only_look_sees_no_button_and_no_link_that_resumes(
    running: Place, scopes: list[str], buttons: set[str]
) -> None:
    run_id, _ = await asked(running)
    _, text = await running.vault.api_keys.create("narrow", scopes)
    async with running.browser() as visitor:
        await sign_in(visitor, text.reveal())
        page = await visitor.get(f"/runs/{run_id}")
        assert set(re.findall(rf'action="/runs/{run_id}/(\w+)"', page.text)) == buttons
        assert ("/resume/" in page.text) is ("cancel" in buttons)
        for action in {"cancel", "again"} - buttons:
            assert (await visitor.post(f"/runs/{run_id}/{action}")).status_code == 403
    async with running.program() as caller:
        await caller.post(f"/api/v1/runs/{run_id}/cancel")


async def test_a_worker_that_is_busy_takes_nothing_off_the_page(
    make_place: Callable[..., Place], settings: Settings, worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.reading.QUERY_TIMEOUT", timedelta(milliseconds=300))
    place = make_place(settings.model_copy(update={"task_queue": "nobody-follows"}), worker)
    run_id = await start(place, "Echo")
    async with place.signed_in() as visitor:
        page = await visitor.get(f"/runs/{run_id}")
        assert "No worker answers" in said(page)
        assert 'hx-trigger="sse:moved, every 20s"' in page.text
        live = await visitor.get(f"/runs/{run_id}/live?seen=before", headers=HTMX)
        assert live.headers["hx-reswap"] == "none"
        assert "What stands below is as it was. No worker answers" in said(live)
        await visitor.post(f"/runs/{run_id}/cancel")


async def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    running: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.sessions.USE_NOTED_EVERY", timedelta(0))
    run_id = await start(running, "Echo")

    async def used() -> datetime:
        (session,) = await running.vault.sessions.list()
        return session.seen_at

    async with running.signed_in() as visitor:
        before = await used()
        await visitor.get(f"/runs/{run_id}/live", headers=HTMX | {"HX-Trigger": "run-live"})
        assert await used() == before
        await visitor.get(f"/runs/{run_id}")
        assert await used() > before
    asks = HTMX | {"HX-Trigger": "run-live", "HX-Current-URL": f"http://steps.test/runs/{run_id}?x=1"}
    async with running.browser(**asks) as stranger:
        answer = await stranger.get(f"/runs/{run_id}/live")
        # Not a redirect, which would put the form into the middle of the page.
        assert (answer.status_code, answer.text) == (204, "")
        assert answer.headers["hx-redirect"] == f"/signin?next=%2Fruns%2F{run_id.replace('/', '%2F')}"


async def test_every_error_of_a_step_has_an_advice_of_its_own() -> None:
    def below(base: type[StepsError]) -> set[str]:
        return {base.type}.union(*map(below, base.__subclasses__()))

    usual = advice_for("ValueError")
    without = {kind for kind in below(StepsError) if advice_for(kind) == usual}
    assert without == ELSEWHERE
