"""Look for secrets where none may be, in every form in which one could be written."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from temporalio.client import Client


def forms(secret: str) -> set[bytes]:
    """Return the ways to write a secret: as it is, base64 at each alignment, percent, JSON, HTML, hex."""
    raw = secret.encode()
    found = {raw, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), html.escape(secret).encode()}
    found.add(raw.hex().encode())
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # The first and last characters depend on what stands around it; those between do not.
            whole = encode(b"\0" * shift + raw)
            found.add(whole[4 : len(whole) - 4])
    return found


def sweep(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Return which secret is found where."""
    return [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, content in places.items()
        if any(form in content for form in forms(secret))
    ]


def files(folder: Path, *patterns: str) -> Iterator[tuple[str, bytes]]:
    """Give each file with its content."""
    for pattern in patterns:
        for path in sorted(folder.rglob(pattern)):
            if path.is_file():
                yield str(path.relative_to(folder)), path.read_bytes()


async def histories(client: Client) -> dict[str, bytes]:
    """Return every run's history and description, payloads decoded beside their base64."""
    found: dict[str, bytes] = {}
    async for run in client.list_workflows():
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        history = await handle.fetch_history()
        payloads = b"".join(event.SerializeToString() for event in history.events)
        found[f"history of {run.id} ({run.run_id})"] = history.to_json().encode() + payloads
        # With its memo and search attributes.
        description = (await handle.describe()).raw_description
        found[f"description of {run.id} ({run.run_id})"] = description.SerializeToString()
    return found
