"""Catalogue tasks: every write waits here and is applied later, in order, item by item."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from artwork_indexer.sandbox.internet_archive.item import Item, utc_text

HISTORY_LENGTH = 10_000

Effect = Callable[[float], None]
"""What a task does; gets the time at which it is applied."""


class WaitAdmin(IntEnum):
    """State of a task, numbered as in the field ``wait_admin`` of the Tasks API."""

    QUEUED = 0
    RUNNING = 1
    RED = 2
    PAUSED = 9


STATE_NAMES = {
    WaitAdmin.QUEUED: "queued",
    WaitAdmin.RUNNING: "running",
    WaitAdmin.RED: "error",
    WaitAdmin.PAUSED: "paused",
}


def _nothing(_now: float) -> None:
    """Do nothing: the effect of a task that has been applied."""


@dataclass(slots=True, eq=False)
class Task:
    """One task of one item. Times in seconds since 1970."""

    task_id: int
    item: Item
    command: str
    submitter: str
    submitted: float
    delay: float
    effect: Effect = field(repr=False)
    args: dict[str, str] = field(default_factory=dict)
    priority: int = 0
    state: WaitAdmin = WaitAdmin.QUEUED
    finished: float | None = None

    @property
    def blocks(self) -> bool:
        """Whether the task will not run by itself."""
        return self.state in {WaitAdmin.RED, WaitAdmin.PAUSED}

    def record(self) -> dict[str, object]:
        """Return the task as the Tasks API lists it."""
        record: dict[str, object] = {
            "identifier": self.item.identifier,
            "task_id": self.task_id,
            "server": "ia800000.us.archive.org",
            "cmd": self.command,
            "args": dict(self.args),
            "submitter": self.submitter,
            "submittime": utc_text(self.submitted),
            "priority": self.priority,
        }
        if self.finished is None:
            record["wait_admin"] = int(self.state)
            record["status"] = STATE_NAMES[self.state]
        else:
            record["finished"] = int(self.finished)
        return record


class Tasks:
    """The queues of all items. ``on_change`` is called after each applied task."""

    def __init__(self, on_change: Callable[[Item], None]) -> None:
        self.active: dict[int, Task] = {}
        self.history: deque[Task] = deque(maxlen=HISTORY_LENGTH)
        self._on_change = on_change
        self._due: list[tuple[float, int]] = []
        self._next_id = 4_000_000_000
        self._to_break: dict[str, WaitAdmin] = {}

    def submit(
        self,
        item: Item,
        command: str,
        effect: Effect,
        *,
        now: float,
        delay: float,
        submitter: str,
        args: dict[str, str] | None = None,
        priority: int = 0,
    ) -> Task:
        """Queue a task; with no delay and nothing before it, it is applied at once."""
        self._next_id += 1
        task = Task(
            self._next_id, item, command, submitter, now, delay, effect, args or {}, priority
        )
        if not delay and not item.tasks and item.identifier not in self._to_break:
            self._apply(task, now)
            return task
        self.active[task.task_id] = task
        item.tasks.append(task)
        item.touch()
        if item.tasks[0] is task:
            self._start(task, now)
        return task

    def _start(self, task: Task, now: float) -> None:
        state = self._to_break.pop(task.item.identifier, WaitAdmin.RUNNING)
        if task.state is WaitAdmin.QUEUED:
            task.state = state
        task.item.touch()
        if not task.blocks:
            heapq.heappush(self._due, (now + task.delay, task.task_id))

    def _apply(self, task: Task, now: float) -> None:
        task.finished = now
        self.history.append(task)
        task.effect(now)
        task.effect = _nothing  # what it holds, such as the bytes of a file, can go
        self._on_change(task.item)

    def _finish_head(self, item: Item, now: float) -> None:
        task = item.tasks.popleft()
        del self.active[task.task_id]
        item.touch()
        self._apply(task, now)
        if item.tasks:
            self._start(item.tasks[0], now)

    def pump(self, now: float) -> None:
        """Apply every task whose time has come."""
        while self._due and self._due[0][0] <= now:
            due, task_id = heapq.heappop(self._due)
            task = self.active.get(task_id)
            if task is not None and not task.blocks and task.item.tasks[0] is task:
                self._finish_head(task.item, due)

    def settle(self, now: float) -> None:
        """Apply all tasks now, but for those behind a task in error or on hold."""
        for task in list(self.active.values()):
            item = task.item
            if not item.blocked and task.task_id in self.active:
                self._finish_head(item, now)

    def break_next(self, identifier: str, state: WaitAdmin = WaitAdmin.RED) -> None:
        """Let the next task of an item that starts stop in error, or on hold."""
        self._to_break[identifier] = state

    def stop(self, task: Task, state: WaitAdmin) -> None:
        """Put a waiting task in error or on hold."""
        task.state = state
        task.item.touch()

    def rerun(self, task: Task, now: float) -> None:
        """Queue a stopped task again; it keeps its place."""
        task.state = WaitAdmin.QUEUED
        if task.item.tasks[0] is task:
            self._start(task, now)

    def find(self, task_id: int) -> Task | None:
        """Return a task that has not finished."""
        return self.active.get(task_id)

    def all(self) -> Iterator[Task]:
        """Yield the unfinished tasks in the order of submission."""
        return iter(self.active.values())
