from __future__ import annotations

import base64

from api.problems import CursorInvalid
from vault.signing import Signer

_PURPOSE = "cursor"


class Cursors:
    """Give Temporal's page tokens out and take them back, signed with the list that they belong to.

    Temporal answers a token that it did not make as if it were out of order itself, and its client retries that.
    """

    def __init__(self, signer: Signer, query: str) -> None:
        self._signer = signer
        self._query = query

    def write(self, token: bytes) -> str:
        """Return the cursor for a token."""
        text = base64.urlsafe_b64encode(token).decode("ascii")
        return f"{text}.{self._signer.sign(_PURPOSE, self._signed(text))}"

    def read(self, cursor: str) -> bytes:
        """Return the token of a cursor.

        Raises:
            CursorInvalid: it was not given out here, or for a list with other filters.
        """
        text, _, signature = cursor.partition(".")
        if not self._signer.matches(_PURPOSE, self._signed(text), signature):
            raise CursorInvalid(
                "Send the `next_cursor` of the page before as it is, with the same filters, or none to begin again."
            )
        return base64.urlsafe_b64decode(text)

    def _signed(self, text: str) -> str:
        return f"{text}.{self._query}"
