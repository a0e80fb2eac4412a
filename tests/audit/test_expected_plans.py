"""A batch is read through indexes, however many entities there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from artwork_indexer.database import query
from artwork_indexer.sandbox.postgres import Server

ENTITIES = 100_000
BATCH = 50
SMALL = frozenset({"art_type", "image_type", "iso_3166_1", "language", "release_status"})
"""Tables of some hundred rows, whatever the world."""
FILL = """
SET session_replication_role = replica;
INSERT INTO musicbrainz.artist (id, gid, name, sort_name, area)
SELECT n, gen_random_uuid(), 'artist ' || n, 'artist ' || n, n % 5 + 1
  FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.area (id, gid, name) SELECT n, gen_random_uuid(), 'area ' || n
  FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.iso_3166_1 (area, code)
SELECT n, chr(64 + n / 26) || chr(65 + n % 26) FROM generate_series(26, 270) AS n;
INSERT INTO musicbrainz.artist_credit (id, name, artist_count, gid)
SELECT n, 'artist ' || n, 1, gen_random_uuid() FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.artist_credit_name (artist_credit, position, artist, name)
SELECT n, 0, n, 'artist ' || n FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group, status)
SELECT n, gen_random_uuid(), 'release ' || n, n, n, 1 FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.release_meta (id, cover_art_presence)
SELECT n, 'present' FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.release_country (release, country, date_year)
SELECT n, n % 200 + 26, 1999 FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.release_unknown_country (release, date_year)
SELECT n, 2001 FROM generate_series(1, {n}, 3) AS n;
INSERT INTO musicbrainz.release_gid_redirect (gid, new_id)
SELECT gen_random_uuid(), n FROM generate_series(1, {n}, 2) AS n;
INSERT INTO musicbrainz.edit (id, editor, type, status, close_time, expire_time)
SELECT n, 1, 314, 2, now(), now() FROM generate_series(1, 3 * {n}) AS n;
INSERT INTO cover_art_archive.cover_art (id, release, edit, ordering, mime_type)
SELECT n, n % {n} + 1, n, n / {n} + 1, 'image/jpeg' FROM generate_series(1, 2 * {n}) AS n;
INSERT INTO cover_art_archive.cover_art_type (id, type_id)
SELECT n, n / {n} + 1 FROM generate_series(1, 2 * {n}) AS n;
INSERT INTO musicbrainz.event (id, gid, name, type, ended)
SELECT n, gen_random_uuid(), 'event ' || n, 1, true FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.event_meta (id, event_art_presence)
SELECT n, 'present' FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.event_gid_redirect (gid, new_id)
SELECT gen_random_uuid(), n FROM generate_series(1, {n}, 2) AS n;
INSERT INTO event_art_archive.event_art (id, event, edit, ordering, mime_type)
SELECT n, n, n, 1, 'image/jpeg' FROM generate_series(1, {n}) AS n;
INSERT INTO event_art_archive.event_art_type (id, type_id)
SELECT n, 1 FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.link_type (id, gid, entity_type0, entity_type1, name)
SELECT n, gen_random_uuid(), 'artist', 'event', 'main performer' FROM generate_series(1, 9) AS n;
INSERT INTO musicbrainz.link (id, link_type) SELECT n, n % 9 + 1
  FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.place (id, gid, name) SELECT n, gen_random_uuid(), 'place ' || n
  FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.l_artist_event (link, entity0, entity1)
SELECT n, n, n FROM generate_series(1, {n}) AS n;
INSERT INTO musicbrainz.l_event_place (link, entity0, entity1)
SELECT n, n, n FROM generate_series(1, {n}) AS n;
INSERT INTO artwork_indexer.event_queue (state, entity_type, action, message)
SELECT 'completed', 'release', 'index', jsonb_build_object('gid', gen_random_uuid())
  FROM generate_series(1, {n}) AS n;
RESET session_replication_role;
ANALYZE;
"""

Connection = psycopg.Connection[tuple[Any, ...]]

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def connection(postgres: Server, migrated_template: str) -> Iterator[Connection]:
    conninfo = postgres.create_database("expected_plans", template=migrated_template)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(FILL.format(n=ENTITIES).encode())
        yield connection
    postgres.drop_database("expected_plans")


def parameters(connection: Connection, name: str) -> dict[str, object]:
    """Live, merged and unknown MBIDs from all over the table, or images."""
    if name == "owners":
        return {"images": list(range(1, 2 * ENTITIES, 2 * ENTITIES // BATCH))}
    table = "release" if name == "expected_open" else name.removeprefix("expected_")
    rows = connection.execute(
        f"(SELECT gid::text FROM musicbrainz.{table} ORDER BY md5(id::text) LIMIT {BATCH - 10})"
        f" UNION ALL (SELECT gid::text FROM musicbrainz.{table}_gid_redirect"
        " ORDER BY md5(new_id::text) LIMIT 5)"
        " UNION ALL SELECT gen_random_uuid()::text FROM generate_series(1, 5)".encode()
    ).fetchall()
    gids = [gid for (gid,) in rows]
    return {"gids": gids, "types": [table] * len(gids)}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def rows_read(node: dict[str, Any]) -> float:
    """Rows that a scan looked at in all its rounds, kept or not."""
    rows: float = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return rows * float(node["Actual Loops"])


@pytest.mark.slow
@pytest.mark.parametrize("plan_cache_mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", ["expected_release", "expected_event", "expected_open", "owners"])
def test_a_batch_touches_its_own_rows_only(
    connection: Connection, name: str, plan_cache_mode: str
) -> None:
    values = parameters(connection, name)
    connection.execute(f"SET plan_cache_mode = {plan_cache_mode}".encode())
    text = query(f"audit_{name}")
    statement = f"EXPLAIN (ANALYZE, FORMAT JSON, BUFFERS) {text}"
    ((explained,),) = connection.execute(statement.encode(), values, prepare=True).fetchall()
    plan = explained[0]["Plan"]
    read = {
        (node["Node Type"], node["Relation Name"]): rows_read(node)
        for node in nodes(plan)
        if node.get("Relation Name") not in {None, *SMALL}
    }
    assert read
    assert {node: rows for node, rows in read.items() if rows > 5 * BATCH} == {}
    assert plan["Shared Hit Blocks"] < 100 * BATCH
