"""What has to hold whatever drifted and whatever was answered.

Everything here is worked out from the stand-in's files, from the art tables and from books
that the test keeps: nothing relies on what the audit says about itself, but for its verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from artwork_indexer.sandbox.internet_archive import Archive
from audit import catalogue
from audit.findings import Repair
from tests.audit.simulation.ground import ORIGINAL, UPLOADERS, Ground
from tests.audit.simulation.plans import Plan
from tests.audit.simulation.right import Rightness
from tests.audit.simulation.stock import Entity

OWNER_IN_REVIEW: Final = "owner-in-review"
DONE: Final = ("clean", "legacy", "manual_review")
ENTITIES: Final = """
    SELECT entity.id, entity.entity_type::text, entity.gid::text, entity.status::text,
           entity.deferral_reason,
           (SELECT count(*) FROM artwork_indexer.needs_manual_review AS review
             WHERE review.audit_entity_id = entity.id AND review.status = 'open'
               AND review.review_reason <> '') AS questions,
           EXISTS (SELECT FROM artwork_indexer.needs_manual_review AS review
                    WHERE review.audit_entity_id = entity.id AND review.status = 'open')
           AND NOT artwork_indexer.lacks_only_originals(entity.id) AS bars_writes,
           EXISTS (SELECT FROM artwork_indexer.audit_repair AS repair
                    WHERE repair.audit_entity_id = entity.id) AS was_repaired
      FROM artwork_indexer.audit_entity AS entity
"""
BOOKS: Final = """
    SELECT (SELECT count(*) FROM public.audit_claims) AS claims,
           (SELECT count(*) FROM public.audit_ends) AS ends,
           (SELECT count(*) FROM public.audit_ends WHERE is_verdict) AS verdicts,
           (SELECT count(DISTINCT (entity, claim)) FROM public.audit_ends) AS different,
           (SELECT coalesce(sum(audits), 0) FROM artwork_indexer.audit_total) AS told,
           (SELECT coalesce(sum(spent), 0) FROM artwork_indexer.audit_budget
             WHERE budget = 'entities') AS charged,
           (SELECT coalesce(max(events), 0) FROM public.outstanding) AS outstanding,
           (SELECT coalesce(max(id), 0) FROM artwork_indexer.event_queue) AS last_event,
           (SELECT count(*) FROM artwork_indexer.event_queue WHERE origin = 'audit') AS repairs,
           (SELECT count(*) FROM artwork_indexer.event_queue
             WHERE origin = 'audit' AND action = 'delete_image') AS deletes
"""
PLANS: Final = """
    SELECT history.verdict::text, history.findings, history.events
      FROM artwork_indexer.audit_history AS history
     WHERE cardinality(history.events) > 0
"""
NOT_HELD: Final = """
    SELECT entity.gid::text, finding.subject
      FROM artwork_indexer.audit_finding AS finding
      JOIN artwork_indexer.audit_entity AS entity ON entity.id = finding.audit_entity_id
     WHERE finding.kind = 'repair-does-not-hold'
"""
IN_REVIEW: Final = """
    SELECT entity.gid::text, event.id, event.action::text
      FROM artwork_indexer.needs_manual_review AS review
      JOIN artwork_indexer.audit_entity AS entity ON entity.id = review.audit_entity_id
      JOIN artwork_indexer.event_queue AS event
        ON event.entity_type = entity.entity_type
       AND coalesce(event.message ->> 'new_gid', event.message ->> 'gid') = entity.gid::text
     WHERE review.status = 'open' AND event.origin = 'audit' AND event.created > review.created_at
       AND NOT artwork_indexer.lacks_only_originals(entity.id)
"""
"""Repairs that were enqueued for an entity after a person was asked about it, about more than
an original that another item turned out to have."""
HISTORY: Final = b"""
    SELECT history.audited_at::time(0)::text, history.verdict::text, history.reason,
           jsonb_path_query_array(history.findings, '$[*].message')::text, history.events,
           (SELECT string_agg(review.review_reason || ' (' || review.status || ')', '; ')
              FROM artwork_indexer.needs_manual_review AS review
             WHERE review.audit_entity_id = entity.id) AS questions
      FROM artwork_indexer.audit_history AS history
      JOIN artwork_indexer.audit_entity AS entity ON entity.id = history.audit_entity_id
     WHERE entity.gid = %(gid)s
     ORDER BY history.id
