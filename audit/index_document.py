"""Reads the bytes of an index.json, however broken they are."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from artwork_indexer.messages import LARGEST_ID

DEEPEST: Final = 16
"""Levels of nesting; a proper document has four."""
_IMAGE_URL: Final = re.compile(r"https?://[^/]+/[^/]+/[^/]+/([0-9]{1,19})\.\w+")


class UnparsableError(ValueError):
    """The bytes are no JSON that clients can read; the text says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed index.json. ``ambiguous`` are keys that one object has with different values."""

    value: object
    ambiguous: tuple[str, ...]

    @property
    def entries(self) -> list[object]:
        """The list of images, empty if there is none."""
        images = self.value.get("images") if isinstance(self.value, dict) else None
        return images if isinstance(images, list) else []


def parse(body: bytes) -> Document:
    """Parse strictly, as the least tolerant client does.

    Raises:
        UnparsableError: not JSON in UTF-8, or nested absurdly deep.
    """
    ambiguous: list[str] = []

    def make_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) != len(pairs):
            ambiguous.extend(key for key, value in pairs if not is_same(value, made[key]))
        return made

    try:
        value: object = json.loads(
            body.decode(), object_pairs_hook=make_object, parse_constant=_refuse
        )
    except UnicodeDecodeError as error:
        raise UnparsableError(f"it is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise UnparsableError(f"it is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise UnparsableError("it is nested absurdly deep") from None
    except ValueError as error:
        raise UnparsableError(f"it is not JSON: {error}") from None
    if _is_deeper(value, DEEPEST):
        raise UnparsableError("it is nested absurdly deep")
    return Document(value, tuple(ambiguous))


def entry_id(entry: object) -> int | None:
    """The id an entry of the list is about, taken from its URL if it has no usable id."""
    if not isinstance(entry, dict):
        return None
    number = entry.get("id")
    if isinstance(number, str) and is_number(number):
        return int(number)
    if isinstance(number, int) and is_id(number):
        return number
    url = entry.get("image")
    found = _IMAGE_URL.fullmatch(url) if isinstance(url, str) else None
    return int(found[1]) if found is not None and is_number(found[1]) else None


def listed_ids(body: bytes) -> frozenset[int]:
    """The ids of the listed images as far as they can be told."""
    try:
        entries = parse(body).entries
    except UnparsableError:
        return frozenset()
    return frozenset(number for number in map(entry_id, entries) if number is not None)


def is_empty(body: bytes) -> bool:
    """Whether an index.json can be read and lists nothing."""
    try:
        document = parse(body)
    except UnparsableError:
        return False
    return isinstance(document.value, dict) and document.value.get("images") == []


def is_id(number: object) -> bool:
    """Whether this is an image id as it should be: a whole number that the database can hold."""
    return type(number) is int and 0 < number <= LARGEST_ID


def is_number(text: str) -> bool:
    """Whether this is an image id in decimal digits, as it is written."""
    # Twenty digits are too many, whatever follows them.
    return text.isascii() and text.isdigit() and text[0] != "0" and int(text[:20]) <= LARGEST_ID


def is_same(one: object, other: object) -> bool:
    """Equality as JSON knows it: true is not 1, and 1 is not 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and one == other


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _is_deeper(value: object, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True
