"""``/_sandbox``: faults, journal, time and items for tests that only speak HTTP."""

from __future__ import annotations

import base64

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.calls import Call, json_answer, json_body
from artwork_indexer.sandbox.internet_archive.fault_kinds import KINDS
from artwork_indexer.sandbox.internet_archive.item import FieldValue, Item
from artwork_indexer.sandbox.internet_archive.journal import Entry
from artwork_indexer.sandbox.internet_archive.records import record_of
from artwork_indexer.sandbox.internet_archive.stored_file import Content

_FILLER = b"stand-in "


class Control:
    """Answers everything below ``/_sandbox/``; such requests are never noted nor hit."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def handle(self, call: Call) -> web.Response:
        """Answer one request; a wrong one gets 400 with the reason."""
        area, name = call.parts()
        order = json_body(call) or {}
        try:
            match call.method, area:
                case "POST", "faults":
                    return self._add_fault(order)
                case "DELETE", "faults":
                    self._archive.faults.clear()
                case "GET", "journal":
                    return self._journal(call.query)
                case "DELETE", "journal":
                    self._archive.journal.clear()
                case "POST", "settle":
                    self._settle(order)
                case "GET", "items":
                    return self._show(name)
                case "PUT", "items":
                    self._change(name, order)
                case _:
                    return json_answer({"error": f"nothing at {call.target}"}, 404)
        except (KeyError, TypeError, ValueError) as problem:
            return json_answer({"error": f"{type(problem).__name__}: {problem}"}, 400)
        return json_answer({})

    def _add_fault(self, order: dict[str, object]) -> web.Response:
        options = order.get("options")
        fault = KINDS[str(order["fault"])](**(options if isinstance(options, dict) else {}))
        times = order.get("times", 1)
        self._archive.faults.add(
            str(order.get("method", "")),
            str(order.get("path", "")),
            fault,
            times=None if times is None else int(str(times)),
            skip=int(str(order.get("skip", 0))),
            every=int(str(order.get("every", 1))),
        )
        return json_answer({}, 201)

    def _journal(self, query: dict[str, str]) -> web.Response:
        after = int(query.get("after", "0"))
        chosen = self._archive.journal.select(query.get("method", ""), query.get("path", ""))
        return json_answer({"entries": [_shown(e) for e in chosen if e.number > after]})

    def _settle(self, order: dict[str, object]) -> None:
        """With ``seconds`` move the clock; without apply everything now."""
        if "seconds" in order:
            self._archive.advance(float(str(order["seconds"])))
        else:
            self._archive.settle()

    def _show(self, identifier: str) -> web.Response:
        item = self._archive.items.get(identifier)
        if item is None:
            return json_answer({"error": f"no item {identifier}"}, 404)
        record = record_of(item, self._archive.clock.now())
        owner = {"published": item.published, "uploader": item.uploader}
        return json_answer({"record": record, **owner})

    def _change(self, identifier: str, order: dict[str, object]) -> None:
        """Make or change an item without any task.

        ``metadata``: fields to set, null removes one. ``files``: name to ``{"text": …}``,
        ``{"base64": …}`` or ``{"size": n}``, null removes it. ``dark``: true or false.
        """
        item = self._archive.items.get(identifier)
        if item is None:
            item = self._archive.create(identifier, str(order.get("uploader", "")))
        for field, value in _object(order, "metadata").items():
            _set_field(item, field, value)
        now = self._archive.clock.now()
        for name, given in _object(order, "files").items():
            if given is None:
                item.remove(name, now)
            else:
                item.put(name, _content(given), now)
        if "dark" in order:
            item.dark = bool(order["dark"])
        item.touch(now)


def _object(order: dict[str, object], key: str) -> dict[str, object]:
    value = order.get(key, {})
    if not isinstance(value, dict):
        raise TypeError(f"{key} must be an object")
    return value


def _set_field(item: Item, field: str, value: object) -> None:
    if value is None:
        item.metadata.pop(field, None)
        return
    texts: FieldValue = [str(v) for v in value] if isinstance(value, list) else str(value)
    item.metadata[field] = texts


def _content(given: object) -> Content:
    if not isinstance(given, dict):
        raise TypeError('a file is {"text": …}, {"base64": …} or {"size": n}')
    if "size" in given:
        return Content.repeated(_FILLER, int(given["size"]))
    if "base64" in given:
        return Content.of(base64.b64decode(given["base64"], validate=True))
    return Content.of(str(given["text"]).encode())


def _shown(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "method": entry.method,
        "path": entry.path,
        "target": entry.target,
        "headers": entry.headers,
        "body": entry.body.decode("utf-8", "replace"),
        "md5": entry.md5,
        "size": entry.size,
        "time": entry.time,
        "status": entry.status,
    }
