"""The stage of a scenario: a database with MusicBrainz in it, and one server for all HTTP.

The server is the Internet Archive stand-in plus a web service with scripted answers; both
write into one journal, so that the order of all requests can be asserted.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg
from aiohttp import web
from aiohttp.test_utils import TestServer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Jsonb

from artwork_indexer.sandbox.internet_archive import (
    Account,
    Archive,
    Content,
    Entry,
    Item,
    create_app,
)
from tests.scenarios.expected import CAA, Side, document

HERE: Final = Path(__file__).parent
ACCOUNTS: Final = (
    Account("caa@musicbrainz.org", "caa_user", "caa_pass"),
    Account("eventartarchive@metabrainz.org", "eaa_user", "eaa_pass"),
)
OURS: Final = re.compile(r"index\.json$|_mb_metadata\.xml$|-\d+\.(jpg|png|gif|pdf)$")
UPLOADERS: Final = {"release": ACCOUNTS[0].email, "event": ACCOUNTS[1].email}

WebAnswer = Callable[[web.Request], web.StreamResponse]


@dataclass(frozen=True)
class Queued:
    """A row of the event queue, with the columns of the contract."""

    id: int
    state: str
    entity_type: str
    action: str
    message: object
    depends_on: list[int] | None
    attempts: int


@dataclass
class Stage:
    """Database, outside world and configuration of one scenario."""

    connection: psycopg.Connection[tuple[Any, ...]]
    database_url: str
    directory: Path
    archive: Archive
    web_answers: dict[str, WebAnswer] = field(default_factory=dict)
    """Answers of the web service by MBID, instead of a proper document."""
    before_web_answer: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens in the world while the web service answers."""
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    origin: str = ""

    def sql(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own."""
        cursor = self.connection.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []

    def one(self, statement: LiteralString, *values: object) -> Any:
        """The only value of the only row."""
        ((value,),) = self.sql(statement, *values)
        return value

    def commit(self, *statements: LiteralString) -> None:
        """Run all statements in one transaction."""
        with self.connection.transaction():
            for statement in statements:
                self.connection.execute(statement)

    def forget_queue(self) -> None:
        """Throw away what is queued, and count from 1 again."""
        self.connection.execute((HERE / "reset_queue.sql").read_bytes())

    def load(self, name: str) -> None:
        """Load a fixture; what it queues is thrown away."""
        self.connection.execute((HERE / name).read_bytes())
        self.forget_queue()

    def queue(self) -> list[Queued]:
        """All events, by id."""
        rows = self.sql(
            "SELECT id, state::text, entity_type::text, action::text, message, depends_on, attempts"
            "  FROM artwork_indexer.event_queue ORDER BY id"
        )
        return [Queued(*row) for row in rows]

    def claimed(self) -> list[int]:
        """Claim what is ready, as a daemon would; the ids in the order of the claim."""
        rows = self.sql(
            "SELECT id FROM artwork_indexer.claim_events("
            "'test', 10, interval '1 minute', 5, interval '0', true)"
        )
        return [event for (event,) in rows]

    def states(self) -> dict[int, str]:
        return {event.id: event.state for event in self.queue()}

    def insert(
        self,
        action: str,
        message: object,
        *,
        entity_type: str = "release",
        **columns: object,
    ) -> int:
        """Queue an event by hand, as a person with psql does; returns its id."""
        values = {"entity_type": entity_type, "action": action, **columns}
        names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, values))
        holders = psycopg.sql.SQL(", ").join(psycopg.sql.Placeholder() * len(values))
        statement = psycopg.sql.SQL(
            "INSERT INTO artwork_indexer.event_queue ({}, message) VALUES ({}, %s) RETURNING id"
        ).format(names, holders)
        row = self.connection.execute(statement, [*values.values(), Jsonb(message)]).fetchone()
        assert row is not None
        return int(row[0])

    def reasons(self, event: int) -> list[str]:
        """The failure reasons of an event, oldest first."""
        rows = self.sql(
            "SELECT failure_reason FROM artwork_indexer.event_failure_reason"
            " WHERE event = %s ORDER BY created, attempt, ctid",
            event,
        )
        return [reason for (reason,) in rows]

    def column(self, name: str, event: int) -> Any:
        """A column of an event that the contract does not know."""
        statement = psycopg.sql.SQL(
            "SELECT {} FROM artwork_indexer.event_queue WHERE id = %s"
        ).format(psycopg.sql.Identifier(name))
        row = self.connection.execute(statement, [event]).fetchone()
        assert row is not None
        return row[0]

    def allow_connections(self, allowed: bool) -> None:
        """Let nobody connect to this database any more, or everybody again."""
        statement = psycopg.sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}").format(
            psycopg.sql.Identifier(self.connection.info.dbname), psycopg.sql.Literal(allowed)
        )
        elsewhere = make_conninfo(self.database_url, dbname="postgres")
        with psycopg.connect(elsewhere, autocommit=True) as connection:
            connection.execute(statement)

    def make_due(self) -> None:
        """Let the time pass that queued events wait for."""
        self.sql(
            "UPDATE artwork_indexer.event_queue SET run_after = now() - interval '1 second'"
            " WHERE state = 'queued' AND waits_for = 'time'"
        )
        self.sql("DELETE FROM artwork_indexer.service_pause")

    def item(self, gid: str, *files: str, side: Side = CAA) -> Item:
        """An item at the Internet Archive that holds these files."""
        item = self.archive.create(f"mbid-{gid}", UPLOADERS[side.entity])
        for name in files:
            item.put(name, Content.of(f"bytes of {name}".encode()), self.archive.clock.now())
        return item

    def files(self, gid: str) -> set[str]:
        """Names of the files of ours that an item holds now."""
        item = self.archive.items.get(f"mbid-{gid}")
        names = () if item is None else item.files
        return {name for name in names if not name.startswith("history/") and OURS.search(name)}

    def entries(self, method: str = "", fragment: str = "") -> list[Entry]:
        return self.archive.journal.select(method, fragment)

    def requests(self) -> list[str]:
        """All requests in the order of arrival, as "METHOD /path?query"."""
        return [f"{entry.method} {entry.path}" for entry in self.archive.journal]

    def writes(self) -> list[str]:
        """All requests that change something at the Internet Archive."""
        return [r for r in self.requests() if r.split(" ", 1)[0] in {"PUT", "DELETE", "POST"}]

    def configure(self, section: str, **keys: str) -> None:
        """Change the configuration of daemons that start from now on."""
        self.settings.setdefault(section, {}).update(keys)

    def config_file(self, name: str = "test.ini") -> Path:
        """Write the configuration and return where it is."""
        sections = _defaults(self.origin, self.database_url)
        for section, keys in self.settings.items():
            sections.setdefault(section, {}).update(keys)
        text = "".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
            for section, keys in sections.items()
        )
        path = self.directory / name
        path.write_text(text, "utf-8")
        return path


def _defaults(origin: str, database_url: str) -> dict[str, dict[str, str]]:
    parameters: Mapping[str, object] = conninfo_to_dict(database_url)
    return {
        "musicbrainz": {
            "url": origin,
            "database": "TEST_ARTWORK_INDEXER",
            "requests_per_second": "",
        },
        "database": {key: str(value) for key, value in parameters.items()},
        "s3": {
            "url": origin + "/s3/{bucket}/{file}",
            "caa_access": "caa_user",
            "caa_secret": "caa_pass",
            "eaa_access": "eaa_user",
            "eaa_secret": "eaa_pass",
            "requests_per_second": "",
        },
        "archive": {
            "metadata_url": origin + "/metadata/{item}",
            "download_url": origin + "/download/{item}/{file}",
            "details_url": origin + "/details/{item}",
            "search_url": origin + "/services/search/v1/scrape",
            "changes_url": origin + "/changes/v1",
            "tasks_url": origin + "/services/tasks.php",
            "requests_per_second": "",
        },
        "indexer": {"concurrency": "1", "index_delay_seconds": "0", "listen": "no"},
    }


@asynccontextmanager
async def stage(database_url: str, directory: Path) -> AsyncIterator[Stage]:
    """Build the stage, and take it down afterwards."""
    archive = Archive(accounts=ACCOUNTS)
    with psycopg.connect(database_url, autocommit=True) as connection:
        it = Stage(connection, database_url, directory, archive)
        app = create_app(archive, partial(_add_web_service, it))
        async with TestServer(app) as server:
            it.origin = str(server.make_url("")).rstrip("/")
            yield it
            archive.faults.clear()


def _add_web_service(it: Stage, app: web.Application) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        it.archive.journal.note(
            method=request.method,
            path=request.raw_path,
            target=request.path,
            headers=request.raw_headers,
            body=await request.read(),
            now=it.archive.clock.now(),
        )
        entity, gid = request.match_info["entity"], request.match_info["gid"]
        it.before_web_answer.pop(gid, lambda: None)()
        scripted = it.web_answers.get(gid)
        if scripted is not None:
            return scripted(request)
        return web.Response(body=document(entity, gid), content_type="application/xml")

    app.router.add_get("/ws/2/{entity}/{gid}", answer)
