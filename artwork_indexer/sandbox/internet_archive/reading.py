"""Reading: metadata records, downloads and the page of an item."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from typing import Final
from urllib.parse import quote

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.calls import Call, html_answer, json_answer
from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.internet_archive.records import Record, directory, record_of
from artwork_indexer.sandbox.internet_archive.stored_file import StoredFile

_TYPES: Final = {
    "json": "application/json",
    "xml": "application/xml",
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "pdf": "application/pdf",
}


class Reading:
    """Answers ``/metadata``, ``/download``, ``/node`` and ``/details`` reads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def metadata(self, call: Call) -> web.Response:
        """Answer a read of a whole record or, with a path, of a part of it."""
        identifier, path = call.parts()
        item = self._archive.published(identifier)
        if path.strip("/"):
            return self._part(call, item, identifier, path.strip("/"))
        packed = "gzip" in call.request.headers.get("Accept-Encoding", "")
        if item is None:
            return _record_answer(self._archive.settings.missing_answer, packed=False)
        self._archive.metadata_reads += 1
        body = self._archive.records.get(
            item, self._archive.clock.now(), self._archive.metadata_reads, packed=packed
        )
        return _record_answer(body, packed=packed)

    def _part(self, call: Call, item: Item | None, identifier: str, path: str) -> web.Response:
        record = record_of(item, self._archive.clock.now()) if item else {}
        try:
            value = _walk(record, path)
        except LookupError:
            return json_answer({"error": f"Couldn't get '{path}' for item {identifier}"})
        if isinstance(value, list):
            start = _number(call.query.get("start"), 0)
            count = _number(call.query.get("count"), len(value))
            value = value[start : start + count]
        return json_answer({"result": value})

    def details(self, call: Call) -> web.Response:
        """Answer with the page of an item, 404 if there is none."""
        item = self._archive.published(call.parts()[0])
        if item is None:
            return html_answer(404, "Item cannot be found.")
        return html_answer(200, "Item not available" if item.dark else item.identifier)

    def download(self, call: Call) -> web.Response:
        """Send the client to the data node that holds the item."""
        identifier, path = call.parts()
        item = self._archive.published(identifier)
        if item is None or item.dark:
            return html_answer(404, "Item not available")
        place = f"{call.origin}/node{directory(identifier)}/{quote(path)}"
        return web.Response(status=302, headers={"Location": place})

    def node(self, call: Call) -> web.Response:
        """Answer as a data node: ``/node/<disk>/items/<item>/<file>``."""
        identifier, _, path = call.target.partition("/items/")[2].partition("/")
        stored = self._stored(identifier, path)
        if stored is None:
            return html_answer(404, "404 Not Found")
        headers = _validators(stored)
        if _unchanged(call, headers["ETag"], stored.mtime):
            return web.Response(status=304, headers=headers)
        kind = _TYPES.get(path.rpartition(".")[2], "application/octet-stream")
        return web.Response(body=stored.content.read(), headers=headers, content_type=kind)

    def _stored(self, identifier: str, path: str) -> StoredFile | None:
        item = self._archive.published(identifier)
        if item is None or item.dark:
            return None
        item.refresh_bookkeeping()
        return item.files.get(path)


def _record_answer(body: bytes, *, packed: bool) -> web.Response:
    headers = {"Vary": "Accept-Encoding", "Access-Control-Allow-Origin": "*"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    answer = web.Response(body=body, headers=headers, content_type="application/json")
    answer.enable_chunked_encoding()
    return answer


def _walk(record: Record, path: str) -> object:
    """Return the part of a record at a path; raises LookupError."""
    value: object = record
    for step in path.split("/"):
        if isinstance(value, dict):
            value = value[step]
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)]
        else:
            raise LookupError(step)
    return value


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default


def _validators(stored: StoredFile) -> dict[str, str]:
    return {
        "ETag": f'"{stored.mtime:x}-{stored.content.size:x}"',
        "Last-Modified": formatdate(stored.mtime, usegmt=True),
        "Cache-Control": "max-age=21600",
    }


def _unchanged(call: Call, etag: str, mtime: int) -> bool:
    """Whether a conditional GET finds the copy of the client still good."""
    known = call.request.headers.get("If-None-Match")
    if known is not None:
        return etag in known or known.strip() == "*"
    since = call.request.headers.get("If-Modified-Since")
    if since is None:
        return False
    try:
        return mtime <= parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False
