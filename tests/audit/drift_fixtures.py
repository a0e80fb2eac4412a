"""Every kind of drift planted in one world, and each entity of that world audited once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from artwork_indexer import remotes
from artwork_indexer.config import Config, load
from artwork_indexer.database import Database
from artwork_indexer.projects import BY_ENTITY_TYPE
from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.drift import EVERYTHING, Drift, Planted, Stage, Subject, plant
from artwork_indexer.sandbox.drift.kinds import EVENTS, RELEASES
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService
from audit import expected as expectations
from audit.decide import decide
from audit.examine import Examination, Examiner, compare_settings
from audit.states import Evidence
from audit.verdict import DecideContext, Deferral, Verdict


@dataclass(frozen=True)
class Look:
    """One audit up to the comparison."""

    subject: Subject
    examination: Examination
    now: datetime

    def decide(self, *, allowed: bool, evidence: Evidence | None = None, days: int = 0) -> Verdict:
        """The verdict in repair mode, with all leaves or with those of the defaults."""
        past = self.subject.past
        deferral = None
        if past.deferrals is not None:
            since = self.now - timedelta(days=past.deferrals.days)
            deferral = Deferral(past.deferrals.reason, past.deferrals.count, since)
        context = DecideContext(
            now=self.now + timedelta(days=days),
            evidence=evidence or past.evidence,
            mode="repair",
            deletions=allowed,
            derive=allowed,
            format_budget=allowed,
            acknowledged=frozenset(known.digest for known in past.acknowledged),
            deferral=deferral,
        )
        seen = self.examination
        return decide(seen.expected, seen.actual, seen.comparison, context)


@dataclass(frozen=True)
class Audited:
    """What was planted, and what the audits of the world saw."""

    planted: Mapping[str, Planted]
    looks: Mapping[str, Look]
    healthy: Sequence[Look]


def audit_planted(conninfo: str, directory: Path, drifts: Sequence[Drift] = EVERYTHING) -> Audited:
    return asyncio.run(_audit_planted(conninfo, directory, drifts))


async def _audit_planted(conninfo: str, directory: Path, drifts: Sequence[Drift]) -> Audited:
    archive, webservice = Archive(), WebService(conninfo)
    async with await psycopg.AsyncConnection.connect(conninfo, row_factory=dict_row) as connection:
        built = await world.build(connection, releases=RELEASES, events=EVENTS)
        await connection.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
        await connection.commit()
        await populated(archive, conninfo)
        await connection.set_autocommit(True)
        stage = Stage(connection, archive, webservice, built)
        planted = await plant(stage, drifts)
    subjects = [subject for roles in planted.values() for subject in roles.values()]
    neighbours = [
        Subject(entity_type, gid)
        for entity_type, of in (("release", built.releases), ("event", built.events))
        for gid in (*of.live, *of.merged, *of.deleted)
        if gid not in stage.used
    ]
    async with serving(archive, webservice) as base_url:
        path = directory / "config.ini"
        path.write_text(config_text(base_url, conninfo), "utf-8")
        looks = await _look(load(path, {}), [*subjects, *neighbours])
    return Audited(
        planted,
        {look.subject.gid: look for look in looks},
        [look for look in looks if look.subject.gid not in stage.used],
    )


async def _look(config: Config, subjects: Sequence[Subject]) -> list[Look]:
    async with (
        Database(config.database.conninfo(), size=4, prepared=False, name="test") as database,
        remotes.connect(config) as connected,
    ):
        replication = await expectations.replication(database)
        settings = compare_settings(config.audit, config.archive.uploaders, replication)
        examiner = Examiner(database, connected, settings)
        states = await examiner.expect([(one.entity_type, one.gid) for one in subjects])
        slots = asyncio.Semaphore(8)

        async def look(subject: Subject) -> Look:
            project = BY_ENTITY_TYPE[subject.entity_type]
            async with slots:
                examination = await examiner.judge(
                    project, states[subject.entity_type, subject.gid], subject.past.evidence
                )
            return Look(subject, examination, datetime.now(UTC))

        return await asyncio.gather(*map(look, subjects))


def second(look: Look, first: Verdict) -> Verdict:
    """The same state seen again two days later."""
    return look.decide(allowed=True, evidence=replace(first.evidence), days=2)
