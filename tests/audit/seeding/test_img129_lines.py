"""Lines of the results of 2021: every shape, and everything that is wrong with one."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.seeding.img129_classes import LISTS, combined, reason
from audit.seeding.img129_lines import (
    LONGEST_LINE,
    BadLine,
    NotAList,
    Parsed,
    parser_for,
)
from tests.audit.seeding.img129_fixtures import DATE, GIDS, MISSING, ORIGINAL, STALE, URL, triage

GID = GIDS[0]


def read(name: str, *lines: str | bytes) -> Parsed | None:
    """What the last line says."""
    as_bytes = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return parser_for(name, as_bytes)(as_bytes[-1])


def told(name: str, *lines: str | bytes) -> tuple[str, int, tuple[str, ...]]:
    parsed = read(name, *lines)
    assert parsed is not None
    mbid, why = parsed
    assert mbid.decode() == GID
    return why.list_class.name, why.list_class.priority, why.checks


def complaint(name: str, *lines: str | bytes) -> str:
    """Why the last line is bad; the others show what the file is."""
    with pytest.raises(BadLine) as bad:
        read(name, *lines)
    return str(bad.value)


@pytest.mark.parametrize(
    "line", [GID, f"mbid-{GID}", GID.upper(), f"mbid-{GID.upper()}", f" {GID} "]
)
def test_a_bare_mbid_has_the_class_of_its_list(line: str) -> None:
    assert told("reindex", line) == ("reindex", 300, ())
    assert told("set_noindex", line) == ("ia_set_noindex", 200, ())
    assert told("my list", line) == ("my_list", 100, ())


def test_a_triage_line_has_the_class_of_its_list_and_names_its_checks_in_order() -> None:
    assert told("reindex_w_metadata", triage(GID, URL, DATE, DATE)) == (
        "reindex_w_metadata", 250, (URL, DATE),
    )  # fmt: skip
    assert told("reindex_high_prioriy", triage(GID, URL)) == (
        "reindex_high_priority", 450, (URL,),
    )  # fmt: skip


def test_the_columns_of_a_triage_line_may_differ_in_case() -> None:
    assert read("reindex", triage(GID, DATE).replace(GID, GID.upper(), 1)) == read(
        "reindex", triage(GID, DATE)
    )


def test_a_triage_list_of_any_name_goes_by_its_most_urgent_check() -> None:
    assert told("from-a-friend", triage(GID, DATE, MISSING, URL)) == (
        "reindex_high_priority", 450, (MISSING, URL, DATE),
    )  # fmt: skip
    assert told("from-a-friend", triage(GID)) == ("from-a-friend", 100, ())


@pytest.mark.parametrize(
    ("line", "name", "checks"),
    [
        (f"{GID}\t{ORIGINAL}", "manual_check", (ORIGINAL,)),
        (f"{GID}\t{STALE}\tFAILED", "deleted_properly_delete", (STALE,)),
        (f"{GID}\t{STALE}\tPASSED", "all_results", ()),
        (f"{GID}\tItem::darkened\tITEM SKIPPED", "darkened", ("Item::darkened",)),
        (f"{GID}\tItem::exists\tITEM SKIPPED", "skipped", ("Item::exists",)),
        (f"{GID}\tItem::ia modified\tITEM SKIPPED", "skipped", ("Item::ia modified",)),
        (f"{GID}\tInternalError::KeyError\tITEM SKIPPED", "skipped", ("InternalError::KeyError",)),
        (f"{GID}\tMergedItem::test item", "skipped", ("MergedItem::test item",)),
    ],
)
def test_a_log_goes_by_its_check(line: str, name: str, checks: tuple[str, ...]) -> None:
    found = told("all_results", line)
    assert (found[0], found[2]) == (name, checks)


def test_a_table_goes_by_its_most_urgent_column_that_is_not_zero() -> None:
    header = f"mbid,{DATE},{MISSING},note,{URL}"
    assert told("bad_items", header, f"{GID},1,00,0,12") == ("reindex", 300, (URL, DATE))
    assert told("bad_items", header, f"{GID.upper()},0,3,x,0")[0] == "reindex_high_priority"
    assert told("bad_items", header, f'"{GID}","0","0","a,b","0"') == ("bad_items", 100, ())
    assert told("reindex", header, f"{GID},0,3,x,0")[0] == "reindex"
    assert told("some", "MBID", GID) == ("some", 100, ())
    assert read("bad_items", header, header) is None


def test_the_input_goes_by_its_state() -> None:
    meta = json.dumps({"state": "meta", "count": 2, "max_last_modified": 1})
    gone = json.dumps({"state": "possibly_deleted", "id": GID.upper()})
    live = json.dumps({"state": "active", "id": GID, "data": {"id": GIDS[1]}})
    assert read("input", meta) is None
    assert told("input", meta, gone) == ("possibly_deleted", 200, ())
    assert told("input", live) == ("active", 100, ())


@pytest.mark.parametrize("line", ["", "  \t ", "# a remark", "#"])
def test_empty_lines_and_remarks_are_passed_over(line: str) -> None:
    assert read("reindex", GID, line) is None
    assert read("bad_items", f"mbid,{DATE}", line) is None
    assert read("input", '{"state":"meta"}', line) is None


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("0000", "'0000' is no MBID"),
        (GID[:-1], f"'{GID[:-1]}' is no MBID"),
        (GID + "0", f"'{GID}0' is no MBID"),
        (GID.replace("-", ""), f"'{GID.replace('-', '')}' is no MBID"),
        ("mbid-mbid-" + GID, f"'mbid-mbid-{GID}' is no MBID"),
        (f"{{{GID}}}", "is no MBID"),
        (GID + "\0", f"'{GID}\\x00' is no MBID, and has NUL bytes"),
        (b"\xe9t\xe9", r"'\xe9t\xe9' is no MBID"),
        (f"{GID}\tItem", "'Item' is no name of a check"),
        (f"{GID}\t{DATE}\0", "is no name of a check"),
        (f"{GID}\t{DATE}".encode() + b"\xff", r"date correct\xff' is no name of a check"),
        (f"{GID}\tItem::Metadata::{'x' * 300}", "is no name of a check"),
        (f"{GID}\t{DATE}\tfine", "'fine' is no result: PASSED, FAILED or ITEM SKIPPED"),
        (f"{GID}\ta\tb\tc\td", "its columns are neither those of a triage list"),
        (triage(GIDS[1], DATE).replace(GIDS[1], GID, 1), "is no address of its release or item"),
        (triage(GID, DATE).replace("/details/mbid-0", "/details/mbid-1"), "is no address of its"),
        (triage(GID, DATE).replace("/release/", "/event/"), "is no address of its release or item"),
        ("x" * (LONGEST_LINE + 1), "longer than 1,048,576 bytes"),
        ("\x1b[2J" + "ü" * 100, "'\\x1b[2J" + "ü" * 28 + "…' is no MBID"),
    ],
)
def test_a_bad_line_of_a_list_says_what_is_wrong(line: str | bytes, what: str) -> None:
    assert what in complaint("reindex", GID, line)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (GID, "1 columns, but the header has 3"),
        (f"{GID},1", "2 columns, but the header has 3"),
        (f"{GID},1,2,3", "4 columns, but the header has 3"),
        (f"{GID},1,-2", "'-2' in column 3 is no number"),
        (f"{GID},1,", "'' in column 3 is no number"),
        ("x,1,2", "'x' is no MBID"),
        (",1,2", "there is no MBID"),
        (f'"{GID}",1,"' + "2" * 200_000, "is no CSV: field larger than"),
    ],
)
def test_a_bad_line_of_a_table_says_what_is_wrong(line: str, what: str) -> None:
    assert what in complaint("bad_items", f"mbid,{DATE},{URL}", line)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "'{' is no JSON object with state and id"),
        ("[]", "'[]' is no JSON object with state and id"),
        ("{}", "'{}' is no JSON object with state and id"),
        ('{"state":"active","id":7}', "is no JSON object with state and id"),
        ('{"state":"active","id":"7"}', "'7' is no MBID"),
        ('{"state":"active"}', "there is no MBID"),
        ('{"state":["x"],"id":"7"}', "is no state of the audit's input"),
        ("[" * 100_000, "is no JSON object with state and id"),
        ('{"state":"active","id":' + "9" * 10_000 + "}", "is no JSON object with state and id"),
        ("{" + " " * LONGEST_LINE + "}", "longer than 1,048,576 bytes"),
    ],
)
def test_a_bad_line_of_the_input_says_what_is_wrong(line: str, what: str) -> None:
    assert what in complaint("input", '{"state":"meta"}', line)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        ([b"<!DOCTYPE html>", b"<title>504 Gateway Time-out</title>"], "is a page in HTML or XML"),
        ([b"  <html>"], "is a page in HTML or XML"),
        ([b"\xff\xfe" + GID.encode("utf-16-le")], "is UTF-16: convert it with iconv"),
        ([b"\x7fELF\0\1"], "is binary and no list"),
        ([b'{"images": []}'], "is no list of the audit of 2021"),
        ([b"Dear all,", b"here is the list."], "begins with a line that is bad: 'Dear all,'"),
        ([b'mbid,"' + b"x" * 200_000], "has a bad header"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(head: list[bytes], what: str) -> None:
    with pytest.raises(NotAList, match=r".") as refused:
        parser_for("reindex", head)
    assert what in str(refused.value)


def test_one_good_line_near_the_beginning_makes_a_list() -> None:
    rubbish = [b"\0 damaged"] * 99
    assert read("reindex", *rubbish, GID) is not None
    with pytest.raises(NotAList):
        parser_for("reindex", [*rubbish, b"\0"])


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (GID, triage(GID, DATE, "InternalError::x") + "x" * LONGEST_LINE),
        (f"mbid,{DATE},{URL}", f"{GID},1,{'0' * LONGEST_LINE}"),
    ],
)
def test_a_line_that_may_have_lost_its_end_is_bad(head: str, line: str) -> None:
    whole, cut = line[:LONGEST_LINE], line[: LONGEST_LINE + 1]
    assert complaint("x", head, cut) == "longer than 1,048,576 bytes"
    if head.startswith("mbid"):
        assert read("x", head, whole) is not None


def test_a_column_whose_name_cannot_be_kept_is_none_of_a_check() -> None:
    """A NUL would be refused by the database, and a very long one kept in memory."""
    odd = ["Item::Metadata::\0", f"Item::Metadata::{'x' * 300}"]
    assert told("bad_items", f"mbid,{','.join(odd)},{DATE}", f"{GID},1,1,1")[2] == (DATE,)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (GID, lambda number: f"{GID}\t{'Item::exists;' * (40_000 + number)}"),
        (f"mbid,{DATE}", lambda number: f"{GID},{number:0500000}"),
    ],
)
def test_long_texts_are_not_remembered(head: str, line: Callable[[int], str]) -> None:
    """Else a hostile file could fill the memory."""
    parse = parser_for("x", [head.encode()])
    tracemalloc.start()
    try:
        for number in range(20):
            assert parse(line(number).encode()) is not None
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 3_000_000


def held_by(work: Callable[[], object]) -> int:
    """The most bytes that Python held meanwhile, beyond those before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_texts_that_are_many_and_not_short_are_not_all_remembered() -> None:
    parse = parser_for("x", [])
    checks = "; ".join(["Item::Metadata::" + "x" * 180] * 4)

    def work() -> None:
        for number in range(8_000):
            assert parse(triage(GID, f"Item::Metadata::{number}", checks).encode()) is not None

    assert held_by(work) < 8_000_000


