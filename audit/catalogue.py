"""Every kind of finding, and every outcome of an audit that is none.

``docs/audit-reference.md`` is generated from it (:mod:`audit.catalogue_reference`).
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from audit import catalogue_index, catalogue_item, catalogue_strays
from audit.findings import Finding, Kind, Outcome, Repair, Severity

__all__ = [
    "BY_ID",
    "CATALOGUE",
    "OUTCOMES",
    "WAITS",
    "Finding",
    "Kind",
    "Outcome",
    "Repair",
    "Severity",
]


def _kinds(module: ModuleType) -> tuple[Kind, ...]:
    """In the order in which they are written down."""
    found: list[Kind] = []
    for value in vars(module).values():
        if isinstance(value, Kind):
            found.append(value)
        elif isinstance(value, dict):
            found.extend(kind for kind in value.values() if isinstance(kind, Kind))
    return tuple(found)


CATALOGUE: Final = tuple(
    kind
    for module in (catalogue_index, catalogue_item, catalogue_strays)
    for kind in _kinds(module)
)
BY_ID: Final = {kind.id: kind for kind in CATALOGUE}

NOTHING_TO_SHOW: Final = Outcome(
    "nothing-to-show",
    "no art, nothing listed",
    "The entity has no art, and there is no item, or one whose index.json is absent or empty. "
    "Its document and its metadata do not matter then.",
    ("0",),
)
RESIDUE: Final = Outcome(
    "residue",
    "nothing of ours is left",
    "A merged or deleted entity whose item is missing, or holds only what the Internet Archive "
    "keeps by itself, history, and mb_metadata.xml, which nothing ever deletes.",
    ("10", "11"),
    ("mb_metadata is absent", "release url is absent"),
)
DARKENED: Final = Outcome(
    "darkened",
    "darkened",
    "Darkened in MusicBrainz, or without art to show and dark at the Internet Archive: never "
    "written to.",
    ("12",),
    ("darkened",),
)
OPEN_EVENTS: Final = Outcome(
    "open-events", "events are open", "Events for this entity are queued or running."
)
TASKS_PENDING: Final = Outcome(
    "tasks-pending",
    "tasks are pending",
    "The Internet Archive has tasks for the item, or one that stopped less than a day ago.",
    ("13",),
)
CHANGED_JUST_NOW: Final = Outcome(
    "changed-just-now",
    "changed moments ago",
    "The item changed less than settle_hours ago.",
    ("13",),
    ("ia modified",),
)
NEWER_THAN_REPLICA: Final = Outcome(
    "newer-than-replica",
    "newer than the replica",
    "The item changed after the last packet that the mirror has applied.",
    ("13",),
    ("ia modified",),
)
FRESH_UPLOAD: Final = Outcome(
    "fresh-upload",
    "a fresh upload",
    "An unlisted image younger than upload_window_hours, whose edit may not be entered yet; or "
    "a listed one younger than settle_hours, whose file may not have arrived.",
    ("5", "13"),
)
UNREADABLE: Final = Outcome(
    "unreadable",
    "unreadable",
    "There was no proper answer about the item, or about one whose state decides.",
)
DATABASE_CHANGED: Final = Outcome(
    "database-changed", "MusicBrainz changed", "MusicBrainz changed during the audit."
)
SECOND_LOOK: Final = Outcome(
    "second-look",
    "waits for a second look",
    "A delete that another audit, delete_confirm_hours after the first, has to confirm.",
    ("5", "9"),
)
REPORT_MODE: Final = Outcome(
    "report-mode", "mode=report", "There is something to repair, and mode=report enqueues nothing."
)

OUTCOMES: Final = tuple(value for value in tuple(globals().values()) if isinstance(value, Outcome))

WAITS: Final = (
    Outcome(
        "held",
        "held",
        "Repairs are held: see `audit status`, and `audit resume` when the cause is gone.",
    ),
    Outcome(
        "no-budget",
        "no budget",
        "The limit behind the colon is used up; it goes on by itself when there is room again.",
    ),
    Outcome(
        "probation",
        "on probation",
        "The first repairs of this kind have to be found right before there are more.",
    ),
    Outcome(
        "owner-in-review",
        "another entity waits for a person",
        "The repair would write to the item of an entity about which a person is asked: answer "
        "that review first.",
    ),
    Outcome(
        "service-paused",
        "a service rests",
        "The service behind the colon wants a pause, or does not answer; it goes on after that.",
    ),
    Outcome(
        "too-slow",
        "too slow",
        "The audit was not done in four fifths of its lease; it is tried again later.",
    ),
    Outcome(
        "broken",
        "broken",
        "The audit failed of the error behind the colon, which is in the log: please report it.",
    ),
    Outcome(
        "event", "an event brought it", "New to the audit; its event ended and has to settle first."
    ),
    Outcome(
        "change",
        "a change brought it",
        "New to the audit; its item changed and has to settle first.",
    ),
)
"""Further reasons why an entity is deferred. The database decides on them, not the comparison."""
