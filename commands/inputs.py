"""What a person gives a run on the command line: data and headers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.delivery import kept_headers
from steps import Trigger

Data = Annotated[str, typer.Option(help="JSON, or @file with JSON, or @- for standard input: `data` of start.")]
Headers = Annotated[
    list[str] | None, typer.Option("--header", help="As 'name: value', for the steps to read; repeat for more.")
]


def read_input(data: str, headers: list[str] | None) -> Trigger:
    """Return what the run is started with; headers are kept as a trigger keeps them.

    Raises:
        typer.BadParameter: it names the option, and what is wrong with it.
    """
    return Trigger(data=_json(data), headers=kept_headers(_header(text) for text in headers or ()))


def _json(text: str) -> Any:
    try:
        return json.loads(_content(text.removeprefix("@")) if text.startswith("@") else text)
    except ValueError as error:
        raise typer.BadParameter(f"--data is not JSON: {error}") from None
    except OSError as error:
        raise typer.BadParameter(f"--data cannot be read: {error.strerror}: {text[1:]}") from None


def _content(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise typer.BadParameter(f"--header is written as 'name: value', not {text!r}.")
    return name.strip(), value.strip()
