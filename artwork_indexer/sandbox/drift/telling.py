"""Tells people what came of a trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from artwork_indexer.sandbox.drift.results import Result, Row
from audit.catalogue import BY_ID, Repair

ROWS: Final = {
    "0": "no art, nothing listed",
    "1": "index.json or mb_metadata.xml missing",
    "2": "mb_metadata.xml says something else",
    "3": "collection, noindex or mediatype wrong",
    "4": "index.json says something else, or is broken",
    "5": "an image of somebody else, or of nobody",
    "6": "an original is missing",
    "7": "two originals, somebody else's item, dark item",
    "7b": "an original has other bytes",
    "8": "thumbnails missing",
    "9": "merged or deleted, and images or index.json left",
    "10": "merged or deleted, and other files left",
    "11": "merged or deleted, and nothing left",
    "12": "darkened",
    "13": "cannot be judged yet",
}
"""The rows of the decision table in few words. One drift may be of several rows."""


def lines(result: Result) -> Iterator[str]:
    """Planted against found by row of the decision table, repairs, and what is left."""
    yield f"  {'row':<4}{'what is seen':<51}{'kinds':>6}{'planted':>9}{'found':>7}"
    for row, kinds, _, planted, found in result.by_row():
        yield f"  {row:<4}{ROWS[row]:<51}{kinds:>6}{planted:>9}{found:>7}"
    yield ""
    yield f"  Recall {result.recall:.3f}, precision {result.precision:.3f}: {_others(result)}"
    yield f"  Repairs over {result.days} days: {_repairs(result)}."
    yield f"  Last audits: {_ends(result.rows)}."
    yield f"  {len(result.questions)} of them wait for a person:"
    for reason, count in _questions(result.questions).most_common():
        yield f"    {count:>4}  {reason}"
    yield f"  Images lost: {len(result.lost)}."
    for problem in result.problems:
        yield f"  PROBLEM: {problem}"


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Each planted entity: what was found, what was done, and how it ended."""
    for row in rows:
        found = ", ".join(sorted(row.first.findings)) or row.first.waits_for or "nothing"
        done = ", ".join(sorted(set(row.last.events))) or "-"
        end = f"{row.last.status}{' WRONG' if row.problems else ''}"
        yield f"  {row.drift.name:<34}{row.role:<14}{end:<20}{found}; {done}"


def _others(result: Result) -> str:
    alone = sum(one.is_left_alone for one in result.neighbours)
    return f"{alone} of {len(result.neighbours)} healthy entities were left alone."


def _repairs(result: Result) -> str:
    told = (
        f"{count} {action}" + ("" if state == "completed" else f" ({state})")
        for (action, state), count in sorted(result.repairs.items())
    )
    return ", ".join(told) or "none"


def _ends(rows: Iterable[Row]) -> str:
    counts = Counter(row.last.status for row in rows)
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())


def _questions(rows: Iterable[Row]) -> Counter[str]:
    """What people are asked about; an entity may be asked about for several reasons."""
    counts: Counter[str] = Counter()
    for row in rows:
        grave = {kind for kind in row.last.findings if BY_ID[kind].repair is Repair.REVIEW}
        counts.update(BY_ID[kind].title for kind in grave)
        counts.update([] if grave else ["a repair that failed, or no verdict for weeks"])
    return counts
