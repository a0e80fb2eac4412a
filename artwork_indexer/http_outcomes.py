"""What an HTTP answer, or the lack of one, means for an event. Pure: no I/O, no clock.

The Internet Archive says different things under one status, so the body is read: a 503 can
be overload or a verdict of spam, a 403 can be about our keys, about one item, or an HTML
page of a front end in trouble.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    Outage,
    Overloaded,
    PermanentError,
    TransientError,
)

LONGEST_RETRY_AFTER: Final = 3600.0
"""Seconds; a longer wish is cut, because the next answer can repeat it."""
REFUSED_KEYS_SECONDS: Final = 900.0
"""How long an archive rests after its keys were refused."""
EXCERPT_CHARACTERS: Final = 500
SHORTEST_SECRET: Final = 4
"""Characters; hiding anything shorter would only make the text unreadable."""

_HTML: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?"
    rb"<(?:!doctype\s+html|html|head|body|title|center|h1)\b",
    re.IGNORECASE | re.DOTALL,
)
_CODE: Final = re.compile(rb"<Code>\s*(\w{1,100})\s*</Code>")
_RESOURCE: Final = re.compile(rb"<Resource>(.{0,1000}?)</Resource>", re.DOTALL)
_ITEM: Final = re.compile(rb"\bitem\b|\bmbid-", re.IGNORECASE)
_KEY_CODES: Final = frozenset({b"InvalidAccessKeyId", b"SignatureDoesNotMatch"})
_ABOUT_ONE_ITEM: Final = re.compile(rb"taken offline|sufficient privileges\b.{0,30}\bthis item")
_SPAM: Final = b"appears to be spam"
_NOTHING_TO_DELETE: Final = b"FATAL ERROR: The item you are trying to edit cannot be retrieved."
_SECRET: Final = re.compile(
    r"(?i)\bLOW\s+\S+:\S+"
    r"|(?:access|secret|signature|password)[\w-]*[\"']?\s*[=:]\s*[\"']?[^\s\"'&<>,;]+"
    r"|(?<=<AWSAccessKeyId>)[^<]*|(?<=<SignatureProvided>)[^<]*|(?<=<StringToSign>)[^<]*"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What the judgement of an answer, and its error message, may know of the request.

    ``url`` has no query and no user information; ``secrets`` are strings that no message
    may contain; ``keys_service`` names the key pair that was sent, if one was.
    """

    service: str
    method: str
    url: str
    pause_seconds: float
    keys_service: str | None = None
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; the body of an error may be cut at the size limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def classify(request: Request, answer: Answer, now: datetime) -> EventError | None:
    """The error that an answer stands for, or None if the request did what it should.

    Sources: the Internet Archive's documentation of its S3-like API, and error texts
    reported in ``jjjake/internetarchive`` and ``metabrainz/CAA-indexer``.
    """
    status = answer.status
    if 200 <= status < 300 or _nothing_to_delete(request, answer):
        return None
    message = _message(request, answer)
    if status in {429, 503}:
        return _too_many_requests(request, answer, message, now)
    if status >= 500 or status in {408, 425} or is_html(answer):
        return TransientError(message, status=status)
    refused = _refused_keys(request, answer)
    if refused is not None:
        return CredentialsRefused(
            message, service=refused, seconds=REFUSED_KEYS_SECONDS, status=status
        )
    return PermanentError(message, status=status)


def classify_failure(request: Request, failure: Exception) -> EventError:
    """The error that a missing or broken answer stands for.

    No connection means that nothing was asked of the service, hence an outage that uses no
    attempt; a connection that breaks later may have done its work already.
    """
    what = f"{request.method} {request.url}"
    kind = _failure_text(failure)
    if isinstance(failure, aiohttp.InvalidURL):
        return PermanentError(f"{what}: this is not a proper URL; check the configuration.")
    if isinstance(failure, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
        return Outage(
            f"Cannot connect for {what}: {kind}.",
            service=request.service,
            seconds=request.pause_seconds,
        )
    return TransientError(f"No complete answer to {what}: {kind}.")


def is_html(answer: Answer) -> bool:
    """Whether the body is a web page; content types lie, so the body decides if it can."""
    if _HTML.match(answer.body):
        return True
    if answer.body.lstrip().startswith((b"<?xml", b"<Error")):
        return False
    return "text/html" in answer.headers.get("Content-Type", "")


def retry_after(headers: Mapping[str, str], now: datetime, default: float) -> float:
    """Seconds that ``Retry-After`` asks for, as a number or a date, between 1 s and 1 h."""
    value = headers.get("Retry-After", "").strip()
    if not value.isascii():
        return default
    if value.isdigit():
        return min(max(float(value[:9]), 1.0), LONGEST_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return default
    seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)


def scrub(text: str, secrets: tuple[str, ...] = ()) -> str:
    """One line of at most 500 printable characters, with everything like a key taken out."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "[hidden]")
    text = _SECRET.sub("[hidden]", text)
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(text) <= EXCERPT_CHARACTERS:
        return text
    return text[: EXCERPT_CHARACTERS - 1] + "…"


def _message(request: Request, answer: Answer) -> str:
    head = f"HTTP {answer.status} for {request.method} {request.url}"
    excerpt = scrub(answer.body.decode("utf-8", "replace"), request.secrets)
    return f"{head}: {excerpt}" if excerpt else head


def _too_many_requests(request: Request, answer: Answer, message: str, now: datetime) -> EventError:
    if answer.status == 503 and _SPAM in answer.body:
        return PermanentError(message, status=503)
    seconds = retry_after(answer.headers, now, request.pause_seconds)
    return Overloaded(message, service=request.service, seconds=seconds, status=answer.status)


def _nothing_to_delete(request: Request, answer: Answer) -> bool:
    if request.method != "DELETE":
        return False
    absent = answer.status == 404 and not is_html(answer)
    return absent or _NOTHING_TO_DELETE in answer.body


def _refused_keys(request: Request, answer: Answer) -> str | None:
    """The key pair that the service does not accept, if that is what it says."""
    code = _CODE.search(answer.body)
    named = code is not None and code[1] in _KEY_CODES
    by_status = answer.status in {401, 403} and not _about_one_item(answer.body)
    return request.keys_service if named or by_status else None


def _about_one_item(body: bytes) -> bool:
    if _ABOUT_ONE_ITEM.search(body):
        return True
    code, resource = _CODE.search(body), _RESOURCE.search(body)
    return (
        code is not None
        and code[1] == b"AccessDenied"
        and resource is not None
        and _ITEM.search(resource[1]) is not None
    )


def _failure_text(failure: Exception) -> str:
    """The kind of a failure without its own text, which may hold a URL."""
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return "the host name is unknown"
    if isinstance(failure, TimeoutError):
        return "time limit"
    if isinstance(failure, OSError) and failure.strerror:
        return f"{type(failure).__name__}, {scrub(failure.strerror)}"
    return type(failure).__name__
