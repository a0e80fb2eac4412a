"""Runs small worlds together: drifts, a daemon with bad answers, days that pass, calm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from psycopg.errors import RaiseException
from psycopg.rows import dict_row

from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.internet_archive.tasks import Tasks
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.server import serving
from artwork_indexer.sandbox.webservice import WebService
from tests.audit.simulation.edits import EDITS
from tests.audit.simulation.ground import Drift, Ground, nth
from tests.audit.simulation.index_drifts import INDEX_DRIFTS
from tests.audit.simulation.invariants import Watch
from tests.audit.simulation.item_drifts import ITEM_DRIFTS
from tests.audit.simulation.plans import Plan
from tests.audit.simulation.stock import A_WEEK, Stock, own_copy, run_daemon

STORMY_DAYS: Final = 2
MOST_DAYS: Final = 14
"""After so many days all repairs are done, or the books say why not."""
MOST_SECOND_AUDITS: Final = 4
NONE: Final[Mapping[str, str]] = {}
FORGET_EVENTS: Final = """
    TRUNCATE artwork_indexer.event_queue CASCADE;
    TRUNCATE artwork_indexer.deferred_demand;
    TRUNCATE artwork_indexer.audit_unnoted_event
"""
UNKNOWN_NOW: Final = """
    UPDATE artwork_indexer.audit_entity
       SET status = 'unchecked', evidence = '{}', last_audit_at = NULL, last_verdict = NULL,
           next_audit_at = NULL, attempts = 0
     WHERE gid = ANY (%(gids)s::uuid[])
"""
ALL_DUE: Final = "UPDATE artwork_indexer.audit_entity SET next_audit_at = now()"
A_DAY_LATER: Final = """
    DELETE FROM artwork_indexer.audit_budget;
    UPDATE artwork_indexer.audit_brake SET resumed_at = resumed_at - interval '25 hours';
    SELECT artwork_indexer.resume_audits(2);
    DELETE FROM artwork_indexer.service_pause;
    UPDATE artwork_indexer.event_queue
       SET run_after = least(run_after, now()), snoozed_since = snoozed_since - interval '25 hours'
     WHERE state = 'queued';
    UPDATE artwork_indexer.audit_entity SET next_audit_at = now() WHERE status = 'deferred'
"""
REVIEWS_DUE: Final = (
    "UPDATE artwork_indexer.audit_entity SET next_audit_at = now() WHERE status = 'manual_review'"
)
AT_WORK: Final = """
    SELECT count(*) FROM artwork_indexer.event_queue WHERE state IN ('queued', 'running')
    UNION ALL
    SELECT count(*) FROM artwork_indexer.audit_entity
     WHERE status IN ('unchecked', 'repair_queue')
        OR status = 'deferred' AND deferral_reason <> ALL (%(final)s)
