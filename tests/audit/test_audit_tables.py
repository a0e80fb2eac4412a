"""The tables as other tools know them."""

from __future__ import annotations

import psycopg
import pytest

from tests.audit.queue_fixtures import Entities
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.queue_plugin"]


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        (
            "audit_entity_status",
            ("{unchecked,audit_in_progress,clean,manual_review,repair_queue,legacy,deferred}"),
        ),
        ("manual_review_status", "{open,resolved,wont_fix}"),
        (
            "event_queue_action",
            "{index,copy_image,delete_image,deindex,noop,update_metadata,derive}",
        ),
    ],
)
def test_the_states_have_their_names(entities: Entities, type_name: str, values: str) -> None:
    found = entities.value(f"enum_range(NULL::artwork_indexer.{type_name})::text")
    assert found == values


def test_four_columns_make_an_entity(entities: Entities) -> None:
    entities.seed_one(GIDS[0], status="legacy", priority=7)
    entities.run(
        "INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES ('event', %(gid)s)",
        gid=GIDS[0],
    )
    release, event = entities.table("audit_entity", "id")
    assert (release["status"], release["priority"]) == ("legacy", 7)
    assert (event["status"], event["priority"], event["last_audit_at"]) == ("unchecked", 100, None)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [({"priority": -1}, "audit_entity_check_priority"), ({}, "audit_entity_uniq")],
)
def test_an_entity_is_there_once_with_a_sane_priority(
    entities: Entities, columns: dict[str, object], constraint: str
) -> None:
    entities.seed_one(GIDS[0])
    with pytest.raises(psycopg.errors.IntegrityError) as refusal:
        entities.seed_one(GIDS[0 if not columns else 1], **columns)
    assert refusal.value.diag.constraint_name == constraint


def test_one_open_review_for_an_entity_and_any_number_of_answered_ones(
    entities: Entities,
) -> None:
    (entity,) = entities.seed()
    insert = (
        "INSERT INTO artwork_indexer.needs_manual_review (audit_entity_id, review_reason, status)"
        " VALUES (%(entity)s, 'why', %(status)s)"
    )
    for status in ("open", "resolved", "resolved", "wont_fix"):
        entities.run(insert, entity=entity, status=status)
    with pytest.raises(psycopg.errors.UniqueViolation) as refusal:
        entities.run(insert, entity=entity, status="open")
    assert refusal.value.diag.constraint_name == "needs_manual_review_open_uniq"


def test_what_belongs_to_an_entity_goes_with_it(entities: Entities) -> None:
    (entity,) = entities.seed()
    for statement in (
        "needs_manual_review (audit_entity_id, review_reason) VALUES (%(e)s, 'why')",
        (
            "audit_finding (audit_entity_id, kind, subject, severity, digest, message)"
            " VALUES (%(e)s, 'k', 's', 'data', 'd', 'm')"
        ),
        "audit_repair (audit_entity_id, event, round, kinds) VALUES (%(e)s, 1, 1, '{}')",
        "audit_history (audit_entity_id, verdict) VALUES (%(e)s, 'legacy')",
        (
            "audit_acknowledgement (audit_entity_id, kind, subject, digest)"
            " VALUES (%(e)s, 'k', 's', 'd')"
        ),
    ):
        entities.run(f"INSERT INTO artwork_indexer.{statement}", e=entity)
    entities.run("DELETE FROM artwork_indexer.audit_entity")
    for table in (
        "needs_manual_review",
        "audit_finding",
        "audit_repair",
        "audit_history",
        "audit_acknowledgement",
    ):
        assert entities.table(table) == []


@pytest.mark.parametrize(
    ("index", "definition"),
    [
        (
            "audit_entity_idx_unchecked_priority_last_audit_id",
            "(priority DESC, last_audit_at NULLS FIRST, id) WHERE (status = 'unchecked'",
        ),
        ("needs_manual_review_open_uniq", "(audit_entity_id) WHERE (status = 'open'"),
        ("needs_manual_review_idx_status_created", "(status, created_at)"),
    ],
)
def test_the_indexes_have_their_names(entities: Entities, index: str, definition: str) -> None:
    found = entities.value(f"pg_get_indexdef('artwork_indexer.{index}'::regclass)")
    assert definition in found
