"""Processes, connections and leases go away in the middle of audits and repairs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final

import psycopg
import pytest

from artwork_indexer.sandbox.internet_archive import Content
from tests.audit.auditor_fixtures import AuditStage, audit_stage
from tests.audit.simulation.stock import BOOKS
from tests.audit.simulation.troubles import late
from tests.queue_fixtures import until as until_within
from tests.relay import Relay, relayed
from tests.scenarios.processes import Process, process

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(400)]

until = partial(until_within, limit=120)
LARGEST_RSS: Final = 100 * 1024
"""KiB."""
KILLS: Final = 4
"""One less than what makes the audit ask a person about an entity."""
LEASES_END: Final = """
    UPDATE artwork_indexer.audit_entity SET lease_expires = now() - interval '1 s'
     WHERE status = 'audit_in_progress';
    UPDATE artwork_indexer.event_queue SET lease_expires = now() - interval '1 s'
     WHERE state = 'running';
    UPDATE artwork_indexer.event_queue SET run_after = now() WHERE state = 'queued'
"""
BACKENDS: Final = """
    SELECT pid, state FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'artwork-indexer %%'
"""
STATE: Final = """
    SELECT (SELECT count(*) FROM public.audit_claims)::int AS claims,
           (SELECT count(*) FROM public.audit_ends WHERE is_verdict)::int AS verdicts,
           (SELECT count(DISTINCT (entity, claim)) FROM public.audit_ends
             WHERE is_verdict)::int AS different,
           (SELECT count(*) FROM public.audit_ends)::int AS ends,
           (SELECT count(*) FROM public.audit_ends
             WHERE is_verdict AND writer <> 'artwork-indexer ' || owner)::int AS strange,
           (SELECT coalesce(sum(audits), 0) FROM artwork_indexer.audit_total)::int AS told,
           (SELECT coalesce(sum(repairs), 0) FROM artwork_indexer.audit_total)::int AS repairs,
           (SELECT coalesce(sum(spent), 0) FROM artwork_indexer.audit_budget
             WHERE budget = 'entities')::int AS charged,
           (SELECT coalesce(sum(spent), 0) FROM artwork_indexer.audit_budget
             WHERE budget = 'repairs')::int AS charged_repairs,
           (SELECT count(*) FROM artwork_indexer.event_queue
             WHERE origin = 'audit')::int AS events,
           (SELECT count(*) FROM artwork_indexer.event_queue
             WHERE state IN ('queued', 'running'))::int AS open_events,
           (SELECT count(*) FROM artwork_indexer.audit_entity
             WHERE status = 'audit_in_progress')::int AS in_progress,
           (SELECT count(*) FROM artwork_indexer.audit_entity
             WHERE status NOT IN ('clean', 'legacy'))::int AS unfinished
