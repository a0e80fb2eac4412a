"""Metadata records: what ``GET /metadata/<item>`` answers."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import OrderedDict
from dataclasses import dataclass

from artwork_indexer.sandbox.internet_archive.item import FieldValue, Item
from artwork_indexer.sandbox.internet_archive.json_patch import apply_change
from artwork_indexer.sandbox.internet_archive.stored_file import StoredFile
from artwork_indexer.sandbox.internet_archive.tasks import STATE_NAMES, WaitAdmin

KEPT_RECORDS = 2000

Record = dict[str, object]


def record_of(item: Item, now: float, turn: int = 0) -> Record:
    """Return the whole record of an item.

    ``turn`` changes what differs between two reads of an unchanged item: the servers
    and the random number. A dark item has nothing but its place.
    """
    place = _place(item, turn)
    if item.dark:
        return {"created": int(now), **place, "is_dark": True}
    item.refresh_bookkeeping()
    files = sorted(item.files.values(), key=lambda f: f.name)
    record: Record = {
        "created": int(now),
        **place,
        "files": [_entry(item, f) for f in files],
        "files_count": len(files),
        "item_last_updated": item.last_updated,
        "item_size": sum(f.content.size for f in files if not _is_listing(item, f)),
        "metadata": _ordered(item.metadata),
        **_task_keys(item),
        **item.user_json,
        **item.extra_keys,
    }
    for change in item.pending_changes:
        record = apply_change(change, record)
    return dict(sorted(record.items()))


def _is_listing(item: Item, stored: StoredFile) -> bool:
    return stored.name == f"{item.identifier}_files.xml"


def _entry(item: Item, stored: StoredFile) -> dict[str, str]:
    if not _is_listing(item, stored):
        return stored.entry()
    return {
        "name": stored.name,
        "source": "original",
        "format": "Metadata",
        "md5": stored.content.md5,
        "summation": "md5",
    }


def _ordered(metadata: dict[str, FieldValue]) -> dict[str, FieldValue]:
    return {name: list(v) if isinstance(v, list) else v for name, v in metadata.items()}


def _place(item: Item, turn: int) -> Record:
    number = zlib.crc32(item.identifier.encode())
    rack = f"{number % 900:03d}{number % 89:02d}"
    servers = [f"ia80{rack}.us.archive.org", f"ia60{rack}.us.archive.org"]
    if turn % 2:
        servers.reverse()
    return {
        "d1": f"ia60{rack}.us.archive.org",
        "d2": f"ia80{rack}.us.archive.org",
        "dir": directory(item.identifier),
        "server": servers[0],
        "uniq": (number * 31 + turn * 7919) % 2**31,
        "workable_servers": servers,
    }


def directory(identifier: str) -> str:
    """Return where the item lies on its data node."""
    return f"/{zlib.crc32(identifier.encode()) % 36}/items/{identifier}"


def _task_keys(item: Item) -> Record:
    """Return the keys that exist only while tasks do.

    No such record was ever captured; the shape follows the documentation.
    """
    if not item.tasks:
        return {}
    keys: Record = {
        "tasks": [
            {
                "task_id": task.task_id,
                "cmd": task.command,
                "state": STATE_NAMES[task.state],
                "submitter": task.submitter,
            }
            for task in item.tasks
        ]
    }
    states = {task.state for task in item.tasks}
    if states - {WaitAdmin.RED}:
        keys["pending_tasks"] = True
    if WaitAdmin.RED in states:
        keys["has_redrow"] = True
    return keys


@dataclass(slots=True)
class _Rendered:
    version: int
    plain: bytes
    packed: bytes | None = None


class RenderedRecords:
    """Rendered records, each kept until its item changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], _Rendered] = OrderedDict()

    def get(self, item: Item, now: float, turn: int, *, packed: bool) -> bytes:
        """Return the JSON text of the record, gzipped with ``packed``."""
        rendered = self._rendered(item, now, turn % 2)
        if not packed:
            return rendered.plain
        if rendered.packed is None:
            rendered.packed = gzip.compress(rendered.plain, compresslevel=1, mtime=0)
        return rendered.packed

    def _rendered(self, item: Item, now: float, turn: int) -> _Rendered:
        key = (item.identifier, turn)
        rendered = self._kept.get(key)
        if rendered is not None and rendered.version == item.version:
            return rendered
        text = compact(record_of(item, now, turn))
        rendered = self._kept[key] = _Rendered(item.version, text)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT_RECORDS:
            self._kept.popitem(last=False)
        return rendered


def compact(value: object) -> bytes:
    """Return JSON as the Internet Archive writes it: compact, UTF-8 unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
