"""Editors at work in a MusicBrainz database, and what their edits put into the queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

SCENARIOS: Final = Path(__file__).parent / "scenarios"

R1: Final = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
R2: Final = "2198f7b1-658c-4217-8cae-f63abe0b2391"
R3: Final = "41f27dcf-f012-4c91-afc0-0531e196bbda"
RELEASES: Final = {1: R1, 2: R2, 3: R3}
E1: Final = "e2aad65a-12e0-44ec-b693-94d225154e90"
E2: Final = "a0f19ff3-e140-417f-81c6-2a7466eeea0a"
E3: Final = "f5c9461c-e5b4-4152-9458-d9a74baa7161"

Job = tuple[int, str, str, list[int] | None]
"""Id, action, MBIDs and parents of a queued event."""


class Desk:
    """One editor's connection; every statement commits unless :meth:`edit` is open."""

    def __init__(self, conninfo: str) -> None:
        self.connection = psycopg.connect(conninfo, autocommit=True)
        self.warnings: list[str] = []
        self.connection.add_notice_handler(
            lambda notice: (
                self.warnings.append(notice.message_primary or "")
                if notice.severity_nonlocalized == "WARNING"
                else None
            )
        )

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: object) -> Any:
        ((value,),) = self.sql(statement, *values)
        return value

    @contextmanager
    def edit(self) -> Iterator[None]:
        """One transaction; the lock time limit proves that nobody waits for an editor."""
        with self.connection.transaction():
            self.sql("SET LOCAL lock_timeout = '200ms'")
            yield

    def load(self, *names: str) -> None:
        """Load fixtures; what they queue is thrown away."""
        for name in (*names, "reset_queue.sql"):
            self.sql((SCENARIOS / name).read_text("utf-8"))

    def jobs(self) -> list[Job]:
        """The queued events by id, each with the MBIDs that it touches."""
        rows = self.sql(
            "SELECT id, action::text,"
            "       array_to_string(artwork_indexer.event_gids(action, message), ' '), depends_on"
            "  FROM artwork_indexer.event_queue WHERE state = 'queued' ORDER BY id"
        )
        return [(id_, action, gids, depends_on) for id_, action, gids, depends_on in rows]

    def deferred(self) -> list[tuple[str, str | None]]:
        """Action and MBID (or message, or artist) of the deferred demand."""
        return [
            (action, target)
            for action, target in self.sql(
                "SELECT action::text, coalesce(gid::text, message::text, 'artist ' || artist)"
                "  FROM artwork_indexer.deferred_demand ORDER BY id"
            )
        ]

    def become(self, state: str, *events: int) -> None:
        """Let a worker bring events into a state."""
        self.sql(
            "UPDATE artwork_indexer.event_queue"
            "   SET state = %s::artwork_indexer.event_state WHERE id = ANY (%s)",
            state,
            list(events),
        )

    def column(self, name: str, event: int) -> Any:
        return self.one(f"SELECT {name} FROM artwork_indexer.event_queue WHERE id = %s", event)

    def add_art(self, art: int, release: int, mime_type: str = "image/jpeg") -> None:
        self.sql(
            "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
            " VALUES (%s, %s, %s, 9, 1)",
            art,
            release,
            mime_type,
        )

    def move_art(self, art: int, release: int) -> None:
        self.sql("UPDATE cover_art_archive.cover_art SET release = %s WHERE id = %s", release, art)


@contextmanager
def desk(conninfo: str) -> Iterator[Desk]:
    it = Desk(conninfo)
    with it.connection:
        yield it
