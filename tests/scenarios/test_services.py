"""Trouble with the outside services: what is paused, what goes on, and what it costs."""

from __future__ import annotations

import pytest

from artwork_indexer.sandbox.internet_archive import fault_kinds as faults
from artwork_indexer.sandbox.internet_archive.fault_kinds import Fault
from tests.scenarios.expected import CAA, E1, EAA, R1, R3, put
from tests.scenarios.running import drain, drain_for_hours
from tests.scenarios.stage import Stage

BAD_KEYS = [
    faults.wrong_credentials(),
    faults.wrong_credentials("SignatureDoesNotMatch"),
    faults.s3_failure("AccessDenied", "Access Denied"),
    faults.status(401),
]
HOPELESS = {
    "spam": faults.spam(),
    "dark item": faults.dark(),
    "not our item": faults.s3_failure(
        "AccessDenied", "Access Denied", "You lack sufficient privileges to write to this item"
    ),
    "bad request": faults.status(400),
}


def pauses(stage: Stage) -> set[str]:
    """The services that are paused now."""
    rows = stage.sql("SELECT service FROM artwork_indexer.service_pause WHERE paused_until > now()")
    return {service for (service,) in rows}


def attempts(stage: Stage) -> list[tuple[str, int]]:
    return [(event.state, event.attempts) for event in stage.queue()]


@pytest.fixture
def both(caa: Stage) -> Stage:
    """Both archives: the fixture of the events has no rows in common but the editor's."""
    caa.sql("INSERT INTO musicbrainz.event (id, gid, name) VALUES (1, %s, 'Ночь у моря')", E1)
    caa.item(E1, side=EAA)
    caa.forget_queue()
    return caa


@pytest.mark.parametrize("fault", BAD_KEYS)
async def test_refused_keys_pause_their_archive_only(both: Stage, fault: Fault) -> None:
    both.archive.faults.add("PUT", f"{R1}/index.json", fault)
    cover = both.insert("index", {"gid": R1})
    later = both.insert("index", {"gid": R3})
    poster = both.insert("index", {"gid": E1}, entity_type="event")
    await drain(both)
    assert pauses(both) == {"caa-keys"}
    assert both.states() == {cover: "queued", later: "queued", poster: "completed"}
    assert [event.attempts for event in both.queue()] == [0, 0, 1]
    assert both.writes() == [put(R1, "index.json"), *EAA.reindex(E1)[1:]]
    await drain_for_hours(both)
    assert set(both.states().values()) == {"completed"}


@pytest.mark.parametrize("missing", ["caa_access", "caa_secret"])
async def test_missing_keys_are_as_good_as_refused_ones(both: Stage, missing: str) -> None:
    both.configure("s3", **{missing: ""})
    cover = both.insert("index", {"gid": R1})
    poster = both.insert("index", {"gid": E1}, entity_type="event")
    await drain(both)
    assert both.states() == {cover: "queued", poster: "completed"}
    assert pauses(both) == {"caa-keys"}
    assert "caa_access" in both.one("SELECT reason FROM artwork_indexer.service_pause")


async def test_the_keys_of_the_archives_are_never_mixed_up(both: Stage) -> None:
    """Each account may write to its own items only, so a mix-up would be refused."""
    both.insert("index", {"gid": R1})
    both.insert("index", {"gid": E1}, entity_type="event")
    await drain(both)
    assert set(both.states().values()) == {"completed"}
    for entry in both.entries("PUT"):
        side = CAA if R1 in entry.target else EAA
        assert entry.header("authorization") == side.keys


async def test_swapped_keys_touch_nothing(both: Stage) -> None:
    """The event keys in place of the release keys: a refusal about each item, no write."""
    both.archive.items[f"mbid-{R1}"].metadata["collection"] = "coverartarchive"
    both.configure("s3", caa_access="eaa_user", caa_secret="eaa_pass")
    event = both.insert("index", {"gid": R1})
    await drain(both)
    assert both.states() == {event: "failed"}
    assert both.files(R1) == {f"mbid-{R1}-1.jpg"}


@pytest.mark.parametrize("case", HOPELESS)
async def test_what_cannot_succeed_fails_at_once(both: Stage, case: str) -> None:
    both.archive.faults.add("PUT", f"{R1}/index.json", HOPELESS[case])
    event = both.insert("index", {"gid": R1})
    other = both.insert("index", {"gid": R3})
    await drain(both)
    assert both.states() == {event: "failed", other: "completed"}
    assert pauses(both) == set()
    assert "HTTP " in both.reasons(event)[0]


