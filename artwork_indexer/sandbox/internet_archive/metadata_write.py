"""The Metadata Write API: ``POST /metadata/<item>``."""

from __future__ import annotations

import json

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.accounts import Account, KeyRefused
from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.calls import Call, json_answer
from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.internet_archive.json_patch import (
    Change,
    PatchFailed,
    apply_change,
)
from artwork_indexer.sandbox.internet_archive.records import Record, record_of

_COMMAND = "modify_xml.php"


class MetadataWrite:
    """Answers metadata writes; each queues one task and is visible at once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def handle(self, call: Call) -> web.Response:
        """Answer one request."""
        item = self._archive.published(call.parts()[0])
        try:
            account = self._archive.accounts.authorize(call.request.headers, call.form)
        except KeyRefused as refused:
            return _failure(401, str(refused))
        if item is None or item.dark:
            return _failure(400, "item does not exist or is not available")
        if item.uploader != account.email:
            return _failure(401, "you do not have sufficient privileges to edit this item")
        reduced = self._over_ration(account)
        if reduced and not call.flag("X-Accept-Reduced-Priority"):
            return _failure(429, "too many pending metadata writes")
        try:
            answer = self._write(call, account, item)
        except PatchFailed as problem:
            return _failure(400, str(problem))
        if reduced:
            answer.headers["X-Priority-Reduced"] = "-1"
        return answer

    def _over_ration(self, account: Account) -> bool:
        ration = self._archive.settings.metadata_write_ration
        waiting = [
            task
            for task in self._archive.tasks.all()
            if task.command == _COMMAND and task.submitter == account.email
        ]
        return ration is not None and len(waiting) >= ration

    def _write(self, call: Call, account: Account, item: Item) -> web.Response:
        changes = _changes(call)
        before = record_of(item, self._archive.clock.now())
        after = before
        for change in changes:
            after = apply_change(change, after)
        self._check(before, after)
        priority = int(call.form.get("priority", "0"))
        task = self._archive.submit_changes(
            item, changes, submitter=account.email, priority=priority
        )
        log = f"https://catalogd.archive.org/log/{task.task_id}"
        return json_answer({"success": True, "task_id": task.task_id, "log": log})

    def _check(self, before: Record, after: Record) -> None:
        """Refuse what changes nothing, or what owners may not change."""
        if before == after:
            raise PatchFailed("no changes to _meta.xml")
        locked = ["identifier", "mediatype"][: 1 + self._archive.settings.mediatype_locked]
        for field in locked:
            if _field(before, field) != _field(after, field):
                raise PatchFailed(f"you may not change {field}")


def _field(record: Record, name: str) -> object:
    metadata = record["metadata"]
    return metadata.get(name) if isinstance(metadata, dict) else None


def _changes(call: Call) -> list[Change]:
    """Return the changes of a form: one target with its patch, or several at once."""
    form = call.form
    try:
        if "-changes" in form:
            return [
                Change(c["target"], _operations(c["patch"])) for c in json.loads(form["-changes"])
            ]
        return [Change(form["-target"], _operations(json.loads(form["-patch"])))]
    except (KeyError, TypeError, ValueError) as problem:
        raise PatchFailed(f"malformed request: {problem!r}") from problem


def _operations(patch: object) -> tuple[dict[str, object], ...]:
    operations = patch if isinstance(patch, list) else [patch]
    if not all(isinstance(operation, dict) for operation in operations):
        raise TypeError("a patch is an operation or a list of them")
    return tuple(operations)


def _failure(status: int, error: str) -> web.Response:
    return json_answer({"success": False, "error": error}, status)
