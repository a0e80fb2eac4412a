"""JSON Patch (RFC 6902) with the extensions of the Metadata Write API.

A target is a top-level part of the metadata record: ``metadata``, ``files/<name>`` or
the name of a user JSON. Paths in a patch are relative to the target.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

Container = dict[str, object] | list[object]


class PatchFailed(ValueError):
    """The patch is malformed, or does not fit the present state."""


@dataclass(frozen=True, slots=True)
class Change:
    """A list of operations for one target."""

    target: str
    operations: tuple[dict[str, object], ...]


def apply_change(change: Change, record: dict[str, object]) -> dict[str, object]:
    """Return a copy of a metadata record with the change made.

    Raises :class:`PatchFailed`; the record given is never altered.
    """
    changed = dict(record)
    if not change.target.startswith("files/"):
        whole = copy.deepcopy(record.get(change.target, {}))
        changed[change.target] = patched(whole, change.operations)
        return changed
    name = change.target.removeprefix("files/")
    files = record.get("files")
    entries = list(files) if isinstance(files, list) else []
    for position, entry in enumerate(entries):
        if entry["name"] == name:
            entries[position] = patched(dict(entry), change.operations)
            changed["files"] = entries
            return changed
    raise PatchFailed(f"no file {name}")


def patched(document: object, operations: tuple[dict[str, object], ...]) -> object:
    """Return ``document`` after all operations; it may be altered in place."""
    for operation in operations:
        document = _apply(document, operation)
    return document


def _apply(document: object, operation: dict[str, object]) -> object:
    kind = operation.get("op")
    path = operation.get("path")
    if not isinstance(path, str):
        raise PatchFailed("operation without a path")
    match kind:
        case "add":
            return _add(document, path, _value(operation))
        case "remove":
            _take(document, path)
        case "replace":
            _replace(document, path, _value(operation))
        case "move" | "copy":
            source = str(operation.get("from", ""))
            value = _take(document, source) if kind == "move" else _get(document, source)
            return _add(document, path, copy.deepcopy(value))
        case "test":
            if _get(document, path) != _value(operation):
                raise PatchFailed(f"test failed at {path}")
        case "remove-first" | "remove-all":
            _remove_value(document, path, _value(operation), everywhere=kind == "remove-all")
        case _:
            raise PatchFailed(f"unknown operation {kind}")
    return document


def _value(operation: dict[str, object]) -> object:
    if "value" not in operation:
        raise PatchFailed("operation without a value")
    return operation["value"]


def _steps(path: str) -> list[str]:
    if path and not path.startswith("/"):
        raise PatchFailed(f"bad path {path}")
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _get(document: object, path: str) -> object:
    for step in _steps(path):
        document = _child(document, step)
    return document


def _child(document: object, step: str) -> object:
    if isinstance(document, dict) and step in document:
        return document[step]
    if isinstance(document, list):
        return document[_index(document, step)]
    raise PatchFailed(f"nothing at {step}")


def _index(array: list[object], step: str) -> int:
    if not step.isdecimal() or int(step) >= len(array):
        raise PatchFailed(f"no position {step}")
    return int(step)


def _parent(document: object, path: str) -> tuple[Container, str]:
    *before, last = _steps(path) or [""]
    for step in before:
        document = _child(document, step)
    if not isinstance(document, dict | list):
        raise PatchFailed(f"nothing at {path}")
    return document, last


def _add(document: object, path: str, value: object) -> object:
    if not path:
        return value
    parent, last = _parent(document, path)
    if isinstance(parent, dict):
        parent[last] = value
    elif last in {"-", str(len(parent))}:
        parent.append(value)
    else:
        parent.insert(_index(parent, last), value)
    return document


def _take(document: object, path: str) -> object:
    parent, last = _parent(document, path)
    value = _child(parent, last)
    if isinstance(parent, dict):
        del parent[last]
    else:
        del parent[_index(parent, last)]
    return value


def _replace(document: object, path: str, value: object) -> None:
    parent, last = _parent(document, path)
    _child(parent, last)
    if isinstance(parent, dict):
        parent[last] = value
    else:
        parent[_index(parent, last)] = value


def _remove_value(document: object, path: str, value: object, *, everywhere: bool) -> None:
    """Remove by value; the path ends in ``/-``. A list emptied by it goes away."""
    parent, last = _parent(document, path.removesuffix("/-"))
    if not isinstance(parent, dict) or last not in parent:
        raise PatchFailed(f"nothing at {path}")
    present = parent[last]
    values = present if isinstance(present, list) else [present]
    if value not in values:
        raise PatchFailed(f"value not found at {path}")
    if everywhere:
        rest = [one for one in values if one != value]
    else:
        values.remove(value)
        rest = values
    if rest:
        parent[last] = rest if len(rest) > 1 else rest[0]
    else:
        del parent[last]
