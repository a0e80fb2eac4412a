"""The command line of seeding from the Internet Archive: a process of its own each time."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest

from artwork_indexer.projects import EAA
from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from tests.audit.seeding.archive_fixtures import (
    CHANGES,
    RELEASE,
    SCRAPE,
    UNKNOWN,
    Place,
    mbid,
    names,
)
from tests.queue_fixtures import until as until_within

pytest_plugins = ["tests.audit.seeding.archive_plugin"]
pytestmark = pytest.mark.timeout(240)

until = partial(until_within, limit=60)
"""A process may take long to start."""
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
STAFF: Final = MappingProxyType(
    {"IA_ACCESS_KEY_ID": "staff-access", "IA_SECRET_ACCESS_KEY": "staff-secret"}
)


class Ended:
    """A command that has ended."""

    def __init__(self, code: int | None, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode()
        self.err = err.decode()

    @property
    def json(self) -> dict[str, Any]:
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


async def start(
    place: Place, *arguments: str, environ: Mapping[str, str] = NOTHING
) -> asyncio.subprocess.Process:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ARTWORK_INDEXER_", "IA_"))}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "artwork_indexer", "--config", str(place.config_path)),
        *("audit", "seed", "archive", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**clean, **environ},
    )


async def run(
    place: Place, *arguments: str, given: bytes = b"", environ: Mapping[str, str] = NOTHING
) -> Ended:
    process = await start(place, *arguments, environ=environ)
    out, err = await asyncio.wait_for(process.communicate(given), 60)
    return Ended(process.returncode, out, err)


async def test_search_tells_how_much_was_named(place: Place, tmp_path: Path) -> None:
    place.put(f"mbid-{RELEASE}")
    place.put("something", "eventartarchive")
    rejected = tmp_path / "rejected"
    ended = await run(place, "--json", "--rejected", str(rejected))
    assert (ended.code, ended.err.count("Traceback")) == (0, 0)
    assert ended.json["inserted"] == 1
    assert ended.json["sources"]["archive search eventartarchive"]["skipped"] == 1
    assert ended.json["searches"]["coverartarchive"] == {
        "scope": None,
        "named": 1,
        "promised": 1,
        "resumed": False,
        "with_art": 1,
        "cut_short": False,
        "failure": None,
    }
    assert rejected.read_text().startswith("something\tforeign: ")
    ended = await run(place)
    assert ended.code == 0
    assert (
        "Cover Art Archive: the Internet Archive named 1 item of about 1 release with art"
        in ended.out
    )
    assert "Event Art Archive: of the names, 1 foreign." in ended.out


async def test_a_search_cut_short_is_a_failure(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(*range(200))
    place.archive.settings.search_share = 0.5
    ended = await run(place, "--collection", "coverartarchive")
    assert ended.code == 1
    assert "named 100 items" in ended.out
    assert "It said that it has 200: the answers were cut short." in ended.out


async def test_a_search_that_repeats_itself_is_a_failure(place: Place) -> None:
    """Although it named as much as it said it has."""
    page = [{"identifier": name} for name in names(1, 2, 3)]
    cursor = base64.b64encode(f"0 {names(1)[0]}".encode()).decode()
    edit = kinds.edit_json({"items": page, "count": 3, "total": 3, "cursor": cursor})
    place.archive.faults.add("GET", SCRAPE, edit, times=None)
    ended = await run(place, "--collection", "coverartarchive", "--json")
    search = ended.json["searches"]["coverartarchive"]
    assert (search["named"], search["promised"], search["cut_short"]) == (3, 3, True)
    assert ended.code == 1


async def test_a_collection_that_cannot_be_searched_does_not_hide_the_other(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(*range(3))
    place.archive.listed["eventartarchive"] = names(7)
    refusal = kinds.status(400, '{"error": "no", "errorType": "x"}', "application/json")
    place.archive.faults.add("GET", SCRAPE, refusal, times=1)
    ended = await run(place, "--json")
    assert ended.code == 1
    assert "The search refuses the request: no." in ended.err
    assert ended.json["searches"]["coverartarchive"]["failure"]
    assert ended.json["searches"]["eventartarchive"]["failure"] is None
    assert ended.json["sources"]["archive search eventartarchive"]["inserted"] == 1
    assert set(place.entities()) == {mbid(7)}


async def test_scope_and_keys_from_the_environment(place: Place) -> None:
    place.put(f"mbid-{RELEASE}", noindex=True)
    ended = await run(
        place, "--scope", "all", "--credentials", "environment", "--json", environ=STAFF
    )
    assert ended.json["inserted"] == 1
    ended = await run(place, "--scope", "all", "--credentials", "environment")
    assert ended.code == 2
    assert "Set IA_ACCESS_KEY_ID and IA_SECRET_ACCESS_KEY" in ended.err


async def test_a_list_from_standard_input(place: Place) -> None:
    given = f"mbid-{RELEASE}\nmbid-{UNKNOWN}\n".encode()
    ended = await run(place, "--identifiers", "-", "--json", given=given)
    assert (ended.code, ended.json["inserted"], ended.json["undecidable"]) == (0, 1, 1)
    ended = await run(
        place, "--identifiers", "-", "--collection", "coverartarchive", "--json", given=given
    )
    assert (ended.json["inserted"], ended.json["already"]) == (1, 1)


async def test_a_list_from_a_pipe_with_a_name(place: Place, tmp_path: Path) -> None:
    pipe = tmp_path / "names"
    os.mkfifo(pipe)
    ended, _ = await asyncio.gather(
        run(place, "--identifiers", str(pipe), "--json"),
        asyncio.to_thread(pipe.write_bytes, f"mbid-{RELEASE}\n".encode()),
    )
    assert (ended.code, ended.json["inserted"]) == (0, 1)


async def test_changes_without_the_privilege_end_in_one_sentence(place: Place) -> None:
    ended = await run(place, "--changes")
    assert ended.code == 3
    assert ended.err.startswith("artwork-indexer: The Internet Archive does not let this account")
    assert ended.err.count("\n") == 1
    assert "caa-secret" not in ended.err


async def test_the_first_dry_run_of_changes_does_not_claim_to_have_noted(place: Place) -> None:
    changes = ("--changes", "--credentials", "environment")
    ended = await run(place, *changes, "--dry-run", environ=STAFF)
    assert (ended.code, "This moment would be noted" in ended.err) == (0, True)
    assert "are noted" not in ended.err
    ended = await run(place, *changes, environ=STAFF)
    assert "From this moment on changes are noted" in ended.err


async def test_changes_tell_which_names_were_not_used(place: Place) -> None:
    place.archive.changes += [(name, 1.0) for name in ("other", "mbid-5", f"mbid-{UNKNOWN}")]
    changes = ("--changes", "--credentials", "environment", "--since", "0")
    ended = await run(place, *changes, environ=STAFF)
    assert "Changes: of the names, 1 foreign, 1 malformed, 1 undecidable." in ended.out
    assert "Audited sooner because of changed items: 0 entities." in ended.out


async def test_a_wrong_address_of_the_changes_is_told_in_one_sentence(place: Place) -> None:
    place.archive.faults.add("POST", CHANGES, kinds.status(404, "nothing here"))
    ended = await run(place, "--changes", "--credentials", "environment", environ=STAFF)
    assert ended.code == 1
    assert ended.err.startswith("artwork-indexer: HTTP 404 for POST ")
    assert ended.err.endswith(": nothing here. Correct changes_url in section [archive].\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_follow_ends_well_at_a_signal(place: Place, number: signal.Signals) -> None:
    process = await start(
        place,
        *("--changes", "--follow", "--every", "0.1", "--credentials", "environment", "--json"),
        environ=STAFF,
    )
    begun = "SELECT FROM artwork_indexer.audit_seeding"
    await until(lambda: bool(place.rows.execute(begun).fetchall()))
    place.put(f"mbid-{RELEASE}")
    await until(lambda: RELEASE in place.entities())
    # Once it asks again, it has also counted what it has written.
    asked = len(place.asked(CHANGES))
    await until(lambda: len(place.asked(CHANGES)) > asked)
    process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    ended = Ended(process.returncode, out, err)
    assert (ended.code, ended.json["inserted"]) == (0, 1)


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGKILL, -signal.SIGKILL, ""),
        (signal.SIGTERM, 130, "Stopped. Run this again: it goes on where it was.\n"),
        (signal.SIGINT, 130, "Stopped. Run this again: it goes on where it was.\n"),
    ],
)
async def test_a_search_that_was_ended_goes_on(
    place: Place, number: signal.Signals, code: int, said: str
) -> None:
    place.archive.listed["coverartarchive"] = names(*range(1, 301))
    hang = kinds.Hang()
    rule = place.archive.faults.add("GET", SCRAPE, hang, skip=2)
    arguments = ("--collection", "coverartarchive", "--page-size", "100", "--json")
    process = await start(place, *arguments)
    # A request on its way could come in later, and be taken for one of the run after this one.
    await until(lambda: rule.hits == 1 and len(place.entities()) == 200)
    process.send_signal(number)
    _, err = await process.communicate()
    # Above it there may be a line of the progress: a machine may be slow.
    assert process.returncode == code
    assert err.decode().endswith(said)
    assert "Traceback" not in err.decode()
    hang.release()
    place.archive.journal.clear()
    ended = await run(place, *arguments)
    assert (ended.code, ended.json["inserted"], ended.json["already"]) == (0, 100, 0)
    assert ended.json["searches"]["coverartarchive"]["named"] == 300
    assert len(place.asked(SCRAPE)) == 1


async def test_what_was_done_is_told_although_the_database_is_gone(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(*range(1, 201))
    hang = kinds.Hang()
    place.archive.faults.add("GET", SCRAPE, hang, skip=1)
    process = await start(place, "--page-size", "100", "--json")
    await until(lambda: len(place.entities()) == 100)
    place.rows.execute(
        "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()"
    )
    place.rows.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    hang.release()
    out, err = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode == 3
    assert json.loads(out)["inserted"] == 100, err
    assert b"Traceback" not in err


async def test_refused_keys_are_told_with_what_helps(place: Place) -> None:
    place.archive.faults.add("GET", SCRAPE, kinds.status(403), times=None)
    ended = await run(place, "--credentials", "environment", "--scope", "all", environ=STAFF)
    assert ended.code == 3
    assert "does not accept the keys for this search. Check them, or leave out" in ended.err
    assert not any(key in ended.out + ended.err for key in STAFF.values())


async def test_from_start_forgets_the_places_of_all_collections_at_once(place: Place) -> None:
    place.archive.listed["eventartarchive"] = names(*range(250))
    place.archive.faults.add("GET", SCRAPE, kinds.html(), times=3, skip=1)
    await place.search(EAA).run(place.progress, place.reject)
    source = "archive search eventartarchive"
    assert place.checkpoint(source)["position"]["named"] == 100
    place.archive.faults.clear()
    ended = await run(place, "--from-start", "--credentials", "environment")
    assert "Set IA_ACCESS_KEY_ID" in ended.err
    assert place.checkpoint(source)["position"]["named"] == 100
    hang = kinds.Hang()
    rule = place.archive.faults.add("GET", SCRAPE, hang)
    process = await start(place, "--from-start")
    await until(lambda: rule.hits == 1)
    process.kill()
    await process.communicate()
    hang.release()
    assert place.checkpoint(source)["position"] == {}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--follow"], "--follow and --since go with --changes"),
        (["--changes", "--follow", "--every", "nan"], "--every must be a number of seconds"),
        (["--changes", "--identifiers", "-"], "not both"),
        (["--changes", "--from-start"], "leave out --collection and --from-start"),
        (["--changes", "--since", "20261301"], "must be a day as YYYYMMDD, or 0"),
        (["--changes", "--since", ""], "must be a day as YYYYMMDD, or 0"),
        (["--since", ""], "--follow and --since go with --changes"),
        (["--changes", "--every", "60"], "--every goes with --follow"),
        (["--every", "60"], "--every goes with --follow"),
        (["--changes", "--page-size", "10000"], "leave them out here"),
        (["--identifiers", "-", "--page-size", "10000"], "leave them out here"),
        (["--identifiers", "-", "--scope", "all"], "leave them out here"),
        (["--identifiers", "-", "--credentials", "caa"], "A list needs no keys"),
        (["--scope", "all"], "add --credentials"),
        (["--scope", ""], "add --credentials"),
        (["--identifiers", "/nonexistent/list"], "cannot be read: No such file"),
        (["--rejected", "/nonexistent/list"], "cannot be written: No such file"),
        (["--page-size", "10"], "100<=x<=10000"),
    ],
)
async def test_what_does_not_go_together_is_told(
    place: Place, arguments: list[str], sentence: str
) -> None:
    ended = await run(place, *arguments)
    assert ended.code == 2
    assert sentence in ended.err
    assert "Traceback" not in ended.err
    assert place.asked(SCRAPE) + place.asked(CHANGES) == []


async def test_a_role_without_the_right_is_told_so(place: Place) -> None:
    role = f"reader_{os.getpid()}"
    place.put(f"mbid-{RELEASE}")
    place.rows.execute(
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA artwork_indexer, musicbrainz TO {role};"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA artwork_indexer, musicbrainz TO {role}".encode()
    )
    try:
        ended = await run(place, environ={"ARTWORK_INDEXER_DATABASE_USER": role})
        assert ended.code == 3
        assert "Traceback" not in ended.err
        assert "permission denied" in ended.err
    finally:
        place.rows.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())
    assert place.entities() == {}
