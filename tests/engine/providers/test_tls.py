"""Providers behind TLS that is not to be trusted, over TCP."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from playground.engine.errors import ConnectFailed, RequestRefused
from tests.engine.providers.conftest import KEY, Caller


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stub")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "stub.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class Listener:
    """A server that keeps what it was sent."""

    def __init__(self) -> None:
        self.heard = b""
        self.port = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.heard += await reader.read(65_536)
        writer.close()


@pytest.fixture
async def listener(tmp_path: Path) -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(
        listener.serve, "127.0.0.1", 0, ssl=self_signed(tmp_path)
    )
    listener.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listener


async def test_untrusted_certificate_is_said_and_not_tried_again(
    call: Caller, listener: Listener
) -> None:
    told = await call("m-1", base_url=f"https://127.0.0.1:{listener.port}/v1")
    assert isinstance(told.error, RequestRefused)
    assert not told.error.retryable
    assert told.error.message == (
        "stub was not called, its TLS certificate is not trusted: self-signed "
        "certificate. Check the base URL of provider stub, or name a file with the "
        "certificates that the worker shall trust in SSL_CERT_FILE."
    )
    assert KEY.encode() not in listener.heard


async def test_server_without_tls_behind_https_is_said(call: Caller) -> None:
    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        told = await call("m-1", base_url=f"https://127.0.0.1:{port}/v1")
    assert isinstance(told.error, ConnectFailed)
    assert "it does not speak TLS" in told.error.message


async def test_certificate_of_the_named_file_is_trusted(
    call: Caller,
    listener: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "stub.pem"))
    trusting = Caller(type(call.client)(), call.stub)
    async with trusting.client:
        await trusting("m-1", base_url=f"https://127.0.0.1:{listener.port}/v1")
    assert KEY.encode() in listener.heard
