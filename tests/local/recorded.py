"""Hold the stand-in for Notion against recorded calls of the real one.

    python -m tests.local.recorded folder-of-cassettes

The folder holds cassettes of VCR, in YAML. Those of
https://github.com/ramnes/notion-sdk-py, in `tests/cassettes`, are such. Every answer, and every request that was
accepted, is held to Notion's published types; then each cassette is played against a fresh stand-in, whose answers have
to be of the same status and code, and have the same keys. Ids differ, so each new one is matched with the recorded one
at the same place. What the stand-in has no endpoint for is counted, and left out.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from local.notion import HOME_PAGE_ID, StandIn, create_app
from local.notion.app import ENDPOINTS
from tests.local.notion_schema.check import Exchange, TypeMismatch, check, covers

Json = dict[str, Any]

NOWHERE = "11111111-2222-4333-8444-555555555555"

_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_KNOWN = [(method, re.compile(re.sub(r"{\w+}", "[^/]+", path))) for method, path, *_ in ENDPOINTS]


@dataclass
class Call:
    """Hold one recorded call and its answer."""

    cassette: str
    method: str
    url: str
    version: str
    kind: str
    content: str
    status: int
    answer: Any

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def exchange(self) -> Exchange:
        sent = json.loads(self.content) if self.content and "json" in self.kind else None
        return Exchange(self.method, self.path, self.version, sent, self.status, self.answer)


@dataclass
class Player:
    """Play the calls of one cassette against a stand-in of their own."""

    app: StandIn = field(default_factory=create_app)
    ids: dict[str, str] = field(default_factory=dict[str, str])
    cursors: dict[str, str] = field(default_factory=dict[str, str])

    async def play(self, call: Call) -> httpx.Response:
        # A token of the recording has been taken out of it: only the refusal tells that it was a wrong one.
        token = "ntn_unknown" if call.status == 401 else self.app.workspace.connect()
        headers = {"Authorization": f"Bearer {token}", "Notion-Version": call.version, "Content-Type": call.kind}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app)) as client:
            # The boundary of a form may look like an id.
            content = self._mapped(call, call.content) if "json" in call.kind else call.content
            return await client.request(call.method, self._url(call), content=content.encode(), headers=headers)

    def learn(self, recorded: Any, answered: Any) -> None:
        """Match the ids of two answers, place by place."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for key, value in cast("Json", recorded).items():
                ours = cast("Json", answered).get(key)
                if key == "next_cursor" and value is not None and ours is not None:
                    self.cursors[value] = ours
                else:
                    self.learn(value, ours)
        elif isinstance(recorded, list) and isinstance(answered, list):
            for value, other in zip(cast("list[Any]", recorded), cast("list[Any]", answered), strict=False):
                self.learn(value, other)
        elif isinstance(recorded, str) and isinstance(answered, str) and _ID.fullmatch(recorded):
            self.ids.setdefault(_plain(recorded), answered)

    def _url(self, call: Call) -> str:
        """Return where to ask; a recorded cursor may be the id of the next object, and is no id here."""
        url = httpx.URL(self._mapped(call, call.url.partition("?")[0]))
        asked = {
            key: self.cursors.get(value, value) if key == "start_cursor" else self._mapped(call, value)
            for key, value in httpx.URL(call.url).params.items()
        }
        return str(url.copy_with(params=asked))

    def _mapped(self, call: Call, text: str) -> str:
        """Put the stand-in's ids in the place of the recorded ones; one from before the recording is that of Home."""
        unknown = NOWHERE if call.status == 404 else HOME_PAGE_ID
        return _ID.sub(lambda match: self.ids.get(_plain(match[0]), unknown), text)


def calls(folder: Path) -> Iterator[Call]:
    """Read every recorded call, cassette by cassette."""
    load = importlib.import_module("yaml").safe_load
    for path in sorted(folder.glob("*.y*ml")):
        for each in load(path.read_text(encoding="utf-8"))["interactions"]:
            sent, answer = each["request"], each["response"]
            if httpx.URL(sent["uri"]).host != "api.notion.com":
                continue
            headers = {key.lower(): values[0] for key, values in sent["headers"].items()}
            yield Call(
                path.stem,
                sent["method"],
                sent["uri"],
                headers.get("notion-version", ""),
                headers.get("content-type", ""),
                sent["body"] or "",
                answer["status"]["code"],
                json.loads(answer["body"]["string"]),
            )


def differences(recorded: Any, answered: Any, path: str = "$") -> Iterator[str]:
    """Name the keys that only one of two answers has; lists are compared by their first items."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        ours, theirs = cast("Json", answered), cast("Json", recorded)
        if ours.get("object") != theirs.get("object"):
            return  # a list of what there is: the recorded workspace held other things
        yield from (f"{path}.{key} is missing" for key in theirs if key not in ours)
        yield from (f"{path}.{key} is not in the recording" for key in ours if key not in theirs)
        for key in theirs.keys() & ours.keys():
            yield from differences(theirs[key], ours[key], f"{path}.{key}")
    elif isinstance(recorded, list) and isinstance(answered, list) and recorded and answered:
        yield from differences(recorded[0], answered[0], f"{path}[0]")
    elif (recorded is None) is not (answered is None) or isinstance(recorded, str) is not isinstance(answered, str):
        yield f"{path} is {json.dumps(answered)[:60]}, and not {json.dumps(recorded)[:60]}"


class Report:
    """Count what agrees, and say what does not."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._players: dict[str, Player] = {}

    async def add(self, call: Call) -> None:
        """Hold one call to the types, and play it."""
        self._counts["recorded"] += 1
        self._hold(call)
        if call.status < 400 and not any(call.method == each and path.fullmatch(call.path) for each, path in _KNOWN):
            self._counts["without an endpoint"] += 1
            return
        self._counts["played"] += 1
        player = self._players.setdefault(call.cassette, Player())
        response = await player.play(call)
        body: Json = response.json()
        if (response.status_code, body.get("code")) != (call.status, call.answer.get("code")):
            self._say("STATUS", call, [f"{response.status_code} {body.get('message', '')} and not {call.status}"])
            return
        self._counts["of the same status"] += 1
        player.learn(call.answer, body)
        found = list(differences(call.answer, body))
        self._counts["of the same keys"] += not found
        self._say("KEYS", call, found)

    def end(self) -> None:
        """Say how many calls there were of each kind."""
        for name, count in self._counts.items():
            sys.stdout.write(f"{count:5} {name}\n")

    def _hold(self, call: Call) -> None:
        if not covers(call.method, call.path) and call.status < 400:
            return
        self._counts["typed"] += 1
        try:
            check(call.exchange())
            self._counts["of the types"] += 1
        except TypeMismatch as error:
            self._say("TYPES", call, [str(error)])

    @staticmethod
    def _say(kind: str, call: Call, lines: list[str]) -> None:
        if lines:
            head = f"{kind} {call.cassette}: {call.method} {_ID.sub('ID', call.url.partition('/v1')[2])}"
            sys.stdout.write("\n    ".join([head, *lines]) + "\n")


async def main(folder: Path) -> None:
    """Report on every cassette of a folder."""
    report = Report()
    for call in calls(folder):
        await report.add(call)
    report.end()


def _plain(id: str) -> str:
    return id.replace("-", "")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
