"""The Internet Archive's scrape API: names of the items of a collection, page by page.

It names what is in the public index, which items with ``noindex`` are not, and does not
promise to name all of that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from yarl import URL

from artwork_indexer.archive.metadata import integer
from artwork_indexer.errors import PermanentError, TransientError
from artwork_indexer.http import MEBIBYTE, NO_HEADERS, Service
from artwork_indexer.http_outcomes import Answer, is_html, scrub
from artwork_indexer.sentences import ended

SMALLEST_PAGE: Final = 100
LARGEST_PAGE: Final = 10_000
LARGEST_ANSWER: Final = 16 * MEBIBYTE
"""Bytes; a page of 10,000 names of the longest kind has two million."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair. ``service`` is its name in :mod:`artwork_indexer.services`."""

    authorization: str
    service: str

    def __repr__(self) -> str:
        return f"Credentials(service={self.service!r})"

    @property
    def pair(self) -> tuple[str, str]:
        """The access key and the secret key."""
        access, _, secret = self.authorization.removeprefix("LOW ").partition(":")
        return access, secret


@dataclass(frozen=True, slots=True)
class Page:
    """``total`` counts the names from this page on, if told; no ``cursor``: the last page."""

    names: tuple[str, ...]
    total: int | None
    cursor: str | None


class CursorRefused(PermanentError):
    """The service does not take a cursor that it gave."""


class Search:
    """Asks for the items of a collection. ``url`` is that of the scrape API.

    ``count`` is the size of a page. ``scope`` is for accounts that may see more than the
    public index, and of no use without ``credentials``.
    """

    def __init__(
        self,
        service: Service,
        url: str,
        *,
        count: int = LARGEST_PAGE,
        scope: str | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self._service = service
        self._url = URL(url).update_query(
            {"fields": "identifier", "sorts": "identifier", "count": str(count)}
            | ({} if scope is None else {"scope": scope})
        )
        self._credentials = credentials

    async def page(self, collection: str, cursor: str | None = None) -> Page:
        """The first names of a collection, or those that follow.

        Raises:
            CursorRefused: it is not known any more; the search has to begin again.
            EventError: as :func:`parse_page` and :meth:`artwork_indexer.http.Service.request`.
        """
        query = {"q": f"collection:{collection}"} | ({} if cursor is None else {"cursor": cursor})
        keys = self._credentials
        answer = await self._service.request(
            "GET",
            self._url.update_query(query),
            headers=NO_HEADERS if keys is None else {"authorization": keys.authorization},
            keys_service=None if keys is None else keys.service,
            accept=frozenset({400}),
            limit=LARGEST_ANSWER,
        )
        secrets = () if keys is None else keys.pair
        if answer.status != 400:
            return parse_page(answer, secrets)
        if is_html(answer):
            raise TransientError("The search answers with a web page instead of JSON.", status=400)
        error = PermanentError if cursor is None else CursorRefused
        raise error(f"The search refuses the request: {reason(answer, secrets)}", status=400)


def parse_page(answer: Answer, secrets: tuple[str, ...] = ()) -> Page:
    """The meaning of an answer with a good status; no message will hold the ``secrets``.

    Raises:
        TransientError: it is no page of names; try again later.
    """
    document = parse_object("The search", answer, secrets)
    items = document.get("items")
    if not isinstance(items, list):
        raise TransientError("The answer of the search cannot be used: it has no items.")
    if integer(document.get("count")) not in {None, len(items)}:
        raise TransientError("The answer of the search cannot be used: items are missing in it.")
    cursor = document.get("cursor")
    return Page(
        names=tuple(name_of(item) for item in items),
        total=integer(document.get("total")),
        cursor=str(cursor) if cursor else None,
    )


def parse_object(who: str, answer: Answer, secrets: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON object of an answer that reports no error.

    Raises:
        TransientError: it is a web page, no JSON, or an error with a good status.
    """
    if is_html(answer) and not answer.body.lstrip().startswith(b"{"):
        raise TransientError(f"{who} answers with a web page instead of JSON.")
    try:
        document = json.loads(answer.body.decode())
    except (ValueError, RecursionError):
        raise TransientError(f"{who} answers with something that is not JSON.") from None
    if not isinstance(document, dict):
        raise TransientError(f"{who} answers with something that is not a JSON object.")
    if document.get("error"):
        raise TransientError(f"{who} reports: {scrub(str(document['error']), secrets)}")
    return document


def name_of(entry: object) -> str:
    """The identifier in an entry, or that is one; of an entry without one, itself as text."""
    name = entry.get("identifier") if isinstance(entry, dict) else entry
    return name if isinstance(name, str) else json.dumps(entry)


def reason(answer: Answer, secrets: tuple[str, ...]) -> str:
    """Why a request was refused, as a sentence without the ``secrets``."""
    try:
        document = json.loads(answer.body.decode())
        text = str(document["error"])
    except (ValueError, RecursionError, TypeError, KeyError):
        text = answer.body.decode("utf-8", "replace")
    return ended(scrub(text, secrets) or "no reason given")
