"""Finding items: scrape search, advanced search, and the change feed."""

from __future__ import annotations

import base64
import time
from bisect import bisect_right
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.accounts import KeyRefused
from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.calls import Call, json_answer
from artwork_indexer.sandbox.internet_archive.item import Item

_SMALLEST_PAGE: Final = 100
_LARGEST_PAGE: Final = 10_000
_DEEPEST: Final = 10_000


class _BadRequest(ValueError):
    """The parameters cannot be served."""


class Searching:
    """Answers searches. Items with ``noindex`` are not in the public index."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def scrape(self, call: Call) -> web.Response:
        """Answer one page of the scrape API."""
        try:
            return json_answer(self._page(call))
        except _BadRequest as problem:
            return json_answer({"error": str(problem), "errorType": "RangeException"}, 400)

    def _page(self, call: Call) -> dict[str, object]:
        query = call.query
        count = _count(query.get("count"))
        start = self._from_cursor(query.get("cursor"))
        names = self._names(call)
        place = bisect_right(names, start)
        end = max(place, int(len(names) * self._archive.settings.search_share))
        total = len(names) - place
        if query.get("total_only") == "true":
            return {"items": [], "count": 0, "total": total}
        page = names[place : min(end, place + count)]
        fields = query.get("fields", "identifier").split(",")
        answer: dict[str, object] = {
            "items": [self._entry(name, fields) for name in page],
            "count": len(page),
            "total": total,
        }
        if place + count < end:
            last = start if self._archive.settings.cursors_repeat else page[-1]
            answer["cursor"] = self._to_cursor(last)
        return answer

    def _names(self, call: Call) -> Sequence[str]:
        listed = self._archive.listed.get(call.query.get("q", "").removeprefix("collection:"))
        return [item.identifier for item in self._found(call)] if listed is None else listed

    def _entry(self, name: str, fields: list[str]) -> dict[str, object]:
        item = self._archive.items.get(name)
        return {"identifier": name} if item is None else _shown(item, fields)

    def _to_cursor(self, name: str) -> str:
        text = f"{self._archive.clock.now()} {name}"
        return base64.urlsafe_b64encode(text.encode()).decode()

    def _from_cursor(self, cursor: str | None) -> str:
        if cursor is None:
            return ""
        try:
            made, _, name = base64.urlsafe_b64decode(cursor).decode().partition(" ")
            age = self._archive.clock.now() - float(made)
        except ValueError as problem:
            raise _BadRequest("invalid cursor") from problem
        longest = self._archive.settings.cursor_seconds
        if longest is not None and age > longest:
            raise _BadRequest("the cursor has expired")
        return name

    def advanced(self, call: Call) -> web.Response:
        """Answer one page of the advanced search; it does not go deep."""
        query = call.query
        if query.get("output") != "json":
            return web.Response(text="<html>search</html>", content_type="text/html")
        rows = int(query.get("rows", "50"))
        start = (int(query.get("page", "1")) - 1) * rows
        if start + rows > _DEEPEST or not query.get("q"):
            return json_answer({"error": "[DEEP_PAGING] use the scrape API instead"})
        found = self._found(call)
        fields = call.request.query.getall("fl[]", ["identifier"])
        docs = [_shown(item, fields) for item in found[start : start + rows]]
        return json_answer(
            {
                "responseHeader": {"status": 0, "QTime": 1, "params": query},
                "response": {"numFound": len(found), "start": start, "docs": docs},
            }
        )

    def _found(self, call: Call) -> list[Item]:
        query = call.query.get("q", "")
        if not query:
            raise _BadRequest("missing q parameter")
        everything = call.query.get("scope") == "all" and self._privileged(call)
        return [
            item
            for _name, item in sorted(self._archive.items.items())
            if item.published
            and not item.dark
            and (everything or item.metadata.get("noindex") != "true")
            and _matches(item, query)
        ]

    def _privileged(self, call: Call, form: dict[str, str] | None = None) -> bool:
        try:
            return self._archive.accounts.authorize(call.request.headers, form).privileged
        except KeyRefused:
            return False

    def changes(self, call: Call) -> web.Response:
        """Answer a part of the change feed: from a date, from a token, or from now."""
        form = call.form
        if not self._privileged(call, form):
            return json_answer({"error": "insufficient privileges"}, 401)
        feed = self._archive.changes
        if "token" in form:
            known = form["token"].isdecimal() and (
                self._archive.settings.oldest_change <= int(form["token"]) <= len(feed)
            )
            if not known:
                return json_answer({"error": "unknown token"}, 400)
            start = int(form["token"])
        elif "start_date" in form:
            start = self._position(form["start_date"])
        else:
            start = len(feed)
        end = min(start + self._archive.settings.changes_page, len(feed))
        return json_answer(
            {
                "changes": [{"identifier": name} for name, _moment in feed[start:end]],
                "next_token": str(end),
                "do_sleep_before_returning": end == len(feed),
                "estimated_distance_from_head": len(feed) - end,
            }
        )

    def _position(self, date: str) -> int:
        """Return where the changes of a day begin; 0 is the very beginning."""
        if date == "0":
            return 0
        feed = self._archive.changes
        return next(
            (n for n, (_name, moment) in enumerate(feed) if _day(moment) >= date), len(feed)
        )


def _day(moment: float) -> str:
    return time.strftime("%Y%m%d", time.gmtime(moment))


def _count(text: str | None) -> int:
    if text is None:
        return _LARGEST_PAGE
    if not text.isdecimal() or not _SMALLEST_PAGE <= int(text) <= _LARGEST_PAGE:
        raise _BadRequest(f"count must be between {_SMALLEST_PAGE} and {_LARGEST_PAGE}")
    return int(text)


def _matches(item: Item, query: str) -> bool:
    """Whether an item fits terms such as ``collection:x AND identifier:mbid-*``."""
    return all(_fits(item, term.strip("() ")) for term in query.split(" AND "))


def _fits(item: Item, term: str) -> bool:
    negated = term.startswith("NOT ")
    field, _, wanted = term.removeprefix("NOT ").partition(":")
    value = item.metadata.get(field, [])
    values = value if isinstance(value, list) else [value]
    return any(fnmatchcase(one, wanted.strip('"')) for one in values) is not negated


def _shown(item: Item, fields: list[str]) -> dict[str, object]:
    wanted = ["identifier", *fields]
    return {field: item.metadata[field] for field in wanted if field in item.metadata}
