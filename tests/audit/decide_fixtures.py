"""States that decisions are tested with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from artwork_indexer.archive import names
from audit.states import (
    Actual,
    Life,
    Listed,
)
from audit.verdict import Status, Verdict
from tests.audit.comparison_fixtures import (
    CONTEXT,
    GID,
    STRAY,
    actions,
    document,
    dump,
    expected,
    file,
    stray_files,
    three_images,
    with_index,
)

LIVE = expected(*three_images())
EMPTY = expected()
GONE = expected(life=Life.GONE)
MERGED = expected(life=Life.MERGED)
DELETIONS = replace(CONTEXT, deletions=True)
NAME = names.image(GID, STRAY, "jpg")
SAME = Listed(stray_files()[NAME]["md5"], int(stray_files()[NAME]["size"]))
FILES = {"index.json": file(b"")}


def broken(**values: Any) -> Actual:
    """An item whose first image is listed with these values."""
    made = document(LIVE)
    made["images"][0] |= values
    return with_index(LIVE, dump(made))


def http() -> Actual:
    body = LIVE.index_bytes.replace(b"https://coverart", b"http://coverart")
    return with_index(LIVE, body)


def statuses(verdict: Verdict) -> tuple[Status, list[str]]:
    return verdict.status, actions(verdict)


CLEAN, REVIEW, REPAIR = Status.CLEAN, Status.MANUAL_REVIEW, Status.REPAIR_QUEUE
LEGACY, DEFERRED = Status.LEGACY, Status.DEFERRED
