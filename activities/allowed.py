from __future__ import annotations

from collections.abc import Sequence

import httpx

from activities.network import host_and_port
from steps.errors import EgressDenied


class AllowedHosts:
    """Say which hosts a request without a token may go to: every public one, unless the operator lists some.

    `*.example.com` stands for each name below example.com. What the operator has allowed as private is allowed.
    A token or a secret variable has hosts of its own, which it goes to whatever the list says.
    """

    def __init__(self, hosts: Sequence[str], private: Sequence[str]) -> None:
        self._exact = frozenset(host for host in hosts if not host.startswith("*."))
        self._below = tuple(host[1:] for host in hosts if host.startswith("*."))
        self._private = frozenset(host_and_port(address) for address in private)

    def check(self, url: httpx.URL) -> None:
        """Refuse an address whose host is not listed.

        Raises:
            EgressDenied: nothing was sent, and its name was not looked up.
        """
        if not self._exact and not self._below:
            return
        host = url.raw_host.decode("ascii")  # `host` shows an international name decoded
        port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
        if host in self._exact or host.endswith(self._below) or (url.host.lower(), port) in self._private:
            return
        raise EgressDenied(
            f"Nothing was sent to {host}: STEPS_EGRESS_HOSTS does not list it. An operator may add it there."
        )
