"""The whole program in miniature: a world is edited and damaged, and we look what comes of it.

PostgreSQL, the web service and the Internet Archive are local stand-ins; the daemon is the
real one, in a process of its own.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from psycopg.rows import dict_row

from artwork_indexer.errors import Unreachable
from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.demo_audit import perform_audit, told
from artwork_indexer.sandbox.internet_archive import Archive, Content, fault_kinds
from artwork_indexer.sandbox.postgres import running
from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.verify import Verdict, originals, verify
from artwork_indexer.sandbox.webservice import WebService

HERE: Final = Path(__file__).parent
DATABASE: Final = "artwork_indexer_demo"
PATIENCE_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.05
BURST: Final = 20
LOG_SHOWN: Final = 10_000
"""Characters from the end of the daemon's log."""

T = TypeVar("T")

Say = Callable[[str], None]


@dataclass(slots=True)
class Stage:
    """What the edits of the demo play on."""

    connection: psycopg.AsyncConnection[dict[str, Any]]
    archive: Archive
    world: world.World
    say: Say
    used: set[str] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    """Image ids that an editor removed."""

    def release(self, *, images: int = 1) -> str:
        """A release with art that no edit of the demo has touched yet."""
        return self._fresh(self.world.releases.with_art, images)

    def event(self) -> str:
        """An event with art that no edit of the demo has touched yet."""
        return self._fresh(self.world.events.with_art, 1)

    def _fresh(self, gids: tuple[str, ...], images: int) -> str:
        gid = next(g for g in gids if g not in self.used and len(self.world.images[g]) >= images)
        self.used.add(gid)
        return gid

    async def edit(self, name: str, **parameters: object) -> None:
        """Make one edit, in one transaction, as MusicBrainz would."""
        statements = (HERE / "edits" / f"{name}.sql").read_bytes()
        async with self.connection.transaction():
            await psycopg.AsyncClientCursor(self.connection).execute(statements, parameters)

    async def row(self, name: str, **parameters: object) -> dict[str, Any]:
        """The only row of a query."""
        statement = (HERE / "queries" / f"{name}.sql").read_bytes()
        row = await (await self.connection.execute(statement, parameters)).fetchone()
        assert row is not None
        return row


async def play(stage: Stage) -> None:
    """Make all edits, each followed to its end."""
    one = stage.release()
    await act(stage, "a release gets another title", stage.edit("rename_release", gid=one))
    many = stage.release(images=3)
    await act(stage, "three images change places", stage.edit("reorder_images", gid=many))
    await act(stage, "an image is added", add_image(stage, stage.release()))
    await act(stage, "an image is removed", remove_image(stage, stage.release(images=2)))
    await act(stage, f"{BURST} edits of one image in a row", burst(stage, stage.release()))
    await act(stage, "an artist gets another name", stage.edit("rename_artist", gid=one))
    await act(stage, "two releases with art are merged", merge(stage))
    await act(stage, "a release with art is deleted", delete_release(stage))
    await act(stage, "an event gets another name", stage.edit("rename_event", gid=stage.event()))
    await act(stage, "a poster is removed", remove_poster(stage, stage.event()))
    stage.archive.faults.add("PUT", "index.json", fault_kinds.slow_down(retry_after=2))
    busy = stage.release()
    await act(
        stage, "the archive says SlowDown, Retry-After: 2", stage.edit("rename_release", gid=busy)
    )


async def act(stage: Stage, title: str, edit: Any) -> None:  # noqa: ANN401  (an awaitable)
    """Make an edit, wait until the daemon is done with it, and tell."""
    last = (await stage.row("last_event"))["id"]
    begun = time.monotonic()
    await edit
    await drained(stage)
    seconds = time.monotonic() - begun
    statement = (HERE / "queries" / "events_since.sql").read_bytes()
    rows = await (await stage.connection.execute(statement, {"last": last})).fetchall()
    events = ", ".join(f"{row['events']} {row['action']}" for row in rows)
    stage.say(f"  {title:<44} {events:<52} {seconds:5.2f} s")


