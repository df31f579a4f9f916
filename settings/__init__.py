"""Every option of Durable Steps. The connection to Temporal is not here: Temporal has variables of its own for it."""

from __future__ import annotations

from typing import Any

from dotenv import load_dotenv
from pydantic import ValidationError

from settings.front import FrontOptions
from settings.notion import NotionOptions
from settings.outside import OutsideOptions
from settings.places import NOTION_ORIGIN, ROOT, is_loopback, origin_of
from settings.providers import ProviderOptions
from settings.running import RunningOptions
from settings.signin import SignInOptions
from settings.telemetry import TelemetryOptions, split_address
from settings.vault import VaultOptions

__all__ = ["NOTION_ORIGIN", "ROOT", "Settings", "is_loopback", "origin_of", "read_settings", "split_address"]


class Settings(
    VaultOptions,
    FrontOptions,
    SignInOptions,
    RunningOptions,
    NotionOptions,
    ProviderOptions,
    OutsideOptions,
    TelemetryOptions,
):
    """Read `STEPS_<NAME>` from the environment, from `.env`, or from a file of that name in /run/secrets."""


def read_settings(**given: Any) -> Settings:
    """Return the settings; one that is wrong ends the process with its name and what it must be.

    The rest of `.env` goes into the environment, where Temporal's own variables are looked for.
    """
    load_dotenv(".env")
    try:
        return Settings(**given)
    except ValidationError as error:
        named = [(".".join(map(str, item["loc"])).upper(), item["msg"]) for item in error.errors()]
        lines = [f"STEPS_{name}: {message}" if name else message for name, message in named]
        raise SystemExit("\n".join(lines)) from None
