"""What Sentry receives, at a real HTTP server that plays Sentry, and what it never does."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from artwork_indexer.errors import CredentialsRefused, Overloaded, PermanentError, TransientError
from artwork_indexer.event_queue import Action, Event
from artwork_indexer.observability.scrubbing import HIDDEN, Scrubber
from artwork_indexer.observability.sentry import FLUSH_SECONDS, REPEAT_SECONDS, Sentry

MBIDS = tuple(f"{n:08x}-0000-4000-8000-000000000000" for n in range(1, 4))
FLUSH_LIMIT = "artwork_indexer.observability.sentry.FLUSH_SECONDS"
SECRETS = ("s3cr3t-key", "p'ä\\\"ss w%rd")


class Receiver:
    """Plays Sentry; keeps the bytes of every envelope. ``answers`` may be cleared to hang."""

    def __init__(self) -> None:
        self.envelopes: list[bytes] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.dsn = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        # aiohttp has unpacked what was sent compressed, unless it was not told so.
        self.envelopes.append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        await self.answers.wait()
        return web.json_response({})

    @property
    def raw(self) -> bytes:
        return b"".join(self.envelopes)

    @property
    def reports(self) -> list[dict[str, Any]]:
        found = []
        for envelope in self.envelopes:
            _, *rest = envelope.split(b"\n")
            for header, body in zip(rest[::2], rest[1::2], strict=False):
                if json.loads(header)["type"] == "event":
                    found.append(json.loads(body))
        return found


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    """What is sent to it arrives, also when the machine stands still for some seconds."""
    monkeypatch.setattr(FLUSH_LIMIT, 60.0)
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/api/7/envelope/", receiver.take)
    async with TestServer(app) as server:
        receiver.dsn = f"http://public@{server.host}:{server.port}/7"
        yield receiver
        receiver.answers.set()


@asynccontextmanager
async def reporting(receiver: Receiver, clock: Clock | None = None) -> AsyncIterator[Sentry]:
    """A reporter whose reports have arrived at the end of the block."""
    sentry = Sentry(receiver.dsn, Scrubber(SECRETS), clock=clock or Clock())
    try:
        yield sentry
    finally:
        await sentry.close()


def event(number: int = 1, action: Action = Action.INDEX, **message: object) -> Event:
    return Event(
        id=number,
        entity_type="release",
        action=action,
        message={"gid": MBIDS[0], **message},
        created=datetime.now(UTC),
    )


def caused(text: str, cause: str) -> PermanentError:
    """An error with a traceback, a cause, and the secret in a local variable."""
    authorization = f"LOW AKEY:{cause}"
    try:
        try:
            raise OSError(authorization)  # noqa: TRY301  (the local variable is the point)
        except OSError as error:
            raise PermanentError(text) from error
    except PermanentError as error:
        return error


async def test_failure_arrives_with_tags_and_its_cause(receiver: Receiver) -> None:
    async with reporting(receiver) as sentry:
        sentry.event_failed(event(4711), caused("The archive said no.", "because"))
    (report,) = receiver.reports
    assert report["tags"] == {
        "event_id": "4711",
        "action": "index",
        "project": "caa",
        "mbid": MBIDS[0],
    }
    kinds = [value["type"] for value in report["exception"]["values"]]
    assert kinds == ["OSError", "PermanentError"]
    assert report["exception"]["values"][-1]["value"] == "The archive said no."


@pytest.mark.parametrize("secret", SECRETS)
async def test_no_secret_is_sent(receiver: Receiver, secret: str) -> None:
    async with reporting(receiver) as sentry:
        message: dict[str, Any] = {
            "nested": [{"header": f"LOW AKEY:{secret}"}, secret],
            secret: 1,
            "gid": secret,
        }
        sentry.event_failed(event(**message), caused(f"refused {secret}", secret))
        sentry.service_paused(
            CredentialsRefused(f"no {secret}", service="caa-keys", seconds=900), 900
        )
    assert len(receiver.reports) == 2
    spellings = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], "AKEY"}
    spellings |= {
        json.dumps(text, ensure_ascii=flag)[1:-1] for text in spellings for flag in (False, True)
    }
    assert sorted(text for text in spellings if text.encode() in receiver.raw) == []
    assert HIDDEN.encode() in receiver.raw


async def test_no_local_variables_no_source_no_personal_data(receiver: Receiver) -> None:
    async with reporting(receiver) as sentry:
        sentry.event_failed(event(), caused("no", "x"))
    (report,) = receiver.reports
    frames = [
        frame for value in report["exception"]["values"] for frame in value["stacktrace"]["frames"]
    ]
    assert frames
    assert all("vars" not in frame for frame in frames)
    assert all("context_line" not in frame for frame in frames)
    assert "user" not in report
    assert not report.get("breadcrumbs")


async def test_refused_keys_are_reported_and_other_pauses_are_not(receiver: Receiver) -> None:
    async with reporting(receiver) as sentry:
        sentry.service_paused(Overloaded("slow down", service="archive", seconds=60), 60)
        sentry.service_paused(CredentialsRefused("no", service="eaa-keys", seconds=900), 900)
    (report,) = receiver.reports
    assert report["tags"]["service"] == "eaa-keys"


async def test_same_error_is_reported_once_an_hour(receiver: Receiver) -> None:
    clock = Clock()
    async with reporting(receiver, clock) as sentry:
        for number, mbid in enumerate(MBIDS):
            error = TransientError(f"PUT mbid-{mbid} failed after {number} s")
            sentry.event_failed(event(number, gid=mbid), error)
        clock.now += REPEAT_SECONDS - 1
        sentry.event_failed(event(8), TransientError(f"PUT mbid-{MBIDS[0]} failed after 9 s"))
        clock.now += 1
        sentry.event_failed(event(9), TransientError(f"PUT mbid-{MBIDS[0]} failed after 9 s"))
    assert [report["tags"]["event_id"] for report in receiver.reports] == ["0", "9"]


async def test_other_class_message_or_action_is_another_error(receiver: Receiver) -> None:
    async with reporting(receiver) as sentry:
        sentry.event_failed(event(1), TransientError("no answer"))
        sentry.event_failed(event(2), PermanentError("no answer"))
        sentry.event_failed(event(3), TransientError("half an answer"))
        sentry.event_failed(event(4, Action.DEINDEX), TransientError("no answer"))
    assert [report["tags"]["event_id"] for report in receiver.reports] == ["1", "2", "3", "4"]
    assert len({json.dumps(report["fingerprint"]) for report in receiver.reports}) == 4


async def test_end_does_not_wait_for_a_sentry_that_hangs(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FLUSH_LIMIT, FLUSH_SECONDS)
    receiver.answers.clear()
    sentry = Sentry(receiver.dsn, Scrubber())
    sentry.event_failed(event(), PermanentError("no"))
    assert FLUSH_SECONDS <= 2
    async with asyncio.timeout(20):  # far less than the time limit of its own
        await sentry.close()


async def test_new_address_is_used_after_a_reload(receiver: Receiver) -> None:
    sentry = Sentry(None, Scrubber())
    sentry.event_failed(event(1), PermanentError("told to nobody"))
    await sentry.use(receiver.dsn)
    sentry.event_failed(event(2), PermanentError("told"))
    await sentry.use(None)
    sentry.event_failed(event(3), PermanentError("told to nobody again"))
    await sentry.close()
    assert [report["tags"]["event_id"] for report in receiver.reports] == ["2"]


def test_sdk_is_not_loaded_without_an_address() -> None:
    program = (
        "import sys\n"
        "from artwork_indexer.observability.scrubbing import Scrubber\n"
        "from artwork_indexer.observability.sentry import Sentry\n"
        "Sentry(None, Scrubber())\n"
        "sys.exit('sentry_sdk' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
