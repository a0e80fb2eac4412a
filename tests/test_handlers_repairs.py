"""``update_metadata`` and ``derive`` against the stand-in of the Internet Archive."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import psycopg
import pytest

from artwork_indexer.actions.context import ActionSettings, Context
from artwork_indexer.archive.metadata import Archive
from artwork_indexer.archive.metadata_write import MetadataWriter
from artwork_indexer.archive.s3 import S3
from artwork_indexer.archive.tasks import Tasks
from artwork_indexer.database import Database
from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    NotYet,
    Overloaded,
    PermanentError,
    TransientError,
)
from artwork_indexer.event_queue import Action, EventQueue, QueueSettings
from artwork_indexer.gate import Gate
from artwork_indexer.handlers import ACTIONS, Handlers
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.index_json import Image
from artwork_indexer.projects import BY_ENTITY_TYPE, Project
from artwork_indexer.sandbox.internet_archive import Item, WaitAdmin, fault_kinds
from artwork_indexer.sandbox.internet_archive.populate import healthy_item
from tests.archive_standin_fixtures import StandIn
from tests.handlers_fixtures import E1, NOW, R1, R3, ROWS, UNKNOWN, Art, event

pytest_plugins = ["tests.archive_standin_plugin"]
pytestmark = pytest.mark.usefixtures("art")

WRITES = {"POST", "PUT", "DELETE"}


@pytest.fixture
def art(database_url: str) -> Iterator[Art]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(ROWS.encode())
        one = Art(connection)
        one.add(7, 1)
        yield one


@pytest.fixture
async def handlers(slow_standin: StandIn, database_url: str) -> AsyncIterator[Handlers]:
    async with (
        Database(database_url, size=2, prepared=True, name="test") as database,
        HttpClient("test") as client,
    ):
        service = Service(client, Gate("archive"))
        s3 = S3(service, slow_standin.url + "/s3/{bucket}/{file}", keys)
        metadata_url = slow_standin.url + "/metadata/{item}"
        yield Handlers(
            Context(
                database=database,
                s3=s3,
                archive=Archive(
                    service,
                    metadata_url=metadata_url,
                    details_url=slow_standin.url + "/details/{item}",
                ),
                metadata=MetadataWriter(service, metadata_url, s3.require_keys),
                tasks=Tasks(service, slow_standin.url + "/services/tasks.php", s3.require_keys),
                webservice=None,
                settings=ActionSettings(uploaders=("second@example.org",)),
                now=lambda: NOW,
            )
        )


def keys(project: Project) -> str:
    return f"LOW {project.abbreviation}-access:{project.abbreviation}-secret"


def make_item(standin: StandIn, gid: str = R1, entity_type: str = "release") -> Item:
    project = BY_ENTITY_TYPE[entity_type]
    listed = Image(7, "jpg", True, True, False, "", 1, ())
    return healthy_item(standin.archive, project, gid, [listed], b"<metadata/>")


def writes(standin: StandIn) -> list[str]:
    return [
        f"{entry.method} {entry.target}"
        for entry in standin.archive.journal
        if entry.method in WRITES
    ]


def patches(standin: StandIn) -> list[list[str]]:
    """Which fields each patch changed."""
    return [
        [
            operation["path"].removeprefix("/")
            for operation in json.loads(parse_qs(entry.body.decode())["-patch"][0])
            if operation["op"] != "test"
        ]
        for entry in standin.archive.journal.select("POST", "/metadata/")
    ]


def test_every_action_has_a_function() -> None:
    assert {*ACTIONS, Action.NOOP} == set(Action)


async def test_metadata_is_corrected_once(handlers: Handlers, slow_standin: StandIn) -> None:
    item = make_item(slow_standin)
    item.metadata["collection"] = ["test_collection", "fav-bob"]
    del item.metadata["noindex"]
    assert await handlers.handle(event("update_metadata", gid=R1)) is None
    assert patches(slow_standin) == [["collection", "noindex"]]
    metadata = (await slow_standin.record(item.identifier))["metadata"]
    assert metadata["collection"] == ["coverartarchive", "fav-bob"]
    assert metadata["noindex"] == "true"

    remark = await handlers.handle(event("update_metadata", gid=R1))
    assert remark == "the item's metadata is right already: nothing written"
    assert len(writes(slow_standin)) == 1


async def test_metadata_of_an_event(handlers: Handlers, slow_standin: StandIn) -> None:
    make_item(slow_standin, E1, "event").metadata["collection"] = "coverartarchive"
    assert await handlers.handle(event("update_metadata", gid=E1, entity_type="event")) is None
    record = await slow_standin.record(f"mbid-{E1}")
    assert record["metadata"]["collection"] == "eventartarchive"


async def test_mediatype_that_may_not_be_changed(handlers: Handlers, slow_standin: StandIn) -> None:
    item = make_item(slow_standin)
    item.metadata["mediatype"] = "images"
    del item.metadata["noindex"]
    with pytest.raises(PermanentError, match="may not change mediatype"):
        await handlers.handle(event("update_metadata", gid=R1))
    assert patches(slow_standin) == [["noindex"], ["mediatype"]]
    assert (await slow_standin.record(item.identifier))["metadata"]["noindex"] == "true"


async def test_mediatype_that_may_be_changed(handlers: Handlers, slow_standin: StandIn) -> None:
    slow_standin.archive.settings.mediatype_locked = False
    item = make_item(slow_standin)
    item.metadata["mediatype"] = "images"
    assert await handlers.handle(event("update_metadata", gid=R1)) is None
    assert (await slow_standin.record(item.identifier))["metadata"]["mediatype"] == "image"


async def test_somebody_else_changes_the_same_field(
    handlers: Handlers, slow_standin: StandIn
) -> None:
    item = make_item(slow_standin)
    item.metadata["collection"] = "test_collection"
    seen = fault_kinds.edit_json({"metadata": {**item.metadata, "collection": "other"}})
    slow_standin.archive.faults.add("GET", "/metadata/", seen)
    with pytest.raises(TransientError, match="test failed"):
        await handlers.handle(event("update_metadata", gid=R1))
    assert await handlers.handle(event("update_metadata", gid=R1)) is None


async def test_somebody_else_was_faster(handlers: Handlers, slow_standin: StandIn) -> None:
    item = make_item(slow_standin)
    without = {name: value for name, value in item.metadata.items() if name != "noindex"}
    seen = fault_kinds.edit_json({"metadata": without})
    slow_standin.archive.faults.add("GET", "/metadata/", seen)
    remark = await handlers.handle(event("update_metadata", gid=R1))
    assert remark == "the item's metadata is right already: nothing written"


def incomplete(standin: StandIn) -> Item:
    """An item that both actions would have to do something about."""
    item = make_item(standin)
    del item.metadata["noindex"]
    item.remove(f"mbid-{R1}-7_thumb500.jpg", 0)
    return item


ACTIONS_HERE = pytest.mark.parametrize("action", ["update_metadata", "derive"])


@ACTIONS_HERE
@pytest.mark.parametrize("uploader", ["someone@example.org", ""])
async def test_foreign_item(
    handlers: Handlers, slow_standin: StandIn, action: str, uploader: str
) -> None:
    incomplete(slow_standin).metadata["uploader"] = uploader
    with pytest.raises(PermanentError, match="not an account of the Cover Art Archive"):
        await handlers.handle(event(action, gid=R1))
    assert writes(slow_standin) == []


@ACTIONS_HERE
async def test_item_of_another_account_of_ours(
    handlers: Handlers, slow_standin: StandIn, action: str
) -> None:
    incomplete(slow_standin).metadata["uploader"] = "Second@example.org"
    with pytest.raises(PermanentError, match="sufficient privileges"):
        await handlers.handle(event(action, gid=R1))
    assert len(writes(slow_standin)) == 1


@ACTIONS_HERE
async def test_dark_item(handlers: Handlers, slow_standin: StandIn, action: str) -> None:
    incomplete(slow_standin)
    slow_standin.archive.darken(f"mbid-{R1}")
    with pytest.raises(PermanentError, match="was taken offline"):
        await handlers.handle(event(action, gid=R1))
    assert writes(slow_standin) == []


@ACTIONS_HERE
async def test_missing_item(handlers: Handlers, slow_standin: StandIn, action: str) -> None:
    with pytest.raises(PermanentError, match="there is no item"):
        await handlers.handle(event(action, gid=R1))
    incomplete(slow_standin)
    slow_standin.archive.faults.add("GET", "/metadata/", fault_kinds.garbage("{}"))
    with pytest.raises(NotYet, match="no record"):
        await handlers.handle(event(action, gid=R1))
    assert writes(slow_standin) == []


@ACTIONS_HERE
async def test_darkened_release(
    handlers: Handlers, slow_standin: StandIn, art: Art, action: str
) -> None:
    incomplete(slow_standin)
    art.darken(1)
    remark = await handlers.handle(event(action, gid=R1))
    assert remark == "darkened in MusicBrainz: nothing written"
    assert len(slow_standin.archive.journal) == 0


@ACTIONS_HERE
@pytest.mark.parametrize("gid", [R3, UNKNOWN])
async def test_merged_or_unknown_release(
    handlers: Handlers, slow_standin: StandIn, action: str, gid: str
) -> None:
    assert await handlers.handle(event(action, gid=gid)) is not None
    assert len(slow_standin.archive.journal) == 0


@ACTIONS_HERE
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (fault_kinds.slow_down(5), Overloaded),
        (fault_kinds.too_many(), Overloaded),
        (fault_kinds.wrong_credentials(), CredentialsRefused),
        (fault_kinds.html(400), TransientError),
        (fault_kinds.html(200), TransientError),
        (fault_kinds.html(500), TransientError),
        (fault_kinds.garbage(), TransientError),
        (fault_kinds.truncated(), TransientError),
        (fault_kinds.drop(), TransientError),
        (fault_kinds.dark(), PermanentError),
        (fault_kinds.redirect("http://example.org/", 307), PermanentError),
    ],
)
async def test_faults_of_writes(
    handlers: Handlers,
    slow_standin: StandIn,
    action: str,
    fault: fault_kinds.Fault,
    expected: type[EventError],
) -> None:
    incomplete(slow_standin)
    slow_standin.archive.faults.add("POST", "", fault, times=None)
    with pytest.raises(EventError) as raised:
        await handlers.handle(event(action, gid=R1))
    assert type(raised.value) is expected
    assert "secret" not in str(raised.value)


@ACTIONS_HERE
async def test_applied_although_the_answer_was_lost(
    handlers: Handlers, slow_standin: StandIn, action: str
) -> None:
    incomplete(slow_standin)
    slow_standin.archive.faults.add("POST", "", fault_kinds.drop(applied=True))
    with pytest.raises(TransientError):
        await handlers.handle(event(action, gid=R1))
    slow_standin.archive.settle()
    assert await handlers.handle(event(action, gid=R1)) is not None
    assert len(writes(slow_standin)) == 1


@ACTIONS_HERE
async def test_message_without_an_mbid(handlers: Handlers, action: str) -> None:
    with pytest.raises(PermanentError, match="gid must be an MBID"):
        await handlers.handle(event(action))


async def test_thumbnails_are_asked_for_once(handlers: Handlers, slow_standin: StandIn) -> None:
    item = incomplete(slow_standin)
    assert await handlers.handle(event("derive", gid=R1)) is None
    with pytest.raises(NotYet, match="unfinished tasks"):
        await handlers.handle(event("derive", gid=R1))
    slow_standin.archive.settle()
    assert f"mbid-{R1}-7_thumb500.jpg" in item.files
    remark = await handlers.handle(event("derive", gid=R1))
    assert remark == "no thumbnail is missing: none asked for"
    assert writes(slow_standin) == ["POST /services/tasks.php"]


async def test_thumbnails_of_an_original_that_is_missing(
    handlers: Handlers, slow_standin: StandIn
) -> None:
    incomplete(slow_standin).remove(f"mbid-{R1}-7.jpg", 0)
    remark = await handlers.handle(event("derive", gid=R1))
    assert remark == "no thumbnail is missing: none asked for"


async def test_a_stopped_task_is_in_the_way(handlers: Handlers, slow_standin: StandIn) -> None:
    item = incomplete(slow_standin)
    task = slow_standin.archive.submit_derive(item, submitter="x")
    slow_standin.archive.tasks.stop(task, WaitAdmin.RED)
    with pytest.raises(PermanentError, match="stopped in error"):
        await handlers.handle(event("derive", gid=R1))
    assert writes(slow_standin) == []


async def test_waiting_for_tasks_has_an_end(handlers: Handlers, slow_standin: StandIn) -> None:
    slow_standin.archive.submit_derive(incomplete(slow_standin), submitter="x")
    waiting = event("derive", gid=R1, snoozed_since=NOW - timedelta(hours=72))
    with pytest.raises(PermanentError, match="A review is needed"):
        await handlers.handle(waiting)


@ACTIONS_HERE
async def test_the_queue_needs_no_web_service_for_them(
    database_url: str, art: Art, action: str
) -> None:
    number = art.queue(action, {"gid": R1})
    async with Database(database_url, size=1, prepared=True, name="test") as database:
        queue = EventQueue(database, "test", QueueSettings(has_web_service=False))
        (claimed,) = await queue.claim(5)
    assert (claimed.id, claimed.action, claimed.gid) == (number, Action(action), R1)
