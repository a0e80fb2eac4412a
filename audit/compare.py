"""Expected against actual: everything that is not as it should be.

Pure: the same states give the same findings. What a checksum proves is not parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from audit import catalogue, catalogue_index, catalogue_item, catalogue_strays
from audit import inventory as inventories
from audit.compare_index import compare_index
from audit.compare_item import (
    compare_bytes,
    compare_metadata,
    compare_missing_item,
    compare_originals,
    compare_other_files,
    compare_thumbnails,
    compare_uploader,
    derivatives_alone,
    of_files,
)
from audit.compare_strays import Judgement, compare_strays
from audit.compare_xml import compare_xml
from audit.comparison import CompareSettings, Comparison, Wait
from audit.findings import Finding, plain
from audit.index_document import is_empty, listed_ids
from audit.inventory import Inventory
from audit.states import (
    Absent,
    Actual,
    Content,
    Dark,
    Evidence,
    Expected,
    Item,
    Life,
    Matches,
    Missing,
    NotNeeded,
    Surroundings,
    TooLarge,
    Unreadable,
)
from audit.wording import moment

RED_SECONDS: Final = 24 * 3600.0
"""A task that stopped longer ago than this is a matter for a person."""
NOTHING: Final = Comparison()


def compare(
    expected: Expected,
    actual: Actual,
    surroundings: Surroundings,
    evidence: Evidence,
    settings: CompareSettings,
    now: datetime,
) -> Comparison:
    """Everything that is wrong, and every reason to wait with a verdict.

    ``surroundings`` has what :func:`audit.lookups.wanted` asks for; ``evidence`` is that of the
    last audit.

    Raises:
        KeyError: the owner of an image was not looked up.
    """
    if isinstance(actual, Unreadable):
        told = plain(actual.reason, 1000)
        wait = Wait(catalogue.UNREADABLE, told, what=told.partition(":")[0])
        return Comparison(waits=(wait,))
    if expected.life is Life.DARKENED or expected.is_other_type:
        return Comparison(waits=(OPEN_EVENTS,)) if expected.open_events else NOTHING
    run = _Run(expected, surroundings, evidence, settings, now.timestamp())
    return run.compare(actual)


OPEN_EVENTS: Final = Wait(catalogue.OPEN_EVENTS, "events for this MBID are open")


class _Run:
    """One comparison."""

    def __init__(
        self,
        expected: Expected,
        surroundings: Surroundings,
        evidence: Evidence,
        settings: CompareSettings,
        now: float,
    ) -> None:
        self._expected = expected
        self._surroundings = surroundings
        self._evidence = evidence
        self._settings = settings
        self._now = now
        self._findings: dict[str, Finding] = {}
        self._waits: list[Wait] = []
        self._xml_is_right = False

    def compare(self, actual: Missing | Dark | Item) -> Comparison:
        """Judge whatever is there."""
        if self._expected.open_events:
            self._waits.append(OPEN_EVENTS)
        self._take(
            Finding(
                catalogue_item.MALFORMED_ROW, f"row {place}", plain(row, 1000), {"row": plain(row)}
            )
            for place, row in enumerate(self._expected.malformed, start=1)
        )
        if isinstance(actual, Item):
            self._take(self._activity(actual))
        if not self._expected.malformed:
            self._judge(actual)
        return Comparison(tuple(self._findings.values()), tuple(self._waits), self._xml_is_right)

    def _judge(self, actual: Missing | Dark | Item) -> None:
        expected, is_live = self._expected, self._expected.life is Life.LIVE
        match actual:
            case Dark() if is_live and expected.has_art:
                told = "item: it is dark, while MusicBrainz shows art"
                self._take([Finding(catalogue_item.ITEM_DARK, "item", told)])
            case Missing() if is_live:
                self._take(
                    compare_missing_item(expected, self._surroundings, self._settings, self._now)
                )
            case Item():
                files = inventories.take(expected.gid, actual.record.files)
                if is_live:
                    self._judge_live(actual, files)
                else:
                    self._judge_left(actual, files)
            case Missing() | Dark():
                pass

    def _judge_live(self, item: Item, files: Inventory) -> None:
        """Rows 0 to 8."""
        expected, settings, now = self._expected, self._settings, self._now
        if isinstance(item.index, Content | TooLarge):
            self._take(compare_index(expected, item.index, mirror=settings.mirror))
        elif isinstance(item.index, Absent) and expected.has_art:
            told = "index.json: it is missing"
            self._take([Finding(catalogue_index.INDEX_MISSING, "index.json", told)])
        if expected.has_art or not _lists_nothing(item):
            self._take(compare_metadata(expected, item.record))
            self._compare_xml(item)
        self._take(compare_uploader(expected, item.record, settings))
        self._take(compare_originals(expected, files, self._surroundings, settings, now))
        self._take(compare_bytes(expected, item.record, self._evidence, self._surroundings))
        self._take(compare_thumbnails(expected, files, item.record, settings, now))
        self._compare_strays(item, files)
        self._take(compare_other_files(expected, files))

    def _judge_left(self, item: Item, files: Inventory) -> None:
        """Rows 9 to 11: merged or gone."""
        if isinstance(item.index, NotNeeded):
            self._waits.append(
                Wait(catalogue.UNREADABLE, "index.json was not read", what="index.json")
            )
            return
        if not isinstance(item.index, Absent):
            told = f"index.json: the {self._expected.entity_type} is {self._expected.life}"
            self._take([Finding(catalogue_strays.LEFTOVER_INDEX, "index.json", told)])
        self._compare_strays(item, files)
        if isinstance(item.index, Absent) and not files.originals:
            self._take(_other_leftovers(files))
        else:
            self._take(compare_uploader(self._expected, item.record, self._settings))

    def _compare_xml(self, item: Item) -> None:
        findings, self._xml_is_right = compare_xml(self._expected, item.xml, self._settings)
        self._take(findings)

    def _compare_strays(self, item: Item, files: Inventory) -> None:
        listed = listed_ids(item.index.body) if isinstance(item.index, Content) else frozenset()
        if not listed and not files.originals:
            return
        self._take(
            compare_strays(
                self._expected,
                files,
                item.record.files,
                listed,
                self._surroundings,
                self._settings,
                self._now,
            )
        )

    def _activity(self, item: Item) -> Iterator[Judgement]:
        """Row 13: what says that the item is, or may be, about to change."""
        record, settings = item.record, self._settings
        if record.tasks_red:
            since = self._evidence.red_since
            if since is not None and self._now - since > RED_SECONDS:
                told = f"item: a task has stopped in error, seen since {moment(since)}"
                yield Finding(catalogue_item.TASK_IN_ERROR, "item", told, {"since": since})
            else:
                yield Wait(catalogue.TASKS_PENDING, "a task has stopped in error", what="stopped")
        elif record.tasks_pending:
            yield Wait(catalogue.TASKS_PENDING, "tasks are queued or running")
        changed = record.item_last_updated
        if changed is None:
            return
        if settings.replicated_until is not None and changed > settings.replicated_until:
            yield Wait(catalogue.NEWER_THAN_REPLICA, "the item is newer than the last packet")
        remaining = changed + settings.settle.total_seconds() - self._now
        if remaining > 0:
            told = f"the item changed less than {settings.settle} ago"
            yield Wait(catalogue.CHANGED_JUST_NOW, told, remaining)

    def _take(self, judgements: Iterable[Judgement]) -> None:
        for judgement in judgements:
            if isinstance(judgement, Wait):
                self._waits.append(judgement)
            else:
                self._findings.setdefault(judgement.key, judgement)


def _lists_nothing(item: Item) -> bool:
    """Row 0: without index.json, or with an empty one, the rest of the item does not matter."""
    match item.index:
        case Absent() | Matches() | NotNeeded():
            return True
        case Content(body):
            return is_empty(body)
        case TooLarge():
            return False


def _other_leftovers(files: Inventory) -> Iterator[Finding]:
    """Row 10: nothing of ours is left that an event could remove."""
    derivatives = derivatives_alone(files)
    if derivatives:
        kind = catalogue_strays.LEFTOVER_DERIVATIVES
        yield of_files(kind, "derivatives", derivatives)
    others = files.early + files.unknown
    if others:
        yield of_files(catalogue_strays.LEFTOVER_FILES, "files", others)