"""


class Simulation:
    """One plan on its way."""

    def __init__(
        self, plan: Plan, stock: Stock, connection: psycopg.Connection[dict[str, Any]]
    ) -> None:
        self.plan = plan
        self.connection = connection
        self.archive = Archive()
        self.archive.items = {name: own_copy(item) for name, item in stock.items.items()}
        self.webservice = WebService(connection.info.dsn)
        self.grounds = [
            Ground(number, cell, self.archive, connection)
            for number, (cell, _) in enumerate(zip(stock.cells, plan.worlds, strict=False))
        ]
        unused = [entity.gid for cell in stock.cells[len(plan.worlds) :] for entity in cell]
        connection.execute(
            "DELETE FROM artwork_indexer.audit_entity WHERE gid = ANY (%s::uuid[])", (unused,)
        )

    def plant(self) -> None:
        """Let all worlds drift: first by what nobody tells of, then by what waits in the queue."""
        delay, self.archive.settings.delay = self.archive.settings.delay, A_WEEK
        for told in (False, True):
            for ground, small in zip(self.grounds, self.plan.worlds, strict=True):
                for drift in small.drifts:
                    if drift.told is told:
                        plant(ground, drift)
            if not told:
                self.connection.execute(FORGET_EVENTS)
        self.archive.settings.delay = delay
        strangers = [
            entity.gid
            for ground, small in zip(self.grounds, self.plan.worlds, strict=True)
            for entity in ground.entities
            if not small.known
        ]
        self.connection.execute(UNKNOWN_NOW, {"gids": strangers})
        self.connection.execute(
            "UPDATE artwork_indexer.audit_entity SET next_audit_at = now(), attempts = 0"
        )
        self.connection.execute("TRUNCATE public.audit_ends, public.audit_claims")

    async def run(self) -> None:
        """Plant the drifts and live through the days, with a look at the books each evening."""
        self.plant()
        watch = Watch(self.plan, self.grounds, self.archive, self.connection)
        for ground, small in zip(self.grounds, self.plan.worlds, strict=True):
            for trouble in small.troubles:
                trouble.arrange(self.archive, self.webservice, ground.entities)
        self.archive.settings.delay = self.plan.delay
        async with serving(self.archive, self.webservice) as url:
            for _ in range(STORMY_DAYS):
                await self.live_a_day(url, watch)
            self.calm_down()
            for _ in range(MOST_SECOND_AUDITS):
                await self.come_to_rest(url, watch)
                watch.at_rest()
                before = watch.verdicts()
                self.connection.execute(ALL_DUE)
                await self.live_a_day(url, watch, {"entities_per_day": ""})
                if watch.stays_as(before):
                    return
        raise AssertionError("Each audit comes to another result.")

    async def come_to_rest(self, url: str, watch: Watch) -> None:
        """Let days pass until nothing is left to do; what is not done then has to say why."""
        for _ in range(MOST_DAYS):
            await self.live_a_day(url, watch)
            if self.is_at_rest(watch):
                return

    async def live_a_day(self, url: str, watch: Watch, exempt: Mapping[str, str] = NONE) -> None:
        """One run of the daemon, and the night after it."""
        self.connection.execute(A_DAY_LATER)
        settings = {**self.plan.settings, **exempt}
        await run_daemon(settings, url, self.connection.info.dsn)
        self.archive.settle()
        watch.evening(settings)

    def calm_down(self) -> None:
        """The services are well again, stopped tasks go on, and people look into failed events."""
        self.archive.faults.clear()
        self.webservice.faults.clear()
        tasks: Tasks = self.archive.tasks
        for task in list(tasks.all()):
            if task.blocks:
                tasks.rerun(task, self.archive.clock.now())
        self.archive.settle()
        self.connection.execute(REVIEWS_DUE)

    def is_at_rest(self, watch: Watch) -> bool:
        rows = self.connection.execute(AT_WORK, {"final": list(watch.last_words)}).fetchall()
        return watch.enqueued == 0 and all(row["count"] == 0 for row in rows)


def plant(ground: Ground, drift: Drift) -> None:
    """Let one world drift."""
    if drift.kind in EDITS:
        entities = ground.live()
        if not entities:
            return
        entity = nth(entities, drift.where)
        ground.touch(entity)
        if drift.told:
            ground.edited.update(image["id"] for image in ground.images(entity))
        # MusicBrainz refuses some edits, such as a new image of a darkened release.
        with suppress(RaiseException), ground.connection.transaction():
            EDITS[drift.kind](ground, entity, drift)
    else:
        items = ground.items()
        if not items:
            return
        entity, item = nth(items, drift.where)
        ground.touch(entity)
        (INDEX_DRIFTS.get(drift.kind) or ITEM_DRIFTS[drift.kind])(ground, entity, item, drift)
    ground.planted.append(f"{drift.kind} of {entity.entity_type} {entity.gid}")


@contextmanager
def simulation(plan: Plan, stock: Stock, server: Server, name: str) -> Iterator[Simulation]:
    """A database for one plan."""
    conninfo = server.create_database(name, template=stock.template)
    try:
        with psycopg.connect(conninfo, autocommit=True, row_factory=dict_row) as connection:
            yield Simulation(plan, stock, connection)
    finally:
        server.drop_database(name)
