"""Serve recorded answers of the real Notion to our client, and read them with our models.

    python -m tests.activities.recorded folder-of-cassettes

The cassettes are those of `tests.local.recorded`. A worker's activity makes each recorded call and is given the
recorded answer: what Notion accepted has to come back whole and fit the shape that authors are given, a row has to be
readable as plain values and a database's properties as a schema; what Notion refused has to be that error, with its
status and code.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from temporalio.exceptions import ApplicationError

from steps.notion import shapes
from steps.notion.out import plain_values
from steps.notion.schema import read_schema
from steps.parts import details_of
from tests.activities.conftest import World
from tests.activities.servers import reply, serving
from tests.local.recorded import Call, calls
from vault import LocalKeys, Signer, Vault, migrate

_OF_OBJECT: dict[str, Any] = {
    "page": shapes.Page,
    "database": shapes.Database,
    "data_source": shapes.DataSource,
    "block": shapes.Block,
    "user": shapes.User,
    "comment": shapes.Comment,
    "file_upload": shapes.FileUpload,
}
# A comment of another's connection comes without its text, a page that may not be read with its id alone.
_PARTIAL = {"object", "id", "request_id"}


async def take(world: World, call: Call) -> list[str]:
    """Let a worker make the call, give it the recorded answer, and return what is wrong with what comes of it."""
    async with (
        serving(reply(call.status, call.answer)) as server,
        world.worker(notion_origin=server.origin, notion_settle_seconds=0) as worker,
    ):
        sent = json.loads(call.content) if call.content and "json" in call.kind else None
        try:
            answer = await worker.notion(call.method, call.path, version=call.version, body=sent)
        except ApplicationError as failure:
            return refused(call, failure)
    if call.status >= 400:
        return [f"{call.status} was taken for an answer"]
    return read(answer) if answer == call.answer else ["it came back changed"]


def refused(call: Call, failure: ApplicationError) -> list[str]:
    """Hold the error that a workflow gets to what Notion answered."""
    if call.status < 400:
        return [f"{call.status} was refused: {failure}"]
    told, code = details_of(failure), call.answer.get("code")
    if code == "unauthorized":
        return [] if failure.type == "connection-needs-reauthorization" else [f"{failure.type} and not {code}"]
    same = (told.get("status"), told.get("code")) == (call.status, code)
    return [] if same else [f"{told.get('status')} {told.get('code')} and not {call.status} {code}"]


def read(answer: Any) -> list[str]:
    """Read an object, or each of a list, with the models of the kind that it says it is."""
    if answer.get("object") == "list":
        shape = TypeAdapter(shapes.ResultPage[dict[str, Any]])
        return [*_fits(shape, answer), *(wrong for each in answer["results"] for wrong in read(each))]
    kind = answer.get("object", "")
    if kind not in _OF_OBJECT or answer.keys() <= _PARTIAL:
        return []
    wrong = _fits(TypeAdapter(_OF_OBJECT[kind]), answer)
    if kind == "page":
        values = plain_values(answer)
        wrong += [f"{name} has no value" for name in answer["properties"] if name not in values]
        json.dumps(values)
    elif kind in ("database", "data_source") and "properties" in answer:
        properties = read_schema(answer).properties
        wrong += [f"{name} is not in the schema" for name in answer["properties"] if name not in properties]
    return wrong


def _fits(shape: TypeAdapter[Any], value: Any) -> list[str]:
    try:
        shape.validate_python(value)
    except ValidationError as error:
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return []


async def main(folder: Path) -> int:
    """Report on every recorded call of a folder."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        url, keys = f"sqlite:///{place}/vault.db", LocalKeys.from_file(Path(place) / "vault.key")
        await migrate(url)
        vault = await Vault.open(url, keys)
        world = World(url, vault, Signer.from_file(Path(place) / "signing.key"), keys)
        for call in calls(folder):
            if "/oauth/" in call.path:
                counts["of OAuth, which is no call of the client's"] += 1
                continue
            await world.connect()
            wrong = await take(world, call)
            counts["taken and read as recorded" if not wrong else "not so"] += 1
            if wrong:
                sys.stdout.write("\n    ".join([f"{call.cassette}: {call.method} {call.path}", *wrong]) + "\n")
        await vault.close()
    for name, count in counts.items():
        sys.stdout.write(f"{count:5} {name}\n")
    return counts["not so"] > 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
