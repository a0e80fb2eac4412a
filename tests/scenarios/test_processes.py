"""The daemon as a process: signals, reloads, kills, and what it looks at when it starts."""

from __future__ import annotations

import signal
from collections.abc import Callable

import psycopg
import pytest

from artwork_indexer.sandbox.internet_archive import Entry
from artwork_indexer.sandbox.internet_archive import fault_kinds as faults
from artwork_indexer.sandbox.schema import musicbrainz_schema
from tests.scenarios.expected import CAA, R1, R3, put
from tests.scenarios.processes import command, process
from tests.scenarios.running import drain, is_put, until
from tests.scenarios.stage import Stage

ONE_ROUND = ("run", "--max-idle-loops", "1", "--max-wait", "1")


def config(stage: Stage) -> tuple[str, str]:
    return "--config", str(stage.config_file())


async def test_weakness_J_a_stop_during_the_idle_sleep_is_heard_and_takes_nothing_more(
    caa: Stage,
) -> None:
    """It sleeps for up to half a minute; the event that is there by then stays where it is."""
    caa.insert("noop", {"n": 1})
    async with process(*config(caa), "run") as daemon:
        await until(lambda: caa.states() == {1: "completed"})
        with caa.connection.transaction():
            late = caa.insert("noop", {"n": 2})
            daemon.signal(signal.SIGTERM)
        assert await daemon.ended(within=20) == 0
    assert caa.states()[late] == "queued"


async def test_weakness_K_a_reload_reads_the_file_really_given(caa: Stage) -> None:
    """New keys act at once, removed ones do not survive, and a broken file changes nothing."""
    caa.configure("indexer", listen="yes")
    caa.archive.faults.add("PUT", R1, faults.wrong_credentials())
    first = caa.insert("index", {"gid": R1})
    async with process(*config(caa), "run") as daemon:
        await daemon.said("caa-keys is paused")
        # Told before the event is put back, and what is not there yet cannot be made due.
        await until(lambda: caa.states() == {first: "queued"})
        caa.configure("s3", caa_access="new_user", caa_secret="new_pass")
        caa.config_file()
        daemon.signal(signal.SIGHUP)
        await daemon.said("caa_access")
        caa.make_due()
        renewed = await caa.archive.journal.wait_for(is_put_with("LOW new_user:new_pass"))
        assert R1 in renewed.target
        # The archive does not know these keys either, and says so a moment after the PUT.
        await until(lambda: daemon.output.count("caa-keys is paused") == 2)

        caa.config_file().write_text("[s3]\nno_such_key = 1\n[indexer]\nconcurrency = many\n")
        daemon.signal(signal.SIGHUP)
        await daemon.said("reload refused")
        caa.sql("DELETE FROM artwork_indexer.service_pause")
        caa.insert("index", {"gid": R3})
        await caa.archive.journal.wait_for(is_put_with("LOW new_user:new_pass", R3))
        await until(lambda: daemon.output.count("caa-keys is paused") == 3)

        caa.configure("s3", caa_access="", caa_secret="")
        caa.config_file()
        daemon.signal(signal.SIGHUP)
        await until(lambda: daemon.output.count("reloaded: ") == 2)
        caa.archive.journal.clear()
        caa.sql("DELETE FROM artwork_indexer.service_pause")
        caa.insert("index", {"gid": R3, "again": True})
        await daemon.said("caa_secret in section [s3]")
        assert caa.writes() == []
        assert "new_pass" not in daemon.output
    assert caa.states()[first] == "queued"


def is_put_with(authorization: str, fragment: str = "") -> Callable[[Entry], bool]:
    return lambda entry: entry.header("authorization") == authorization and fragment in entry.target


async def test_weakness_D_an_event_survives_the_kill_of_its_worker(caa: Stage) -> None:
    hang = faults.Hang()
    caa.archive.faults.add("PUT", "index.json", hang)
    event = caa.insert("index", {"gid": R1})
    async with process(*config(caa), "run") as daemon:
        await caa.archive.journal.wait_for(is_put("index.json"))
        daemon.signal(signal.SIGKILL)
        await daemon.ended()
    hang.release()
    assert caa.states() == {event: "running"}

    caa.sql("UPDATE artwork_indexer.event_queue SET lease_expires = now() - interval '1 second'")
    await drain(caa)
    assert caa.states() == {event: "completed"}
    assert (caa.column("attempts", event), caa.column("crashes", event)) == (1, 1)
    assert caa.writes() == [put(R1, "index.json"), *CAA.reindex(R1)[1:]]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            """ALTER TABLE cover_art_archive.cover_art
                   DISABLE TRIGGER artwork_indexer_b_upd_cover_art""",
            "artwork_indexer_b_upd_cover_art",
        ),
        (
            "DROP TRIGGER artwork_indexer_b_del_release ON musicbrainz.release",
            "artwork_indexer_b_del_release",
        ),
    ],
    ids=["disabled", "missing"],
)
async def test_weakness_Y_a_start_tells_of_triggers_that_are_not_there(
    caa: Stage, damage: str, said: str
) -> None:
    """Without that trigger a deleted release leaves all its images behind, silently."""
    caa.connection.execute(damage.encode())
    ended = await command(*config(caa), *ONE_ROUND)
    assert said in ended.output
    assert ended.code == 0


async def test_weakness_Y_triggers_are_refused_on_a_mirror(
    bare_database_url: str, caa: Stage
) -> None:
    with psycopg.connect(bare_database_url) as mirror:
        mirror.execute(musicbrainz_schema(mirror=True).encode())
    caa.database_url = bare_database_url
    ended = await command(*config(caa), "migrate")
    assert ended.code == 4
    assert "mirror" in ended.output
    with psycopg.connect(bare_database_url) as mirror:
        assert mirror.execute("SELECT FROM pg_trigger WHERE NOT tgisinternal").fetchall() == []


async def test_an_index_by_a_process_is_the_same_as_in_any_other_test(caa: Stage) -> None:
    caa.insert("index", {"gid": R1})
    ended = await command(*config(caa), *ONE_ROUND)
    assert ended.code == 0
    assert caa.requests() == CAA.reindex(R1)


async def test_a_failed_chain_is_requeued_by_one_command(caa: Stage) -> None:
    caa.archive.faults.add("PUT", "index.json", faults.status(400))
    index = caa.insert("index", {"gid": R1})
    child = caa.insert("noop", {}, depends_on=[index])
    await drain(caa)
    assert caa.states() == {index: "failed", child: "failed"}
    ended = await command(*config(caa), "events", "requeue", str(index))
    assert ended.code == 0
    assert caa.states() == {index: "queued", child: "queued"}
    await drain(caa)
    assert caa.states() == {index: "completed", child: "completed"}
