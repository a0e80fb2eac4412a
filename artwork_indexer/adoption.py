"""Recognises the schema that the existing daemon installed, which carries no version.

Its shape is that of ``sql/migrations/0001_event_queue.sql``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXPECTED: Final[Mapping[str, str]] = {
    "type indexable_entity_type": "event, release",
    "type event_queue_action": "index, copy_image, delete_image, deindex, noop",
    "type event_state": "queued, running, failed, completed",
    "column event_queue.id": "bigint NOT NULL",
    "column event_queue.state": "artwork_indexer.event_state NOT NULL",
    "column event_queue.entity_type": "artwork_indexer.indexable_entity_type NOT NULL",
    "column event_queue.action": "artwork_indexer.event_queue_action NOT NULL",
    "column event_queue.message": "jsonb NOT NULL",
    "column event_queue.depends_on": "bigint[]",
    "column event_queue.created": "timestamp with time zone NOT NULL",
    "column event_queue.attempts": "smallint NOT NULL",
    "column event_queue.last_updated": "timestamp with time zone NOT NULL",
    "column event_failure_reason.event": "bigint NOT NULL",
    "column event_failure_reason.failure_reason": "text NOT NULL",
    "column event_failure_reason.created": "timestamp with time zone NOT NULL",
    "index event_queue_idx_queued_uniq": "btree (entity_type, action, message) "
    "WHERE (state = 'queued'::artwork_indexer.event_state)",
    "primary key of artwork_indexer.event_queue": "PRIMARY KEY (id)",
    "foreign key of artwork_indexer.event_failure_reason": "FOREIGN KEY (event) "
    "REFERENCES artwork_indexer.event_queue(id) ON DELETE CASCADE",
}


def differences(present: Mapping[str, str]) -> list[str]:
    """What keeps a schema without versions from being upgraded, as phrases.

    Args:
        present: Shape of each part, as ``sql/queries/existing_schema.sql`` answers.
    """
    return [
        f"{part} is missing"
        if part not in present
        else f"{part} is ({present[part]}) instead of ({shape})"
        for part, shape in EXPECTED.items()
        if present.get(part) != shape
    ]
