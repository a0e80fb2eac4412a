"""Image moves against the stand-in of the Internet Archive, which applies writes late."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

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
from artwork_indexer.gate import Gate
from artwork_indexer.handlers import Handlers
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.redirects import Redirects
from artwork_indexer.sandbox.internet_archive import fault_kinds
from tests.archive_standin_fixtures import KEYS, StandIn
from tests.handlers_fixtures import R1, R2, ROWS, UNKNOWN, Art, event, image

pytest_plugins = ["tests.archive_standin_plugin"]


@pytest.fixture
async def handlers(slow_standin: StandIn, database_url: str) -> AsyncIterator[Handlers]:
    async with (
        Database(database_url, size=2, prepared=True, name="test") as database,
        HttpClient("test") as client,
    ):
        template = slow_standin.url + "/s3/{bucket}/{file}"
        service = Service(client, Gate("archive"), redirects=Redirects([template]))
        s3 = S3(service, template, lambda _: KEYS["authorization"])
        metadata_url = slow_standin.url + "/metadata/{item}"
        tasks_url = slow_standin.url + "/services/tasks.php"
        yield Handlers(
            Context(
                database=database,
                s3=s3,
                metadata=MetadataWriter(service, metadata_url, s3.require_keys),
                tasks=Tasks(service, tasks_url, s3.require_keys),
                archive=Archive(
                    service,
                    metadata_url=metadata_url,
                    details_url=slow_standin.url + "/details/{item}",
                ),
                webservice=None,
                settings=ActionSettings(),
            )
        )


@pytest.fixture
def art(database_url: str) -> Iterator[Art]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(ROWS.encode())
        yield Art(connection)


def copy(old: str, new: str) -> dict[str, object]:
    return {"artwork_id": 7, "old_gid": old, "new_gid": new, "suffix": "jpg"}


DELETE: dict[str, object] = {"artwork_id": 7, "gid": R1, "suffix": "jpg"}


async def upload(standin: StandIn) -> None:
    await standin.put(image(R1, 7), b"bytes", f"mbid-{R1}")
    standin.archive.advance(60)


async def test_merge(handlers: Handlers, slow_standin: StandIn, art: Art) -> None:
    await upload(slow_standin)
    art.add(7, 2)
    assert await handlers.handle(event("copy_image", **copy(R1, R2))) is None
    with pytest.raises(NotYet):
        await handlers.handle(event("delete_image", **DELETE))

    slow_standin.archive.advance(60)
    assert await handlers.handle(event("delete_image", **DELETE)) is None
    slow_standin.archive.advance(60)
    assert image(R2, 7) in await slow_standin.names(f"mbid-{R2}")
    left = await slow_standin.names(f"mbid-{R1}")
    assert image(R1, 7) not in left
    assert f"history/files/{image(R1, 7)}.~1~" in left

    remark = await handlers.handle(event("delete_image", **DELETE))
    assert remark == "already absent: nothing deleted"


async def test_weakness_O_chain_of_merges(
    handlers: Handlers, slow_standin: StandIn, art: Art
) -> None:
    await upload(slow_standin)
    first = art.queue("copy_image", copy(R1, UNKNOWN), state="completed")
    assert await handlers.handle(event("copy_image", id=first, **copy(R1, UNKNOWN))) is None
    second = event("copy_image", id=first + 1, **copy(UNKNOWN, R2))
    with pytest.raises(NotYet):
        await handlers.handle(second)
    slow_standin.archive.advance(60)
    assert await handlers.handle(second) is None


@pytest.mark.usefixtures("art")
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (fault_kinds.slow_down(retry_after=5), Overloaded),
        (fault_kinds.too_many(), Overloaded),
        (fault_kinds.spam(), PermanentError),
        (fault_kinds.dark(), PermanentError),
        (fault_kinds.wrong_credentials(), CredentialsRefused),
        (fault_kinds.html(403), TransientError),
        (fault_kinds.html(500, "image/jpeg"), TransientError),
        (fault_kinds.status(500), TransientError),
        (fault_kinds.drop(), TransientError),
        (fault_kinds.redirect("https://example.org/"), PermanentError),
    ],
)
async def test_faults_of_writes(
    handlers: Handlers,
    slow_standin: StandIn,
    fault: fault_kinds.Fault,
    expected: type[EventError],
) -> None:
    slow_standin.archive.faults.add("PUT", "", fault, times=None)
    with pytest.raises(EventError) as raised:
        await handlers.handle(event("copy_image", **copy(R1, R2)))
    assert type(raised.value) is expected


@pytest.mark.usefixtures("art")
async def test_deleting_from_an_item_that_is_gone_is_done(
    handlers: Handlers, slow_standin: StandIn
) -> None:
    slow_standin.archive.faults.add("DELETE", "", fault_kinds.item_gone())
    assert await handlers.handle(event("deindex", gid=UNKNOWN)) is None