"""
"""The story of one entity, for messages."""
REASONS: Final = {reason.id for reason in (*catalogue.OUTCOMES, *catalogue.WAITS)}
Row = dict[str, Any]


class Watch:
    """Looks at the books and the items each evening."""

    def __init__(
        self,
        plan: Plan,
        grounds: Sequence[Ground],
        archive: Archive,
        connection: psycopg.Connection[Row],
    ) -> None:
        self.settings = plan.settings
        self.is_slow = plan.delay > 0
        self.grounds = grounds
        self.archive = archive
        self.connection = connection
        self.right = Rightness(archive, connection)
        self.originals = {
            (name, item.identifier): (int(found[2]), file.content.md5)
            for item in archive.items.values()
            for name, file in item.files.items()
            if (found := ORIGINAL.fullmatch(name))
        }
        self.removed = frozenset(number for ground in grounds for number in ground.removed)
        self.edited = frozenset(number for ground in grounds for number in ground.edited)
        self.untouched = {
            entity: self._files(entity)
            for ground in grounds
            for entity in ground.entities
            if entity.gid not in ground.touched
        }
        self.blocked = {
            entity
            for ground in grounds
            for entity in ground.entities
            if self._asks_a_person(entity)
        }
        self.in_vain = {
            entity.gid
            for ground, small in zip(grounds, plan.worlds, strict=True)
            for trouble in small.troubles
            if (entity := trouble.in_vain(ground.entities))
        }
        self.today: Row = self._row(BOOKS)
        self.enqueued = 0
        """Events that audits enqueued today."""

    @property
    def last_words(self) -> tuple[str, ...]:
        """Reasons for which a verdict may be missing although everybody is well."""
        words = ["fresh-upload", OWNER_IN_REVIEW]
        if self.settings["mode"] == "report":
            words.append("report-mode")
        words += [
            f"no-budget: {name}"
            for name in ("repairs_per_day", "repairs_per_hour", "deletes_per_day")
            if self.settings[name]
        ]
        if self.settings["max_outstanding_repairs"]:
            words.append("no-budget: max_outstanding_repairs")
        if self.settings["probation_repairs"] != "0":
            words.append("probation")
        return tuple(words)

    def evening(self, settings: Mapping[str, str]) -> None:
        """Everything that has to hold at any time between two audits."""
        yesterday, self.today = self.today, self._row(BOOKS)
        self.enqueued = self.today["repairs"] - yesterday["repairs"]
        self._books_are_in_order(yesterday)
        self._within_budgets(yesterday, settings)
        self._no_original_is_lost()
        self._nothing_forbidden_is_enqueued()
        self._untouched_are_untouched()

    def _books_are_in_order(self, yesterday: Row) -> None:
        """Invariant 3: each claim came to one verdict, and is counted once."""
        books = self.today
        rows = self._rows(ENTITIES)
        assert not [row for row in rows if row["status"] == "audit_in_progress"]
        assert books["claims"] == books["ends"] == books["different"], books
        assert books["verdicts"] == books["told"], books
        assert books["claims"] - yesterday["claims"] == books["charged"], books
        for row in rows:
            assert (row["deferral_reason"] or "held").partition(":")[0] in REASONS, row
            # Due again, and not audited yet: the question stays open.
            if row["status"] != "unchecked":
                assert row["questions"] == (row["status"] == "manual_review"), row

    def _within_budgets(self, yesterday: Row, settings: Mapping[str, str]) -> None:
        """Invariant 5."""
        spent = {name: self.today[name] - yesterday[name] for name in ("claims", "deletes")}
        for setting, amount in (
            ("entities_per_day", spent["claims"]),
            ("repairs_per_day", self.enqueued),
            ("repairs_per_hour", self.enqueued),
            ("deletes_per_day", spent["deletes"]),
            ("max_outstanding_repairs", self.today["outstanding"]),
        ):
            limit = settings[setting]
            assert not limit or amount <= int(limit), f"{setting}: {amount}"
        if settings["mode"] == "report":
            assert self.today["repairs"] == 0
        if settings["deletions"] == "no":
            assert self.today["deletes"] == 0

    def _no_original_is_lost(self) -> None:
        """Invariant 1."""
        for (name, identifier), (number, md5) in self.originals.items():
            if self._has(identifier, name, md5):
                continue
            owner = self.right.owners.get(number)
            if owner is not None and self._has_copy(owner, number, md5):
                continue
            story = f"{name} of {identifier} is lost; owner {owner}; {self._story(identifier)}"
            # Events of editors may replace or remove it; then the old version is kept.
            assert number in self.edited, story
            assert self._is_kept(number, md5), story
            assert owner is not None or number in self.removed, story

    def _has(self, identifier: str, name: str, md5: str) -> bool:
        item = self.archive.items.get(identifier)
        file = None if item is None else item.files.get(name)
        return file is not None and file.content.md5 == md5

    def _has_copy(self, owner: Entity, number: int, md5: str) -> bool:
        names = (f"{owner.item}-{number}.{suffix}" for suffix in ("jpg", "png", "gif", "pdf"))
        return any(self._has(owner.item, name, md5) for name in names)

    def _is_kept(self, number: int, md5: str) -> bool:
        """Whether an old version is kept somewhere."""
        return any(
            name.startswith("history/") and f"-{number}." in name and file.content.md5 == md5
            for item in self.archive.items.values()
            for name, file in item.files.items()
        )

    def _asks_a_person(self, entity: Entity) -> bool:
        """Invariant 2, worked out apart: nobody but a person can say what to do."""
        item = self.archive.items.get(entity.item)
        if item is None or item.dark:
            return False
        if item.uploader.casefold() != UPLOADERS[entity.entity_type]:
            return True
        found = [ORIGINAL.fullmatch(name) for name in item.files]
        numbers = [int(one[2]) for one in found if one and one[1] == entity.gid]
        return any(number not in self.right.owners.keys() | self.removed for number in numbers)

    def _nothing_forbidden_is_enqueued(self) -> None:
        """Invariant 2."""
        repaired = {row["gid"] for row in self._rows(ENTITIES) if row["was_repaired"]}
        for entity in self.blocked:
            assert entity.gid not in repaired, f"{entity}: {self._story(entity.item)}"
        assert not self._rows(IN_REVIEW)
        for row in self._rows(PLANS):
            assert row["verdict"] == "repair_queue", row
            repairs = {catalogue.BY_ID[finding["kind"]].repair for finding in row["findings"]}
            assert Repair.REVIEW not in repairs, row

    def _untouched_are_untouched(self) -> None:
        """What did not drift is left alone, whatever happens beside it."""
        rows = {row["gid"]: row for row in self._rows(ENTITIES)}
        for entity, files in self.untouched.items():
            row = rows[entity.gid]
            assert not row["was_repaired"], f"{entity}: {self._story(entity.item)}"
            assert row["status"] != "manual_review", f"{entity}: {self._story(entity.item)}"
            assert self._files(entity) == files, f"{entity}: {self._story(entity.item)}"

    def at_rest(self) -> None:
        """Invariant 4: all is well, or asked of a person, or the reason is given.

        That a repair does not hold is a reason only for the field that nobody may change, where
        the archive takes longer than ``settle_hours``, which are 0 here, and where for so long
        repairs changed nothing and did not fail.
        """
        for row in self._rows(NOT_HELD):
            is_known = self.is_slow or "mediatype" in row["subject"] or row["gid"] in self.in_vain
            assert is_known, self._story(f"mbid-{row['gid']}")
        for row in self._rows(ENTITIES):
            entity = Entity(row["entity_type"], row["gid"])
            wrong = self._what_is_wrong(entity, row)
            assert wrong is None, f"{wrong}: {self._story(entity.item)}"

    def _what_is_wrong(self, entity: Entity, row: Row) -> str | None:
        status = row["status"]
        if status == "deferred":
            is_said = row["deferral_reason"] in self.last_words
            if row["deferral_reason"] == OWNER_IN_REVIEW:
                is_said = self._is_barred(entity)
            return None if is_said else f"deferred for {row['deferral_reason']}"
        if status not in DONE or (entity in self.untouched and status == "manual_review"):
            return str(status)
        return None if status == "manual_review" else self.right.what_is_wrong(entity)

    def _is_barred(self, entity: Entity) -> bool:
        """Whether a person is asked about another entity of its world, which bars its repair."""
        barring = {row["gid"] for row in self._rows(ENTITIES) if row["bars_writes"]}
        world = next(ground.entities for ground in self.grounds if entity in ground.entities)
        return any(one.gid in barring for one in world if one != entity)

    def verdicts(self) -> dict[str, str]:
        return {row["gid"]: row["status"] for row in self._rows(ENTITIES)}

    def stays_as(self, before: dict[str, str]) -> bool:
        """Invariant 4: whether one more audit of everything came to the same.

        Nothing else is allowed but that a question has answered itself.
        """
        is_same = True
        for gid, status in self.verdicts().items():
            if status != before[gid]:
                story = f"{before[gid]}, then {self._story(f'mbid-{gid}')}"
                assert before[gid] not in ("clean", "legacy"), story
                is_same = False
        return is_same

    def _files(self, entity: Entity) -> dict[str, str] | None:
        item = self.archive.items.get(entity.item)
        if item is None:
            return None
        return {
            name: file.content.md5
            for name, file in item.files.items()
            if not name.startswith(f"{entity.item}_meta") and not name.endswith("_files.xml")
        } | {"uploader": item.uploader}

    def _story(self, identifier: str) -> str:
        """What was planted in the world of an item, and what the audit made of the entity."""
        history = self.connection.execute(HISTORY, {"gid": identifier.removeprefix("mbid-")})
        lines = [f"{identifier}:", *(str(tuple(row.values())) for row in history.fetchall())]
        lines += [
            f"world {ground.number}: {'; '.join(ground.planted)}"
            for ground in self.grounds
            if any(entity.item == identifier for entity in ground.entities)
        ]
        return "\n".join(lines)

    def _rows(self, statement: str) -> list[Row]:
        return self.connection.execute(statement.encode()).fetchall()

    def _row(self, statement: str) -> Row:
        (row,) = self._rows(statement)
        return row
