"""Weaknesses of the first-generation daemon in the order of events and in its triggers."""

from __future__ import annotations

import psycopg
import pytest

from artwork_indexer.sandbox.internet_archive import Content
from artwork_indexer.sandbox.internet_archive import fault_kinds as faults
from tests.scenarios.expected import CAA, R1, R2, R3, delete, document, original, put
from tests.scenarios.running import drain, drain_for_hours
from tests.scenarios.stage import Stage

FRONT = CAA.image(R1, 1, comment="❇", front=True, types=["Front"])
MOVE_1_TO_2 = "UPDATE cover_art_archive.cover_art SET release = 2 WHERE release = 1"
MOVE_2_TO_3 = "UPDATE cover_art_archive.cover_art SET release = 3, ordering = 9 WHERE release = 2"
MOVE_2_TO_1 = "UPDATE cover_art_archive.cover_art SET release = 1 WHERE release = 2"
SECOND_IMAGE = (
    "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
    " VALUES (9876543210, 1, 'image/png', 2, 1)"
)


async def test_weakness_E_the_archives_do_not_fail_each_other(caa: Stage) -> None:
    """The same message queued for an event is no duplicate of a release's job."""
    release = caa.insert("noop", {"fail": True})
    caa.sql(
        "INSERT INTO artwork_indexer.event_queue (entity_type, action, message, run_after)"
        """ VALUES ('event', 'noop', '{"fail": true}', now() + interval '1 day')"""
    )
    await drain(caa)
    assert caa.states()[release] == "queued"
    assert caa.reasons(release) == ["Failure (no-op)"]


async def test_weakness_O_a_chained_merge_waits_for_the_first_copy(caa: Stage) -> None:
    """The copy from the first merge is in back-off; the second one does not run ahead."""
    caa.archive.faults.add("PUT", f"{R2}/{original(R2, 1)}", faults.html(500))
    caa.commit(MOVE_1_TO_2)
    caa.commit(MOVE_2_TO_3)
    await drain(caa)
    assert caa.writes() == [put(R2, original(R2, 1))]
    assert "failed" not in caa.states().values()

    caa.make_due()
    await drain_for_hours(caa)
    assert set(caa.states().values()) == {"completed"}
    assert original(R3, 1) in caa.files(R3)
    assert original(R1, 1) not in caa.files(R1)
    assert original(R2, 1) not in caa.files(R2)


async def test_weakness_O_a_source_that_an_earlier_copy_brings_is_not_yet_there(
    caa: Stage,
) -> None:
    """Rows of the first-generation triggers carry no link between the two copies."""
    image = {"artwork_id": 1, "suffix": "jpg"}
    first = caa.insert("copy_image", {**image, "old_gid": R1, "new_gid": R2})
    second = caa.insert("copy_image", {**image, "old_gid": R2, "new_gid": R3})
    caa.archive.faults.add("PUT", f"{R2}/{original(R2, 1)}", faults.html(500))
    await drain(caa)
    assert {event.id: (event.state, event.attempts) for event in caa.queue()} == {
        first: ("queued", 1),
        second: ("queued", 0),
    }
    await drain_for_hours(caa)
    assert set(caa.states().values()) == {"completed"}
    assert original(R3, 1) in caa.files(R3)


async def test_weakness_Q_a_failed_chain_is_requeued_as_one(caa: Stage) -> None:
    caa.commit(MOVE_1_TO_2)
    caa.archive.faults.add("PUT", original(R2, 1), faults.status(400))
    await drain(caa)
    assert set(caa.states().values()) == {"failed"}
    copy = min(caa.states())
    rows = caa.sql(
        "SELECT event FROM artwork_indexer.requeue_failed_events(ARRAY[%s::bigint])", copy
    )
    assert {event for (event,) in rows} == set(caa.states())
    await drain(caa)
    assert set(caa.states().values()) == {"completed"}


