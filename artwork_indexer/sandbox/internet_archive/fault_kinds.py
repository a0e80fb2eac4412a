"""The kinds of faults, each made by a function of its own.

:data:`KINDS` names those that can be ordered over HTTP.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.calls import Call, html_answer, json_answer
from artwork_indexer.sandbox.internet_archive.s3_errors import (
    CANNOT_BE_RETRIEVED,
    DARK,
    SLOW_DOWN,
    SPAM,
    s3_error,
)

Answer = Callable[[], web.StreamResponse]
"""Handles the request as if there were no fault."""

Fault = Callable[[Call, Answer], Awaitable[web.StreamResponse]]

_BLOCK: Final = 64 * 1024
_OF_THE_CONNECTION: Final = frozenset({"content-length", "transfer-encoding", "connection"})


def _instead(make: Callable[[], web.StreamResponse]) -> Fault:
    async def fault(_call: Call, _answer: Answer) -> web.StreamResponse:
        return make()

    return fault


def status(
    status: int,
    body: str = "",
    content_type: str = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Answer with exactly this."""
    return _instead(
        lambda: web.Response(
            status=status, body=body.encode(), content_type=content_type, headers=headers
        )
    )


def slow_down(retry_after: float | str | None = None) -> Fault:
    """Answer 503 SlowDown, with ``Retry-After`` (seconds, or a date as text) if given."""
    return _instead(lambda: s3_error("SlowDown", SLOW_DOWN, retry_after=retry_after))


def spam() -> Fault:
    """Refuse for good: 503 SlowDown that speaks of spam."""
    return _instead(lambda: s3_error("SlowDown", SLOW_DOWN, SPAM))


def too_many(retry_after: float | str | None = None) -> Fault:
    """Answer 429 with a JSON error."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = json.dumps({"success": False, "error": "Too many requests"})
    return status(429, body, "application/json", headers)


def dark() -> Fault:
    """Refuse a write as if the item were dark."""
    return s3_failure("AccessDenied", "Access Denied", DARK)


def wrong_credentials(code: str = "InvalidAccessKeyId") -> Fault:
    """Refuse the keys; ``code`` may also be SignatureDoesNotMatch."""
    return s3_failure(code, "The keys you provided are not valid.")


def item_gone(status: int = 400) -> Fault:
    """Answer a delete on an item that is gone; its real status is not known."""
    return s3_failure("InvalidArgument", "Bad request", CANNOT_BE_RETRIEVED, status)


def s3_failure(code: str, message: str, resource: str = "", status: int | None = None) -> Fault:
    """Answer with an error of the S3-like API."""
    return _instead(lambda: s3_error(code, message, resource, status=status))


def html(status: int = 500, content_type: str = "text/html") -> Fault:
    """Answer with a page of the front end; the real one labels it ``image/jpeg`` at times."""
    return _instead(lambda: html_answer(status, "Internal Server Error", content_type))


def garbage(body: str = '{"metadata": {"identifier": "mbid-', status: int = 200) -> Fault:
    """Answer with JSON that ends too early, or any other text called JSON."""
    return _instead(
        lambda: web.Response(status=status, body=body.encode(), content_type="application/json")
    )


def redirect(location: str, status: int = 307) -> Fault:
    """Send the client elsewhere.

    ``{origin}``, ``{target}``, ``{bucket}`` and ``{key}`` stand for those of the request.
    """

    async def fault(call: Call, _answer: Answer) -> web.StreamResponse:
        bucket, key = call.parts()
        url = location.format(origin=call.origin, target=call.target, bucket=bucket, key=key)
        return web.Response(status=status, headers={"Location": url})

    return fault


def edit_json(changes: dict[str, object]) -> Fault:
    """Answer properly, but with these top-level keys replaced; null removes one."""

    async def fault(_call: Call, answer: Answer) -> web.StreamResponse:
        whole = answer()
        value = json.loads(_unpacked(whole))
        value.update(changes)
        kept = {name: one for name, one in value.items() if one is not None}
        return json_answer(kept, whole.status)

    return fault


def truncated(share: float = 0.5) -> Fault:
    """Send the headers and ``share`` of the body, then close the connection."""

    async def fault(call: Call, answer: Answer) -> web.StreamResponse:
        response, body = _bare(answer())
        response.content_length = len(body)
        await response.prepare(call.request)
        await response.write(body[: int(len(body) * share)])
        _close(call)
        return response

    return fault


def trickle(chunk: int = 16, interval: float = 0.05) -> Fault:
    """Send the proper body ``chunk`` bytes at a time, ``interval`` seconds apart."""

    async def fault(call: Call, answer: Answer) -> web.StreamResponse:
        response, body = _bare(answer())
        response.content_length = len(body)
        await response.prepare(call.request)
        for start in range(0, len(body), chunk):
            await response.write(body[start : start + chunk])
            await asyncio.sleep(interval)
        return response

    return fault


def huge(size: int) -> Fault:
    """Send ``size`` bytes of nothing, labelled JSON."""

    async def fault(call: Call, _answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = size
        await response.prepare(call.request)
        for start in range(0, size, _BLOCK):
            await response.write(b" " * min(_BLOCK, size - start))
        return response

    return fault


def drop(*, applied: bool = False) -> Fault:
    """Break the connection without an answer, after doing the work if ``applied``."""

    async def fault(call: Call, answer: Answer) -> web.StreamResponse:
        response = answer() if applied else web.Response()
        transport = call.request.transport
        if transport is not None:
            transport.abort()
        return response

    return fault


class Hang:
    """Answers nothing until released, then properly."""

    def __init__(self) -> None:
        self._released = asyncio.Event()

    async def __call__(self, _call: Call, answer: Answer) -> web.StreamResponse:
        """Wait, then handle the request."""
        await self._released.wait()
        return answer()

    def release(self) -> None:
        """Let all requests that hang here go on."""
        self._released.set()


def _bare(answer: web.StreamResponse) -> tuple[web.StreamResponse, bytes]:
    """Split an answer into one without a body and the body."""
    headers = {k: v for k, v in answer.headers.items() if k.lower() not in _OF_THE_CONNECTION}
    return web.StreamResponse(status=answer.status, headers=headers), _body(answer)


def _body(answer: web.StreamResponse) -> bytes:
    body = answer.body if isinstance(answer, web.Response) else b""
    return bytes(body) if isinstance(body, bytes | bytearray) else b""


def _unpacked(answer: web.StreamResponse) -> bytes:
    body = _body(answer)
    return gzip.decompress(body) if "Content-Encoding" in answer.headers else body


def _close(call: Call) -> None:
    if call.request.transport is not None:
        call.request.transport.close()


KINDS: Final[dict[str, Callable[..., Fault]]] = {
    "status": status,
    "slow_down": slow_down,
    "spam": spam,
    "too_many": too_many,
    "dark": dark,
    "wrong_credentials": wrong_credentials,
    "item_gone": item_gone,
    "s3_failure": s3_failure,
    "html": html,
    "garbage": garbage,
    "redirect": redirect,
    "edit_json": edit_json,
    "truncated": truncated,
    "trickle": trickle,
    "huge": huge,
    "drop": drop,
    "hang": Hang,
}