"""


@dataclass(frozen=True)
class State:
    """The books of the audit, and those that the database keeps for the test."""

    claims: int
    verdicts: int
    different: int
    ends: int
    strange: int
    told: int
    repairs: int
    charged: int
    charged_repairs: int
    events: int
    open_events: int
    in_progress: int
    unfinished: int


@dataclass
class Chaos:
    """A world with some drift, a slow archive, and leases that end before a test gives up."""

    stage: AuditStage
    spoilt: list[str]

    def state(self) -> State:
        (row,) = self.stage.rows.run(STATE)
        return State(**row)

    def sql(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        return self.stage.rows.run(statement, **parameters)

    def daemon(self) -> Any:
        return process("--config", str(self.stage.config()), "run", "--max-wait", "0.2")

    def books_are_in_order(self) -> State:
        """Each claim was charged, and its verdict written once, counted once, by its owner."""
        state = self.state()
        assert state.claims == state.charged
        assert state.verdicts == state.different == state.told
        assert state.strange == 0
        assert state.events == state.repairs == state.charged_repairs
        return state

    def is_done(self) -> bool:
        state = self.state()
        return state.unfinished == state.open_events == state.in_progress == 0


def spoil(stage: AuditStage, gids: Iterable[str]) -> list[str]:
    """Let index.json of some say something else than MusicBrainz."""
    spoilt = []
    for gid in gids:
        item = stage.archive.items[f"mbid-{gid}"]
        document = json.loads(item.files["index.json"].content.read())
        document["images"][0]["comment"] = "not what MusicBrainz says"
        item.put("index.json", Content.of(json.dumps(document).encode()), item.created)
        spoilt.append(gid)
    return spoilt


@pytest.fixture
async def chaos(database_url: str, tmp_path: Path) -> AsyncIterator[Chaos]:
    async with audit_stage(database_url, tmp_path, releases=80, events=10) as stage:
        # An audit that takes most of its lease is given up: no pause of the machine is so long.
        stage.settings |= {"lease_seconds": "30"}
        stage.seed(stage.world.releases.live)
        stage.seed(stage.world.events.live, "event")
        stage.rows.run(BOOKS)
        for path in ("/metadata/", "/s3/"):
            stage.archive.faults.add("", path, late(0.02), times=None)
        yield Chaos(stage, spoil(stage, stage.world.releases.with_art[::4]))


async def in_full_swing(chaos: Chaos, verdicts: int) -> None:
    """Until there are more verdicts, and audits are under way."""

    def is_busy() -> bool:
        state = chaos.state()
        return state.verdicts >= verdicts and state.in_progress > 0

    await until(is_busy)


async def killed(chaos: Chaos, daemon: Process) -> None:
    """Kill a daemon; what the server was still doing for it is done, and its leases end.

    A claim that was made after that would keep its lease, that of an event for minutes.
    """
    theirs = f"%:{daemon._process.pid}:%"
    daemon.signal(SIGKILL)
    await daemon.ended()
    await until(lambda: not chaos.sql(f"{BACKENDS} AND application_name LIKE %(it)s", it=theirs))
    chaos.sql(LEASES_END)


def peak_memory(daemon: Process) -> int:
    """The largest resident set so far, in KiB."""
    status = Path(f"/proc/{daemon._process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


async def test_kills_in_the_middle_of_everything(chaos: Chaos) -> None:
    for number in range(KILLS):
        async with chaos.daemon() as daemon:
            await in_full_swing(chaos, verdicts=12 * (number + 1))
            assert peak_memory(daemon) < LARGEST_RSS
            await killed(chaos, daemon)
        chaos.books_are_in_order()
    assert not chaos.is_done()
    async with chaos.daemon() as survivor:
        await until(chaos.is_done)
        assert peak_memory(survivor) < LARGEST_RSS
    state = chaos.books_are_in_order()
    assert state.ends == state.claims
    assert state.claims > state.verdicts, "no kill hit an audit"
    repaired = {event["message"]["gid"] for event in chaos.stage.events()}
    assert repaired == set(chaos.spoilt)


async def test_two_daemons_and_kills_keep_the_budgets(chaos: Chaos) -> None:
    chaos.stage.settings |= {"entities_per_hour": "61", "repairs_per_hour": "7"}
    chaos.sql("UPDATE artwork_indexer.audit_entity SET priority = 200 WHERE mod(id, 3) = 0")

    def is_spent() -> bool:
        state = chaos.state()
        return state.claims == 61 and state.in_progress == state.open_events == 0

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(chaos.daemon())
        async with chaos.daemon() as victim:
            await in_full_swing(chaos, verdicts=20)
            await killed(chaos, victim)
        await stack.enter_async_context(chaos.daemon())
        await until(lambda: chaos.state().claims == 61)
        chaos.sql(LEASES_END)
        await until(is_spent)
    # A new process finds the budgets as they are.
    assert await chaos.stage.run() == 0
    state = chaos.books_are_in_order()
    assert state.claims == 61
    assert 0 < state.events <= 7


async def test_leases_lost_again_and_again(chaos: Chaos) -> None:
    """Whoever is late finds the row taken, and his verdict is thrown away."""

    def one_was_lost() -> bool:
        chaos.sql(LEASES_END)
        state = chaos.state()
        return state.claims - state.in_progress > state.verdicts

    async with chaos.daemon(), chaos.daemon():
        await in_full_swing(chaos, 5)
        await until(one_was_lost)
        for verdicts in (10, 15, 20):
            await in_full_swing(chaos, verdicts)
            chaos.sql(LEASES_END)
        await until(chaos.is_done)
    state = chaos.books_are_in_order()
    assert state.claims > state.verdicts, "no lease was lost"
    events = [event["message"]["gid"] for event in chaos.stage.events()]
    assert sorted(events) == sorted(chaos.spoilt), "each is repaired once"


async def cut_half_written(chaos: Chaos, relay: Relay) -> None:
    """Cut the connections while verdicts are being written: their transaction waits for us."""
    with psycopg.connect(chaos.stage.conninfo) as holder:
        holder.execute("LOCK TABLE artwork_indexer.audit_history IN SHARE MODE")
        await until(lambda: bool(chaos.sql(f"{BACKENDS} AND wait_event_type = 'Lock'")))
        cut_off = [row["pid"] for row in chaos.sql(BACKENDS)]
        await relay.cut()
    await until(lambda: not chaos.sql(f"{BACKENDS} AND pid = ANY(%(pids)s)", pids=cut_off))


async def test_connections_cut_in_the_middle_of_everything(chaos: Chaos) -> None:
    async with relayed(chaos.stage.conninfo) as relay:
        daemon = await replace(chaos.stage, conninfo=relay.conninfo).daemon()
        running = asyncio.create_task(daemon.run())
        for verdicts in range(5, 45, 8):
            await in_full_swing(chaos, verdicts)
            await cut_half_written(chaos, relay)
            # What nobody knows the fate of returns when its lease ends.
            chaos.sql(LEASES_END)
        await until(chaos.is_done)
        daemon.stop()
        assert await running == 0
    state = chaos.books_are_in_order()
    assert state.claims > state.verdicts, "no cut hit an audit"
