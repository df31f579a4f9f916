"""What stands between the vault and its server: it speaks TLS, as the wheel's server does not, and can fall silent."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# https://www.postgresql.org/docs/18/protocol-message-formats.html: the message that asks for TLS
_ASKS_FOR_TLS = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


@dataclass
class Proxy:
    """A way to a server on this machine."""

    target: int
    tls: ssl.SSLContext | None
    port: int = 0
    passes: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing gets through, in either direction, while it is not set; nobody is told."""

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one client and the server say, until either ends."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self.passes.wait()
            if self.tls is not None:
                assert await reader.readexactly(8) == _ASKS_FOR_TLS
                writer.write(b"S")
                await writer.start_tls(self.tls)
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
            ways = [self._pass(reader, there_writer), self._pass(there_reader, writer)]
            await asyncio.wait([asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED)
            there_writer.close()
        writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(65536):
                await self.passes.wait()
                writer.write(said)
                await writer.drain()


@asynccontextmanager
async def proxy(target: int, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Proxy]:
    """Give a way to the server at this port."""
    way = Proxy(target, tls)
    way.passes.set()
    server = await asyncio.start_server(way.join, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        way.passes.set()
        server.close()


def self_signed(folder: Path, name: str) -> Path:
    """Make a key and a certificate for a host, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
