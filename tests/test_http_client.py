"""The HTTP client against a server that does everything wrong."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time

import pytest
from aiohttp import web
from yarl import URL

from artwork_indexer import __version__
from artwork_indexer.errors import (
    CredentialsRefused,
    Outage,
    Overloaded,
    PermanentError,
    TransientError,
)
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service, public, user_agent
from artwork_indexer.redirects import MOST_HOPS, Redirects
from tests.http_fixtures import Script, drop, say, truncate

pytest_plugins = ["tests.http_plugin"]

KEYS = {"authorization": "LOW caa_user:caa_pass"}


def service(client: HttpClient, *configured: str) -> Service:
    return Service(client, Gate("archive"), redirects=Redirects(configured))


def url(script: Script, path: str = "/thing") -> URL:
    return URL(script.url + path, encoded=True)


async def test_plain_answer(client: HttpClient, script: Script) -> None:
    script.then(say(200, b"hello", x_thing="1"))
    answer = await service(client).request("GET", url(script))
    assert (answer.status, answer.body, answer.headers["X-Thing"]) == (200, b"hello", "1")


async def test_agent_names_program_library_version_and_contact(
    client: HttpClient, script: Script
) -> None:
    script.then(say(200))
    await service(client).request("GET", url(script))
    agent = script.journal[0].header("user-agent")
    assert agent is not None
    assert agent.startswith("metabrainz/artwork-indexer (")
    assert "aiohttp/" in agent
    assert __version__ in agent
    assert agent.endswith("; ops@example.org)")
    assert user_agent("").endswith(f"version {__version__})")
    assert "\n" not in user_agent("a\r\nb")


async def test_bodyless_put_has_length_zero_and_no_type(client: HttpClient, script: Script) -> None:
    script.then(say(200))
    for method in ("PUT", "DELETE"):
        await service(client).request(method, url(script))
    assert script.journal[0].header("content-length") == "0"
    assert [recorded.header("content-type") for recorded in script.journal] == [None, None]
    assert script.journal[1].header("transfer-encoding") is None


async def test_cookies_are_not_kept(client: HttpClient, script: Script) -> None:
    script.then(say(200, Set_Cookie="a=b"))
    named = URL(script.url.replace("127.0.0.1", "localhost"))
    for _ in range(2):
        await service(client).request("GET", named)
    assert script.journal[1].header("cookie") is None


async def test_compressed_answers_are_unpacked_and_bounded(
    client: HttpClient, script: Script
) -> None:
    script.then(say(200, gzip.compress(b"x" * 1000), Content_Encoding="gzip"))
    answer = await service(client).request("GET", url(script), limit=1000)
    assert answer.body == b"x" * 1000
    with pytest.raises(TransientError, match="larger than 999 bytes"):
        await service(client).request("GET", url(script), limit=999)


async def test_a_compressed_bomb_is_not_unpacked(client: HttpClient, script: Script) -> None:
    script.then(say(200, gzip.compress(bytes(200_000_000), 1), Content_Encoding="gzip"))
    with pytest.raises(TransientError, match="larger than"):
        await service(client).request("GET", url(script))


async def test_a_good_answer_that_is_too_large(client: HttpClient, script: Script) -> None:
    script.then(say(200, b"x" * 101))
    with pytest.raises(TransientError, match="larger than 100 bytes"):
        await service(client).request("GET", url(script), limit=100)


async def test_a_large_error_body_is_cut(client: HttpClient, script: Script) -> None:
    script.then(say(400, b"x" * 1_000_000))
    with pytest.raises(PermanentError, match="HTTP 400") as refused:
        await service(client).request("GET", url(script))
    assert len(str(refused.value)) < 700


async def test_a_body_of_no_interest_is_not_read(client: HttpClient, script: Script) -> None:
    script.then(say(200, b"x" * 10_000_000))
    answer = await service(client).request("GET", url(script), limit=0)
    assert answer.body == b""


@pytest.mark.parametrize("reply", [drop, truncate])
async def test_broken_answers_are_transient(
    client: HttpClient, script: Script, reply: object
) -> None:
    script.then(drop if reply is drop else truncate)
    with pytest.raises(TransientError, match="No complete answer"):
        await service(client).request("PUT", url(script), body=b"x")


async def test_garbage_instead_of_http_is_transient(client: HttpClient) -> None:
    async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xff not http\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(garbage, "127.0.0.1")
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TransientError, match="No complete answer"):
            await service(client).request("GET", URL(f"http://127.0.0.1:{port}/"))


async def test_broken_compression_is_transient(client: HttpClient, script: Script) -> None:
    script.then(say(200, b"not gzip at all", Content_Encoding="gzip"))
    with pytest.raises(TransientError, match="No complete answer"):
        await service(client).request("GET", url(script))


async def test_silence_ends_with_the_read_limit(script: Script) -> None:
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    script.then(hang)
    async with asyncio.timeout(20), HttpClient("agent", read_seconds=0.3) as client:
        with pytest.raises(TransientError, match="time limit"):
            await service(client).request("GET", url(script))
    released.set()


async def test_a_trickle_ends_with_the_total_limit(script: Script) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b".")
            await asyncio.sleep(0.05)
        return response

    script.then(trickle)
    async with asyncio.timeout(20), HttpClient("agent", total_seconds=1) as client:
        with pytest.raises(TransientError, match="time limit"):
            await service(client).request("GET", url(script))


async def test_refused_connection_is_an_outage(client: HttpClient, unused_tcp_port: int) -> None:
    closed = URL(f"http://127.0.0.1:{unused_tcp_port}/")
    with pytest.raises(Outage, match="Cannot connect") as refused:
        await service(client).request("GET", closed)
    assert refused.value.service == "archive"


async def test_unknown_host_and_wrong_protocol_are_outages(
    client: HttpClient, script: Script, unknown_hosts: None
) -> None:
    del unknown_hosts
    with pytest.raises(Outage):
        await service(client).request("GET", URL("http://nowhere.invalid/"))
    with pytest.raises(Outage):
        await service(client).request("GET", URL(script.url.replace("http", "https")))


async def test_connect_limit_is_an_outage() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host, port = full.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex((host, port))
        async with HttpClient("agent", connect_seconds=0.2) as client:
            with pytest.raises(Outage, match="time limit"):
                await service(client).request("GET", URL(f"http://{host}:{port}/"))
        for filler in fillers:
            filler.close()


async def test_refused_keys(client: HttpClient, script: Script) -> None:
    script.then(say(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>"))
    with pytest.raises(CredentialsRefused) as refused:
        await service(client).request("PUT", url(script), headers=KEYS, keys_service="caa-keys")
    assert refused.value.service == "caa-keys"


async def test_keys_echoed_by_the_server_are_hidden(client: HttpClient, script: Script) -> None:
    script.then(say(400, b"you sent LOW caa_user:caa_pass, caa_pass!"))
    with pytest.raises(PermanentError) as refused:
        await service(client).request("PUT", url(script, "/x?token=sesame"), headers=KEYS)
    assert "caa_pass" not in str(refused.value)
    assert "sesame" not in str(refused.value)


async def test_overload_stops_all_requests(client: HttpClient, script: Script) -> None:
    script.then(say(503, b"slow down", Retry_After="7"))
    asked = service(client)
    with pytest.raises(Overloaded) as refused:
        await asked.request("GET", url(script))
    assert refused.value.seconds == 7
    with pytest.raises(Overloaded):
        await asked.request("GET", url(script, "/another"))
    assert len(script.journal) == 1


async def test_accepted_statuses_are_no_errors(client: HttpClient, script: Script) -> None:
    script.then(say(404, b"<html>no such page</html>"))
    answer = await service(client).request("GET", url(script), accept=frozenset({404}))
    assert answer.status == 404


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_keeps_method_body_and_keys(
    client: HttpClient, script: Script, status: int
) -> None:
    script.then(say(status, Location="/moved?x=1"), say(200))
    await service(client).request("PUT", url(script), headers=KEYS, body=b"bytes")
    first, second = script.journal
    assert (second.method, second.path, second.body) == ("PUT", "/moved?x=1", b"bytes")
    assert second.header("authorization") == first.header("authorization") == KEYS["authorization"]


async def test_redirect_to_a_configured_url(
    client: HttpClient, script: Script, foreign_script: Script
) -> None:
    script.then(say(307, Location=f"{foreign_script.url}/moved"))
    foreign_script.then(say(200))
    asked = service(client, f"{foreign_script.url}/metadata/{{item}}")
    await asked.request("PUT", url(script), headers=KEYS)
    assert foreign_script.journal[0].header("authorization") == KEYS["authorization"]


async def test_redirect_to_a_foreign_host_is_refused(
    client: HttpClient, script: Script, foreign_script: Script
) -> None:
    script.then(say(307, Location=f"{foreign_script.url}/moved"))
    foreign_script.then(say(200))
    with pytest.raises(PermanentError, match=r"redirected to 127\.0\.0\.1"):
        await service(client).request("PUT", url(script), headers=KEYS)
    assert foreign_script.journal == []


async def test_a_dead_node_is_not_an_outage_of_the_service(
    client: HttpClient, script: Script, unused_tcp_port: int
) -> None:
    node = f"http://127.0.0.1:{unused_tcp_port}"
    script.then(say(307, Location=f"{node}/x"), say(200))
    asked = service(client, node + "/{item}")
    with pytest.raises(TransientError, match="Cannot connect"):
        await asked.request("GET", url(script))
    assert (await asked.request("GET", url(script))).status == 200


async def test_redirects_without_end(client: HttpClient, script: Script) -> None:
    script.then(say(307, Location="/again"))
    with pytest.raises(PermanentError, match="more than 5 times"):
        await service(client).request("GET", url(script))
    assert len(script.journal) == MOST_HOPS + 1


async def test_see_other_never_turns_a_write_into_a_read(
    client: HttpClient, script: Script
) -> None:
    script.then(say(303, Location="/moved"), say(200))
    with pytest.raises(PermanentError, match="HTTP 303"):
        await service(client).request("PUT", url(script), headers=KEYS)
    assert len(script.journal) == 1


async def test_without_redirects_none_is_followed(client: HttpClient, script: Script) -> None:
    script.then(say(301, Location="/moved"))
    with pytest.raises(PermanentError, match="HTTP 301"):
        await Service(client, Gate("musicbrainz")).request("GET", url(script))


async def test_rate_limit_spaces_requests(client: HttpClient, script: Script) -> None:
    script.then(say(200))
    limited = Service(client, Gate("archive"), rate=20)
    started = time.monotonic()
    await asyncio.gather(*(limited.request("GET", url(script)) for _ in range(5)))
    assert time.monotonic() - started >= 4 / 20 - 0.01


async def test_concurrency_limit(client: HttpClient, script: Script) -> None:
    running = most = 0
    pairs = asyncio.Barrier(2)

    async def count(_: web.Request) -> web.StreamResponse:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await pairs.wait()
        await asyncio.sleep(0.01)
        running -= 1
        return web.Response()

    script.then(count)
    limited = Service(client, Gate("archive"), concurrency=2)
    async with asyncio.timeout(30):
        await asyncio.gather(*(limited.request("GET", url(script)) for _ in range(8)))
    assert most == 2


async def test_cancelled_request_gives_its_slot_back(client: HttpClient, script: Script) -> None:
    arrived, released = asyncio.Event(), asyncio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await released.wait()
        return web.Response()

    script.then(hold, say(200))
    limited = Service(client, Gate("archive"), concurrency=1)
    task = asyncio.create_task(limited.request("GET", url(script)))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    released.set()
    assert (await limited.request("GET", url(script))).status == 200


async def test_observer_sees_every_request(client: HttpClient, script: Script) -> None:
    seen: list[tuple[str, str, str]] = []

    def observe(name: str, method: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        seen.append((name, method, outcome))

    client.observer = observe
    script.then(say(307, Location="/x"), say(200), drop)
    await service(client).request("PUT", url(script))
    with pytest.raises(TransientError):
        await service(client).request("POST", url(script))
    assert seen == [
        ("archive", "PUT", "307"),
        ("archive", "PUT", "200"),
        ("archive", "POST", "ServerDisconnectedError"),
    ]


def test_public_url() -> None:
    assert public(URL("https://user:pass@example.org:8/x?secret=1#y")) == "https://example.org:8/x"


async def test_cancelled_probe_lets_the_next_request_try(
    client: HttpClient, script: Script
) -> None:
    arrived, released = asyncio.Event(), asyncio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await released.wait()
        return web.Response()

    script.then(say(503, Retry_After="1"), hold, say(200))
    times = iter([0.0])
    asked = Service(client, Gate("archive", clock=lambda: next(times, 2.0)))
    with pytest.raises(Overloaded):
        await asked.request("GET", url(script))
    probe = asyncio.create_task(asked.request("GET", url(script)))
    await arrived.wait()
    probe.cancel()
    await asyncio.wait([probe])
    released.set()
    async with asyncio.timeout(30):
        assert (await asked.request("GET", url(script))).status == 200
