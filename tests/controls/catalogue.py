"""Every control there is, room by room."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from settings import ROOT
from tests.controls import Control

_ROOMS = {
    "sealing": "Secrets at rest",
    "openbao": "OpenBao",
    "rotation": "Rotation of the master key",
    "postgres": "The database",
    "providers": "Connecting an account",
    "lifecycle": "The life of a connection",
    "access": "API keys",
    "sessions": "Sessions, and the pages of other sites",
    "openid": "Sign-in at an OpenID server",
    "variables": "Variables and keys in the pages",
    "triggers": "Triggers",
    "egress": "Calls to the outside",
    "payloads": "What Temporal stores",
    "leaks": "Logs, pages and error texts",
}
_PAGE = ROOT / "docs" / "security.md"
_BEGIN, _END = "<!-- controls: begin -->\n", "<!-- controls: end -->"


def rooms() -> dict[str, list[Control]]:
    """Return the controls by the name of their module."""
    here = Path(__file__).parent
    return {name: list(import_module(f"tests.controls.{name}").CONTROLS) for name in _ROOMS if _is_there(here, name)}


def table() -> str:
    """Return what docs/security.md shows between its marks."""
    parts: list[str] = []
    for name, controls in rooms().items():
        lines = [f"| {one.threat} | {one.control} | `{one.test}` |" for one in controls]
        parts.append("\n".join([f"### {_ROOMS[name]}", "", "| Threat | Control | Test |", "|---|---|---|", *lines, ""]))
    return "\n" + "\n".join(parts) + "\n"


def shown() -> str:
    """Return what docs/security.md shows now."""
    return _PAGE.read_text(encoding="utf-8").split(_BEGIN)[1].split(_END)[0]


def write() -> None:
    """Bring docs/security.md up to date."""
    text = _PAGE.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    _PAGE.write_text(f"{before}{_BEGIN}{table()}{_END}{rest.split(_END)[1]}", encoding="utf-8")


def _is_there(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file()
