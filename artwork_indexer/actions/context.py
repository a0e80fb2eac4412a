"""What the actions work with, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from artwork_indexer.archive.metadata import Archive
from artwork_indexer.archive.metadata_write import MetadataWriter
from artwork_indexer.archive.s3 import S3
from artwork_indexer.archive.tasks import Tasks
from artwork_indexer.database import Database
from artwork_indexer.errors import EventError, NotYet, PermanentError
from artwork_indexer.event_queue import Event
from artwork_indexer.musicbrainz.webservice import WebService

AUDIT: Final = "audit"
"""Origin of events that the audit enqueued."""
SHORTEST_WAIT: Final = 60.0
LONGEST_WAIT: Final = 3600.0


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ActionSettings:
    """``verify_copies`` off deletes blindly, as the first generation of the daemon did;
    ``copy_wait_hours`` is how long a copy at the Internet Archive may take to show up;
    ``uploaders`` are accounts that may own our items besides the official ones.
    """

    verify_copies: bool = True
    copy_wait_hours: float = 72.0
    uploaders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """``database`` is the primary: a replica may not know yet who owns an image."""

    database: Database
    s3: S3
    archive: Archive
    metadata: MetadataWriter
    tasks: Tasks
    webservice: WebService | None
    settings: ActionSettings
    now: Callable[[], datetime] = utc_now


def require_parents(event: Event) -> None:
    """Refuse what may delete when nobody knows whether its parents did their work.

    Raises:
        PermanentError: a parent no longer exists.
    """
    if event.vanished_parents:
        ids = ", ".join(str(parent) for parent in event.vanished_parents)
        raise PermanentError(
            f"Not deleted: the event depended on ({ids}), and no such event exists any more, "
            "so nobody knows whether the copy was made. Check the items, then enqueue it again."
        )


def is_taken_back(event: Event) -> bool:
    """Whether what an edit asked for may be void by now: later edits can undo a move.

    Such an event ends a chain of copies and deletes. One on its own is somebody's explicit
    wish, and to refuse it has to be seen.
    """
    return event.origin == "edit" and bool(event.depends_on)


def not_yet(context: Context, event: Event, why: str) -> EventError:
    """The error for something the Internet Archive has not done yet.

    The waits grow with the time already waited. After ``copy_wait_hours`` a person has to look.
    """
    since = event.snoozed_since
    waited = 0.0 if since is None else max(0.0, (context.now() - since).total_seconds())
    limit = context.settings.copy_wait_hours * 3600
    if waited >= limit:
        return PermanentError(
            f"{why}, and copy_wait_hours ({context.settings.copy_wait_hours:g}) are over. "
            "A review is needed."
        )
    seconds = min(max(SHORTEST_WAIT, waited / 2), LONGEST_WAIT, limit - waited)
    return NotYet(f"{why}.", seconds=seconds)
