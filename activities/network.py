from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import cast

import httpcore

from steps.errors import EgressDenied

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_MOST_ADDRESSES = 4  # tried one after the other; each gets its share of the time

_GLOBAL_UNICAST = IPv6Network(
    "2000::/3"
)  # the rest of IPv6 is private, link-local, mapped, NAT64, multicast or unassigned
_REFUSED = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers and clouds; some keep their metadata here
        "168.63.129.16/32",  # public by number, and the host of an Azure machine
        "192.0.0.0/24",  # some of it is global to some versions of Python
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo, ORCHID and benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4 holds any IPv4 address, 127.0.0.1 too
        "3fff::/20",
    )
)


def is_public(address: str) -> bool:
    """Tell whether an address is one of the internet's, and of nothing nearer."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if any(number.version == network.version and number in network for network in _REFUSED):
        return False
    return _is_global(number)


def _is_global(number: IPv4Address | IPv6Address) -> bool:
    if isinstance(number, IPv6Address) and (number not in _GLOBAL_UNICAST or number.scope_id is not None):
        return False
    return number.is_global and not (number.is_multicast or number.is_reserved)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, as the system knows them; raises OSError when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connect to public addresses only, and to the very address that was checked.

    A name that leads to several addresses is refused as a whole when one of them is refused. `private` are the
    `host:port` addresses that an operator trusts.
    """

    def __init__(self, private: Iterable[str] = (), resolver: Resolver = resolve) -> None:
        self._private = frozenset(host_and_port(address) for address in private)
        self._resolve = resolver
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, and connect to a checked address."""
        addresses = (await self._checked(host, port))[:_MOST_ADDRESSES]
        share = None if timeout is None else timeout / len(addresses)
        options = None if socket_options is None else list(socket_options)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: nothing outside is reached through a file."""
        raise EgressDenied("A request cannot go to a unix socket.")

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore asks for it between its own attempts."""
        await self._inner.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"the name {host} leads to no address") from None
        if not addresses:
            raise httpcore.ConnectError(f"the name {host} leads to no address")
        if (host.lower(), port) not in self._private:
            for address in addresses:
                if not is_public(address):
                    raise EgressDenied(
                        f"Nothing was sent to {host}:{port}: it leads to {address}, which is not a public address. "
                        f"An operator may allow it with STEPS_EGRESS_PRIVATE_HOSTS={host}:{port}."
                    )
        return addresses


def host_and_port(address: str) -> tuple[str, int]:
    """Return the parts of a `host:port` that the operator has allowed."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"STEPS_EGRESS_PRIVATE_HOSTS holds {address!r}, which is not a host:port")
    return host.strip("[]").lower(), int(port)
