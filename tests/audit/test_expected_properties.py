"""Whatever the columns hold, rows and document give the same fields."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artwork_indexer.database import query
from artwork_indexer.projects import CAA, EAA, Project
from artwork_indexer.sandbox.webservice import KINDS
from artwork_indexer.sandbox.world import World
from audit import expected, xml_fields
from audit.field_differences import differences
from audit.states import Fields, fields_digest
from tests.queue_fixtures import Rows

pytest_plugins = ["tests.audit.expected_plugin"]

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t\r"),
    max_size=20,
)
DATES = st.fixed_dictionaries(
    {
        "year": st.none() | st.integers(1, 9999),
        "month": st.none() | st.integers(1, 12),
        "day": st.none() | st.integers(1, 31),
    }
)
RELEASES = st.fixed_dictionaries(
    {
        "title": TEXTS,
        "barcode": st.none() | TEXTS,
        "status": st.none() | st.integers(1, 6),
        "asin": st.none() | TEXTS.map(lambda text: text[:10]),
        "presence": st.sampled_from(["absent", "present"]),
        "sort_name": TEXTS,
    }
)
EVENTS = st.fixed_dictionaries(
    {
        "name": TEXTS,
        "setlist": st.none() | TEXTS,
        "time": st.none() | st.times(),
        "cancelled": st.booleans(),
        "ended": st.booleans(),
        "artist_credit": TEXTS,
        "event_credit": TEXTS,
        "place_credit": TEXTS,
        "address": TEXTS,
        "coordinates": st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(str),
    }
)
WRITE_RELEASE = (
    """UPDATE musicbrainz.release
          SET name = %(title)s, barcode = %(barcode)s, status = %(status)s
        WHERE id = %(id)s""",
    """UPDATE musicbrainz.release_meta
          SET amazon_asin = %(asin)s,
              cover_art_presence = %(presence)s::musicbrainz.cover_art_presence
        WHERE id = %(id)s""",
    """UPDATE musicbrainz.artist SET sort_name = %(sort_name)s, area = 1
        WHERE id IN (SELECT artist FROM musicbrainz.artist_credit_name
                       JOIN musicbrainz.release USING (artist_credit) WHERE release.id = %(id)s)""",
    "DELETE FROM musicbrainz.release_country WHERE release = %(id)s",
    "DELETE FROM musicbrainz.release_unknown_country WHERE release = %(id)s",
)
WRITE_EVENT = (
    """UPDATE musicbrainz.event
          SET name = %(name)s, setlist = %(setlist)s, time = %(time)s, cancelled = %(cancelled)s
        WHERE id = %(id)s""",
    """UPDATE musicbrainz.l_artist_event
          SET entity0_credit = %(artist_credit)s, entity1_credit = %(event_credit)s
        WHERE entity1 = %(id)s""",
    """UPDATE musicbrainz.l_event_place
          SET entity0_credit = %(event_credit)s, entity1_credit = %(place_credit)s
        WHERE entity0 = %(id)s""",
    "UPDATE musicbrainz.place SET address = %(address)s, coordinates = %(coordinates)s::point",
)
WRITE_DATES = """
    UPDATE musicbrainz.{table}
       SET begin_date_year = %(begin_year)s, begin_date_month = %(begin_month)s,
           begin_date_day = %(begin_day)s, end_date_year = %(end_year)s,
           end_date_month = %(end_month)s, end_date_day = %(end_day)s,
           ended = %(ended)s
