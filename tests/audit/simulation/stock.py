"""Healthy worlds to begin with: made once, copied for each run."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from artwork_indexer.cli.compose import open_engine, worker_name
from artwork_indexer.config import load
from artwork_indexer.daemon import Daemon, LoopOptions
from artwork_indexer.observer import Observer
from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService
from artwork_indexer.sandbox.world import Entities

CELLS: Final = 16
"""Small worlds in a stock."""
RELEASES: Final = 40
EVENTS: Final = 14
A_WEEK: Final = timedelta(days=7).total_seconds()
BOOKS: Final = """
    CREATE TABLE public.audit_ends (
        entity bigint, claim integer, is_verdict boolean, owner text, writer text);
    CREATE TABLE public.audit_claims (entity bigint, claim integer);
    CREATE TABLE public.outstanding (events bigint);
    CREATE FUNCTION public.note_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.status = 'audit_in_progress' THEN
            INSERT INTO public.audit_claims VALUES (NEW.id, NEW.attempts);
        ELSE
            INSERT INTO public.audit_ends
            VALUES (NEW.id, NEW.attempts, NEW.last_audit_at IS DISTINCT FROM OLD.last_audit_at,
                    OLD.claimed_by, current_setting('application_name'));
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_audit AFTER UPDATE ON artwork_indexer.audit_entity FOR EACH ROW
      WHEN ((OLD.status = 'audit_in_progress') <> (NEW.status = 'audit_in_progress'))
      EXECUTE FUNCTION public.note_audit();
    CREATE FUNCTION public.note_repair() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.outstanding
        SELECT count(*) FROM artwork_indexer.event_queue
         WHERE origin = 'audit' AND state IN ('queued', 'running');
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_repair AFTER INSERT ON artwork_indexer.event_queue FOR EACH ROW
      WHEN (NEW.origin = 'audit') EXECUTE FUNCTION public.note_repair();
    ALTER TABLE cover_art_archive.cover_art DROP CONSTRAINT cover_art_fk_mime_type;
    ALTER TABLE event_art_archive.event_art DROP CONSTRAINT event_art_fk_mime_type;
"""
"""Books that the database keeps by itself, apart from those of the audit; and room for rows that
no MusicBrainz should have."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An MBID under audit."""

    entity_type: str
    gid: str

    @property
    def item(self) -> str:
        return f"mbid-{self.gid}"


@dataclass(frozen=True, slots=True)
class Stock:
    """A template database and the items that fit it, cut into cells of a few entities each."""

    template: str
    items: Mapping[str, Item]
    cells: tuple[tuple[Entity, ...], ...]


def cells_of(releases: Entities, events: Entities) -> tuple[tuple[Entity, ...], ...]:
    """Each cell has one or two releases with art, perhaps an event, and few of the others."""
    cells: list[list[Entity]] = [[] for _ in range(CELLS)]
    home: dict[str, int] = {}
    for entity_type, entities in (("release", releases), ("event", events)):
        others = (*entities.darkened, *entities.darkened_without_rows, *entities.deleted)
        for gids in (entities.with_art, entities.without_art[:CELLS], others):
            for place, gid in enumerate(gids):
                # The special ones go to the last cells first: those have fewer with art.
                cell = place % CELLS if gids is entities.with_art else -1 - place % CELLS
                cells[cell].append(Entity(entity_type, gid))
                home[gid] = cell
        for gid, survivor in entities.merged.items():
            cells[home[survivor]].append(Entity(entity_type, gid))
    return tuple(map(tuple, cells))


def own_copy(item: Item) -> Item:
    """A copy whose files can be changed without a trace in the original."""
    twin = copy(item)
    twin.metadata = dict(item.metadata)
    twin.files = {name: copy(file) for name, file in item.files.items()}
    for file in twin.files.values():
        file.extra = dict(file.extra)
    twin.tasks = copy(item.tasks)
    twin.pending_changes = []
    twin.user_json = {}
    twin.extra_keys = dict(item.extra_keys)
    return twin


NO_LIMITS: Final = {
    "mode": "repair",
    "entities_per_hour": "",
    "entities_per_day": "",
    "repairs_per_hour": "",
    "repairs_per_day": "",
    "max_outstanding_repairs": "",
    "deletes_per_day": "",
    "probation_repairs": "0",
}
DEFAULTS: Final = {
    **NO_LIMITS,
    "enabled": "yes",
    "concurrency": "40",
    "settle_hours": "0",
    "delete_confirm_hours": "0",
    "brake_window": "1000000",
}


def settings_text(settings: Mapping[str, str], url: str, conninfo: str) -> str:
    """A config.ini for a daemon that audits."""
    audit = "\n".join(f"{key} = {value}" for key, value in {**DEFAULTS, **settings}.items())
    return (
        f"{config_text(url, conninfo)}\n[indexer]\nindex_delay_seconds = 0\nlisten = no\n"
        f"\n[metrics]\nport =\n\n[audit]\n{audit}\n"
    )


async def run_daemon(settings: Mapping[str, str], url: str, conninfo: str) -> None:
    """Run a daemon until it finds nothing to do."""
    with tempfile.NamedTemporaryFile("w", suffix=".ini", encoding="utf-8") as file:
        file.write(settings_text(settings, url, conninfo))
        file.flush()
        config = load(Path(file.name), {})
    engine = await open_engine(
        config, worker=worker_name(), observer=Observer(), http_observer=None
    )
    options = LoopOptions(max_wait=0.01, max_idle_loops=1)
    code = await asyncio.wait_for(Daemon(engine, options=options, observer=Observer()).run(), 60)
    assert code == 0


async def make_stock(server: Server, migrated: str, name: str, seed: int) -> Stock:
    """Build a world, give it healthy items, and audit all of it once."""
    conninfo = server.create_database(name, template=migrated)
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        built = await world.build(connection, releases=RELEASES, events=EVENTS, seed=seed)
        await connection.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
        await connection.execute("TRUNCATE artwork_indexer.audit_entity CASCADE")
        await connection.execute("TRUNCATE artwork_indexer.deferred_demand")
        cells = cells_of(built.releases, built.events)
        for entity in (entity for cell in cells for entity in cell):
            await connection.execute(
                "INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES (%s, %s)",
                (entity.entity_type, entity.gid),
            )
    archive = Archive()
    await populated(archive, conninfo)
    for item in archive.items.values():
        item.age(A_WEEK)
    async with serving(archive, WebService(conninfo)) as url:
        await run_daemon({}, url, conninfo)
    with psycopg.connect(conninfo, row_factory=dict_row) as db:
        ill = db.execute(
            "SELECT gid, status FROM artwork_indexer.audit_entity"
            " WHERE status NOT IN ('clean', 'legacy')"
        ).fetchall()
        assert not ill, ill
        db.execute(
            "TRUNCATE artwork_indexer.audit_budget, artwork_indexer.audit_total,"
            " artwork_indexer.audit_history"
        )
        db.execute(BOOKS)
    return Stock(name, archive.items, cells)


def document(item: Item) -> dict[str, Any] | None:
    """The index.json of an item, if it is one."""
    file = item.files.get("index.json")
    try:
        found = None if file is None else json.loads(file.content.read())
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("images"), list):
        return None
    return found if all(isinstance(image, dict) for image in found["images"]) else None
