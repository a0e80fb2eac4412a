"""The Tasks API: ``/services/tasks.php``."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.accounts import Account, KeyRefused
from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.calls import Call, json_answer, json_body
from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.internet_archive.records import compact
from artwork_indexer.sandbox.internet_archive.tasks import (
    STATE_NAMES,
    Effect,
    Task,
    WaitAdmin,
)

_PAGE: Final = 50
_LARGEST_PAGE: Final = 500
_TASK_LIMIT: Final = 500
_WITHOUT_EFFECT: Final = frozenset({"fixer.php", "bup.php", "book_op.php"})


class _BadRequest(ValueError):
    """The parameters or the order cannot be served."""


class TasksApi:
    """Lists tasks, submits them, and queues failed ones again."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def handle(self, call: Call) -> web.Response:
        """Answer one request."""
        try:
            account = self._account(call)
            if call.method == "GET":
                return self._list(call)
            if account is not None and call.method == "POST":
                return self._submit(account, json_body(call) or {})
            if account is not None and call.method == "PUT":
                return self._rerun(account, json_body(call) or {})
        except KeyRefused as refused:
            return _failure(401, str(refused))
        except (_BadRequest, ValueError) as problem:
            return _failure(400, str(problem))
        return _failure(405, "method not allowed")

    def _account(self, call: Call) -> Account | None:
        """Return who asks; only reading may be allowed to nobody."""
        if call.method == "GET" and not self._archive.settings.tasks_need_keys:
            return None
        return self._archive.accounts.authorize(call.request.headers)

    def _list(self, call: Call) -> web.Response:
        query = call.query
        if "rate_limits" in query:
            return _success(self._rate_limits(query.get("cmd", "")))
        if not {"identifier", "submitter", "task_id", "cmd"} & query.keys():
            raise _BadRequest("a criterion is needed, such as identifier")
        if query.get("limit") == "0":
            return self._stream(query)
        active = [task for task in self._archive.tasks.all() if _fits(task, query)]
        value: dict[str, object] = {}
        if query.get("summary", "1") != "0":
            value["summary"] = _summary(active)
        if query.get("catalog", "0") != "0":
            _page(value, "catalog", active, query)
        if query.get("history", "0") != "0":
            _page(value, "history", self._finished(query), query)
        return _success(value)

    def _stream(self, query: dict[str, str]) -> web.Response:
        """Answer with one JSON line for each task, without pages."""
        tasks = [task for task in self._archive.tasks.all() if _fits(task, query)]
        if query.get("history", "0") != "0":
            tasks += self._finished(query)
        lines = b"".join(compact(task.record()) + b"\n" for task in tasks)
        return web.Response(body=lines, content_type="application/x-ndjson")

    def _finished(self, query: dict[str, str]) -> list[Task]:
        """Return finished tasks, the newest first; wildcards are not allowed here."""
        exact = query.get("identifier") or query.get("task_id")
        if not exact or "*" in exact:
            raise _BadRequest("history needs an exact identifier or task_id")
        return [task for task in reversed(self._archive.tasks.history) if _fits(task, query)]

    def _rate_limits(self, command: str) -> dict[str, object]:
        waiting = [task for task in self._archive.tasks.all() if task.command == command]
        return {
            "cmd": command,
            "task_limits": _TASK_LIMIT,
            "tasks_inflight": len(waiting),
            "tasks_blocked_by_offline": 0,
        }

    def _submit(self, account: Account, order: dict[str, object]) -> web.Response:
        item = self._archive.published(str(order.get("identifier", "")))
        if item is None:
            raise _BadRequest("no such item")
        if item.uploader != account.email and not account.privileged:
            return _failure(401, "you do not have sufficient privileges for this item")
        given = order.get("args")
        args = {k: str(v) for k, v in given.items()} if isinstance(given, dict) else {}
        command = str(order.get("cmd", ""))
        priority = int(str(order.get("priority", 0)))
        if command == "derive.php":
            task = self._archive.submit_derive(
                item, submitter=account.email, args=args, priority=priority
            )
        else:
            effect = self._effect(command, item, args)
            task = self._archive.submit(
                item, command, effect, submitter=account.email, args=args, priority=priority
            )
        log = f"https://catalogd.archive.org/log/{task.task_id}"
        return _success({"task_id": task.task_id, "log": log})

    def _effect(self, command: str, item: Item, args: dict[str, str]) -> Effect:
        """Return what a task other than a derive does to its item."""
        if command in _WITHOUT_EFFECT:
            return item.touch
        if command in {"make_dark.php", "make_undark.php"}:
            if not args.get("comment"):
                raise _BadRequest(f"{command} needs a comment")
            return _darkening(item, dark=command == "make_dark.php")
        if command == "delete.php":
            return lambda _now: _discard(self._archive.items.pop(item.identifier, None))
        raise _BadRequest(f"unknown command {command}")

    def _rerun(self, account: Account, order: dict[str, object]) -> web.Response:
        task = self._archive.tasks.find(int(str(order.get("task_id", 0))))
        if order.get("op") != "rerun" or task is None or task.state is not WaitAdmin.RED:
            raise _BadRequest("only a task in error can be rerun")
        if task.item.uploader != account.email:
            return _failure(401, "you do not have sufficient privileges for this item")
        self._archive.tasks.rerun(task, self._archive.clock.now())
        self._archive.pump()
        return _success({"task_id": task.task_id})


def _darkening(item: Item, *, dark: bool) -> Effect:
    def effect(now: float) -> None:
        item.dark = dark
        item.touch(now)

    return effect


def _discard(_result: object) -> None:
    """Make a command of an expression."""


_CRITERIA: Final[dict[str, Callable[[Task], str]]] = {
    "identifier": lambda task: task.item.identifier,
    "submitter": lambda task: task.submitter,
    "cmd": lambda task: task.command,
    "task_id": lambda task: str(task.task_id),
}


def _fits(task: Task, query: dict[str, str]) -> bool:
    return all(
        fnmatchcase(value(task), query[name])
        for name, value in _CRITERIA.items()
        if query.get(name)
    )


def _summary(tasks: list[Task]) -> dict[str, int]:
    states = [task.state for task in tasks]
    return {name: states.count(state) for state, name in STATE_NAMES.items()}


def _page(value: dict[str, object], key: str, tasks: list[Task], query: dict[str, str]) -> None:
    """Put one page of tasks into the answer, and a cursor if more follow."""
    size = min(int(query.get("limit", _PAGE)), _LARGEST_PAGE)
    start = int(query.get("cursor", "0"))
    value[key] = [task.record() for task in tasks[start : start + size]]
    if start + size < len(tasks):
        value["cursor"] = str(start + size)


def _success(value: dict[str, object]) -> web.Response:
    return json_answer({"success": True, "value": value})


def _failure(status: int, error: str) -> web.Response:
    return json_answer({"success": False, "error": error}, status)
