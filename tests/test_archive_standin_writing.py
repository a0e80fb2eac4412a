"""The stand-in's S3-like API."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import pytest

from tests.archive_standin_fixtures import CREATE, GID, ITEM, KEYS, UPLOADER, StandIn, image, index

pytest_plugins = ["tests.archive_standin_plugin"]

OLD = "history/files/index.json.~1~"


async def test_put_makes_the_item_only_when_asked(standin: StandIn) -> None:
    path = f"/s3/{ITEM}/index.json"
    status, body = await standin.send("PUT", path, KEYS, b"{}")
    assert status == 404
    assert "<Code>NoSuchBucket</Code>" in body
    assert await standin.send("PUT", path, CREATE, b"{}") == (200, "")
    fields = (await standin.record())["metadata"]
    assert fields["collection"] == "coverartarchive"
    assert fields["mediatype"] == "image"
    assert fields["noindex"] == "true"
    assert fields["uploader"] == UPLOADER


async def test_bucket_in_the_host_name(standin: StandIn) -> None:
    headers = {**CREATE, "Host": f"{ITEM}.s3.us.archive.org"}
    assert (await standin.send("PUT", "/index.json", headers, b"{}"))[0] == 200
    assert (
        await standin.send("DELETE", f"/{ITEM}/index.json", {**KEYS, "Host": "s3.us.archive.org"})
    )[0] == 204
    targets = [entry.target for entry in standin.archive.journal]
    assert targets == [f"/s3/{ITEM}/index.json"] * 2


async def test_metadata_headers_act_at_creation_only(standin: StandIn) -> None:
    await standin.put(
        "index.json",
        b"{}",
        x_archive_meta_noindex="",
        x_archive_meta02_subject="second",
        x_archive_meta01_subject="uri(caf%C3%A9)",
        x_archive_meta_my__name="value",
    )
    await standin.put("index.json", b"{}", x_archive_meta_noindex="true")
    fields = (await standin.record())["metadata"]
    assert fields["noindex"] == ""
    assert fields["subject"] == ["café", "second"]
    assert fields["my_name"] == "value"


async def test_old_versions_are_kept_only_when_asked(standin: StandIn) -> None:
    await standin.put("index.json", b"1")
    await standin.put("index.json", b"2")
    assert OLD not in await standin.names()
    await standin.put("index.json", b"3", x_archive_keep_old_version="1")
    await standin.delete("index.json", x_archive_keep_old_version="1")
    files = {f["name"]: f for f in (await standin.record())["files"]}
    assert "index.json" not in files
    assert files[OLD]["old_version"] == "true"
    assert files[OLD]["format"] == "JSON"
    kept = [standin.item().files[f"history/files/index.json.~{n}~"] for n in (1, 2)]
    assert [one.content.read() for one in kept] == [b"2", b"3"]


async def test_cascade_takes_the_derivatives_along(standin: StandIn) -> None:
    for number in (1, 2):
        await standin.put(image(number), b"%d" % number)
    await standin.put("index.json", index("1.jpg", "2.jpg"))
    thumbnail = image(1).replace(".jpg", "_thumb250.jpg")
    assert thumbnail in await standin.names()
    await standin.delete(image(2))
    assert image(2).replace(".jpg", "_thumb250.jpg") in await standin.names()
    await standin.delete(image(1), x_archive_cascade_delete="1")
    assert thumbnail not in await standin.names()


async def test_delete_of_what_is_not_there(standin: StandIn) -> None:
    status, body = await standin.delete(image(1))
    assert status == 404
    assert "FATAL ERROR: The item you are trying to edit cannot be retrieved." in body
    await standin.put("index.json", b"{}")
    assert await standin.delete(image(1), x_archive_keep_old_version="1") == (204, "")


async def test_copy_between_items(standin: StandIn) -> None:
    target = GID.replace("6a", "7b")
    await standin.put(image(1), b"original")
    status, _ = await standin.put(
        image(1, gid=target),
        item=f"mbid-{target}",
        x_amz_copy_source=f"/{ITEM}/{image(1)}",
    )
    assert status == 200
    copied = standin.item(f"mbid-{target}").files[image(1, gid=target)]
    assert copied.content == standin.item().files[image(1)].content
    status, body = await standin.put(
        "x.jpg", item=f"mbid-{target}", x_amz_copy_source=f"/{ITEM}/none.jpg"
    )
    assert status == 404
    assert "<Code>NoSuchKey</Code>" in body


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "AccessDenied"),
        ("LOW nobody:caa-secret", "InvalidAccessKeyId"),
        ("LOW caa-access:wrong", "SignatureDoesNotMatch"),
    ],
)
async def test_wrong_keys(standin: StandIn, authorization: str, code: str) -> None:
    headers = {**CREATE, "authorization": authorization}
    for method in ("PUT", "DELETE"):
        status, body = await standin.send(method, f"/s3/{ITEM}/index.json", headers)
        assert status == 403
        assert f"<Code>{code}</Code>" in body
        assert "caa-secret" not in body
    assert ITEM not in standin.archive.items


async def test_foreign_and_dark_items_refuse(standin: StandIn) -> None:
    standin.archive.create(ITEM, "somebody@example.org")
    for status, body in (await standin.put("index.json"), await standin.delete("index.json")):
        assert status == 403
        assert "You lack sufficient privileges to write to this item" in body
    standin.archive.darken(ITEM)
    for status, body in (await standin.put("index.json"), await standin.delete("index.json")):
        assert status == 403
        assert "<Code>AccessDenied</Code>" in body
        assert "<Resource>This item has been taken offline</Resource>" in body


async def test_bucket_that_exists(standin: StandIn) -> None:
    assert (await standin.put(""))[0] == 200
    status, body = await standin.put("")
    assert status == 409
    assert "<Code>BucketAlreadyExists</Code>" in body


async def test_chunked_put_is_refused(standin: StandIn) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"{}"

    url = f"{standin.url}/s3/{ITEM}/index.json"
    async with standin.session.put(url, headers=CREATE, data=chunks()) as answer:
        assert answer.status == 411
        assert "<Code>MissingContentLength</Code>" in await answer.text()
    assert ITEM not in standin.archive.items


async def test_content_md5_is_checked(standin: StandIn) -> None:
    assert (await standin.put("a", b"{}", Content_MD5="99914b932bd37a50b983c5e7c90ae93b"))[0] == 200
    assert (await standin.put("a", b"{}", Content_MD5="mZFLkyvTelC5g8XnyQrpOw=="))[0] == 200
    status, body = await standin.put("a", b"{", Content_MD5="mZFLkyvTelC5g8XnyQrpOw==")
    assert status == 400
    assert "<Code>BadDigest</Code>" in body


async def test_large_bodies_are_taken(standin: StandIn) -> None:
    data = io.BytesIO(b"x" * 5_000_000)
    url = f"{standin.url}/s3/{ITEM}/{image(1)}"
    async with standin.session.put(url, headers=CREATE, data=data) as answer:
        assert answer.status == 200
    assert standin.item().files[image(1)].content.size == 5_000_000


async def test_simulated_errors(standin: StandIn) -> None:
    status, body = await standin.put("index.json", x_archive_simulate_error="SlowDown")
    assert status == 503
    assert "<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>" in body
    assert "SlowDown" in (await standin.put("index.json", x_archive_simulate_error="help"))[1]


async def test_check_limit(slow_standin: StandIn) -> None:
    path = f"/s3/?check_limit=1&accesskey=caa-access&bucket={ITEM}"
    assert (await slow_standin.json(path))["over_limit"] == 0
    slow_standin.archive.settings.bucket_ration = 2
    assert (await slow_standin.put("index.json", b"{}"))[0] == 200
    limits = await slow_standin.json(path)
    assert limits["over_limit"] == 1
    assert limits["detail"]["bucket_tasks_queued"] == 2
    status, body = await slow_standin.put("index.json", b"{}")
    assert status == 503
    assert "<Code>SlowDown</Code>" in body


async def test_journal_keeps_headers_as_they_were_sent(standin: StandIn) -> None:
    arrival = asyncio.create_task(standin.archive.journal.wait_for(lambda e: e.method == "PUT"))
    await standin.put("index.json", b"[]")
    entry = await arrival
    assert entry.body == b"[]"
    assert entry.md5 == "d751713988987e9331980363e24189ce"
    assert ("x-archive-auto-make-bucket", "1") in entry.headers
    assert entry.header("Authorization") == "LOW caa-access:caa-secret"
    assert entry.status == 200
    await standin.put("big", b"0" * 100_000)
    entry = await standin.archive.journal.wait_for(2)
    assert (len(entry.body), entry.size) == (65536, 100_000)
    with pytest.raises(TimeoutError):
        await standin.archive.journal.wait_for(3, 0.01)
