"""What the lists of the audit of 2021 mean: how urgent each is, and which failure leads to which.

Its failures are years old. They say which entities are worth a look before others, and why;
never what is wrong with one now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from audit.seeding.checkpoint import WITH_ART

LONGEST_REASON: Final = 300
SOURCE: Final = "img-129"


@dataclass(frozen=True, slots=True)
class ListClass:
    """A list of the results, or what is like one; ``priority``: higher goes first."""

    name: str
    priority: int


MANUAL_CHECK: Final = ListClass("manual_check", 500)
REINDEX_HIGH_PRIORITY: Final = ListClass("reindex_high_priority", 450)
DELETED: Final = ListClass("deleted_properly_delete", 400)
MERGED: Final = ListClass("merged_properly_delete", 400)
PROPERLY_EMPTY: Final = ListClass("properly_empty", 350)
REINDEX: Final = ListClass("reindex", 300)
REINDEX_W_METADATA: Final = ListClass("reindex_w_metadata", 250)
SET_MEDIATYPE: Final = ListClass("ia_set_mediatype", 200)
SET_NOINDEX: Final = ListClass("ia_set_noindex", 200)
REDERIVE_THUMBNAILS: Final = ListClass("rederive_thumbnails", 150)
DARKENED: Final = ListClass("darkened", WITH_ART)
SKIPPED: Final = ListClass("skipped", WITH_ART)
UNIMPORTANT: Final = ListClass("unimportant", WITH_ART)

LISTS: Final[Mapping[str, ListClass]] = MappingProxyType(
    {
        known.name: known
        for known in (
            MANUAL_CHECK, REINDEX_HIGH_PRIORITY, DELETED, MERGED, PROPERLY_EMPTY, REINDEX,
            REINDEX_W_METADATA, SET_MEDIATYPE, SET_NOINDEX, REDERIVE_THUMBNAILS,
        )
    }
    | {
        "reindex_high_prioriy": REINDEX_HIGH_PRIORITY,
        "set_mediatype": SET_MEDIATYPE,
        "set_noindex": SET_NOINDEX,
        "darkened_items": DARKENED,
    }
)  # fmt: skip
"""Lists by the names of their files; one name was published with a slip."""

REPORTS: Final = frozenset({"results_all", "results_condensed", "results_jira"})
"""Files beside the lists that are for people; nothing is read from them."""


def other_list(name: str) -> ListClass:
    """A list without a class of its own; its name goes into the reason."""
    return ListClass(re.sub(r"[^\w.-]+", "_", name)[:40], WITH_ART)


INPUT_STATES: Final[Mapping[str, ListClass]] = MappingProxyType(
    {
        "active": ListClass("active", WITH_ART),
        "empty": ListClass("empty", WITH_ART),
        "merged": ListClass("merged", 200),
        "possibly_deleted": ListClass("possibly_deleted", 200),
    }
)
"""States of the audit's input; its failures do not name leftovers of what was de-indexed."""

_RULES: Final = tuple(
    (re.compile(pattern), found)
    for pattern, found in (
        (r".+::darkened", DARKENED),
        (r"InternalError::.+|.+::(ia modified|test item)", SKIPPED),
        (r"\w+::Metadata::item is noindex", SET_NOINDEX),
        (r"\w+::Metadata::mediatype is image", SET_MEDIATYPE),
        (r"DeletedItem::.+", DELETED),
        (r"MergedItem::.+", MERGED),
        (r"EmptyItem::(CAAIndex::is present|Files::.+|exists)", UNIMPORTANT),
        (r"EmptyItem::.+", PROPERLY_EMPTY),
        (r"Item::(exists|Metadata::in caa collection|CAAIndex::is well-formed)", MANUAL_CHECK),
        (r"Item::Files::(image id is unique|original image exists)", MANUAL_CHECK),
        (r"Item::CAAIndex::Image::(missing|unexpected) image", REINDEX_HIGH_PRIORITY),
        (r"Item::(CAAIndex::is present|Files::index\.json exists)", REINDEX_HIGH_PRIORITY),
        (r"Item::Files::\d+px thumbnail exists", REDERIVE_THUMBNAILS),
        (r"Item::(CAAIndex|Files)::.+", REINDEX),
        (r"Item::Metadata::.+", REINDEX_W_METADATA),
    )
)
"""The first that fits counts: of the lists that a failure leads to, the most urgent."""


@lru_cache(maxsize=4096)
def class_of(check: str) -> ListClass | None:
    """The most urgent list for a failure of this check; None when it is not the name of one."""
    return next((found for rule, found in _RULES if rule.fullmatch(check)), None)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an entity is to be audited; ``text`` is what is kept with it.

    ``checks`` are the first failed ones in order, as many as can be seen in the text.
    """

    list_class: ListClass
    checks: tuple[str, ...]
    text: str


def reason(list_class: ListClass, checks: Iterable[str] = ()) -> Reason:
    """The reason made of a class and the names of failed checks, in whatever order."""
    names = _first_names(checks)
    text = f"{SOURCE} {list_class.name}{': ' if names else ''}{'; '.join(names)}"
    if len(text) > LONGEST_REASON:
        text = text[: LONGEST_REASON - 1] + "…"
    return Reason(list_class, names, text)


def _first_names(checks: Iterable[str]) -> tuple[str, ...]:
    """Names in order, until they fill a text: of whatever parts, the whole has the same."""
    names: list[str] = []
    left = LONGEST_REASON
    for name in sorted(set(checks)):
        if left < 0:
            break
        names.append(name)
        left -= len(name)
    return tuple(names)


@lru_cache(maxsize=1024)
def combined(one: Reason, other: Reason) -> Reason:
    """The reason of an entity that was told of twice: the more urgent class, all checks."""
    first = one if one.list_class.priority >= other.list_class.priority else other
    return reason(first.list_class, one.checks + other.checks)


def for_failures(checks: Iterable[str], otherwise: ListClass) -> Reason:
    """The reason that follows from failed checks; from none of them, ``otherwise``."""
    names = tuple(checks)
    classes = [found for found in map(class_of, names) if found is not None]
    return reason(max(classes, key=lambda known: known.priority, default=otherwise), names)
