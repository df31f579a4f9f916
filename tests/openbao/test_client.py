"""How the product signs in to OpenBao, and what it takes from it."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.conftest import eventually
from tests.openbao.conftest import RoleOf
from tests.openbao.server import Server
from vault import KeyProviderDenied, KeyProviderFailed, KeyProviderSealed, KeyProviderUnreachable, Secret, WrappedKey
from vault.openbao import OpenBaoKeys
from vault.openbao_client import OpenBao

ROLE = "auth/approle/role/steps-short"


@pytest.fixture
async def short(openbao: Server) -> AsyncIterator[OpenBao]:
    """A client whose tokens end after two seconds."""
    openbao.root("POST", ROLE, {"token_policies": "steps-api", "token_ttl": "2s", "token_max_ttl": "2s"})
    role_id = openbao.root("GET", f"{ROLE}/role-id")["data"]["role_id"]
    secret_id = openbao.root("POST", f"{ROLE}/secret-id")["data"]["secret_id"]
    client = OpenBao(openbao.url, role_id, Secret(secret_id))
    yield client
    await client.close()
    openbao.root("DELETE", ROLE)


def sign_ins(openbao: Server) -> int:
    lines = map(json.loads, (openbao.folder / "audit.log").read_text().splitlines())
    return sum(line["type"] == "response" and line["request"]["path"] == "auth/approle/login" for line in lines)


async def test_a_hundred_calls_at_once_sign_in_once(openbao: Server, role: RoleOf) -> None:
    keys, before = OpenBaoKeys(role("api"), "steps"), sign_ins(openbao)
    wrapped = await asyncio.gather(*(keys.wrap(b"data key", b"context") for _ in range(100)))
    assert {item.key_id.rpartition("/")[0] for item in wrapped} == {"openbao/steps"}
    assert sign_ins(openbao) == before + 1


async def test_a_token_is_replaced_before_it_ends(openbao: Server, short: OpenBao) -> None:
    keys, before = OpenBaoKeys(short, "steps"), sign_ins(openbao)

    async def over() -> bool:
        await asyncio.gather(*(keys.wrap(b"data key", b"context") for _ in range(5)))
        return sign_ins(openbao) >= before + 3

    await eventually(over)


async def test_a_withdrawn_token_is_replaced(openbao: Server, role: RoleOf) -> None:
    client = role("api")
    keys = OpenBaoKeys(client, "steps")
    await keys.wrap(b"data key", b"context")
    withdraw_tokens(openbao)
    await eventually(lambda: keys.wrap(b"data key", b"context"))


async def test_a_withdrawn_secret_id_is_good_for_no_longer_than_its_token(openbao: Server, short: OpenBao) -> None:
    keys = OpenBaoKeys(short, "steps")
    await keys.wrap(b"data key", b"context")
    [accessor] = openbao.root("LIST", f"{ROLE}/secret-id")["data"]["keys"]
    openbao.root("POST", f"{ROLE}/secret-id-accessor/destroy", {"secret_id_accessor": accessor})

    async def refused() -> bool:
        try:
            await keys.wrap(b"data key", b"context")
        except KeyProviderDenied as error:
            return "refuses the role id or the secret id" in str(error)
        return False

    await eventually(refused)


async def test_an_operation_that_is_denied_signs_in_once_a_second_at_most(openbao: Server, role: RoleOf) -> None:
    keys, before = OpenBaoKeys(role("worker"), "steps"), sign_ins(openbao)
    for _ in range(20):
        with pytest.raises(KeyProviderDenied):
            await keys.wrap(b"data key", b"context")
    assert sign_ins(openbao) <= before + 3


async def test_who_gives_up_waiting_does_not_end_the_sign_in_of_others(role: RoleOf) -> None:
    keys = OpenBaoKeys(role("api"), "steps")
    first = asyncio.create_task(keys.wrap(b"data key", b"context"))
    second = asyncio.create_task(keys.wrap(b"data key", b"context"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).key_id.startswith("openbao/steps/")


async def test_no_token_secret_id_or_data_key_is_logged_or_told(
    openbao: Server, role: RoleOf, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        client = role("api")
        keys, wrong = OpenBaoKeys(client, "steps"), OpenBaoKeys(role("api", "canary-of-a-secret-id"), "steps")
        await keys.wrap(b"canary-data-key", b"context")
        for call in (wrong.wrap(b"canary", b""), keys.unwrap(WrappedKey("openbao/steps/v1", b"x" * 60), b"c")):
            with pytest.raises(KeyProviderFailed) as refusal:
                await call
            told += [str(refusal.value), repr(refusal.value), repr(refusal.value.__context__)]
    token = client._token  # pyright: ignore[reportPrivateUsage]  # what it tests
    assert token
    told += [record.getMessage() for record in caplog.records] + [repr(client.__dict__), repr(token)]
    said = "\n".join(told) + openbao.log
    for hidden in (token.text.reveal(), openbao.secret_id("api"), "canary", "Y2FuYXJ5"):
        assert hidden not in said


@asynccontextmanager
async def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """Answer every request with the same bytes."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def http(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (http("307 Temporary Redirect", b"", "Location: http://127.0.0.1:9/v1/x"), KeyProviderUnreachable, "307"),
        (http("500 Internal Server Error", b'{"errors": ["canary"]}'), KeyProviderUnreachable, "500"),
        (http("503 Service Unavailable", b"<html>maintenance"), KeyProviderUnreachable, "503"),
        (http("429 Too Many Requests"), KeyProviderUnreachable, "429"),
        (http("200 OK", b"not JSON"), KeyProviderUnreachable, "200"),
        (http("200 OK", b"{}"), KeyProviderFailed, "without a token"),
        (http("200 OK", b" " * 3_000_000), KeyProviderFailed, "more than any"),
        (http("200 OK", b"{}", "Content-Encoding: gzip"), KeyProviderFailed, "compressed"),
        (b"canary\r\n\r\n", KeyProviderUnreachable, "RemoteProtocolError"),
        (b"", KeyProviderUnreachable, "RemoteProtocolError"),
    ],
    ids=["redirect", "500", "proxy", "429", "no-json", "empty", "huge", "gzip", "no-http", "hang-up"],
)
async def test_what_is_no_answer_of_openbao_is_not_taken_for_one(answer: bytes, error: type[Any], says: str) -> None:
    async with answering(answer) as (url, _):
        client = OpenBao(url, "role", Secret("canary-secret"))
        with pytest.raises(error, match=says) as refusal:
            await OpenBaoKeys(client, "steps").wrap(b"data key", b"context")
        assert "canary" not in str(refusal.value)
        assert refusal.value.retryable
        await client.close()


