"""Helpers for tests of the actions: MusicBrainz rows, a scripted outside world, events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
from aiohttp import web
from psycopg.types.json import Jsonb

from artwork_indexer.actions.context import ActionSettings
from artwork_indexer.event_queue import Action, Event
from artwork_indexer.handlers import Handlers
from tests.http_fixtures import Recorded, Reply, say

R1 = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
R2 = "2198f7b1-658c-4217-8cae-f63abe0b2391"
R3 = "41f27dcf-f012-4c91-afc0-0531e196bbda"
E1 = "e2aad65a-12e0-44ec-b693-94d225154e90"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

ROWS = """
INSERT INTO musicbrainz.artist (id, gid, name, sort_name) VALUES
    (1, 'ae859a2d-5754-4e88-9af0-6df263345535', 'ā', 'ā');
INSERT INTO musicbrainz.artist_credit (id, name, artist_count, gid) VALUES
    (1, 'ā', 1, 'c44109ce-57d7-3691-84c8-37926e3d41d2');
INSERT INTO musicbrainz.artist_credit_name (artist_credit, position, artist, name)
    VALUES (1, 0, 1, 'ā');
INSERT INTO musicbrainz.release_group (id, gid, name, artist_credit) VALUES
    (1, '153f0a09-fead-3370-9b17-379ebd09446b', 'r', 1);
INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group) VALUES
    (1, '16ebbc86-670c-4ad3-980b-bfbd1eee4ff4', 'ø', 1, 1),
    (2, '2198f7b1-658c-4217-8cae-f63abe0b2391', 'ß', 1, 1);
INSERT INTO musicbrainz.release_gid_redirect (gid, new_id) VALUES
    ('41f27dcf-f012-4c91-afc0-0531e196bbda', 2);
INSERT INTO musicbrainz.event (id, gid, name) VALUES
    (1, 'e2aad65a-12e0-44ec-b693-94d225154e90', '東京');
INSERT INTO musicbrainz.editor (id, name, email, email_confirm_date, password, ha1) VALUES
    (1, 'editor', 'e@example.org', '2014-12-01', '{CLEARTEXT}mb', repeat('0', 32));
INSERT INTO musicbrainz.edit (id, editor, type, status, expire_time, close_time) VALUES
    (1, 1, 314, 2, now(), NULL), (2, 1, 314, 2, now(), now());
"""
"""Two releases without art, a redirect from R3 to R2, and an event."""


@dataclass
class Art:
    """Writes art rows; every statement is committed at once."""

    connection: psycopg.Connection[Any]

    def execute(self, statement: str, *values: object) -> None:
        self.connection.execute(statement.encode(), values)

    def add(
        self,
        image: int,
        entity: int,
        *,
        archive: str = "cover_art",
        mime_type: str = "image/jpeg",
        ordering: int = 1,
        comment: str = "",
        edit: int = 1,
        types: Sequence[int] = (),
    ) -> None:
        column = "release" if archive == "cover_art" else "event"
        self.execute(
            f"INSERT INTO {archive}_archive.{archive} "
            f"(id, {column}, comment, edit, ordering, mime_type) VALUES (%s, %s, %s, %s, %s, %s)",
            *(image, entity, comment, edit, ordering, mime_type),
        )
        for kind in types:
            self.execute(
                f"INSERT INTO {archive}_archive.{archive}_type (id, type_id) VALUES (%s, %s)",
                *(image, kind),
            )

    def darken(self, release: int) -> None:
        self.execute(
            "UPDATE musicbrainz.release_meta SET cover_art_presence = 'darkened' WHERE id = %s",
            release,
        )

    def queue(
        self,
        action: str,
        message: dict[str, object],
        *,
        state: str = "queued",
        entity_type: str = "release",
    ) -> int:
        """Insert an event and return its id."""
        row = self.connection.execute(
            b"INSERT INTO artwork_indexer.event_queue (entity_type, action, message, state) "
            b"VALUES (%s, %s, %s, %s) RETURNING id",
            (entity_type, action, Jsonb(message), state),
        ).fetchone()
        assert row is not None
        return int(row[0])


@dataclass
class Outside:
    """Answers by (method, path); writes nobody scripted get an empty 200."""

    replies: dict[tuple[str, str], Reply] = field(default_factory=dict)
    journal: list[Recorded] = field(default_factory=list)
    url: str = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        headers = [(key.decode(), value.decode()) for key, value in request.raw_headers]
        body = await request.read()
        self.journal.append(Recorded(request.method, request.raw_path, headers, body))
        default = say(200) if request.method in {"PUT", "DELETE"} else say(500)
        reply = self.replies.get((request.method, request.path), default)
        return await reply(request)

    @property
    def requests(self) -> list[str]:
        return [f"{recorded.method} {recorded.path}" for recorded in self.journal]

    @property
    def writes(self) -> list[str]:
        return [request for request in self.requests if not request.startswith("GET")]

    def document(self, gid: str, entity: str = "release") -> bytes:
        """Let the web service know an entity; returns the document."""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"><{entity} id="{gid}">'
            f"<title>ø</title></{entity}></metadata>\n"
        ).encode()
        self.replies["GET", f"/ws/2/{entity}/{gid}"] = say(200, body)
        return body

    def record(self, gid: str, files: dict[str, bytes], **more: object) -> None:
        """Let the Internet Archive list files of an item."""
        entries = [
            {"name": name, "md5": hashlib.md5(body).hexdigest(), "size": str(len(body))}
            for name, body in files.items()
        ]
        record = {"metadata": {}, "files": entries, **more}
        self.raw_record(gid, json.dumps(record).encode())

    def raw_record(self, gid: str, body: bytes, status: int = 200) -> None:
        self.replies["GET", f"/metadata/mbid-{gid}"] = say(status, body)

    def no_item(self, gid: str) -> None:
        self.raw_record(gid, b"{}")
        self.replies["GET", f"/details/mbid-{gid}"] = say(404, b"<html>no item</html>")


KEYS = {"caa": "LOW caa_user:caa_pass", "eaa": "LOW eaa_user:eaa_pass"}
DEFAULTS = ActionSettings()


@dataclass
class Stage:
    """Everything a test of an action needs."""

    handlers: Handlers
    art: Art
    outside: Outside

    async def run(self, action: str, **message: object) -> str | None:
        return await self.handlers.handle(event(action, **message))


class MakeStage(Protocol):
    """Makes a stage with settings and keys of its own."""

    def __call__(
        self,
        keys: dict[str, str] = KEYS,
        settings: ActionSettings = DEFAULTS,
        *,
        web_service: bool = True,
    ) -> Stage: ...


def event(action: str, **message: object) -> Event:
    """An event as it comes from the queue; names of its own columns are not put in the message."""
    columns: dict[str, Any] = {"id": 1000, "entity_type": "release"}
    for name in (*columns, "depends_on", "origin", "snoozed_since", "vanished_parents"):
        if name in message:
            columns[name] = message.pop(name)
    return Event(
        **columns, action=Action(action), message=message, created=NOW - timedelta(minutes=1)
    )


def image(gid: str, number: int, suffix: str = "jpg") -> str:
    return f"mbid-{gid}-{number}.{suffix}"
