from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import httpx

from activities.scrub import Scrubber
from steps.errors import FetchFailed, RequestInvalid, StepsError

_MOST_WORDS = 200


class NotSent(FetchFailed):
    """Say that the network failed before the request was sent, so that nothing can have happened."""


class NoAnswer(FetchFailed):
    """Say that the request was sent and no answer came, so that it may have taken effect."""


class Watch(Protocol):
    """Follow a request on its way."""

    def sending(self) -> None:
        """Take in that it is sent now; what this raises keeps it from being sent."""
        ...

    def refused(self) -> None:
        """Take in that it was refused before anything was done."""
        ...


class Exchange:
    """One request on its way: its host, how far it came, and the secrets that were opened for it."""

    def __init__(self, host: str, watch: Watch | None = None) -> None:
        self.host = host
        self.scrubber = Scrubber()
        self._watch = watch
        self._sent = False
        self.sends = 0

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Take in what httpcore's `trace` extension tells."""
        if event.endswith("send_request_headers.started"):
            if self._watch is not None:
                self._watch.sending()
            self._sent = True
            self.sends += 1
        elif event.endswith("receive_response_headers.complete") and info["return_value"][1] == 401:
            self._sent = False  # refused before anything was done, and sent again with a fresh token
            if self._watch is not None:
                self._watch.refused()

    def failed(self, what: str) -> FetchFailed:
        """Return the error that says what the network did."""
        return (NoAnswer if self._sent else NotSent)(self.scrubber.clean(f"{self.host} {what}"))

    def timed_out(self, seconds: float) -> FetchFailed:
        """Return the error for an exchange that took too long."""
        return self.failed(f"did not answer within {seconds:g} seconds")

    def broke(self, error: Exception) -> StepsError:
        """Return the error that stands for one of httpx, which holds the request with its opened headers."""
        match error:
            case httpx.LocalProtocolError():
                # Its own text quotes the header.
                return RequestInvalid(f"The request to {self.host} cannot be sent: one of its headers is malformed.")
            case httpx.UnsupportedProtocol() | httpx.InvalidURL() | UnicodeError():
                return RequestInvalid(f"{self.host} led to an address that no request can be sent to.")
            case httpx.ConnectTimeout():
                return self.failed("did not accept a connection in time")
            case httpx.ConnectError():
                return self.failed(f"could not be reached: {_words(error)}")
            case httpx.RemoteProtocolError():
                return self.failed(f"broke off, or did not speak HTTP: {_words(error)}")
            case _:
                return self.failed(f"broke off the connection ({type(error).__name__})")


def _words(error: Exception) -> str:
    return str(error)[:_MOST_WORDS] or type(error).__name__