async def test_no_proxy_of_the_environment_sees_the_secret_id(openbao: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(http("200 OK")) as (proxy, asked):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        client = openbao.role("api")
        await OpenBaoKeys(client, "steps").wrap(b"data key", b"context")
        await client.close()
        assert asked == []


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate for this machine, and a server's context with it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(public, private)
    return public, tls


async def test_https_is_taken_from_whom_the_ca_file_names_alone(tmp_path: Path) -> None:
    right, tls = certificate(tmp_path, "right")
    other, _ = certificate(tmp_path, "other")
    async with answering(http("503 Service Unavailable", b'{"errors": ["Vault is sealed"]}'), tls) as (url, asked):
        for ca_file, error in (
            (other, KeyProviderUnreachable),
            (None, KeyProviderUnreachable),
            (right, KeyProviderSealed),
        ):
            client = OpenBao(url, "role", Secret("canary-secret"), ca_file=ca_file)
            with pytest.raises(error):
                await client.ask("transit/encrypt/steps", {})
            await client.close()
            assert len(asked) == (ca_file == right)


async def test_a_ca_file_that_there_is_not_is_told(tmp_path: Path) -> None:
    client = OpenBao("https://127.0.0.1:9", "role", Secret("x"), ca_file=tmp_path / "none.pem")
    with pytest.raises(KeyProviderUnreachable, match="CA file"):
        await client.ask("transit/encrypt/steps", {})


def withdraw_tokens(openbao: Server) -> None:
    """Withdraw every token that came from a sign-in."""
    openbao.root("POST", "sys/leases/revoke-prefix/auth/approle/login")
