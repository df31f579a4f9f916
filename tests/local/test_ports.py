from __future__ import annotations

import socket
from pathlib import Path

from local.ports import answers, choose


def test_a_free_port_is_taken_as_wished():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    assert choose(port, set()) == port


def test_a_taken_port_gives_another_one():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = int(holder.getsockname()[1])
        assert choose(port, set()) != port


def test_any_free_port_is_none_that_an_outgoing_connection_may_take():
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="utf-8").split()[0])
    assert choose(0, set()) < min(lowest, 32_768)


def test_no_port_is_given_twice():
    taken: set[int] = set()
    first = choose(0, taken)
    assert choose(first, taken) != first
    assert len(taken) == 2


async def test_a_port_answers_when_somebody_listens():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = int(holder.getsockname()[1])
        assert not await answers(port)
        holder.listen()
        assert await answers(port)
