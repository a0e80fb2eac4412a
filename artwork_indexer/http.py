"""Polite HTTP: one session for the process, one :class:`Service` for each outside service.

A service has a rate limit, a limit of requests at a time, a size limit for answers and a
gate that stays shut while the service has to be left alone. Nothing but errors of
:mod:`artwork_indexer.errors` leaves this module.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.http import SERVER_SOFTWARE
from aiolimiter import AsyncLimiter
from yarl import URL

from artwork_indexer import __version__
from artwork_indexer.errors import EventError, Outage, PermanentError, ServicePaused, TransientError
from artwork_indexer.gate import Gate
from artwork_indexer.http_outcomes import Answer, Request, classify, classify_failure
from artwork_indexer.precedence import Line
from artwork_indexer.redirects import MOST_HOPS, Redirects

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
"""Longest silence while an answer is awaited or read."""
TOTAL_SECONDS: Final = 120.0
"""Longest time for one request, however busily its answer trickles in."""
MEBIBYTE: Final = 1024 * 1024
ERROR_BODY_BYTES: Final = 16 * 1024
"""How much of an error's body is read."""

Observer = Callable[[str, str, str, float], None]
"""Called with service, method, status or name of the error, and seconds."""

NO_HEADERS: Final[Mapping[str, str]] = {}

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def user_agent(contact: str) -> str:
    """The agent under which MusicBrainz and the Internet Archive know this program."""
    parts = [SERVER_SOFTWARE, f"version {__version__}", " ".join(contact.split())]
    return f"metabrainz/artwork-indexer ({'; '.join(filter(None, parts))})"


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``limit`` is how many bytes a good answer may have, 0 to read none.

    ``is_elsewhere``: a redirect led to another path.
    """

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes | None
    limit: int
    is_redirected: bool = False
    is_elsewhere: bool = False


class HttpClient:
    """The session of the process: connections, time limits, user agent; no cookies.

    There are no retries but aiohttp's own: a request that is safe to repeat is sent once more
    when the kept connection it was written to turns out to be closed.
    """

    def __init__(
        self,
        user_agent: str,
        *,
        observer: Observer | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._headers = {"User-Agent": user_agent}
        self._timeout = aiohttp.ClientTimeout(
            total=total_seconds, connect=connect_seconds, sock_read=read_seconds
        )
        self._session: aiohttp.ClientSession | None = None
        self.observer = observer

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            skip_auto_headers=("Content-Type",),
            timeout=self._timeout,
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def exchange(self, call: Call) -> Answer:
        """One request, redirects not followed.

        Raises:
            TransientError: a good answer is larger than the limit.
            aiohttp.ClientError, OSError: there was no complete answer.
        """
        if self._session is None:
            raise RuntimeError("the HTTP client is not open")
        async with self._session.request(
            call.method, call.url, headers=call.headers, data=call.body, allow_redirects=False
        ) as response:
            good = 200 <= response.status < 300
            limit = call.limit if good else ERROR_BODY_BYTES
            content = await _read(response, limit)
            if len(content) > limit:
                if good:
                    raise TransientError(
                        f"The answer to {call.method} {public(call.url)} is larger than "
                        f"{limit} bytes."
                    )
                content = content[:limit]
            return Answer(response.status, response.headers, content)


class Service:
    """One outside service; several objects may share the gate of one machine park.

    ``rate`` is in requests a second, None for no limit. ``pause_seconds`` is how long the
    service rests when it does not say so itself. Without ``redirects`` none is followed.
    """

    def __init__(
        self,
        client: HttpClient,
        gate: Gate,
        *,
        rate: float | None = None,
        concurrency: int | None = None,
        pause_seconds: float = 60.0,
        redirects: Redirects | None = None,
    ) -> None:
        self.name = gate.service
        self._client = client
        self._gate = gate
        self._limiter = None if rate is None else AsyncLimiter(1, 1 / rate)
        self._slots = None if concurrency is None else asyncio.Semaphore(concurrency)
        self._line_for_rate = Line()
        self._line_for_slot = Line()
        self._pause_seconds = pause_seconds
        self._redirects = redirects

    def is_resting(self) -> bool:
        """Whether requests would be refused now, because the service has to be left alone."""
        try:
            self._gate.check()
        except ServicePaused:
            return True
        return False

    async def request(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes | None = None,
        keys_service: str | None = None,
        accept: frozenset[int] = frozenset(),
        limit: int = MEBIBYTE,
    ) -> Answer:
        """The answer to a request; redirects keep method, headers and body.

        ``keys_service`` names the key pair in the header ``authorization``. ``accept`` are
        statuses outside 2xx that the caller wants to see; they count for the path that was
        asked for only, because another page says nothing about this one. ``limit`` is how many
        bytes a good answer may have; with 0 its body is not read.

        Raises:
            EventError: the class says what is to be done, see :mod:`artwork_indexer.errors`.
        """
        call = Call(method, url, headers, body, limit)
        for _ in range(MOST_HOPS + 1):
            async with self._turn():
                answer = await self._pass_gate(call, keys_service, accept)
            if self._redirects is None or not self._redirects.is_redirect(answer):
                return answer
            target = self._redirects.target(call.url, answer)
            is_elsewhere = call.is_elsewhere or target.path != call.url.path
            call = replace(call, url=target, is_redirected=True, is_elsewhere=is_elsewhere)
        raise PermanentError(f"{method} {public(url)} was redirected more than {MOST_HOPS} times.")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for the limits; events go first. The rate comes first: whoever waits for it
        must not keep others from a slot."""
        if self._limiter is not None:
            self._gate.check()
            await self._line_for_rate.wait(self._limiter.acquire)
        if self._slots is None:
            yield
            return
        await self._line_for_slot.wait(self._slots.acquire)
        try:
            yield
        finally:
            self._slots.release()

    async def _pass_gate(
        self, call: Call, keys_service: str | None, accept: frozenset[int]
    ) -> Answer:
        subject = _subject(call.url)
        ticket = await self._gate.enter(subject)
        try:
            answer = await self._judged(call, keys_service, accept)
        except EventError as error:
            raise self._gate.failed(ticket, subject, error) from error.__cause__
        except BaseException:
            self._gate.abandoned(ticket)
            raise
        self._gate.succeeded(ticket)
        return answer

    async def _judged(self, call: Call, keys_service: str | None, accept: frozenset[int]) -> Answer:
        try:
            answer = await self._measured(call)
        except (aiohttp.ClientError, OSError) as failure:
            error = classify_failure(self._describe(call, keys_service), failure)
            if call.is_redirected and isinstance(error, Outage):
                # The service itself answered; only the node it named is in trouble.
                error = TransientError(str(error))
            raise error from failure
        status = answer.status
        if 200 <= status < 300 or (status in accept and not call.is_elsewhere):
            return answer
        if self._redirects is not None and self._redirects.is_redirect(answer):
            return answer
        refusal = classify(self._describe(call, keys_service), answer, datetime.now(UTC))
        if refusal is not None:
            raise refusal
        return answer

    async def _measured(self, call: Call) -> Answer:
        observer = self._client.observer
        if observer is None:
            return await self._client.exchange(call)
        started = time.monotonic()
        outcome = "cancelled"
        try:
            answer = await self._client.exchange(call)
            outcome = str(answer.status)
        except Exception as error:
            outcome = type(error).__name__
            raise
        finally:
            observer(self.name, call.method, outcome, time.monotonic() - started)
        return answer

    def _describe(self, call: Call, keys_service: str | None) -> Request:
        keys = call.headers.get("authorization", "").removeprefix("LOW ")
        return Request(
            service=self.name,
            method=call.method,
            url=public(call.url),
            pause_seconds=self._pause_seconds,
            keys_service=keys_service,
            secrets=(keys, *keys.split(":")),
        )


def public(url: URL) -> str:
    """The URL as it may stand in a message: no query, no user information."""
    return str(url.with_user(None).with_query(None).with_fragment(None))


def _subject(url: URL) -> str:
    """What a request is about: the MBID in its URL, or the URL itself."""
    text = str(url)
    found = _UUID.search(text)
    return text if found is None else found[0]


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, or its beginning: more than ``limit`` bytes if there are more."""
    if limit == 0:
        return b""
    parts: list[bytes] = []
    size = 0
    while size <= limit:
        part = await response.content.readany()
        if not part:
            break
        parts.append(part)
        size += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
