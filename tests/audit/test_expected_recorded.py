"""Rows of a real release of 2025 give the very bytes that the Internet Archive has of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from artwork_indexer.database import Database
from tests.audit.expected_fixtures import read_one
from tests.queue_fixtures import Rows
from tests.recorded import recorded

pytest_plugins = ["tests.audit.expected_plugin"]

GID = "02cd52d7-2d0c-41a4-bf9c-59894bebab8c"
RELEASE = 1_000_000
WRITE_IMAGE = """
    WITH edited AS (
        INSERT INTO musicbrainz.edit (id, editor, type, status, close_time, expire_time)
        VALUES (%(edit)s, 1, 314, 2, now(), now())
    ), image AS (
        INSERT INTO cover_art_archive.cover_art (id, release, edit, ordering, comment, mime_type)
        VALUES (%(id)s, %(release)s, %(edit)s, %(ordering)s, %(comment)s, 'image/png')
    )
    INSERT INTO cover_art_archive.cover_art_type (id, type_id)
    SELECT %(id)s, art_type.id FROM cover_art_archive.art_type
     WHERE art_type.name = ANY (%(types)s)
"""


def write_release(rows: Rows, images: list[dict[str, Any]]) -> None:
    # Types have no order of their own. The row of this one has the lowest id, and the one it
    # precedes is written last, so that every plan gives the order that was recorded.
    rows.run(
        "INSERT INTO cover_art_archive.art_type (id, name, gid)"
        " VALUES (0, 'Panel', gen_random_uuid())"
    )
    rows.run("UPDATE cover_art_archive.art_type SET description = '' WHERE name = 'Raw/Unedited'")
    rows.run(
        "INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group)"
        " VALUES (%(id)s, %(gid)s, 'a real one', 1, 1)",
        id=RELEASE,
        gid=GID,
    )
    for ordering, image in enumerate(images, start=1):
        rows.run(WRITE_IMAGE, **image, release=RELEASE, ordering=ordering)


async def test_the_index_has_the_recorded_md5(database: Database, rows: Rows) -> None:
    index = recorded(f"index_json/python_2025_{GID}.json")
    record = json.loads(recorded(f"metadata/mbid-{GID}.json"))
    (listed,) = [file["md5"] for file in record["files"] if file["name"] == "index.json"]
    write_release(rows, json.loads(index)["images"])
    state = await read_one(database, GID)
    assert state.index_bytes == index
    assert hashlib.md5(state.index_bytes).hexdigest() == listed