def test_one_release_with_very_many_failed_checks_takes_little_memory() -> None:
    parse = parser_for("all_results", [])

    def work() -> None:
        why = reason(LISTS["reindex"])
        for number in range(3_000):
            parsed = parse(f"{GID}\tItem::Metadata::{number:05}{'x' * 100}".encode())
            assert parsed is not None
            why = combined(why, parsed[1])

    assert held_by(work) < 12_000_000


def test_of_very_many_checks_in_a_line_those_are_kept_that_can_be_seen() -> None:
    names = [f"Item::Metadata::{number:05}" for number in range(40_000)]
    parsed = read("x", triage(GID, *names, MISSING))
    assert parsed is not None
    assert parsed[1].list_class.name == "reindex_high_priority"
    assert len(parsed[1].checks) < 30
    assert parsed[1].text.startswith(f"img-129 reindex_high_priority: {MISSING}; {names[0]}; ")
    assert len(parsed[1].text) == 300


mbids = st.uuids().map(str)
checks = st.lists(
    st.sampled_from([DATE, MISSING, URL, ORIGINAL, STALE, "EmptyItem::CAAIndex::Image::order"]),
    min_size=1,
)


@given(mbids, checks, st.booleans(), st.sampled_from(sorted(LISTS)))
def test_whatever_the_order_of_checks_and_the_case_of_the_mbid_the_reason_is_the_same(
    mbid: str, names: list[str], upper: bool, of: str
) -> None:
    shown = mbid.upper() if upper else mbid
    parsed = read(of, triage(shown, *names))
    assert parsed == read(of, triage(mbid, *sorted(set(names))))
    assert parsed is not None
    assert parsed[0].decode() == mbid


