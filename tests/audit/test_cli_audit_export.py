"""``artwork-indexer audit export``."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import stat
from pathlib import Path

import pytest

from artwork_indexer.cli.audit_export import COLUMNS, csv_cell, whole_file
from artwork_indexer.errors import ArtworkIndexerError
from audit import report
from tests.audit.cli_fixtures import Operator, seen
from tests.audit.queue_fixtures import ask, clean, deferred, limited
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.cli_plugin"]


@pytest.fixture
def drifted(operator: Operator) -> Operator:
    """Two entities that share a kind of finding, one with a kind of its own, one without any."""
    operator.entities.seed(2)
    operator.entities.seed_one(GIDS[2], entity_type="event")
    operator.entities.seed_one(GIDS[3])
    operator.judge(
        deferred("report-mode", seen("xml-title"), seen("xml-artists")),
        ask(seen("stray-unknown", "image 7", details={"md5": "abc"}), seen("xml-title")),
        deferred("report-mode", seen("xml-setlist", message="=SUM(A1) \"quoted\", 'and' more")),
        clean(),
        config=limited(mode="report"),
    )
    return operator


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_a_header_and_a_row_a_finding(drifted: Operator) -> None:
    ended = drifted.type("audit", "export")
    assert (ended.code, ended.err) == (0, "")
    rows = rows_of(ended.out)
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["kind"], row["gid"]) for row in rows] == [
        ("stray-unknown", GIDS[1]),
        ("xml-title", GIDS[0]),
        ("xml-title", GIDS[1]),
        ("xml-artists", GIDS[0]),
        ("xml-setlist", GIDS[2]),
    ]
    assert rows[0]["item"] == f"mbid-{GIDS[1]}"
    assert rows[0]["acknowledged"] == "no"
    assert rows[4]["entity_type"] == "event"
    assert rows[4]["message"] == "'=SUM(A1) \"quoted\", 'and' more"


def test_json_is_one_array_with_the_evidence(drifted: Operator) -> None:
    told = drifted.type("audit", "export", "--format", "json").json
    assert len(told) == 5
    assert told[0]["details"] == {"md5": "abc"}
    assert told[0]["acknowledged"] is False
    assert told[4]["message"].startswith("=SUM")
    assert list(told[0]) == [*COLUMNS, "details"]


def test_items_are_named_once(drifted: Operator) -> None:
    ended = drifted.type("audit", "export", "--format", "items")
    assert ended.out.splitlines() == [f"mbid-{gid}" for gid in GIDS[:3]]


@pytest.mark.parametrize(
    ("arguments", "gids"),
    [
        (("--kind", "xml-title"), GIDS[:2]),
        (("--kind", "xml-artists", "--kind", "xml-setlist"), (GIDS[0], GIDS[2])),
        (("--severity", "data"), (GIDS[1],)),
        (("--severity", "content", "--kind", "stray-unknown"), ()),
    ],
)
def test_each_filter_in_each_form(
    drifted: Operator, arguments: tuple[str, ...], gids: tuple[str, ...]
) -> None:
    items = drifted.type("audit", "export", "--format", "items", *arguments).out
    assert items.splitlines() == [f"mbid-{gid}" for gid in gids]
    rows = rows_of(drifted.type("audit", "export", *arguments).out)
    assert sorted({row["gid"] for row in rows}) == list(gids)
    documents = drifted.type("audit", "export", "--format", "json", *arguments).json
    assert len(documents) == len(rows)


def test_a_severity_that_changed_within_a_kind(drifted: Operator) -> None:
    drifted.entities.run(
        "UPDATE artwork_indexer.audit_finding SET severity = 'data' WHERE kind = 'xml-title'"
        " AND audit_entity_id = (SELECT id FROM artwork_indexer.audit_entity WHERE gid = %(gid)s)",
        gid=GIDS[0],
    )
    for form in ("csv", "items"):
        out = drifted.type("audit", "export", "--severity", "data", "--format", form).out
        assert (GIDS[0] in out, GIDS[1] in out) == (True, True)
        out = drifted.type(
            "audit", "export", "--severity", "data", "--kind", "xml-title", "--format", form
        ).out
        assert (GIDS[0] in out, GIDS[1] in out) == (True, False)


def test_pages_join_without_gap_or_overlap(
    drifted: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    drifted.entities.run(
        "INSERT INTO artwork_indexer.audit_finding"
        " (audit_entity_id, kind, subject, severity, digest, message)"
        " SELECT entity.id, 'image-missing', 'image ' || n, 'content', 'd', 'm'"
        "   FROM artwork_indexer.audit_entity AS entity, generate_series(1, 7) AS n"
    )
    whole = {
        form: drifted.type("audit", "export", "--format", form).out for form in ("csv", "items")
    }
    assert len(rows_of(whole["csv"])) == 5 + 4 * 7
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(report, "PAGE", size)
        monkeypatch.setattr(report, "ENTITIES_A_PAGE", size)
        for form, text in whole.items():
            assert drifted.type("audit", "export", "--format", form).out == text


def test_nothing_to_export(operator: Operator) -> None:
    assert operator.type("audit", "export").out == ",".join(COLUMNS) + "\n"
    assert operator.type("audit", "export", "--format", "json").json == []
    assert operator.type("audit", "export", "--format", "items").out == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r\n+", "  @"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert csv_cell(f"{start}cmd").startswith("'")
    assert csv_cell(f"image 7{start}") == f"image 7{start}".strip().replace("\t", " ").replace(
        "\r\n", " "
    ).replace("  ", " ")


# A file


def test_a_file_appears_and_says_how_much_is_in_it(drifted: Operator, tmp_path: Path) -> None:
    file = tmp_path / "items.txt"
    ended = drifted.type("audit", "export", "--format", "items", "--output", str(file))
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"3 item names written to {file}.\n"
    assert len(file.read_text("utf-8").splitlines()) == 3
    same = drifted.type("audit", "export", "--output", "-").out
    assert len(rows_of(same)) == 5


def test_an_older_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    file = tmp_path / "findings"
    file.write_text("older", "utf-8")
    file.chmod(0o600)
    (tmp_path / "link").symlink_to(file)

    def export(*, fails: bool) -> None:
        with whole_file(tmp_path / "link") as out:
            out.write("half")
            out.flush()
            assert file.read_text("utf-8") == "older"
            if fails:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ArtworkIndexerError, match="No space left on device"):
        export(fails=True)
    assert file.read_text("utf-8") == "older"
    export(fails=False)
    assert file.read_text("utf-8") == "half"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"findings", "link"}


def test_a_database_that_goes_away_leaves_no_file(operator: Operator, tmp_path: Path) -> None:
    operator.configure("host=127.0.0.1 port=1 connect_timeout=2")
    file = tmp_path / "out" / "findings.csv"
    file.parent.mkdir()
    ended = operator.type("audit", "export", "--output", str(file))
    assert ended.code == 3
    assert "cannot be reached" in ended.sentence
    assert list(file.parent.iterdir()) == []


def test_a_file_that_cannot_be_written(operator: Operator, tmp_path: Path) -> None:
    ended = operator.type("audit", "export", "--output", str(tmp_path / "nowhere" / "f"))
    assert (ended.code, "cannot be written: No such file or directory." in ended.sentence) == (
        2,
        True,
    )
    ended = operator.type("audit", "export", "--output", "/dev/null")
    assert (ended.code, "not an ordinary file" in ended.sentence) == (2, True)
    assert operator.type("audit", "export", "--output", str(tmp_path)).code == 2


def test_json_in_a_file_is_whole(drifted: Operator, tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    drifted.type("audit", "export", "--format", "json", "--output", str(file))
    assert len(json.loads(file.read_text("utf-8"))) == 5
