"""An item of the archive: its files, its metadata and the tasks that wait for it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from artwork_indexer.sandbox.internet_archive.names import (
    format_of,
    history_name,
    history_number,
)
from artwork_indexer.sandbox.internet_archive.stored_file import Content, StoredFile

if TYPE_CHECKING:
    from artwork_indexer.sandbox.internet_archive.json_patch import Change
    from artwork_indexer.sandbox.internet_archive.tasks import Task

FieldValue = str | list[str]


class Item:
    """A bucket. All times are seconds since 1970.

    ``published`` says whether the metadata service knows the item yet: a bucket
    exists for writers at once, for readers when its first task has run.
    """

    def __init__(self, identifier: str, metadata: dict[str, FieldValue], created: float) -> None:
        self.identifier = identifier
        self.metadata: dict[str, FieldValue] = {
            "identifier": identifier,
            **metadata,
        }
        self.metadata.setdefault("title", identifier)
        self.metadata.setdefault("publicdate", utc_text(created))
        self.files: dict[str, StoredFile] = {}
        self.dark = False
        self.published = True
        self.created = created
        self.last_updated = int(created)
        self.tasks: deque[Task] = deque()
        self.pending_changes: list[Change] = []
        """Metadata edits that readers see already and the files do not (look-ahead)."""
        self.user_json: dict[str, object] = {}
        self.extra_keys: dict[str, object] = {}
        """Further top-level keys of the metadata record, such as ``solo``."""
        self.version = 0
        """Grows with every change, so that rendered answers can be kept."""
        self._bookkeeping_of = -1

    @property
    def uploader(self) -> str:
        """Account that owns the item."""
        return str(self.metadata.get("uploader", ""))

    @property
    def blocked(self) -> bool:
        """Whether a task in error or on hold keeps the later ones from running."""
        return bool(self.tasks) and self.tasks[0].blocks

    def touch(self, now: float | None = None) -> None:
        """Note a change; with ``now`` also as the date of the last update."""
        self.version += 1
        if now is not None:
            self.last_updated = int(now)

    def put(self, name: str, content: Content, now: float, *, keep_old: bool = False) -> StoredFile:
        """Write a file as an uploader would."""
        if keep_old:
            self._keep(name)
        stored = StoredFile(name, content, int(now), format_of(self.identifier, name))
        if stored.format == "JPEG":
            stored.extra["rotation"] = "0"
        self.files[name] = stored
        self.touch(now)
        return stored

    def add(self, stored: StoredFile, now: float) -> None:
        """Add a file as it is, for example a derivative."""
        self.files[stored.name] = stored
        self.touch(now)

    def remove(
        self, name: str, now: float, *, keep_old: bool = False, cascade: bool = False
    ) -> None:
        """Remove a file, and with ``cascade`` all that was made from it; absent is fine."""
        if keep_old:
            self._keep(name)
        if cascade:
            for derivative in list(self.derivatives_of(name)):
                self.remove(derivative, now, cascade=True)
        self.files.pop(name, None)
        self.touch(now)

    def derivatives_of(self, name: str) -> Iterator[str]:
        """Yield the names of the files made directly from ``name``."""
        return (f.name for f in self.files.values() if f.original == name)

    def _keep(self, name: str) -> None:
        old = self.files.get(name)
        if old is None:
            return
        number = 1 + max((history_number(f, name) for f in self.files), default=0)
        kept = replace(
            old,
            name=history_name(name, number),
            original=None,
            source="original",
            extra={**old.extra, "old_version": "true"},
        )
        self.files[kept.name] = kept

    def refresh_bookkeeping(self) -> None:
        """Bring the files that the Internet Archive itself keeps up to date."""
        if self._bookkeeping_of == self.version:
            return
        self._own("_meta.xml", _meta_xml(self.metadata))
        self._own("_meta.sqlite", f"SQLite {self.identifier} {self.last_updated}".encode())
        listing = f"{self.identifier}_files.xml"
        self.files.pop(listing, None)
        self._own("_files.xml", _files_xml(self.files.values()))
        self._bookkeeping_of = self.version

    def _own(self, suffix: str, data: bytes) -> None:
        name = self.identifier + suffix
        old = self.files.get(name)
        if old is None or old.content.pattern != data:
            self.files[name] = StoredFile(name, Content.of(data), self.last_updated, "Metadata")

    def age(self, seconds: float) -> None:
        """Make everything look ``seconds`` older, as if time had passed."""
        for stored in self.files.values():
            stored.mtime -= int(seconds)
        self.created -= seconds
        self.last_updated -= int(seconds)
        self.touch()


def utc_text(moment: float) -> str:
    """Return a moment as the Internet Archive writes dates: UTC without a zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))


def _meta_xml(metadata: dict[str, FieldValue]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<metadata>"]
    lines.extend(
        f"  <{name}>{escape(one)}</{name}>"
        for name, value in metadata.items()
        for one in (value if isinstance(value, list) else [value])
    )
    lines.append("</metadata>")
    return "\n".join(lines).encode()


def _files_xml(files: Iterable[StoredFile]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<files>"]
    lines.extend(
        f'  <file name="{escape(f.name)}" source="{f.source}"><mtime>{f.mtime}</mtime>'
        f"<size>{f.content.size}</size><md5>{f.content.md5}</md5><crc32>{f.content.crc32}</crc32>"
        f"<sha1>{f.content.sha1}</sha1><format>{f.format}</format></file>"
        for f in files
    )
    lines.append("</files>")
    return "\n".join(lines).encode()
