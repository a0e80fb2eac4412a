"""Whether the database is ready for this version of the program, asked before work begins."""

from __future__ import annotations

from dataclasses import dataclass

from artwork_indexer.database import query
from artwork_indexer.errors import Refused
from artwork_indexer.migration_state import Connection, read_installed
from artwork_indexer.migrations import StatusLine, status
from artwork_indexer.triggers import all_triggers, musicbrainz_tables


@dataclass(frozen=True, slots=True)
class TriggerState:
    """The triggers that are not as they should be, by name."""

    missing: tuple[str, ...]
    disabled: tuple[str, ...]
    is_master: bool

    def problem(self) -> str | None:
        """One sentence for a person, or None when all is well."""
        if not self.is_master:
            return (
                "This database looks like a replication mirror: it has no triggers and queues "
                "no events."
            )
        if self.missing:
            return (
                f"{len(self.missing)} of {len(all_triggers())} triggers are missing "
                f"({', '.join(self.missing)}), so edits go unnoticed. Run: artwork-indexer migrate"
            )
        if self.disabled:
            return (
                f"Triggers are disabled ({', '.join(self.disabled)}), so edits go unnoticed. "
                "Enable them: ALTER TABLE … ENABLE TRIGGER …"
            )
        return None


def trigger_state(connection: Connection) -> TriggerState:
    """Look at the triggers on MusicBrainz's tables."""
    with connection.transaction():
        installed = read_installed(connection)
        rows = connection.execute(
            query("trigger_states"), {"tables": musicbrainz_tables()}
        ).fetchall()
    enabled = {row["name"]: row["is_enabled"] for row in rows}
    names = [trigger.name for trigger in all_triggers()]
    return TriggerState(
        missing=tuple(name for name in names if name not in enabled),
        disabled=tuple(name for name in names if enabled.get(name) is False),
        is_master=installed.is_master,
    )


def require_schema(connection: Connection) -> None:
    """Make sure that the tables and functions are those of this version.

    Raises:
        Refused: they are missing, older or newer; the message says what to run.
    """
    with connection.transaction():
        marks = read_installed(connection).marks
    if not marks["has_schema"]:
        raise Refused(
            f"The database {marks['database']} has no schema artwork_indexer. "
            "Run: artwork-indexer migrate"
        )
    if not marks["may_use_schema"]:
        raise Refused(
            f"The role {marks['role']} may not use the schema artwork_indexer. Run sql/roles.sql "
            "and grant it the role artwork_indexer, or use the owner of the schema."
        )
    if not marks["has_versions"]:
        raise Refused(
            "The schema artwork_indexer is that of an older daemon. Stop that daemon, "
            "then run: artwork-indexer migrate"
        )
    lines = [line for line in status(connection) if not line.name.startswith("triggers/")]
    newer = _names(lines, "unknown")
    if newer:
        raise Refused(
            f"The schema artwork_indexer is newer than this program: it holds {newer}. "
            "Install the version of artwork-indexer that brought it."
        )
    behind = _names(lines, "pending") or _names(lines, "changed")
    if behind:
        raise Refused(
            f"The schema artwork_indexer is older than this program: {behind} is missing. "
            "Run: artwork-indexer migrate"
        )


def _names(lines: list[StatusLine], state: str) -> str:
    return ", ".join(line.name for line in lines if line.state == state)