async def test_weakness_R_a_fresh_edit_pulls_a_job_out_of_its_back_off(caa: Stage) -> None:
    caa.archive.faults.add("PUT", "index.json", faults.html(500))
    caa.sql("UPDATE cover_art_archive.cover_art SET comment = 'one' WHERE id = 1")
    await drain(caa)
    (event,) = caa.queue()
    assert (event.state, event.attempts) == ("queued", 1)

    caa.sql("UPDATE cover_art_archive.cover_art SET comment = 'two' WHERE id = 1")
    await drain(caa)
    assert set(caa.states().values()) == {"completed"}
    assert b'"comment": "two"' in caa.entries("PUT", "index.json")[-1].body


async def test_weakness_R_dependencies_are_a_set_and_do_not_restart_the_back_off(
    caa: Stage,
) -> None:
    caa.commit(SECOND_IMAGE)
    caa.sql("DELETE FROM artwork_indexer.event_queue")
    caa.commit("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    caa.commit("DELETE FROM cover_art_archive.cover_art WHERE id = 9876543210")
    (job,) = [event for event in caa.queue() if event.action == "index"]
    deletes = [event.id for event in caa.queue() if event.action == "delete_image"]
    assert job.depends_on is not None
    assert sorted(job.depends_on) == sorted(deletes)
    assert caa.one(
        "SELECT run_after <= now() FROM artwork_indexer.event_queue WHERE id = %s", job.id
    )


async def test_weakness_T_moving_back_and_forth_aborts_no_edit(caa: Stage) -> None:
    """Three moves before the queue drains; the image ends where it belongs, unharmed."""
    caa.commit(MOVE_1_TO_2)
    caa.commit(MOVE_2_TO_1)
    caa.commit(MOVE_1_TO_2)
    await drain_for_hours(caa)
    assert original(R2, 1) in caa.files(R2)
    assert original(R1, 1) not in caa.files(R1)
    assert "index.json" in caa.files(R2)


async def test_weakness_T_an_edit_waits_for_no_other_transaction(caa: Stage) -> None:
    """Another editor holds the queued job; ours goes through, and its wish is not lost."""
    caa.sql("UPDATE cover_art_archive.cover_art SET comment = 'one' WHERE id = 1")
    with psycopg.connect(caa.database_url) as other, psycopg.connect(caa.database_url) as editor:
        other.execute("SELECT FROM artwork_indexer.event_queue FOR UPDATE")
        notices: list[str | None] = []
        editor.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        editor.execute("SET LOCAL statement_timeout = '20s'")
        editor.execute("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
        editor.commit()
        other.rollback()
    assert notices == [], "the trigger waited for a lock and gave up"
    await drain(caa)
    await drain(caa)
    assert set(caa.states().values()) == {"completed"}
    assert caa.entries("PUT", f"{R1}/index.json")[-1].body == CAA.index_json(R1, [])


async def test_weakness_T_the_fan_out_of_a_rename_is_deferred(caa: Stage) -> None:
    caa.commit(
        "INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group)"
        " SELECT n, gen_random_uuid(), 'n', 1, 1 FROM generate_series(1001, 2100) AS n",
        "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
        " SELECT n, n, 'image/jpeg', 1, 1 FROM generate_series(1001, 2100) AS n",
    )
    caa.sql("TRUNCATE artwork_indexer.event_queue CASCADE")
    caa.sql("UPDATE musicbrainz.artist SET name = 'A lot' WHERE id = 1")
    assert caa.queue() == []
    assert caa.one("SELECT count(*) FROM artwork_indexer.deferred_demand") == 1

    for _ in range(10):
        if not caa.one("SELECT artwork_indexer.expand_deferred_demand()"):
            break
    assert len(caa.queue()) == 1101
    assert {event.action for event in caa.queue()} == {"index"}


async def test_weakness_U_the_end_of_an_edit_refreshes_approved(caa: Stage) -> None:
    """Nothing watches the edit itself: the image's count of open edits is what tells."""
    caa.sql("UPDATE cover_art_archive.cover_art SET edits_pending = 1 WHERE id = 1")
    caa.forget_queue()
    caa.commit(
        "UPDATE musicbrainz.edit SET status = 2, close_time = now() WHERE id = 1",
        "UPDATE cover_art_archive.cover_art SET edits_pending = 0 WHERE id = 1",
    )
    await drain(caa)
    assert b'"approved": true' in caa.entries("PUT", "index.json")[0].body


@pytest.mark.parametrize(("origin", "writes"), [("audit", 0), ("edit", 2), ("operator", 2)])
async def test_weakness_U_a_repair_does_not_write_what_is_right_already(
    caa: Stage, origin: str, writes: int
) -> None:
    item, now = caa.archive.items[f"mbid-{R1}"], caa.archive.clock.now()
    item.put("index.json", Content.of(CAA.index_json(R1, [FRONT])), now)
    item.put(f"mbid-{R1}_mb_metadata.xml", Content.of(document("release", R1)), now)
    event = caa.insert("index", {"gid": R1}, origin=origin)
    await drain(caa)
    assert caa.states() == {event: "completed"}
    assert len(caa.writes()) == writes


async def test_weakness_U_a_repair_writes_what_is_wrong(caa: Stage) -> None:
    item, now = caa.archive.items[f"mbid-{R1}"], caa.archive.clock.now()
    item.put("index.json", Content.of(CAA.index_json(R1, [])), now)
    item.put(f"mbid-{R1}_mb_metadata.xml", Content.of(document("release", R1)), now)
    caa.insert("index", {"gid": R1}, origin="audit")
    await drain(caa)
    assert caa.writes() == [put(R1, "index.json")]


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
async def test_weakness_V_a_delete_sees_every_unfinished_copy(caa: Stage, state: str) -> None:
    """Both events are of one transaction, so their times of creation are equal."""
    caa.commit(
        "SET LOCAL session_replication_role = 'replica'",
        "DELETE FROM cover_art_archive.cover_art WHERE id = 1",
    )
    message = {"artwork_id": 1, "old_gid": R1, "new_gid": R2, "suffix": "jpg"}
    with caa.connection.transaction():
        removal = caa.insert("delete_image", {"artwork_id": 1, "gid": R1, "suffix": "jpg"})
        copy = caa.insert("copy_image", message)
        caa.sql(
            "UPDATE artwork_indexer.event_queue SET state = %s::artwork_indexer.event_state,"
            " run_after = now() + interval '1 day', lease_expires = now() + interval '1 day',"
            " claimed_by = 'another' WHERE id = %s",
            state,
            copy,
        )
    await drain(caa)
    assert delete(R1, original(R1, 1)) not in caa.requests()
    if caa.states()[removal] == "failed":
        assert any(f"({copy})" in reason or f" {copy}" in reason for reason in caa.reasons(removal))
    assert original(R1, 1) in caa.files(R1)


@pytest.mark.parametrize("begun", [False, True], ids=["queued", "running"])
async def test_the_listing_of_a_release_goes_with_it(caa: Stage, begun: bool) -> None:
    """The last image was removed just before: the index job would find no release to write."""
    item, now = caa.archive.items[f"mbid-{R1}"], caa.archive.clock.now()
    item.put("index.json", Content.of(CAA.index_json(R1, [FRONT])), now)
    caa.commit("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    if begun:
        caa.sql("UPDATE artwork_indexer.event_queue SET state = 'completed' WHERE id = 1")
        caa.sql("UPDATE artwork_indexer.event_queue SET state = 'running' WHERE id = 2")
    caa.commit(
        "DELETE FROM musicbrainz.release_country WHERE release = 1",
        "DELETE FROM musicbrainz.release WHERE id = 1",
    )
    if begun:
        caa.sql("UPDATE artwork_indexer.event_queue SET state = 'completed' WHERE id = 2")
    await drain(caa)
    assert set(caa.states().values()) == {"completed"}
    assert caa.writes()[-1] == delete(R1, "index.json")
