"""Makes calls over HTTP. The only module that knows httpx and aiohttp."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Final, Self, cast

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from httpx_aiohttp import AiohttpTransport

from playground.engine.errors import CallError
from playground.engine.providers.addresses import url_problem
from playground.engine.providers.answers import AnswerReader
from playground.engine.providers.decoding import Decoder, Undecodable
from playground.engine.providers.faults import Faults
from playground.engine.providers.fitting import fields_of
from playground.engine.providers.requests import UnfitRequest, body_of, headers_of
from playground.engine.providers.sockets import (
    AddressRefused,
    any_socket,
    public_socket,
)
from playground.engine.providers.watch import Watch
from playground.engine.providers.wire import CallRequest, Finished, Piece, Sent

MOST_CONNECTIONS: Final = 400
# Shorter than what servers keep (5 s is common), so that they do not close first.
KEEP_ALIVE_S: Final = 3.0
MOST_ERROR_BYTES: Final = 64 * 1024
ERROR_BODY_S: Final = 10.0
# How long we wait for the end after `[DONE]`, to keep the connection for the next.
LAST_BYTES_S: Final = 0.1

_FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)


class ChatClient:
    """One pooled client for all providers, owned by one event loop."""

    def __init__(self, *, resolver: AbstractResolver | None = None) -> None:
        self._trust = httpx.create_ssl_context()
        self._resolver = resolver
        self._clients: dict[tuple[bool, bool], httpx.AsyncClient] = {}
        # Waiting for a connection must not count as a provider's slowness.
        self._room = asyncio.Semaphore(MOST_CONNECTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()

    async def stream(self, call: CallRequest) -> AsyncIterator[Sent | Piece | Finished]:
        """`Sent`, the pieces of an answer, its end; CallError when it is not a good one.

        Closing the iterator closes the connection at once.
        """
        faults = Faults(call.endpoint, fields_of(call))
        request = self._request(call, faults)
        async with self._room:
            yield Sent()
            exchange = _Exchange(call, faults)
            try:
                await exchange.open(self._client_of(call), request)
                reader = exchange.reader
                while not reader.over and (data := await exchange.read()):
                    if piece := reader.feed(data):
                        yield piece
                        exchange.watch.content()
                    if reader.complete:
                        exchange.watch.complete()
                if piece := reader.end():
                    yield piece
                finished = reader.finished()
                await exchange.drain()
                yield finished
            finally:
                await exchange.close()

    def _client_of(self, call: CallRequest) -> httpx.AsyncClient:
        """Addresses are checked and connections kept by pool: one for each manner."""
        manner = (call.endpoint.local, call.endpoint.keep_alive)
        if manner not in self._clients:
            connector = partial(
                aiohttp.TCPConnector,
                ssl=self._trust,
                limit=MOST_CONNECTIONS,
                resolver=self._resolver,
                socket_factory=any_socket if call.endpoint.local else public_socket,
                # Not every server that is asked to close says that it does.
                force_close=not call.endpoint.keep_alive,
                keepalive_timeout=KEEP_ALIVE_S if call.endpoint.keep_alive else None,
            )
            self._clients[manner] = _client(self._trust, connector)
        return self._clients[manner]

    def _request(self, call: CallRequest, faults: Faults) -> httpx.Request:
        endpoint = call.endpoint
        if why := url_problem(endpoint.base_url):
            raise faults.unfit("has a base URL that cannot be used", why)
        if not _sendable(endpoint.key or ""):
            raise faults.unusable_key()
        limit = call.timeouts.connect
        try:
            return self._client_of(call).build_request(
                "POST",
                f"{endpoint.base_url.rstrip('/')}/chat/completions",
                content=body_of(faults.sent),
                headers=headers_of(endpoint),
                timeout=httpx.Timeout(None, connect=limit, pool=limit),
            )
        except UnfitRequest:
            why = "its parameters cannot be written as JSON"
        except (httpx.InvalidURL, UnicodeError):
            why = "its base URL is no URL"
        raise faults.unfit("cannot be sent this request", why)


class _Exchange:
    """One request and its response, with every failure turned into a CallError."""

    def __init__(self, call: CallRequest, faults: Faults) -> None:
        self._call = call
        self._faults = faults
        self.watch = Watch(call.timeouts, faults, self._cut)
        self._response: httpx.Response | None = None
        self._cutting: asyncio.Task[None] | None = None

    async def open(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        """Send the request and wait for a good status."""
        failure: CallError
        try:
            sending = client.send(request, stream=True, follow_redirects=False)
            self._response = response = await self.watch.wait(sending)
        except _FAILURES as error:
            failure = self._failure(error)
        else:
            await self._accept(response)
            return
        # Outside of the handler: the error must not carry the request as its context.
        raise failure

    async def _accept(self, response: httpx.Response) -> None:
        # As it comes: `aiter_raw` would look at each read once more.
        self._bytes = aiter(cast("httpx.AsyncByteStream", response.stream))
        packed = response.headers.get("content-encoding", "")
        try:
            self._decoder = Decoder(packed)
        except Undecodable:
            raise self._faults.garbled("compressed its answer", packed) from None
        if not response.is_success:
            raise await self._refused(response)
        self.reader = AnswerReader(self._faults, response.headers)

    async def read(self) -> bytes:
        """What one network read brought; empty at the end."""
        failure: CallError
        data = b""
        self.watch.reading = True
        try:
            # A packed read may hold no whole byte of the plain text yet: read on.
            while not data and (raw := await anext(self._bytes, b"")):
                data = self._decoder.feed(raw)
        except Undecodable as problem:
            failure = self._faults.garbled("compressed its answer", str(problem))
        except _FAILURES as error:
            rang = self.watch.rang
            failure = self.watch.timed_out() if rang else self._failure(error)
        else:
            return data
        finally:
            self.watch.reading = False
        if self.reader.complete:
            return b""
        raise failure

    async def drain(self) -> None:
        """Read up to the end, if it is near, so that the connection can serve again."""
        if not self._call.endpoint.keep_alive:
            return
        with suppress(*_FAILURES, TimeoutError):
            async with asyncio.timeout(LAST_BYTES_S):
                async for _ in self._bytes:
                    pass

    async def close(self) -> None:
        """Stop the clock and let go of the connection."""
        self.watch.close()
        if self._cutting is not None:
            await self._cutting
        await self._let_go()

    def _cut(self) -> None:
        """A limit has passed: what is being read now ends with an error."""
        self._cutting = asyncio.create_task(self._let_go())

    async def _let_go(self) -> None:
        if self._response is not None:
            with suppress(*_FAILURES):
                await self._response.aclose()

    async def _refused(self, response: httpx.Response) -> CallError:
        body = b""
        with suppress(*_FAILURES, TimeoutError, Undecodable):
            async with asyncio.timeout(ERROR_BODY_S):
                async for data in self._bytes:
                    body += self._decoder.feed(data)
                    if len(body) >= MOST_ERROR_BYTES:
                        break
        status = response.status_code
        return self._faults.refused(status, response.headers, body[:MOST_ERROR_BYTES])

    def _failure(self, error: Exception) -> CallError:
        """httpx-aiohttp calls nearly all a ConnectTimeout: what lies below tells."""
        cause = error if isinstance(error, aiohttp.ClientError) else error.__cause__
        match cause:
            case aiohttp.ClientConnectorError():
                return self._unreached(cause)
            case aiohttp.ServerTimeoutError():
                limit = self._call.timeouts.connect
                return self._faults.timed_out("took no connection", limit)
            case aiohttp.ClientPayloadError():
                return self._faults.cut("broke off its answer before the end")
            case aiohttp.ClientConnectionError():
                return self._faults.cut("closed the connection before its answer ended")
            case aiohttp.ClientResponseError():
                return self._faults.garbled("answered with something that is not HTTP")
            case aiohttp.InvalidURL():
                return self._faults.unfit("was not called", "its base URL is no URL")
        return self._faults.connect("no connection came about")

    def _unreached(self, cause: aiohttp.ClientConnectorError) -> CallError:
        match cause:
            case aiohttp.ClientConnectorError(os_error=AddressRefused()):
                why = "its address is not public; only a local provider may be there"
                return self._faults.unfit("was not called", why)
            case aiohttp.ClientConnectorCertificateError(certificate_error=distrust):
                # In OpenSSL's words: self-signed, expired, another host's.
                return self._faults.untrusted(getattr(distrust, "verify_message", ""))
        return self._faults.connect(_unreached(cause))


def _client(
    trust: ssl.SSLContext, connector: Callable[[], aiohttp.TCPConnector]
) -> httpx.AsyncClient:
    """A client that keeps no cookies, follows nothing and obeys no proxy variable."""

    def session() -> aiohttp.ClientSession:
        jar = aiohttp.DummyCookieJar()
        return aiohttp.ClientSession(connector=connector(), cookie_jar=jar)

    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=trust, client=session),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
    )


def _unreached(cause: aiohttp.ClientConnectorError) -> str:
    """Why no connection came about, in words that name no URL."""
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "its name was not found"
    if isinstance(cause, aiohttp.ClientSSLError):
        return "it does not speak TLS as `https` in its base URL says"
    number = cause.os_error.errno
    return os.strerror(number).lower() if number else "the connection failed"


def _sendable(key: str) -> bool:
    """Whether a key can stand in a header, without ending it early."""
    return key.isascii() and key.isprintable()
