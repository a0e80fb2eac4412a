"""One request, read completely, as the parts of the stand-in see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.records import compact


@dataclass
class Call:
    """A request and its body.

    ``target`` is the decoded path, with a bucket in the host name moved into the path.
    """

    request: web.Request
    target: str
    body: bytes

    @property
    def method(self) -> str:
        """HTTP method in upper case."""
        return self.request.method

    @property
    def origin(self) -> str:
        """Scheme and host this request was sent to."""
        return f"{self.request.scheme}://{self.request.host}"

    @property
    def query(self) -> dict[str, str]:
        """Query parameters; of a repeated one the first."""
        return dict(reversed(list(self.request.query.items())))

    @cached_property
    def form(self) -> dict[str, str]:
        """Fields of a form body; of a repeated one the last."""
        fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}

    def flag(self, header: str) -> bool:
        """Whether a header is there and neither empty nor 0."""
        return self.request.headers.get(header, "0") not in {"", "0"}

    def parts(self) -> tuple[str, str]:
        """Split what follows the first part of the target into item (or bucket) and path."""
        _area, _, rest = self.target[1:].partition("/")
        identifier, _, path = rest.partition("/")
        return identifier, path


Handler = Callable[[Call], web.StreamResponse]
"""Answers a call at once; nothing in the stand-in waits but for faults."""


def json_answer(value: object, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    return web.Response(body=compact(value), status=status, content_type="application/json")


def json_body(call: Call) -> dict[str, object] | None:
    """Return the body if it is a JSON object."""
    try:
        value = json.loads(call.body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def html_answer(status: int, text: str, content_type: str = "text/html") -> web.Response:
    """Return a static page of the front end."""
    page = f"<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n"
    return web.Response(body=page.encode(), status=status, content_type=content_type)
