"""The S3-like API: PUT, DELETE, copies, and the check of limits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.accounts import Account, KeyRefused
from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.calls import Call, html_answer, json_answer
from artwork_indexer.sandbox.internet_archive.item import FieldValue, Item
from artwork_indexer.sandbox.internet_archive.s3_errors import (
    CANNOT_BE_RETRIEVED,
    DARK,
    NOT_OWNER,
    SLOW_DOWN,
    STATUS_OF,
    s3_error,
)
from artwork_indexer.sandbox.internet_archive.stored_file import Content

_META_HEADER: Final = re.compile(r"x-(?:archive|amz)-meta(\d*)-(.+)", re.IGNORECASE)
_ENCODED: Final = re.compile(r"uri\((.*)\)")
_SIMULATED: Final = (
    "simulated error caused by x-(amz|archive)-simulate-error, try x-archive-simulate-error:help"
)
_RATION_WITHOUT_LIMIT: Final = 24


class S3:
    """Answers everything below ``/s3/``."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def handle(self, call: Call) -> web.StreamResponse:
        """Answer one request."""
        simulated = call.request.headers.get("x-archive-simulate-error")
        if simulated:
            return _simulate(simulated)
        bucket, key = call.parts()
        if call.method in {"GET", "HEAD"}:
            return self._get(call, bucket, key) if bucket else self._service(call)
        if bucket and call.method in {"PUT", "DELETE"}:
            return self._write(call, bucket, key)
        return s3_error("MethodNotAllowed", "The method is not allowed.", call.method)

    def _write(self, call: Call, bucket: str, key: str) -> web.Response:
        if "chunked" in call.request.headers.get("Transfer-Encoding", ""):
            return s3_error("MissingContentLength", "You must provide Content-Length.", key)
        try:
            account = self._archive.accounts.authorize(call.request.headers)
        except KeyRefused as refused:
            return s3_error(refused.code, str(refused), bucket)
        if call.method == "DELETE":
            return self._delete(call, account, bucket, key)
        return self._put(call, account, bucket, key)

    def _service(self, call: Call) -> web.Response:
        if "check_limit" not in call.query:
            return html_answer(200, "Internet Archive S3-like API")
        bucket = call.query.get("bucket", "")
        return json_answer(self._limits(call.query.get("accesskey", ""), bucket))

    def _limits(self, access: str, bucket: str) -> dict[str, object]:
        item = self._archive.items.get(bucket)
        return {
            "accesskey": access,
            "bucket": bucket,
            "detail": {
                "accesskey_ration": 74,
                "accesskey_tasks_queued": len(self._archive.tasks.active),
                "bucket_ration": self._archive.settings.bucket_ration or _RATION_WITHOUT_LIMIT,
                "bucket_tasks_queued": len(item.tasks) if item else 0,
                "limit_reason": "",
                "rationing_engaged": 0,
                "rationing_level": 1399,
                "total_global_limit": 1799,
                "total_tasks_queued": len(self._archive.tasks.active),
            },
            "over_limit": int(item is not None and self._over_ration(item)),
        }

    def _over_ration(self, item: Item) -> bool:
        ration = self._archive.settings.bucket_ration
        return ration is not None and len(item.tasks) >= ration

    def _get(self, call: Call, bucket: str, key: str) -> web.Response:
        item = self._archive.published(bucket)
        stored = item.files.get(key) if item and not item.dark else None
        if stored is None:
            return s3_error("NoSuchKey", "The specified key does not exist.", call.target)
        return web.Response(body=stored.content.read())

    def _refusal(self, account: Account, item: Item) -> web.Response | None:
        """Return why ``account`` may not write to ``item``."""
        if item.dark:
            return s3_error("AccessDenied", "Access Denied", DARK)
        if item.uploader != account.email:
            return s3_error("AccessDenied", "Access Denied", NOT_OWNER)
        if self._over_ration(item):
            return s3_error("SlowDown", SLOW_DOWN, "Your task will be rejected: bucket ration")
        return None

    def _put(self, call: Call, account: Account, bucket: str, key: str) -> web.Response:
        item = self._archive.items.get(bucket)
        if item is not None and not key and not call.flag("x-archive-ignore-preexisting-bucket"):
            message = "The requested bucket name is not available."
            return s3_error("BucketAlreadyExists", message, bucket)
        if item is None and key and not call.flag("x-archive-auto-make-bucket"):
            return s3_error("NoSuchBucket", "The specified bucket does not exist.", bucket)
        refusal = self._refusal(account, item) if item else None
        if refusal:
            return refusal
        content = self._content(call)
        if isinstance(content, web.Response):
            return content
        item = self._item_for(call, account, bucket, item)
        if key:
            self._store(call, account, item, key, content)
        else:
            self._archive.submit(item, "archive.php", item.touch, submitter=account.email)
        return web.Response(headers={"ETag": f'"{content.md5}"'}, content_type="text/plain")

    def _item_for(self, call: Call, account: Account, bucket: str, item: Item | None) -> Item:
        """Return the item, made or given new metadata as the headers say."""
        if item is None:
            fields = dict(_meta_fields(call))
            item = self._archive.create(bucket, account.email, fields)
            item.published = not self._archive.settings.delay
        elif call.flag("x-archive-ignore-preexisting-bucket"):
            kept = {name: item.metadata[name] for name in ("identifier", "uploader", "publicdate")}
            item.metadata = {**kept, **dict(_meta_fields(call))}
            item.touch(self._archive.clock.now())
        return item

    def _store(self, call: Call, account: Account, item: Item, key: str, content: Content) -> None:
        self._archive.put(
            item,
            key,
            content,
            submitter=account.email,
            keep_old=call.flag("x-archive-keep-old-version"),
            queue_derive=_queues_derive(call),
        )

    def _content(self, call: Call) -> Content | web.Response:
        """Return what is to be written: the body, or the source of a copy."""
        source = call.request.headers.get("x-amz-copy-source")
        if source is not None:
            return self._copied(unquote(source))
        content = Content.of(call.body)
        wanted = call.request.headers.get("Content-MD5")
        if wanted and wanted not in _md5_forms(call.body):
            return s3_error("BadDigest", "The Content-MD5 you specified did not match.", wanted)
        return content

    def _copied(self, source: str) -> Content | web.Response:
        bucket, _, key = source.lstrip("/").partition("/")
        item = self._archive.items.get(bucket)
        if item is not None and item.dark:
            return s3_error("AccessDenied", "Access Denied", DARK)
        stored = item.files.get(key) if item else None
        if stored is None:
            return s3_error("NoSuchKey", "The specified key does not exist.", source)
        return stored.content

    def _delete(self, call: Call, account: Account, bucket: str, key: str) -> web.Response:
        item = self._archive.items.get(bucket)
        if item is None:
            message = "The specified bucket does not exist."
            return s3_error("NoSuchBucket", message, CANNOT_BE_RETRIEVED)
        if not key:
            return s3_error("MethodNotAllowed", "Buckets cannot be deleted.", bucket)
        refusal = self._refusal(account, item)
        if refusal:
            return refusal
        self._archive.delete(
            item,
            key,
            submitter=account.email,
            keep_old=call.flag("x-archive-keep-old-version"),
            cascade=call.flag("x-archive-cascade-delete"),
            queue_derive=_queues_derive(call),
        )
        return web.Response(status=204)


