from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Hidden(Protocol):
    """A text that is shown by this call alone."""

    def get_secret_value(self) -> str:
        """Return the text."""
        ...


class KeySettings(Protocol):
    """What the settings of the product say of the key provider; the vault does not know them otherwise."""

    @property
    def key_provider(self) -> str:
        """Either `local` or `openbao`."""
        ...

    @property
    def openbao_url(self) -> str | None:
        """The address of OpenBao."""
        ...

    @property
    def openbao_role_id(self) -> str | None:
        """The id of this process's AppRole."""
        ...

    @property
    def openbao_secret_id(self) -> Hidden | None:
        """Its secret id."""
        ...

    @property
    def openbao_key(self) -> str:
        """The name of the key."""
        ...

    @property
    def openbao_ca_file(self) -> Path | None:
        """The CA certificates of OpenBao, where they are not the machine's own."""
        ...
