"""What a database holds of the schema, and whether it may be upgraded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from artwork_indexer.adoption import differences
from artwork_indexer.database import query
from artwork_indexer.errors import Refused
from artwork_indexer.migration_files import SchemaFiles
from artwork_indexer.triggers import musicbrainz_tables

OLDEST_SERVER: Final = 140000

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Installed:
    """What a database holds."""

    marks: Row
    migrations: Mapping[int, Row] = field(default_factory=dict)
    files: Mapping[str, Row] = field(default_factory=dict)
    triggers: Mapping[str, str] = field(default_factory=dict)
    existing: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_unversioned_schema(self) -> bool:
        """The existing daemon, or somebody else, made the schema."""
        return bool(self.marks["has_schema"]) and not self.marks["has_versions"]

    @property
    def is_master(self) -> bool:
        """Constraints and triggers that a replication mirror lacks are there."""
        return bool(self.marks["is_master"])


def read_installed(connection: Connection) -> Installed:
    """Look at a database; must run inside a transaction."""
    connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
    tables = {"tables": musicbrainz_tables()}
    marks = connection.execute(query("schema_marks"), tables).fetchone()
    if marks is None:
        raise LookupError("a query without FROM returned no row")
    if not marks["has_schema"] or not marks["may_use_schema"]:
        return Installed(marks)
    rows = connection.execute(query("installed_triggers"), tables)
    triggers = {row["name"]: row["definition"] for row in rows}
    if not marks["has_versions"]:
        rows = connection.execute(query("existing_schema"))
        existing = {row["part"]: row["shape"] for row in rows}
        return Installed(marks, triggers=triggers, existing=existing)
    migrations = connection.execute(query("applied_migrations")).fetchall()
    applied = connection.execute(query("applied_function_files")).fetchall()
    return Installed(
        marks,
        {row["version"]: row for row in migrations},
        {row["name"]: row for row in applied},
        triggers,
    )


def check(installed: Installed, files: SchemaFiles, *, with_triggers: bool) -> None:
    """Refuse what must not or cannot be upgraded, before anything is written.

    Raises:
        Refused: one sentence that names the obstacle and the remedy.
    """
    _check_musicbrainz(installed.marks)
    _check_versions(installed, files)
    if installed.has_unversioned_schema and (found := differences(installed.existing)):
        raise Refused(
            "The schema artwork_indexer is not one that can be upgraded: "
            f"{'; '.join(found)}. Bring the existing daemon up to date first, or move its "
            "schema out of the way."
        )
    if not with_triggers:
        return
    if not installed.is_master:
        raise Refused(
            "This database looks like a replication mirror (the constraint "
            "cover_art_fk_release or the trigger resquence_cover_art is missing), where "
            "triggers would queue wrong work, so nothing was installed; "
            "`artwork-indexer migrate --without-triggers` installs only the tables, "
            "which is enough for audits in report mode."
        )
    _check_trigger_rights(installed.marks)


def _check_musicbrainz(marks: Row) -> None:
    if marks["server_version"] < OLDEST_SERVER:
        raise Refused(
            f"PostgreSQL 14 or newer is needed, this server is {marks['server_version'] // 10000}."
        )
    if marks["missing_schemas"]:
        raise Refused(
            f"The database {marks['database']} is not a MusicBrainz database: the schema "
            f"{', '.join(marks['missing_schemas'])} is missing. Point [database] at the "
            "MusicBrainz database, or create one for trying out with "
            "`artwork-indexer sandbox musicbrainz-schema | psql`."
        )
    if not marks["may_use_schema"]:
        raise Refused(
            f"The role {marks['role']} may not use the schema artwork_indexer: run migrate as "
            "its owner."
        )
    if not marks["has_schema"] and not marks["may_create"]:
        raise Refused(
            f"The role {marks['role']} may not create a schema in the database "
            f"{marks['database']}: run migrate as the owner of the database."
        )


def _check_versions(installed: Installed, files: SchemaFiles) -> None:
    known = {migration.version: migration for migration in files.migrations}
    for version, row in installed.migrations.items():
        if version not in known:
            raise Refused(
                f"The schema artwork_indexer is newer than this program: it holds migration "
                f"{row['name']}. Install the version of artwork-indexer that brought it."
            )
        if known[version].checksum != row["checksum"]:
            raise Refused(
                f"The file of migration {row['name']} is not the one that was applied to this "
                "database. Restore it; a change needs a migration of its own."
            )


def _check_trigger_rights(marks: Row) -> None:
    if marks["missing_tables"]:
        raise Refused(
            f"The table {', '.join(marks['missing_tables'])} is missing, which the triggers "
            "watch: upgrade the MusicBrainz schema first."
        )
    if marks["forbidden_tables"]:
        raise Refused(
            f"The role {marks['role']} may not read and put a trigger on "
            f"{', '.join(marks['forbidden_tables'])}: run migrate as the owner of the "
            "MusicBrainz tables."
        )
