"""A trial that went wrong says so: every way in which planted and found can differ."""

from __future__ import annotations

from dataclasses import replace

from artwork_indexer.sandbox.drift import DRIFTS, Subject
from artwork_indexer.sandbox.drift.model import ENTITY
from artwork_indexer.sandbox.drift.results import Audited, Neighbour, Result, Row
from artwork_indexer.sandbox.drift.telling import ROWS, lines, table
from artwork_indexer.sandbox.drift.trial import copies, lost
from artwork_indexer.sandbox.internet_archive import Archive, Content

GID = "5e0d1b66-0000-4000-8000-000000000000"
BY_NAME = {drift.name: drift for drift in DRIFTS}
COMMENT = "image-comment-wrong"


def audited(status: str, *findings: str, events: tuple[str, ...] = ()) -> Audited:
    return Audited(status, "", frozenset(findings), events, 1, "")


def row(first: Audited | None = None, last: Audited | None = None) -> Row:
    kind = BY_NAME["image-comment-edited"]
    return Row(
        kind,
        ENTITY,
        Subject("release", GID),
        kind.labels[ENTITY],
        first or audited("deferred", COMMENT),
        last or audited("clean", events=("index",)),
    )


def result(*rows: Row, neighbour: Neighbour | None = None) -> Result:
    good = Neighbour("release", GID, audited("clean"), audited("clean"))
    return Result(rows, (neighbour or good,), (), (), {("index", "completed"): 1}, 2)


def test_a_trial_without_fault() -> None:
    right = result(row())
    assert right.problems == []
    assert (right.recall, right.precision) == (1.0, 1.0)
    assert not any("PROBLEM" in line for line in lines(right))


def test_what_was_not_found() -> None:
    wrong = result(row(first=audited("clean")), row())
    assert (wrong.recall, wrong.precision) == (0.5, 1.0)
    assert len(wrong.problems) == 1
    assert "image-comment-wrong was not found" in wrong.problems[0]
    assert any("WRONG" in line for line in table(wrong.rows))


def test_what_was_not_planted() -> None:
    wrong = result(row(first=audited("deferred", COMMENT, "xml-title")))
    assert (wrong.recall, wrong.precision) == (1.0, 0.5)
    assert "xml-title was found" in wrong.problems[0]


def test_a_healthy_entity_with_a_finding_or_a_repair() -> None:
    for first, last in (
        (audited("clean", "xml-title"), audited("clean")),
        (audited("clean"), audited("clean", events=("index",))),
        (audited("deferred"), audited("clean")),
    ):
        wrong = result(row(), neighbour=Neighbour("release", GID, first, last))
        assert len(wrong.problems) == 1
    found = Neighbour("release", GID, audited("clean", "xml-title"), audited("clean"))
    assert result(row(), neighbour=found).precision == 0.5


def test_another_end_another_repair_and_a_repair_in_report_mode() -> None:
    for wrong in (
        row(last=audited("deferred", events=("index",))),
        row(last=audited("clean", events=("index", "derive"))),
        row(last=audited("clean")),
        row(first=audited("deferred", COMMENT, events=("index",))),
    ):
        assert len(result(wrong).problems) == 1


def test_entities_of_one_drift_do_each_others_work() -> None:
    kind = BY_NAME["original-elsewhere"]
    rows = [
        Row(kind, role, Subject("release", GID), label, audited("deferred", *label.findings),
            audited(label.allowed.end, events=events))
        for (role, label), events in zip(
            kind.labels.items(), ((), ("copy_image", "index", "delete_image")), strict=True
        )
    ]  # fmt: skip
    assert result(*rows).problems == []
    idle = [replace(one, last=replace(one.last, events=())) for one in rows]
    assert len(result(*idle).problems) == 1


def test_an_image_is_lost_only_when_no_item_and_no_history_has_it() -> None:
    archive = Archive()
    item = archive.create(f"mbid-{GID}", "caa@musicbrainz.org")
    name = f"mbid-{GID}-4711.jpg"
    item.put(name, Content.of(b"an image"), 0)
    item.put(f"mbid-{GID}-4711_thumb250.jpg", Content.of(b"small"), 0)
    before = copies(archive)
    assert len(before) == 1
    item.remove(name, 0, keep_old=True)
    assert lost(before, copies(archive)) == ()
    item.put(name, Content.of(b"other bytes"), 0)
    del item.files[f"history/files/{name}.~1~"]
    assert lost(before, copies(archive)) == (f"mbid-{GID}/{name}",)
    wrong = replace(result(row()), lost=("x",), stale=("y",))
    assert wrong.problems == ["y", "x is lost"]


def test_a_finding_counts_in_its_own_row() -> None:
    kind = BY_NAME["comment-and-no-noindex"]
    label = kind.labels[ENTITY]
    both = Row(
        kind, ENTITY, Subject("release", GID), label,
        audited("deferred", *label.findings), audited("clean"),
    )  # fmt: skip
    assert result(both, row(first=audited("clean"))).by_row() == [
        ("3", 1, 1, 1, 1), ("4", 2, 2, 2, 1),
    ]  # fmt: skip


def test_each_row_of_the_decision_table_has_words() -> None:
    assert {place for drift in DRIFTS for place in drift.rows} <= ROWS.keys()
