"""What a wait for an outside event is made of, as it crosses between worker, run and API."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from steps.errors import RequestInvalid

MAX_REDIRECT_CHARACTERS = 1_000
WaitState = Literal["open", "used", "expired", "withdrawn", "unknown"]
# What may stand in a Content-Security-Policy as it is.
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_TEXT = re.compile(r"[!-~]+")


class EventWait(NamedTuple):
    """What `api.wait_for_event` returns. Whoever has the `resume_url` can resume the run: it is a secret."""

    token: str
    resume_url: str


class Wait(BaseModel):
    """What a branch that waits for an event has beside its due time, which is the wait's deadline."""

    model_config = ConfigDict(frozen=True)

    id: str
    on_timeout: str | None = None
    redirect_url: str | None = None


class PastWait(BaseModel):
    """A wait that is over, remembered for the second click."""

    id: str
    state: WaitState
    step: str
    at: datetime
    redirect_url: str | None = None


class WaitView(BaseModel):
    """A wait as the page of its link shows it: the answer of the query `wait`."""

    state: WaitState
    step: str = ""
    at: datetime | None = None
    due: datetime | None = None
    question: str | None = None
    redirect_url: str | None = None


class WaitRequest(BaseModel):
    """Ask for the token and the address of a wait."""

    wait_id: str


class OpenedWait(BaseModel):
    """The token and the address of a wait."""

    token: str
    resume_url: str


class ResumeRequest(BaseModel):
    """The argument of the update `resume`. `click` tells the caller whose event was taken from those that came late."""

    wait_id: str
    event: Any = None
    click: str = ""


class Resumed(BaseModel):
    """The result of the update `resume`: of the first, also for those that come later."""

    step: str
    at: datetime
    redirect_url: str | None = None
    click: str = ""


def check_redirect(url: str | None) -> None:
    """Refuse what a browser should not be sent to.

    Raises:
        RequestInvalid: it is no absolute http or https address.
    """
    if url is None:
        return
    wanted = f"an absolute https or http address of at most {MAX_REDIRECT_CHARACTERS} characters"
    try:
        # The type is for authors; what they pass may be anything.
        text = url if isinstance(url, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc) and _TEXT.fullmatch(text)
    except ValueError:
        fits = None
    if not fits or "\\" in url or len(url) > MAX_REDIRECT_CHARACTERS:
        raise RequestInvalid(f"redirect_url must be {wanted}, such as https://shop.example.com/thanks.")
