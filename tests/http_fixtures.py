"""A scripted HTTP server that keeps a journal; ``http_plugin`` has the fixtures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass
class Script:
    """Answers in order; the last one stays. ``journal`` holds what arrived."""

    replies: list[Reply] = field(default_factory=list)
    journal: list[Recorded] = field(default_factory=list)
    url: str = ""

    def then(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        headers = [(key.decode(), value.decode()) for key, value in request.raw_headers]
        body = await request.read()
        self.journal.append(Recorded(request.method, request.raw_path, headers, body))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return await reply(request)


def say(status: int, body: bytes = b"", **headers: str) -> Reply:
    """A plain answer; underscores in header names stand for hyphens."""

    async def reply(_: web.Request) -> web.StreamResponse:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.Response(status=status, body=body, headers=named)

    return reply


async def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection instead of answering."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def truncate(request: web.Request) -> web.StreamResponse:
    """Promise more than is sent."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"only this")
    assert request.transport is not None
    request.transport.close()
    return response