@given(mbids, checks)
def test_all_shapes_say_the_same(mbid: str, names: list[str]) -> None:
    header = f"mbid,{','.join(dict.fromkeys(names))}"
    row = f"{mbid},{','.join('1' for _ in dict.fromkeys(names))}"
    log = [read("x", f"{mbid}\t{name}\tFAILED") for name in names]
    both = log[0]
    assert both is not None
    for other in log[1:]:
        assert other is not None
        both = (both[0], combined(both[1], other[1]))
    assert read("x", header, row) == read("x", triage(mbid, *names)) == both


@given(st.binary(max_size=300), st.sampled_from(["list", "table", "input"]))
def test_any_bytes_are_read_or_complained_about(line: bytes, shape: str) -> None:
    heads = {"list": GID.encode(), "table": f"mbid,{DATE}".encode(), "input": b'{"state":"meta"}'}
    parse = parser_for("x", [heads[shape]])
    parsed = complaint = None
    try:
        parsed = parse(line)
    except BadLine as bad:
        complaint = str(bad)
    assert parsed is None or parsed[0].decode() in line.decode("utf-8", "replace").lower()
    assert complaint is None or (complaint.isprintable() and len(complaint) < 400)


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_any_head_gives_a_parser_or_a_refusal(head: list[bytes]) -> None:
    complaint = "-"
    try:
        parser_for("x", head)
    except NotAList as refused:
        complaint = str(refused)
    assert complaint.isprintable()
    assert complaint
