"""The messages of events, checked.

Anybody may insert an event by hand, so nothing in a message can be trusted. Keys that an
action does not know are ignored; they only make the job a different one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from artwork_indexer.errors import PermanentError

Message = Mapping[str, object]

LARGEST_ID: Final = 2**63 - 1
_GID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SUFFIX: Final = re.compile("[a-z0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class EntityMessage:
    """Message of ``index``, ``deindex``, ``update_metadata`` and ``derive``."""

    gid: str


@dataclass(frozen=True, slots=True)
class CopyMessage:
    """Message of ``copy_image``."""

    artwork_id: int
    old_gid: str
    new_gid: str
    suffix: str


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Message of ``delete_image``."""

    artwork_id: int
    gid: str
    suffix: str


@dataclass(frozen=True, slots=True)
class NoopMessage:
    """Message of ``noop``; ``sleep`` in seconds."""

    fail: bool
    sleep: float


def entity_message(message: Message) -> EntityMessage:
    """Check a message that names an entity and nothing else.

    Raises:
        PermanentError: it names the key that is missing or wrong.
    """
    return EntityMessage(_gid(message, "gid"))


def copy_message(message: Message) -> CopyMessage:
    """Check the message of ``copy_image``.

    Raises:
        PermanentError: it names the key that is missing or wrong.
    """
    checked = CopyMessage(
        _artwork_id(message), _gid(message, "old_gid"), _gid(message, "new_gid"), _suffix(message)
    )
    if checked.old_gid == checked.new_gid:
        raise _wrong("new_gid", "an MBID other than old_gid", checked.new_gid)
    return checked


def delete_message(message: Message) -> DeleteMessage:
    """Check the message of ``delete_image``.

    Raises:
        PermanentError: it names the key that is missing or wrong.
    """
    return DeleteMessage(_artwork_id(message), _gid(message, "gid"), _suffix(message))


def noop_message(message: Message) -> NoopMessage:
    """Check the message of ``noop``.

    Raises:
        PermanentError: it names the key that is wrong.
    """
    fail, sleep = message.get("fail", False), message.get("sleep", 0)
    if not isinstance(fail, bool):
        raise _wrong("fail", "true or false", fail)
    if isinstance(sleep, bool) or not isinstance(sleep, int | float) or not _finite(sleep):
        raise _wrong("sleep", "a number of seconds", sleep)
    return NoopMessage(fail, float(sleep))


def _finite(seconds: float) -> bool:
    return 0 <= seconds <= LARGEST_ID and not math.isnan(seconds)


def _gid(message: Message, key: str) -> str:
    value = message.get(key)
    if isinstance(value, str) and _GID.fullmatch(value):
        return value
    raise _wrong(key, "an MBID in lower case", value)


def _suffix(message: Message) -> str:
    value = message.get("suffix")
    if isinstance(value, str) and _SUFFIX.fullmatch(value):
        return value
    raise _wrong("suffix", "a file suffix such as jpg", value)


def _artwork_id(message: Message) -> int:
    value = message.get("artwork_id")
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID:
        return value
    raise _wrong("artwork_id", "a positive whole number", value)


def _wrong(key: str, wanted: str, value: object) -> PermanentError:
    found = "missing" if value is None else ascii(value)[:80]
    return PermanentError(
        f"The message of this event is wrong: {key} must be {wanted}, but is {found}."
    )
