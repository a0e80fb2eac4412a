"""The state of the stand-in: items, accounts, tasks, time, journal and faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from artwork_indexer.sandbox.internet_archive.accounts import (
    DEFAULT_ACCOUNTS,
    Account,
    Accounts,
)
from artwork_indexer.sandbox.internet_archive.clock import Clock
from artwork_indexer.sandbox.internet_archive.derive import derive
from artwork_indexer.sandbox.internet_archive.faults import Faults
from artwork_indexer.sandbox.internet_archive.item import FieldValue, Item
from artwork_indexer.sandbox.internet_archive.journal import Journal
from artwork_indexer.sandbox.internet_archive.json_patch import (
    Change,
    PatchFailed,
    apply_change,
)
from artwork_indexer.sandbox.internet_archive.records import RenderedRecords
from artwork_indexer.sandbox.internet_archive.stored_file import Content
from artwork_indexer.sandbox.internet_archive.tasks import Effect, Task, Tasks


@dataclass(slots=True)
class Settings:
    """How the stand-in behaves; may be changed at any time. Times in seconds."""

    delay: float = 0.0
    """Between a write and its application; 0 applies it before the answer."""
    derive_delay: float | None = None
    """Time a derive task takes; None is the same as ``delay``."""
    missing_answer: bytes = b"{}"
    """Body for an unknown item; the documentation says ``[]``."""
    tasks_need_keys: bool = True
    bucket_ration: int | None = None
    """Tasks one item may have waiting; above it writes are told to slow down."""
    metadata_write_ration: int | None = None
    """Metadata writes one account may have waiting; above it answers 429."""
    mediatype_locked: bool = True
    """Whether owners are refused to change ``mediatype``."""
    cursor_seconds: float | None = None
    """How long a cursor of the search is good; None is for ever."""
    search_share: float = 1.0
    """Share of the names a search says it has that it really gives, as under load."""
    cursors_repeat: bool = False
    """Whether the cursor of a search leads to the page it came with, again and again."""
    changes_page: int = 1000
    """Number of changes in one answer of the change feed."""
    oldest_change: int = 0
    """Tokens of the change feed that lie before it are not known any more."""


class Archive:
    """An Internet Archive in memory.

    Everything that reads or writes over HTTP first applies the tasks that are due
    by the clock; :meth:`advance` moves the clock, :meth:`settle` does not wait for it.
    """

    def __init__(
        self,
        *,
        delay: float = 0.0,
        accounts: Iterable[Account] = DEFAULT_ACCOUNTS,
        clock: Clock | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.settings = Settings(delay=delay)
        self.accounts = Accounts(accounts)
        self.clock = clock or Clock()
        self.items: dict[str, Item] = {}
        self.journal = Journal() if journal is None else journal
        self.faults = Faults()
        self.records = RenderedRecords()
        self.changes: list[tuple[str, float]] = []
        """Identifier and time of every change, as the change feed tells them."""
        self.listed: dict[str, Sequence[str]] = {}
        """Sorted identifiers by collection that only the search knows: more than fit as items."""
        self.metadata_reads = 0
        self.tasks = Tasks(self._changed)

    def pump(self) -> float:
        """Apply the tasks that are due; return the present time."""
        now = self.clock.now()
        self.tasks.pump(now)
        return now

    def advance(self, seconds: float) -> None:
        """Move the clock forward and apply what has become due."""
        self.clock.advance(seconds)
        self.pump()

    def settle(self) -> None:
        """Apply all tasks now, but for those behind one in error or on hold."""
        self.tasks.settle(self.clock.now())

    def _changed(self, item: Item) -> None:
        item.published = True
        self.changes.append((item.identifier, self.clock.now()))

    def create(
        self,
        identifier: str,
        uploader: str,
        metadata: dict[str, FieldValue] | None = None,
        *,
        created: float | None = None,
    ) -> Item:
        """Create an item at once, without a task."""
        moment = self.clock.now() if created is None else created
        item = Item(identifier, {**(metadata or {}), "uploader": uploader}, moment)
        self.items[identifier] = item
        self.changes.append((identifier, moment))
        return item

    def published(self, identifier: str) -> Item | None:
        """Return an item as readers see it: None before its first task has run."""
        item = self.items.get(identifier)
        return item if item is not None and item.published else None

    def darken(self, identifier: str, *, dark: bool = True) -> None:
        """Take an item offline, or bring it back."""
        item = self.items[identifier]
        item.dark = dark
        item.touch(self.clock.now())
        self._changed(item)

    def submit(
        self,
        item: Item,
        command: str,
        effect: Effect,
        *,
        submitter: str,
        delay: float | None = None,
        args: dict[str, str] | None = None,
        priority: int = 0,
    ) -> Task:
        """Queue a task for an item."""
        return self.tasks.submit(
            item,
            command,
            effect,
            now=self.clock.now(),
            delay=self.settings.delay if delay is None else delay,
            submitter=submitter,
            args=args,
            priority=priority,
        )

    def put(
        self,
        item: Item,
        name: str,
        content: Content,
        *,
        submitter: str,
        keep_old: bool = False,
        queue_derive: bool = True,
    ) -> None:
        """Queue the writing of a file, and a derive after it."""
        self.submit(
            item,
            "archive.php",
            lambda now: _discard(item.put(name, content, now, keep_old=keep_old)),
            submitter=submitter,
            args={"put": name},
        )
        if queue_derive:
            self.submit_derive(item, submitter=submitter)

    def delete(
        self,
        item: Item,
        name: str,
        *,
        submitter: str,
        keep_old: bool = False,
        cascade: bool = False,
        queue_derive: bool = True,
    ) -> None:
        """Queue the removal of a file, and a derive after it."""
        self.submit(
            item,
            "archive.php",
            lambda now: item.remove(name, now, keep_old=keep_old, cascade=cascade),
            submitter=submitter,
            args={"delete": name},
        )
        if queue_derive:
            self.submit_derive(item, submitter=submitter)

    def submit_derive(
        self, item: Item, *, submitter: str, args: dict[str, str] | None = None, priority: int = 0
    ) -> Task:
        """Queue a derive; the argument ``remove_derived`` is a file pattern."""
        remove = (args or {}).get("remove_derived", "")
        return self.submit(
            item,
            "derive.php",
            lambda now: derive(item, now, remove=remove),
            submitter=submitter,
            delay=self.settings.derive_delay,
            args=args,
            priority=priority,
        )

    def submit_changes(
        self, item: Item, changes: list[Change], *, submitter: str, priority: int = 0
    ) -> Task:
        """Queue a metadata write; readers see it from now on."""
        item.pending_changes.extend(changes)
        item.touch()

        def effect(now: float) -> None:
            for change in changes:
                item.pending_changes.remove(change)
                _commit(item, change)
            item.touch(now)

        return self.submit(item, "modify_xml.php", effect, submitter=submitter, priority=priority)


def _discard(_result: object) -> None:
    """Make a command of an expression."""


def _commit(item: Item, change: Change) -> None:
    """Apply a metadata write to the item itself; one that no longer fits is dropped."""
    files = [stored.entry() for stored in item.files.values()]
    record = {"metadata": item.metadata, "files": files, **item.user_json}
    try:
        changed = apply_change(change, record)[change.target.partition("/")[0]]
    except PatchFailed:
        return
    if change.target.startswith("files/") and isinstance(changed, list):
        for before, after in zip(files, changed, strict=True):
            new = {k: str(v) for k, v in after.items() if before.get(k) != v}
            item.files[before["name"]].extra.update(new)
    elif change.target == "metadata" and isinstance(changed, dict):
        item.metadata = changed
    else:
        item.user_json[change.target] = changed
