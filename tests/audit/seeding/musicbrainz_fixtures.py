"""Rows of MusicBrainz's tables for tests of seeding, and what came under audit."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from artwork_indexer.database import Database
from audit import uploads
from audit.seeding import musicbrainz, redirects
from audit.seeding.checkpoint import Seeding
from audit.seeding.progress import Tally

TABLES = {
    "release": ("cover_art_archive.cover_art", "release"),
    "event": ("event_art_archive.event_art", "event"),
}


def gid_of(number: int) -> str:
    return str(uuid.UUID(int=number))


class MusicBrainz:
    """A person with psql; MusicBrainz's own triggers and ours are off."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.connection = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row)
        self.run("SET session_replication_role = replica")

    def close(self) -> None:
        self.connection.close()

    def run(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        cursor = self.connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def release(self, *ids: int) -> None:
        self.run(
            "INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group)"
            " SELECT id, lpad(to_hex(id), 32, '0')::uuid, 'A release', 1, 1"
            " FROM unnest(%(ids)s::int[]) AS id",
            ids=list(ids),
        )

    def event(self, *ids: int) -> None:
        self.run(
            "INSERT INTO musicbrainz.event (id, gid, name)"
            " SELECT id, lpad(to_hex(id), 32, '0')::uuid, 'An event'"
            " FROM unnest(%(ids)s::int[]) AS id",
            ids=list(ids),
        )

    def art(self, *ids: int, entity_type: str = "release", age: float = 0) -> None:
        """An image for each, the last one uploaded so many seconds ago, the others hourly."""
        table, column = TABLES[entity_type]
        self.run(
            f"INSERT INTO {table} (id, {column}, edit, ordering, mime_type)"
            " SELECT %(last)s - 360000::bigint * (%(top)s - id), id, 1, 1, 'image/jpeg'"
            " FROM unnest(%(ids)s::int[]) AS id",
            ids=list(ids),
            last=int((time.time() - uploads.EPOCH - age) * 100),
            top=max(ids),
        )

    def merge(
        self,
        old: int,
        new: int,
        *,
        days_ago: float = 0,
        with_row: bool = True,
        entity_type: str = "release",
    ) -> None:
        """Merge an entity into another one."""
        table, column = TABLES[entity_type]
        self.run(
            f"INSERT INTO musicbrainz.{entity_type}_gid_redirect (gid, new_id, created)"
            " VALUES (%(gid)s::uuid, %(new)s, now() - %(days)s * interval '1 day')",
            gid=gid_of(old),
            new=new,
            days=days_ago,
        )
        if with_row:
            self.run(
                f"UPDATE {table} SET {column} = %(new)s WHERE {column} = %(old)s", new=new, old=old
            )
            self.run(f"DELETE FROM musicbrainz.{entity_type} WHERE id = %(old)s", old=old)

    def found_in_order(self, *ids: int) -> None:
        """Releases under audit that have a high priority and do not come back."""
        self.run(
            "INSERT INTO artwork_indexer.audit_entity (entity_type, gid, status, priority)"
            " SELECT 'release', lpad(to_hex(id), 32, '0')::uuid, 'clean', 300"
            " FROM unnest(%(ids)s::int[]) AS id",
            ids=list(ids),
        )

    def slow_down_seeding(self) -> None:
        """Let each batch take half a second, so that a run can be stopped before its end."""
        self.run(
            "CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;"
            "CREATE TRIGGER dawdle BEFORE INSERT ON artwork_indexer.audit_entity"
            " FOR EACH STATEMENT EXECUTE FUNCTION public.dawdle()"
        )

    def speed_up_seeding(self) -> None:
        self.run("DROP TRIGGER dawdle ON artwork_indexer.audit_entity")

    def due(self) -> set[int]:
        """Entities that are to be audited again now, by number."""
        rows = self.run("SELECT gid FROM artwork_indexer.audit_entity WHERE next_audit_at <= now()")
        return {row["gid"].int for row in rows}

    def audited(self, entity_type: str = "release") -> dict[int, int]:
        """Priorities of the entities under audit, by number."""
        rows = self.run(
            "SELECT gid, priority FROM artwork_indexer.audit_entity"
            " WHERE entity_type::text = %(entity_type)s",
            entity_type=entity_type,
        )
        return {row["gid"].int: row["priority"] for row in rows}


async def seed_musicbrainz(
    database: Database,
    entity_type: str = "release",
    *,
    without_art: bool = True,
    dry: bool = False,
    reader: Database | None = None,
) -> Tally:
    source = musicbrainz.source_of(entity_type)
    seeding = await Seeding.open(database, source, dry=dry)
    await musicbrainz.seed(reader or database, seeding, entity_type, without_art=without_art)
    return seeding.tally


async def seed_redirects(database: Database, entity_type: str = "release") -> Tally:
    seeding = await Seeding.open(database, redirects.source_of(entity_type))
    await redirects.seed(database, seeding, entity_type)
    return seeding.tally


def config_for(conninfo: str, file: Path, readonly: str | None = None) -> Path:
    sections = {"database": conninfo} | ({"database_readonly": readonly} if readonly else {})
    file.write_text(
        "\n".join(
            f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in conninfo_to_dict(parts).items())
            for name, parts in sections.items()
        ),
        "utf-8",
    )
    return file