def _queues_derive(call: Call) -> bool:
    return call.request.headers.get("x-archive-queue-derive") != "0"


def _md5_forms(body: bytes) -> tuple[str, str]:
    """Return the md5 in the form of the standard (base64) and in the one clients use (hex)."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return binascii.hexlify(digest).decode(), base64.b64encode(digest).decode()


def _simulate(name: str) -> web.Response:
    if name == "help":
        return web.Response(text="\n".join(sorted(STATUS_OF)) + "\n")
    message = SLOW_DOWN if name == "SlowDown" else "Simulated."
    return s3_error(name, message, _SIMULATED)


def _meta_fields(call: Call) -> Iterator[tuple[str, FieldValue]]:
    """Yield the ``_meta.xml`` fields that the headers of a bucket's creation name."""
    values: dict[str, list[tuple[int, str]]] = {}
    for header, value in call.request.headers.items():
        found = _META_HEADER.fullmatch(header)
        if found:
            name = found[2].lower().replace("--", "_")
            values.setdefault(name, []).append((int(found[1] or 0), _plain(value)))
    for name, numbered in values.items():
        ordered = [value for _number, value in sorted(numbered)]
        yield name, ordered[0] if len(ordered) == 1 else ordered


def _plain(value: str) -> str:
    encoded = _ENCODED.fullmatch(value)
    return unquote(encoded[1]) if encoded else value