"""
PATIENT = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def both_ways(rows: Rows, project: Project, gid: str) -> tuple[Fields, Fields]:
    """The fields out of the rows, and out of the document that is made of them."""
    entity_type = project.entity_type
    (row,) = rows.run(query(f"audit_expected_{entity_type}"), gids=[gid])
    fields = expected.build((entity_type, gid), row, are_open=False).fields
    assert fields is not None
    kind = KINDS[entity_type]
    (found,) = rows.run(kind.query.decode(), gid=gid)
    (record,) = found.values()
    return fields, xml_fields.parse(project, kind.render(record, kind.includes)).fields


@pytest.fixture
def release_gid(world: World) -> str:
    return world.releases.with_art[0]


@pytest.fixture
def event_gid(world: World) -> str:
    return world.events.with_art[0]


def id_of(rows: Rows, entity_type: str, gid: str) -> int:
    (row,) = rows.run(f"SELECT id FROM musicbrainz.{entity_type} WHERE gid = %(gid)s", gid=gid)
    id_: int = row["id"]
    return id_


@PATIENT
@given(values=RELEASES, dates=st.lists(DATES, max_size=4), unknown=st.none() | DATES)
def test_any_release_is_the_same_as_rows_and_as_document(
    rows: Rows,
    release_gid: str,
    values: dict[str, Any],
    dates: list[dict[str, Any]],
    unknown: dict[str, Any] | None,
) -> None:
    release = id_of(rows, "release", release_gid)
    for statement in WRITE_RELEASE:
        rows.run(statement, id=release, **values)
    for country, date in enumerate(dates, start=1):
        rows.run(
            "INSERT INTO musicbrainz.release_country"
            " VALUES (%(id)s, %(country)s, %(year)s, %(month)s, %(day)s)",
            id=release,
            country=country,
            **date,
        )
    if unknown is not None:
        rows.run(
            "INSERT INTO musicbrainz.release_unknown_country"
            " VALUES (%(id)s, %(year)s, %(month)s, %(day)s)",
            id=release,
            **unknown,
        )
    of_rows, of_document = both_ways(rows, CAA, release_gid)
    assert differences(of_document, of_rows) == ()
    assert fields_digest(of_document) == fields_digest(of_rows)


@PATIENT
@given(values=EVENTS, dates=st.tuples(DATES, DATES, DATES, DATES))
def test_any_event_is_the_same_as_rows_and_as_document(
    rows: Rows, event_gid: str, values: dict[str, Any], dates: tuple[dict[str, Any], ...]
) -> None:
    event = id_of(rows, "event", event_gid)
    for statement in WRITE_EVENT:
        rows.run(statement, id=event, **values)
    for table, (begin, end) in (("event", dates[:2]), ("link", dates[2:])):
        parts = {f"begin_{part}": value for part, value in begin.items()}
        parts |= {f"end_{part}": value for part, value in end.items()}
        ended = values["ended"] or any(end.values())
        rows.run(WRITE_DATES.format(table=table), ended=ended, **parts)
    of_rows, of_document = both_ways(rows, EAA, event_gid)
    assert differences(of_document, of_rows) == ()
    assert fields_digest(of_document) == fields_digest(of_rows)


# --- rows that should not be


def holes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything in a record that a NULL in some column would empty."""
    if isinstance(value, dict | list):
        children = value.items() if isinstance(value, dict) else enumerate(value)
        return [hole for key, child in children for hole in holes(child, (*path, key))]
    return [path]


def empty(record: Any, path: tuple[Any, ...]) -> None:
    *way, last = path
    for key in way:
        record = record[key]
    record[last] = None


@PATIENT
@given(data=st.data())
@pytest.mark.parametrize("entity_type", ["release", "event"])
def test_no_null_is_a_crash(
    rows: Rows, release_gid: str, event_gid: str, entity_type: str, data: st.DataObject
) -> None:
    gid = release_gid if entity_type == "release" else event_gid
    (row,) = rows.run(query(f"audit_expected_{entity_type}"), gids=[gid])
    columns = {"images": row["images"], "fields": row["fields"]}
    for path in data.draw(st.lists(st.sampled_from(holes(columns)), max_size=3, unique=True)):
        empty(columns, path)
    state = expected.build((entity_type, gid), {**row, **columns}, are_open=False)
    assert (state.fields is None) == bool(state.malformed)
    assert state.has_art
    assert state.index_bytes
    if state.fields is not None:
        assert fields_digest(state.fields)
