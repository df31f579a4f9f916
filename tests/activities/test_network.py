from __future__ import annotations

from collections.abc import Sequence

import httpcore
import httpx
import pytest

from activities.egress import guarded_transport
from activities.network import GuardedBackend, is_public, resolve
from steps.errors import EgressDenied
from tests.activities.conftest import World
from tests.activities.servers import reply, serving

NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.1.2.3",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "ff0e::1",
    "localhost", "example.com", "127.1", "2130706433",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]

HOSTILE = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://2130706433:{port}/",
    "http://017700000001:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001::1]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/machine",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://172.16.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "https://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11:{port}/",
    "http://127\u30020\u30020\u30021:{port}/",
    "http://8.8.8.8@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@8.8.8.8/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127.0.0.1%00.example.com:{port}/",
    "http://%6c%6f%63%61%6c%68%6f%73%74:{port}/",
    "http://127.0.0.1%2f@8.8.8.8:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[fec0::1]:{port}/",
    "http://[ff02::1]:{port}/",
    "http://[2001:db8::1]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/",
    "http://[::ffff:169.254.169.254]/latest/meta-data/",
    "http://[2002:a9fe:a9fe::]/latest/meta-data/",
    "http://[64:ff9b::a9fe:a9fe]/latest/meta-data/",
    "http://0x7f.1:{port}/",
    "http://0177.1:{port}/",
    "http://00000177.0.0.1:{port}/",
    "http://127.0.1:{port}/",
    "http://4294967295:{port}/",
    "http://0xA9FEA9FE/latest/meta-data/",
    "http://\u2460\u2461\u2466.0.0.1:{port}/",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http://192.0.0.192/opc/v2/instance/",
    "http://198.18.0.1/",
    "http://240.0.0.1/",
    "http://8.8.8.8\\@127.0.0.1:{port}/",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "data:text/plain,hello",
    "//127.0.0.1:{port}/",
    "/etc/passwd",
    "http://",
    "http:///path",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


async def test_no_hostile_address_is_reached(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "resolve", resolve)  # the system's own, which reads 127.1 and 0x7f000001
    async with serving(reply()) as server, world.worker() as worker:
        for url in HOSTILE:
            failure = await worker.failure(worker.fetch(url.format(port=server.port), timeout=5))
            # A resolver may know better than to read the odder ones.
            refused = failure.type in ("egress-denied", "request-invalid")
            assert refused or "leads to no address" in failure.message, (url, failure)
        assert server.calls == []


async def test_one_bad_address_refuses_the_whole_answer(world: World) -> None:
    world.addresses["mixed.example"] = ["8.8.8.8", "10.0.0.1"]
    async with world.worker() as worker:
        failure = await worker.failure(worker.fetch("http://mixed.example/"))
    assert failure.type == "egress-denied"
    assert failure.non_retryable
    assert "mixed.example" in failure.message
    assert "10.0.0.1" in failure.message


async def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    connected: list[str] = []

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0)

    async def connect(_self: object, host: str, *_: object) -> httpcore.AsyncNetworkStream:
        connected.append(host)
        return httpcore.AsyncMockStream([])

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    backend = GuardedBackend(resolver=rebinding)
    await backend.connect_tcp("rebinding.example", 443)
    with pytest.raises(EgressDenied):
        await backend.connect_tcp("rebinding.example", 443)
    assert connected == ["8.8.8.8"]


async def test_the_next_address_is_tried_where_one_does_not_answer(world: World) -> None:
    async with (
        serving(reply(body="here")) as server,
        world.worker(egress_private_hosts=f"two.example:{server.port}") as worker,
    ):
        world.addresses["two.example"] = ["127.0.0.2", "127.0.0.1"]
        assert (await worker.fetch(f"http://two.example:{server.port}/")).text == "here"


async def test_an_operator_may_allow_one_address(world: World) -> None:
    async with (
        serving(reply(body="inside")) as server,
        serving(reply()) as other,
        world.worker(egress_private_hosts=f"localhost:1, {server.authority}") as worker,
    ):
        assert (await worker.fetch(server.origin)).text == "inside"
        assert (await worker.failure(worker.fetch(other.origin))).type == "egress-denied"
        assert other.calls == []


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:", ":80", "host:port"])
def test_an_address_to_allow_has_a_port(address: str) -> None:
    with pytest.raises(ValueError, match="STEPS_EGRESS_PRIVATE_HOSTS"):
        GuardedBackend([address])


async def test_a_unix_socket_is_refused() -> None:
    with pytest.raises(EgressDenied):
        await GuardedBackend().connect_unix_socket("/var/run/docker.sock")


async def test_httpx_asks_the_guard_for_every_connection() -> None:
    """Fails when httpx or httpcore keep their network backend elsewhere."""
    assert "_network_backend" in vars(httpx.AsyncHTTPTransport()._pool)  # pyright: ignore[reportPrivateUsage]  # what it tests
    async with (
        serving(reply()) as server,
        httpx.AsyncClient(transport=guarded_transport((), 1)) as client,
    ):
        with pytest.raises(EgressDenied):
            await client.get(server.origin)
        assert server.calls == []


async def test_no_proxy_of_the_environment_is_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(reply(body="proxied")) as proxy, world.worker() as worker:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        world.addresses["shop.example"] = ["10.0.0.1"]
        for scheme in ("http", "https"):
            assert (await worker.failure(worker.fetch(f"{scheme}://shop.example/"))).type == "egress-denied"
        assert proxy.calls == []


async def test_a_name_without_address_is_a_network_failure(world: World) -> None:
    async with world.worker() as worker:
        failure = await worker.failure(worker.fetch("https://nowhere.example/path?key=1"))
    assert failure.type == "fetch-failed"
    assert not failure.non_retryable
    assert failure.message == "nowhere.example could not be reached: the name nowhere.example leads to no address"
