"""One look at one entity: both states are read and compared; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from artwork_indexer.config import AuditConfig
from artwork_indexer.database import Database, query
from artwork_indexer.errors import ConfigurationError
from artwork_indexer.projects import Project
from artwork_indexer.remotes import Remotes
from audit import actual as actuals
from audit import expected as expectations
from audit import lookups, neighbours, owners
from audit.compare import compare
from audit.comparison import CompareSettings, Comparison
from audit.expected import Key, Replication
from audit.field_differences import FIELD_NAMES
from audit.states import (
    Actual,
    Evidence,
    Expected,
    Holder,
    Lacks,
    Owner,
    OwnerItem,
    Surroundings,
)


@dataclass(frozen=True, slots=True)
class Examination:
    """The two states and what differs."""

    expected: Expected
    actual: Actual
    comparison: Comparison


def compared_fields(audit: AuditConfig) -> frozenset[str]:
    """The fields of the document that are compared; empty means all.

    Raises:
        ConfigurationError: ``xml_fields`` names something that is not compared.
    """
    fields = frozenset(audit.xml_fields)
    if unknown := fields - FIELD_NAMES:
        raise ConfigurationError(
            f"[audit] xml_fields: there is no field {', '.join(sorted(unknown))}; there are "
            f"{', '.join(sorted(FIELD_NAMES))}."
        )
    return fields


def compare_settings(
    audit: AuditConfig, uploaders: Sequence[str], replication: Replication
) -> CompareSettings:
    """What a comparison has to know of the configuration and of the database.

    Raises:
        ConfigurationError: as :func:`compared_fields`.
    """
    return CompareSettings(
        settle=timedelta(hours=audit.settle_hours),
        upload_window=timedelta(hours=audit.upload_window_hours),
        uploaders=frozenset(uploaders),
        xml_fields=compared_fields(audit),
        mirror=replication.is_mirror,
        replicated_until=replication.replicated_until,
    )


@dataclass(frozen=True, slots=True)
class Examiner:
    """Reads and compares. ``database`` may be a replica; then ``queue`` has the event queue."""

    database: Database
    remotes: Remotes
    settings: CompareSettings
    queue: Database | None = None

    async def expect(self, batch: Sequence[Key]) -> dict[Key, Expected]:
        """What MusicBrainz says about a batch.

        Raises:
            Unreachable: a database does not answer.
        """
        return await expectations.read(self.database, batch, queue=self.queue)

    async def examine(self, project: Project, gid: str) -> Examination:
        """Look at one entity, as if nothing were known of it.

        Raises:
            ServicePaused: a service has to be left alone.
            Unreachable: the database does not answer.
        """
        key = (project.entity_type, gid)
        read = await self.expect([key])
        return await self.judge(project, read[key], Evidence())

    async def judge(self, project: Project, expected: Expected, evidence: Evidence) -> Examination:
        """Look at the item of one entity whose expected state is known."""
        actual = await actuals.read_item(self.remotes, project, expected, evidence)
        around = await self._look_around(expected, actual, evidence)
        now = datetime.now(UTC)
        comparison = compare(expected, actual, around, evidence, self.settings, now)
        return Examination(expected, actual, comparison)

    async def _look_around(
        self, expected: Expected, actual: Actual, evidence: Evidence
    ) -> Surroundings:
        wanted = lookups.wanted(expected, actual, evidence)
        if wanted == lookups.NOTHING:
            return Surroundings()
        found = await owners.read(self.database, expected.entity_type, wanted.stray_ids)
        there = await neighbours.read_owner_items(self.remotes, expected, found)
        return Surroundings(
            owners=found,
            owner_items=there,
            holders={
                **await neighbours.read_holders(self.remotes, expected, wanted.missing),
                **await self._other_versions(expected, found, there),
            },
            written_ids=await self._written(expected, wanted.changed),
        )

    async def _other_versions(
        self, expected: Expected, found: Mapping[int, Owner | None], there: Mapping[int, OwnerItem]
    ) -> dict[int, tuple[Holder, ...]]:
        """Where else images may be that their owners lack: nobody may choose among versions."""
        lacking = {
            image_id: owner
            for image_id, owner in found.items()
            if owner is not None and isinstance(there.get(image_id), Lacks)
        }
        if not lacking:
            return {}
        redirects = await owners.read_redirects(
            self.database,
            expected.entity_type,
            {owner.gid for owner in lacking.values()},
            without=expected.gid,
        )
        return await neighbours.read_versions(self.remotes, lacking, redirects)

    async def _written(self, expected: Expected, changed: frozenset[int]) -> frozenset[int]:
        """Which of these originals events of ours have written since the last clean audit."""
        if not changed:
            return changed
        rows = await (self.queue or self.database).fetch(
            query("audit_written_originals"),
            entity_type=expected.entity_type,
            gid=expected.gid,
            images=list(changed),
        )
        return frozenset(row["id"] for row in rows)
