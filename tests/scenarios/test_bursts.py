"""Many edits of one entity, and who goes first."""

from __future__ import annotations

from tests.scenarios.expected import CAA, R1, R3, put
from tests.scenarios.running import drain, running, until
from tests.scenarios.stage import Stage

COMMENT = "UPDATE cover_art_archive.cover_art SET comment = %s WHERE id = 1"


async def test_a_burst_of_edits_becomes_one_index(caa: Stage) -> None:
    caa.configure("indexer", index_delay_seconds="0.7")
    async with running(caa):
        for number in range(5):
            caa.sql(COMMENT, f"edit {number}")
        assert caa.states() == {1: "queued"}
        await until(lambda: caa.states()[1] == "completed")
    assert caa.requests() == CAA.reindex(R1)
    assert b'"comment": "edit 4"' in caa.entries("PUT", "index.json")[0].body
    waited = caa.one(
        "SELECT extract(epoch FROM completed_at - created)::float8 FROM artwork_indexer.event_queue"
    )
    assert waited >= 0.7


async def test_a_daemon_does_not_end_while_a_burst_is_collected(caa: Stage) -> None:
    caa.configure("indexer", index_delay_seconds="0.3")
    caa.sql(COMMENT, "one")
    await drain(caa)
    assert caa.states() == {1: "completed"}


async def test_only_indexes_are_delayed(caa: Stage) -> None:
    caa.configure("indexer", index_delay_seconds="3600")
    caa.commit("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    async with running(caa):
        await until(lambda: caa.states()[1] == "completed")
        assert caa.states() == {1: "completed", 2: "queued"}


async def test_user_edits_go_before_older_repairs(caa: Stage) -> None:
    repair = caa.insert("index", {"gid": R3}, origin="audit", priority=10)
    caa.sql("UPDATE artwork_indexer.event_queue SET created = now() - interval '1 day'")
    caa.sql(COMMENT, "fresh")
    await drain(caa)
    assert caa.requests()[:3] == CAA.reindex(R1)
    assert caa.states()[repair] == "completed"


async def test_a_user_edit_lifts_the_repair_it_meets(caa: Stage) -> None:
    """The queued job of the audit becomes the user's own; it is written in any case."""
    other = caa.insert("index", {"gid": R3})
    repair = caa.insert("index", {"gid": R1}, origin="audit", priority=10)
    caa.sql(
        "UPDATE artwork_indexer.event_queue SET created = now() - interval '1 day' WHERE id = %s",
        repair,
    )
    caa.sql(COMMENT, "fresh")
    assert set(caa.states()) == {other, repair}
    assert caa.column("priority", repair) == 100
    assert caa.column("origin", repair) == "edit"
    assert caa.claimed() == [repair, other]


async def test_a_fresh_edit_during_the_job_is_a_job_of_its_own(caa: Stage) -> None:
    caa.before_web_answer[R1] = lambda: caa.sql(COMMENT, "meanwhile")
    caa.sql(COMMENT, "first")
    await drain(caa)
    assert set(caa.states().values()) == {"completed"}
    assert len(caa.states()) == 2
    assert [request for request in caa.writes() if request == put(R1, "index.json")] == [
        put(R1, "index.json")
    ] * 2
