"""The catalogue is complete, and its reference is current."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from audit import catalogue_reference
from audit.catalogue import BY_ID, CATALOGUE, OUTCOMES, WAITS
from audit.catalogue_reference import EVERYTHING
from audit.earlier_checks import CHECKS, Check
from audit.findings import Finding, Repair, Severity, plain, quote

ROWS = ("0", "1", "2", "3", "4", "5", "6", "7", "7b", "8", "9", "10", "11", "12", "13")


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_decision_table_is_covered(row: str) -> None:
    assert any(row in entry.rows for entry in EVERYTHING)


def test_no_other_row_is_named() -> None:
    assert {row for entry in EVERYTHING for row in entry.rows} == set(ROWS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_each_check_of_2021_is_covered(check: Check) -> None:
    assert catalogue_reference.covering(check)


def test_there_are_39_checks_and_no_other_is_named() -> None:
    assert [check.number for check in CHECKS] == list(range(1, 40))
    named = {name for entry in EVERYTHING for name in entry.checks}
    assert named == {check.name for check in CHECKS}


@pytest.mark.parametrize(
    ("full_name", "number"),
    [
        ("DeletedItem::index is absent", 5),
        ("EmptyItem::CAAIndex::Image::order", 39),
        ("Item::CAAIndex::Image::comment correct", 35),
        ("Item::CAAIndex::Image::has thumbnails", 34),
        ("EmptyItem::Metadata::missing external id::asin", 18),
        ("MergedItem::darkened", 2),
    ],
)
def test_a_name_from_the_published_results_is_recognised(full_name: str, number: int) -> None:
    assert [check.number for check in CHECKS if check.is_called(full_name)] == [number]


@pytest.mark.parametrize("name", ["Item::index is absent", "order", "Item::Files::else"])
def test_other_names_are_not_recognised(name: str) -> None:
    assert not [check for check in CHECKS if check.is_called(name)]


def test_full_names_carry_the_class() -> None:
    assert CHECKS[8].full_names == ("DeletedItem::release url is absent",)
    assert "MergedItem::test item" in CHECKS[3].full_names


def test_ids_are_unique_and_kebab_case() -> None:
    ids = [entry.id for entry in EVERYTHING]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", id_) for id_ in ids)


def test_what_may_be_lost_is_reviewed_or_copied() -> None:
    repairs = {kind.repair for kind in CATALOGUE if kind.severity is Severity.DATA}
    assert repairs == {Repair.REVIEW, Repair.COPY}


def test_only_rows_5_and_9_delete() -> None:
    rows = {row for kind in CATALOGUE if kind.repair is Repair.DELETE for row in kind.rows}
    assert rows == {"5", "9"}


def test_older_formats_are_mended_by_an_index() -> None:
    assert {k.repair for k in CATALOGUE if k.severity is Severity.FORMAT} == {Repair.INDEX}


def test_the_reference_is_current() -> None:
    assert catalogue_reference.PATH.read_text("utf-8") == catalogue_reference.reference()


def test_a_stale_reference_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_reference, "PATH", tmp_path / "reference.md")
    assert catalogue_reference.main(["--check"]) == 1
    assert catalogue_reference.main([]) == 0
    assert catalogue_reference.main(["--check"]) == 0


def test_the_reference_names_every_kind_and_check() -> None:
    text = catalogue_reference.reference()
    assert all(f"`{entry.id}`" in text for entry in EVERYTHING)
    assert all(f"`{check.name}`" in text for check in CHECKS)


def test_the_digest_follows_kind_subject_and_evidence_only() -> None:
    kind, other = BY_ID["image-comment-wrong"], BY_ID["image-edit-wrong"]
    finding = Finding(kind, "image 3", "message", {"there": "a", "here": "b"})
    same = Finding(kind, "image 3", "other words", {"here": "b", "there": "a"}, explanation=("x",))
    assert finding.digest == same.digest
    different = {
        Finding(other, "image 3", "", finding.details).digest,
        Finding(kind, "image 4", "", finding.details).digest,
        Finding(kind, "image 3", "", {"there": "a", "here": "c"}).digest,
    }
    assert finding.digest not in different


def test_text_from_outside_is_made_harmless() -> None:
    assert plain("a\x00b\ud800c\x1b[31m") == "a\\u0000b\\ud800c\\u001b[31m"
    assert len(plain("x" * 5000)) == 201
    assert quote("ü") == "'ü'"
    assert quote(None) == "null"
    assert json.loads(quote([1, "a"])) == [1, "a"]


def test_no_two_reasons_have_one_name() -> None:
    names = [kind.id for kind in CATALOGUE] + [reason.id for reason in (*OUTCOMES, *WAITS)]
    assert len(names) == len(set(names))
