"""The longer words for people: never a decision."""

from __future__ import annotations

import subprocess
import sys

from audit.findings import Finding
from tests.audit.comparison_fixtures import (
    OLD_IDS,
    document,
    dump,
    expected,
    image,
    look,
    three_images,
    with_index,
)

WANTED = expected(*three_images())


def findings(**changes: object) -> tuple[Finding, ...]:
    made = document(WANTED)
    made["images"][0] |= changes
    return look(WANTED, with_index(WANTED, dump(made))).findings


def test_all_that_differs_about_an_image_is_told_once() -> None:
    first, *others = findings(comment="x", edit=None)
    assert set(first.explanation) == {
        f"image {OLD_IDS[0]}: comment 'x' at IA, 'a comment' in MusicBrainz",
        f"image {OLD_IDS[0]}: edit null at IA, 17462565 in MusicBrainz",
    }
    assert [finding.explanation for finding in others] == [()]


def test_what_one_side_lacks_is_told() -> None:
    made = document(WANTED)
    del made["images"][0]["comment"]
    made["images"][0]["caption"] = "y"
    first, *_ = look(WANTED, with_index(WANTED, dump(made))).findings
    assert set(first.explanation) == {
        f"image {OLD_IDS[0]}: comment in MusicBrainz only",
        f"image {OLD_IDS[0]}: caption at IA only",
    }


def test_older_forms_are_not_explained() -> None:
    body = WANTED.index_bytes.replace(b"https://c", b"http://c")
    assert [f.explanation for f in look(WANTED, with_index(WANTED, body)).findings] == [()]
    body = body.replace(b"a comment", b"x")
    first, *_ = look(WANTED, with_index(WANTED, body)).findings
    assert len(first.explanation) == 1


def test_the_order_of_types_goes_without_saying() -> None:
    (finding,) = findings(comment="x", types=["Spine", "Front"])
    assert len(finding.explanation) == 1


def test_the_explanation_is_no_evidence() -> None:
    (finding,) = findings(comment="x")
    assert finding == Finding(
        finding.kind, finding.subject, finding.message, finding.details, finding.image_id
    )


def test_a_crowd_of_images_is_not_explained() -> None:
    wanted = expected(*(image(number) for number in range(1, 300)))
    made = document(wanted)
    made["images"][0]["comment"] = "x"
    (finding,) = look(wanted, with_index(wanted, dump(made))).findings
    assert finding.explanation == ()


def test_deepdiff_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, audit.compare, audit.decide; sys.exit('deepdiff' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
