"""The Internet Archive's metadata record of an item: what it holds, and in which state it is.

The answers are loose: numbers come as text, single values as lists, unknown keys are
normal. What cannot be read with certainty is an error and never an empty item.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yarl import URL

from artwork_indexer.errors import TransientError
from artwork_indexer.http import MEBIBYTE, Service
from artwork_indexer.http_outcomes import scrub

LARGEST_RECORD: Final = 16 * MEBIBYTE
"""Bytes; an item may have 10,000 files of some 300 bytes of metadata each."""

Json = Mapping[str, Any]

_SUSPICIOUS: Final = (b"\\ud", b"\\uD", b"\\u0000")
"""Escapes that may stand for what no text can hold."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an item. ``size`` in bytes, ``mtime`` in epoch seconds, None if not told.

    ``source`` is "original", "derivative" or "metadata", and often misleading: classify
    files by name.
    """

    name: str
    md5: str | None
    sha1: str | None
    size: int | None
    source: str | None
    mtime: int | None

    def holds(self, body: bytes) -> bool:
        """Whether exactly these bytes are stored, as far as md5 and size can tell."""
        return (
            self.size == len(body)
            and self.md5 == hashlib.md5(body, usedforsecurity=False).hexdigest()
        )


class Files(Mapping[str, File]):
    """The files of an item by name; entries are looked at only when asked for."""

    __slots__ = ("_entries",)

    def __init__(self, entries: dict[str, Json]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> File:
        entry = self._entries[name]
        return File(
            name=name,
            md5=_text(entry.get("md5")),
            sha1=_text(entry.get("sha1")),
            size=integer(entry.get("size")),
            source=_text(entry.get("source")),
            mtime=integer(entry.get("mtime")),
        )

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True, slots=True)
class Present:
    """An ordinary item. ``metadata`` is the content of its ``_meta.xml``, as loose as it comes."""

    files: Files
    metadata: Json
    item_last_updated: int | None
    """Epoch seconds of the last change by any task."""
    tasks_pending: bool
    """Something is queued or running, so the files may be about to change."""
    tasks_red: bool
    """A task stopped in error, and those behind it wait for a person."""
    is_counted: bool = False
    """The record says how many files there are, and lists so many."""

    def values(self, field: str) -> tuple[str, ...]:
        """The values of a metadata field, which may be absent, single or repeated."""
        value = self.metadata.get(field)
        items = value if isinstance(value, list) else [value]
        return tuple(str(item) for item in items if item is not None)

    @property
    def uploader(self) -> str | None:
        """The account that owns the item; several only when something is wrong."""
        return ", ".join(self.values("uploader")) or None

    @property
    def collections(self) -> tuple[str, ...]:
        """The collections the item is in."""
        return self.values("collection")


@dataclass(frozen=True, slots=True)
class Dark:
    """An item that was taken offline: nobody can read or write it."""


@dataclass(frozen=True, slots=True)
class EmptyAnswer:
    """No such item, or one that the metadata service does not know yet."""


Record = Present | Dark | EmptyAnswer


class Archive:
    """Reads the state of items. The URL templates have the placeholder ``{item}``."""

    def __init__(self, service: Service, *, metadata_url: str, details_url: str) -> None:
        self._service = service
        self._metadata_url = metadata_url
        self._details_url = details_url

    async def read(self, item: str) -> Record:
        """The metadata record of an item.

        Raises:
            EventError: there was no proper answer; see :func:`parse` and
                :meth:`artwork_indexer.http.Service.request`.
        """
        url = URL(self._metadata_url.format(item=item), encoded=True)
        answer = await self._service.request("GET", url, limit=LARGEST_RECORD)
        return parse(item, answer.body)

    async def is_missing(self, item: str) -> bool:
        """Whether the page of an item does not exist: with an empty record, there is no item.

        Raises:
            EventError: as :meth:`artwork_indexer.http.Service.request`.
        """
        url = URL(self._details_url.format(item=item), encoded=True)
        answer = await self._service.request("GET", url, accept=frozenset({404}), limit=0)
        return answer.status == 404


def parse(item: str, body: bytes) -> Record:
    """The meaning of a body that came with status 200.

    Raises:
        TransientError: it is no metadata record; try again later.
    """
    try:
        record = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise _unreadable(item, "it is not JSON") from None
    if record in ({}, []):
        return EmptyAnswer()
    if not isinstance(record, dict):
        raise _unreadable(item, "it is not an object")
    if b"\\" in body and any(part in body for part in _SUSPICIOUS) and not _is_text(record):
        raise _unreadable(item, "it holds characters that no text has")
    if record.get("error"):
        raise _unreadable(item, f"it says {scrub(str(record['error']))!r}")
    if record.get("is_dark"):
        return Dark()
    metadata = record.get("metadata", {})
    if not isinstance(metadata, dict):
        raise _unreadable(item, "its metadata is not an object")
    return Present(
        files=_files(item, record.get("files"), record.get("files_count")),
        metadata=metadata,
        item_last_updated=integer(record.get("item_last_updated")),
        tasks_pending=bool(record.get("pending_tasks") or record.get("tasks")),
        tasks_red=bool(record.get("has_redrow") or _has_stopped_task(record.get("tasks"))),
        is_counted=integer(record.get("files_count")) is not None,
    )


def _files(item: str, entries: object, told: object) -> Files:
    """The files; ``told`` is how many there should be, if the record says so."""
    if not isinstance(entries, list):
        raise _unreadable(item, "it has no list of files")
    if integer(told) not in {None, len(entries)}:
        raise _unreadable(item, "its list of files is not complete")
    try:
        files = {entry["name"]: entry for entry in entries}
    except (TypeError, KeyError):
        raise _unreadable(item, "a file in it has no name") from None
    if len(files) != len(entries) or not all(type(name) is str for name in files):
        raise _unreadable(item, "its names of files are not unique")
    return Files(files)


def _is_text(record: object) -> bool:
    """Whether all strings can be stored: no NUL and no half of a surrogate pair.

    The Internet Archive keeps XML, which holds neither.
    """
    text = json.dumps(record, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in text.replace("\\\\", "")


def _has_stopped_task(tasks: object) -> bool:
    if not isinstance(tasks, list):
        return False
    return any("error" in task.values() for task in tasks if isinstance(task, dict))


def integer(value: object) -> int | None:
    """A count that may come as a number or as decimal text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:20])
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _unreadable(item: str, why: str) -> TransientError:
    return TransientError(f"The metadata record of {item} cannot be read: {why}.")
