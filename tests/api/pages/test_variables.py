from __future__ import annotations

import html
import logging
import re
from typing import Any

import pytest

from tests.api.browsing import sign_in
from tests.api.conftest import Place
from vault.variables import LONGEST_VALUE

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANARY = "canary-of-a-secret-value"
PLAIN = {"workflow": "Echo", "name": "DATABASE", "kind": "plain", "value": "one\r\ntwo <b>\r\n", "hosts": ""}
SECRET = {
    "workflow": "Echo",
    "name": "MAIL_KEY",
    "kind": "secret",
    "value": CANARY,
    "hosts": "a.test, b.test\r\nc.test",
}


async def test_a_plain_variable_is_set_changed_and_deleted(place: Place) -> None:
    async with place.signed_in() as visitor:
        answer = await visitor.post("/variables/set", data=PLAIN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/variables?workflow=Echo&name=DATABASE")
        page = (await visitor.get(answer.headers["location"])).text
        assert "is set. Runs that start from now on read it." in page
        assert "<code>one\ntwo &lt;b&gt;</code>" in page
        form = (await visitor.get("/variables/set?workflow=Echo&name=DATABASE")).text
        assert ">\none\ntwo &lt;b&gt;</textarea>" in form
        again = await visitor.post("/variables/set", data=PLAIN)
        assert (again.status_code, "Echo has a variable of this name" in again.text) == (422, True)
        changed = await visitor.post("/variables/set", data=PLAIN | {"change": "yes", "value": "three"})
        assert changed.status_code == 303
        assert (await place.vault.variables.get("Echo", "DATABASE")).value == "three"
        gone = await visitor.post("/variables/delete", data={"workflow": "Echo", "name": "DATABASE"})
        assert "There is no such variable any more" in (await visitor.get(gone.headers["location"])).text
    assert await place.vault.variables.list() == []


async def test_a_secret_value_is_in_no_page(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with place.signed_in() as visitor:
        answers = [
            await visitor.post("/variables/set", data=SECRET),
            await visitor.get("/variables"),
            await visitor.get("/variables/set?workflow=Echo&name=MAIL_KEY"),
            await visitor.post("/variables/set", data=SECRET),  # the name is taken
            await visitor.post("/variables/set", data=SECRET | {"change": "yes", "hosts": ""}),
            await visitor.post("/variables/set", data=SECRET | {"change": "yes", "hosts": "*.a.test"}),
            await visitor.post("/variables/set", data=SECRET | {"name": "lower"}),
            await visitor.post("/variables/set", data=SECRET | {"workflow": ""}),
            await visitor.post("/variables/set", data=SECRET | {"change": "yes", "kind": ""}),
        ]
    assert [answer.status_code for answer in answers] == [303, 200, 200, *[422] * 6]
    assert [answer.text for answer in answers if CANARY in answer.text or CANARY in str(answer.headers)] == []
    assert "a.test, b.test, c.test" in answers[1].text
    assert "and is never shown" in answers[2].text
    assert (await place.vault.variables.open("Echo", "MAIL_KEY")).reveal() == CANARY
    assert CANARY not in caplog.text


async def test_a_secret_is_typed_again_to_change_its_hosts(place: Place) -> None:
    await place.vault.variables.set("Echo", "MAIL_KEY", CANARY, secret=True, hosts=["a.test"])
    async with place.signed_in() as visitor:
        answer = await visitor.post("/variables/set", data=SECRET | {"change": "yes", "value": ""})
    assert (answer.status_code, "the present one cannot be kept" in answer.text) == (422, True)
    assert (await place.vault.variables.get("Echo", "MAIL_KEY")).hosts == ("a.test",)


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"workflow": "Ecko"}, "workflow", "Did you mean Echo?"),
    ({"workflow": ""}, "workflow", "There is no such workflow"),
    ({"name": "lower"}, "name", "Name a variable like API_KEY"),
    ({"value": "x" * (LONGEST_VALUE + 1)}, "value", "at most 16384 are allowed"),
    ({"value": "a\0"}, "value", "null character"),
    ({"kind": "sealed"}, "kind", "plain or secret"),
    ({"kind": "secret"}, "hosts", "name at least one host"),
    ({"kind": "secret", "hosts": "https://a.test"}, "hosts", "is not an exact host name"),
]


@pytest.mark.parametrize(("change", "field", "says"), WRONG)
async def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    place: Place, change: dict[str, str], field: str, says: str
) -> None:
    form = PLAIN | {"value": "typed"} | change
    async with place.signed_in() as visitor:
        answer = await visitor.post("/variables/set", data=form)
    assert answer.status_code == 422
    (told,) = re.findall(rf'id="{field}-error">(.*)</p>', answer.text)
    assert says in html.unescape(told)
    assert f'value="{form["name"]}"' in answer.text
    assert ("typed</textarea>" in answer.text) is (form["kind"] == "plain" and form["value"] == "typed")
    assert await place.vault.variables.list() == []


@pytest.mark.parametrize(("scope", "shown"), [("read", False), ("operate", False), ("admin", True)])
async def test_who_may_only_look_sees_names_and_no_values(place: Place, scope: str, shown: bool) -> None:
    await place.vault.variables.set("Echo", "DATABASE", "the-value")
    await place.vault.variables.set("Left", "OLD", "")
    _, text = await place.vault.api_keys.create("eyes", [scope])
    async with place.browser() as visitor:
        await sign_in(visitor, text.reveal())
        page = (await visitor.get("/variables")).text
    assert "DATABASE" in page
    assert "no such workflow" in page
    found: list[Any] = [word in page for word in ("the-value", "/variables/set", "/variables/delete")]
    assert found == [shown] * 3


async def test_the_empty_page_teaches(place: Place) -> None:
    async with place.signed_in() as visitor:
        page = (await visitor.get("/variables")).text
        form = (await visitor.get("/variables/set?workflow=Echo")).text
    assert "No workflow has a variable yet" in page
    assert 'href="/variables/set"' in page
    assert "<option selected>Echo</option>" in form