@pytest.mark.parametrize("fault", [faults.slow_down(), faults.too_many(), faults.status(503)])
async def test_overload_without_a_time_pauses_for_the_configured_time(
    both: Stage, fault: Fault
) -> None:
    both.configure("archive", pause_seconds="77")
    both.archive.faults.add("PUT", "index.json", fault)
    both.insert("index", {"gid": R1})
    await drain(both)
    assert attempts(both) == [("queued", 0)]
    seconds = both.one(
        "SELECT extract(epoch FROM paused_until - paused_since)::float8"
        "  FROM artwork_indexer.service_pause"
    )
    assert seconds == 77


async def test_an_archive_that_cannot_be_reached(both: Stage, unused_tcp_port: int) -> None:
    both.configure("s3", url=f"http://127.0.0.1:{unused_tcp_port}/{{bucket}}/{{file}}")
    both.insert("index", {"gid": R1})
    await drain(both)
    assert attempts(both) == [("queued", 0)]
    assert pauses(both) == {"archive"}


async def test_a_web_service_that_cannot_be_reached(both: Stage, unused_tcp_port: int) -> None:
    """Copies and deletes go on: they need the Internet Archive only."""
    both.configure("musicbrainz", url=f"http://127.0.0.1:{unused_tcp_port}")
    index = both.insert("index", {"gid": R1})
    later = both.insert("index", {"gid": R3})
    noop = both.insert("noop", {})
    await drain(both)
    assert pauses(both) == {"musicbrainz"}
    assert both.states() == {index: "queued", later: "queued", noop: "completed"}
    assert [event.attempts for event in both.queue()] == [0, 0, 1]
    assert both.requests() == []


async def test_without_a_web_service_no_index_is_taken(both: Stage) -> None:
    both.configure("musicbrainz", url="")
    index = both.insert("index", {"gid": R1})
    noop = both.insert("noop", {})
    await drain(both)
    assert both.states() == {index: "queued", noop: "completed"}
    assert both.requests() == []


@pytest.mark.parametrize("fault", [faults.drop(), faults.drop(applied=True), faults.html(502)])
async def test_an_answer_that_breaks_is_tried_again(both: Stage, fault: Fault) -> None:
    """Twice, because the HTTP client itself repeats a request once on a fresh connection."""
    both.archive.faults.add("PUT", "index.json", fault, times=2)
    both.insert("index", {"gid": R1})
    await drain(both)
    assert attempts(both) == [("queued", 1)]
    await drain_for_hours(both)
    assert set(both.states().values()) == {"completed"}


async def test_a_307_within_the_configured_hosts_keeps_everything(both: Stage) -> None:
    both.archive.faults.add(
        "PUT",
        f"/s3/mbid-{R1}/index.json",
        faults.redirect("{origin}/s3-node/mbid-" + R1 + "/index.json"),
    )
    both.insert("index", {"gid": R1})
    await drain(both)
    first, second = both.entries("PUT", "index.json")
    assert second.path == f"/s3-node/mbid-{R1}/index.json"
    assert second.body == first.body
    assert [h for h in second.headers if h[0] == "authorization"] == [("authorization", CAA.keys)]
    assert {**dict(first.headers), "Host": ""} == {**dict(second.headers), "Host": ""}
    assert set(both.states().values()) == {"completed"}


@pytest.mark.parametrize(
    "location",
    [
        "https://archive.org.evil.example/s3/x",
        "http://s3.us.archive.org/s3/x",
        "https://evil.example/",
        "",
        "ftp://archive.org/x",
    ],
)
async def test_a_307_to_anywhere_else_is_refused(both: Stage, location: str) -> None:
    both.archive.faults.add("PUT", "index.json", faults.redirect(location))
    event = both.insert("index", {"gid": R1})
    await drain(both)
    assert both.states() == {event: "failed"}
    assert "307" in both.reasons(event)[0]
    assert both.writes() == [put(R1, "index.json")]


async def test_the_keys_stand_in_no_reason(both: Stage) -> None:
    """Not even when the other side repeats them."""
    echo = "You sent LOW caa_user:caa_pass, and caa_pass is wrong"
    both.archive.faults.add("PUT", "index.json", faults.status(400, echo))
    event = both.insert("index", {"gid": R1})
    await drain(both)
    assert "HTTP 400" in both.reasons(event)[0]
    assert "caa_pass" not in both.reasons(event)[0]
