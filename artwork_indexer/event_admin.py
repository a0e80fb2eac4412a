"""What a person does to the queue: look, requeue, cancel, enqueue.

The command line and the dashboard both stand on these functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from artwork_indexer.database import Database, Row, query
from artwork_indexer.errors import InputError


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events a list shows; None means any."""

    state: str | None = None
    action: str | None = None
    entity_type: str | None = None
    gid: str | None = None


async def list_events(database: Database, wanted: Filter, most: int) -> list[Row]:
    """The newest ``most`` events that match, each with its latest failure reason."""
    return await database.fetch(
        query("events_list"),
        state=wanted.state,
        action=wanted.action,
        entity_type=wanted.entity_type,
        gid=wanted.gid,
        most=most,
    )


async def show_event(database: Database, event: int) -> Row:
    """One event with ``failure_reasons``, ``parents`` and ``dependents``.

    Raises:
        InputError: there is no such event.
    """
    row = await database.fetch_one(query("event_details"), event=event)
    if row is None:
        raise InputError(f"There is no event {event}; completed events are kept for 90 days.")
    return row


async def failed_events(database: Database, action: str | None) -> list[int]:
    """Ids of all failed events that were neither cancelled nor superseded."""
    return [row["id"] for row in await database.fetch(query("events_failed"), action=action)]


async def requeue(
    database: Database, events: Sequence[int], *, skip_incomplete: bool = False
) -> list[Row]:
    """Requeue failed events and their failed dependents; rows of (event, outcome).

    An event whose failed parent is not requeued with it would wait for ever: it is an error,
    or left out with ``skip_incomplete``.

    Raises:
        InputError: an event does not exist, did not fail, or waits for a failed parent
            that is not requeued with it. Nothing was changed.
    """
    states = await _states(database, events, wanted="failed", verb="requeued")
    incomplete = {
        row["id"]: sorted(set(row["failed_parents"]) - set(events))
        for row in states
        if not set(row["failed_parents"]) <= set(events)
    }
    if incomplete and not skip_incomplete:
        event, parents = next(iter(incomplete.items()))
        names = ", ".join(map(str, parents))
        raise InputError(
            f"Event {event} depends on ({names}), which failed: "
            f"requeue {names} instead, its dependents come along."
        )
    wanted = [event for event in events if event not in incomplete]
    return await database.fetch(query("events_requeue"), events=wanted)


async def cancel(database: Database, events: Sequence[int]) -> list[Row]:
    """Cancel queued events; rows of (event, dependents: how many failed with it).

    Raises:
        InputError: an event does not exist or is not queued. Nothing was changed.
    """
    await _states(database, events, wanted="queued", verb="cancelled")
    return await database.fetch(query("events_cancel"), events=list(events))


async def _states(
    database: Database, events: Sequence[int], *, wanted: str, verb: str
) -> list[Row]:
    rows = await database.fetch(query("events_states"), events=list(events))
    unknown = sorted(set(events) - {row["id"] for row in rows})
    if unknown:
        raise InputError(f"There is no event {', '.join(map(str, unknown))}; nothing was {verb}.")
    for row in rows:
        if row["state"] != wanted:
            raise InputError(
                f"Event {row['id']} is {row['state']}; only {wanted} events can be {verb}. "
                f"Nothing was {verb}."
            )
    return rows


def parse_mbid(text: str) -> str:
    """An MBID in its canonical form: lower case, with dashes.

    Raises:
        InputError: the text is no MBID.
    """
    cleaned = text.strip().lower()
    try:
        canonical = str(UUID(cleaned))
    except ValueError:
        canonical = ""
    if canonical != cleaned:
        raise InputError(
            f"{text.strip()!r} is not an MBID; it looks like 16ebbc86-670c-4ad3-980b-bfbd1eee4ff4."
        )
    return canonical


async def enqueue_index(database: Database, entity_type: str, gids: Sequence[str]) -> list[Row]:
    """Queue an index of each entity; rows of (id, gid, inserted).

    Raises:
        InputError: an MBID is unknown or was merged. Nothing was queued.
    """
    unique = list(dict.fromkeys(gids))
    known = await database.fetch(query(f"entities_known_{entity_type}"), gids=unique)
    states = {str(row["gid"]): row["merged_into"] for row in known}
    for gid in unique:
        if gid not in states:
            raise InputError(
                f"MusicBrainz has no {entity_type} {gid}: it was deleted or never existed. "
                "Nothing was queued."
            )
        if states[gid] is not None:
            raise InputError(
                f"The {entity_type} {gid} was merged into {states[gid]}; enqueue that one. "
                "Nothing was queued."
            )
    return await database.fetch(query("enqueue_index"), entity_type=entity_type, gids=unique)
