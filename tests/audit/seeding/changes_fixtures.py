"""What the tests of the Changes API share: a feed, changes, and rows that wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from audit.seeding.changes import ChangeFeed
from tests.audit.seeding.archive_fixtures import Place

SETTLE = timedelta(hours=2)


def feed(place: Place, *, is_dry: bool = False, **options: Any) -> ChangeFeed:
    return ChangeFeed(
        place.database,
        options.get("changes") or place.changes(),
        place.patience(most_failures=options.get("most_failures", 3), is_dry=is_dry),
        place.reject,
        settle=SETTLE,
        is_dry=is_dry,
    )


def change(place: Place, *items: str) -> None:
    now = place.archive.clock.now()
    place.archive.changes.extend((item, now) for item in items)


def under_audit(place: Place, gid: str, status: str, due: str = "NULL", **columns: str) -> None:
    """A row of a release; ``due`` is SQL."""
    extra = {"claimed_by": "'me'", "attempts": "1"} if status == "audit_in_progress" else {}
    extra |= columns
    place.rows.execute(
        "INSERT INTO artwork_indexer.audit_entity"
        f" (entity_type, gid, status, next_audit_at{''.join(f', {name}' for name in extra)})"
        f" VALUES ('release', %s, %s, {due}{''.join(f', {value}' for value in extra.values())})",
        [gid, status],
    )


def waits(row: dict[str, Any]) -> timedelta:
    """How long from now on a row waits, to ten minutes."""
    wait: timedelta = row["next_audit_at"] - datetime.now(UTC)
    return timedelta(minutes=10 * round(wait / timedelta(minutes=10)))


async def begun(place: Place) -> None:
    """A first run that only notes this moment."""
    assert not await feed(place).catch_up(place.progress)