async def drained(stage: Stage) -> None:
    """Wait until no event is unfinished.

    Raises:
        Unreachable: the daemon does not get there.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (await stage.row("unfinished_events"))["unfinished"]:
        if time.monotonic() > deadline:
            raise Unreachable("The daemon did not finish its events in time.")
        await asyncio.sleep(LOOK_SECONDS)


async def add_image(stage: Stage, gid: str) -> None:
    """An upload to the archive, then the row, as MusicBrainz does it."""
    image = max(max(ids) for ids in stage.world.images.values()) + 4711
    item = stage.archive.items[f"mbid-{gid}"]
    item.put(f"mbid-{gid}-{image}.jpg", Content.of(b"a new image"), stage.archive.clock.now())
    await stage.edit("add_image", gid=gid, image=image)


async def remove_image(stage: Stage, gid: str) -> None:
    """Remove the first image of a release."""
    image = stage.world.images[gid][0]
    stage.removed.add(image)
    await stage.edit("remove_image", image=image)


async def remove_poster(stage: Stage, gid: str) -> None:
    """Remove the first image of an event."""
    image = stage.world.images[gid][0]
    stage.removed.add(image)
    await stage.edit("remove_event_image", image=image)


async def burst(stage: Stage, gid: str) -> None:
    """Many edits of one release, each in its own transaction."""
    for number in range(BURST):
        await stage.edit("comment_image", gid=gid, number=number)


async def merge(stage: Stage) -> None:
    """Merge a release with several images into another one with art."""
    await stage.edit("merge_releases", gid=stage.release(images=3), target=stage.release())


async def delete_release(stage: Stage) -> None:
    """Delete a release; its images go with it."""
    gid = stage.release(images=2)
    stage.removed.update(stage.world.images[gid])
    await stage.edit("delete_release", gid=gid)


@contextmanager
def demo_database() -> Iterator[str]:
    """A database with the MusicBrainz slice and our schema."""
    with running() as server:
        server.drop_database(DATABASE)
        conninfo = server.create_database(DATABASE)
        try:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute(musicbrainz_schema().encode())
            yield conninfo
        finally:
            server.drop_database(DATABASE)


@asynccontextmanager
async def daemon(config: Path, log: Path) -> AsyncIterator[None]:
    """The real daemon in a process of its own, stopped as a service manager would."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "artwork_indexer", "run", "--config", str(config)),
            stdout=output,
            stderr=output,
        )
        try:
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def perform(conninfo: str, directory: Path, say: Say) -> Verdict:
    """Run the demo on a database; return what was found at its end."""
    archive = Archive()
    async with await psycopg.AsyncConnection.connect(conninfo, row_factory=dict_row) as connection:
        built = await world.build(connection)
        await connection.commit()
        items = await populated(archive, conninfo)
        before = originals(archive)
        say(
            f"A world of {len(built.releases.live)} releases and {len(built.events.live)} events, "
            f"{len(before)} images in {items} items.\n"
        )
        steps = await asyncio.to_thread(migrate_database, conninfo)
        say(f"Schema and triggers are installed ({len(steps)} steps). The daemon starts.\n")
        stage = Stage(connection, archive, built, say)
        await connection.set_autocommit(True)
        async with serving(archive, WebService(conninfo)) as base_url:
            config = directory / "config.ini"
            config.write_text(
                config_text(base_url, conninfo)
                + "\n[indexer]\nindex_delay_seconds = 0.3\n\n[metrics]\nport =\n"
            )
            say(f"  {'edit':<44} {'events':<52} time")
            async with daemon(config, directory / "daemon.log"):
                await play(stage)
        expected = Archive()
        await populated(expected, conninfo)
        verdict = verify(archive, expected, before, stage.removed)
        failed = (await stage.row("unfinished_events"))["failed"]
        if failed:
            verdict = replace(verdict, problems=(f"{failed} events failed", *verdict.problems))
        return verdict


def demo(say: Say) -> bool:
    """Run it all; True when everything is as it should be."""
    begun = time.monotonic()
    say("1. EDITS: the daemon keeps up with editors.\n")
    verdict = _in_a_database(perform, say)
    say("")
    for line in verdict.lines():
        say(f"  {line}")
    say("\n2. AUDIT: the daemon finds and repairs what no event ever told of.\n")
    result = _in_a_database(
        lambda conninfo, directory, tell: perform_audit(conninfo, directory, daemon, tell), say
    )
    say("")
    for line in told(result):
        say(line)
    is_well = not (verdict.problems or result.problems)
    outcome = "All is well" if is_well else "Something is wrong"
    say(f"\n{outcome}; the demo took {time.monotonic() - begun:.0f} s.")
    return is_well


def _in_a_database(half: Callable[[str, Path, Say], Coroutine[None, None, T]], say: Say) -> T:
    """Play one half of the demo; when the daemon does not keep up, show its log."""
    with demo_database() as conninfo, tempfile.TemporaryDirectory() as directory:
        try:
            return asyncio.run(half(conninfo, Path(directory), say))
        except Unreachable:
            for log in Path(directory).glob("*.log"):
                say(log.read_text("utf-8", "replace")[-LOG_SHOWN:])
            raise
