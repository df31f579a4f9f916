"""Ports for the embedded stack."""

from __future__ import annotations

import asyncio
import random
import socket

# Below those that Linux gives to outgoing connections, one of which could take a port before its server does.
_ANY = range(15_000, 32_000)


def choose(preferred: int, taken: set[int]) -> int:
    """Return the preferred port if it is free on this machine, else any free one; never one of `taken`."""
    for port in [preferred] * bool(preferred) + random.sample(_ANY, 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found = int(probe.getsockname()[1])
        if found not in taken:
            taken.add(found)
            return found
    raise OSError("No free port was found on 127.0.0.1.")


async def answers(port: int) -> bool:
    """Tell whether something listens on the port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
