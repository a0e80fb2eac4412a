"""Files as batches: what each holds, what is said of bad ones, and going on from any place."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from audit.seeding import img129_files, img129_reading, img129_streams, img129_tar
from audit.seeding.img129_reading import Portion, Reader, Reading
from tests.audit.seeding.img129_fixtures import (
    DATE,
    GIDS,
    MISSING,
    ORIGINAL,
    URL,
    tar,
    text,
    triage,
)

BINARY = "is binary and no list; of compressed files, .gz, .xz and .tar are understood"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files are named as a person in their directory names them."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few lines make many batches."""
    monkeypatch.setattr(img129_reading, "BATCH", 3)
    monkeypatch.setattr(img129_streams, "CHUNK", 300)
    monkeypatch.setattr(img129_files, "CHUNK", 300)


def put(name: str, data: bytes) -> Path:
    Path(name).write_bytes(data)
    return Path(name)


def read(*files: Path, begun: Reading | None = None) -> list[Portion]:
    return list(Reader(files, begun or Reading()).batches())


def entities(batches: list[Portion]) -> dict[str, str]:
    """Reason by MBID; each MBID must come only once."""
    found: dict[str, str] = {}
    for batch in batches:
        for mbid, why in batch.entities.items():
            assert mbid.decode() not in found
            found[mbid.decode()] = why.text
    return found


def end(batches: list[Portion]) -> Reading:
    return Reading.of_document(batches[-1].reading)


@pytest.mark.usefixtures("folder")
def test_several_files_in_all_shapes() -> None:
    archive = tar(
        ("actionable_results/reindex", text([triage(GIDS[0], URL), triage(GIDS[1], URL)])),
        ("actionable_results/manual_check", text([triage(GIDS[0], ORIGINAL)])),
    )
    batches = read(
        put("actionable_results.tar.xz", lzma.compress(archive)),
        put("failed_checks.log", text([f"{GIDS[2]}\t{DATE}"] * 3)),
        put("bad_items.csv", text([f"mbid,{DATE},{MISSING}", f"{GIDS[2]},0,1"], "\r\n")),
        put("set_noindex", f"mbid-{GIDS[3]}".encode()),
    )
    assert entities(batches) == {
        GIDS[0]: f"img-129 manual_check: {URL}; {ORIGINAL}",
        GIDS[1]: f"img-129 reindex: {URL}",
        GIDS[2]: f"img-129 reindex_high_priority: {MISSING}; {DATE}",
        GIDS[3]: "img-129 ia_set_noindex",
    }
    assert end(batches) == Reading(file=4, lines=9, repeated=4)


@pytest.mark.usefixtures("folder")
def test_bad_lines_are_named_and_do_no_harm() -> None:
    archive = tar(("lists/reindex", text([GIDS[0], "nonsense", GIDS[1]])))
    listed: list[str] = []
    files = [put("a.tar", archive), put("b", text([f"junk {n}" for n in range(30)] + [GIDS[2]]))]
    reader = Reader(files, Reading(), listed.append)
    (batch,) = reader.batches()
    assert len(batch.entities) == 3
    assert batch.reading["bad_lines"] == 31
    assert reader.bad_lines[:2] == [
        "a.tar: lists/reindex: line 2: 'nonsense' is no MBID",
        "b: line 1: 'junk 0' is no MBID",
    ]
    assert len(reader.bad_lines) == 20
    assert len(listed) == 31
    assert listed[:20] == reader.bad_lines
    assert listed[-1] == "b: line 30: 'junk 29' is no MBID"


@pytest.mark.usefixtures("folder")
def test_files_that_cannot_be_used_are_named_and_the_others_are_read() -> None:
    cut = lzma.compress(tar(("reindex", text(GIDS))))
    files = [
        put("page", b"<html>503</html>"),
        put("empty", b""),
        put("cut.tar.xz", cut[: len(cut) * 3 // 4]),
        put("mixed.tar", tar(("picture.jpg", b"\xff\xd8\0"), ("nothing", b""), ("a", text(GIDS)))),
        put("reports.tar", tar(("results_jira.txt", b"h1. Results"))),
        put("list", text(GIDS[:1])),
    ]
    batches = read(*files)
    assert len(entities(batches)) == len(GIDS)
    assert end(batches).refusals == [
        "page is a page in HTML or XML and no list: download it again",
        "empty is empty: download it again",
        "cut.tar.xz is cut off: download it again, and run this again",
        f"mixed.tar: picture.jpg {BINARY}",
    ]
    assert end(batches).refused_files == 4


@pytest.mark.usefixtures("folder")
def test_one_flipped_bit_is_one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is, and even when many problems were told before."""
    for module in (img129_files, img129_streams, img129_tar):
        monkeypatch.setattr(module, "CHUNK", 1000)
    pictures = [(f"{number}.jpg", b"\0") for number in range(25)]
    data = bytearray(lzma.compress(tar(("lists", text(GIDS)), ("more", text(GIDS)))))
    for place in range(len(data) // 8, len(data), len(data) // 8):
        data[place] ^= 1
        files = [put("pictures.tar", tar(*pictures)), put("a.tar.xz", bytes(data))]
        data[place] ^= 1
        assert end(read(*files)).refused_files == len(pictures) + 1
        (refusal,) = end(read(files[1])).refusals
        assert refusal.startswith("a.tar.xz is damaged (")


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_damaged_at_its_very_beginning_is_not_called_empty() -> None:
    data = bytearray(lzma.compress(text(GIDS)))
    data[7] ^= 1
    (refusal,) = end(read(put("a.xz", bytes(data)))).refusals
    assert refusal.startswith("a.xz is damaged (")


@pytest.mark.usefixtures("folder", "small_batches")
@pytest.mark.parametrize("shift", range(8))
@pytest.mark.parametrize(("headings", "is_list"), [(6, True), (99, True), (100, False)])
def test_what_a_file_is_does_not_depend_on_its_place_in_an_archive(
    shift: int, headings: int, is_list: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(img129_streams, "CHUNK", 4096)
    monkeypatch.setattr(img129_files, "CHUNK", 4096)
    lines = [*(f"heading {number}".ljust(90, ".") for number in range(headings)), *GIDS]
    before = ("results_all", b"x" * 512 * shift)
    batches = read(put("a.tar", tar(before, ("reindex", text(lines)))))
    assert len(entities(batches)) == (len(GIDS) if is_list else 0)
    assert end(batches).bad_lines == (headings if is_list else 0)
    assert end(batches).refused_files == (0 if is_list else 1)


@pytest.mark.usefixtures("folder")
def test_empty_lines_before_what_is_no_list_do_not_make_it_one() -> None:
    (refusal,) = end(read(put("page", b"\n\n# remark\n  <html>"))).refusals
    assert refusal == "page is a page in HTML or XML and no list: download it again"


@pytest.mark.usefixtures("folder")
def test_a_file_that_vanished_is_named_and_the_others_are_read() -> None:
    files = [put("gone", text(GIDS)), put("list", text(GIDS[:1]))]
    reader = Reader(files, Reading())
    files[0].unlink()
    batches = list(reader.batches())
    assert len(entities(batches)) == 1
    assert end(batches).refusals == ["gone cannot be read: No such file or directory"]


@pytest.mark.usefixtures("folder")
def test_only_the_first_refusals_are_kept_but_all_are_counted() -> None:
    many = tar(*((f"{number}.jpg", b"\0") for number in range(50)))
    reading = end(read(put("many.tar", many)))
    assert (reading.refused_files, len(reading.refusals)) == (50, 20)


@pytest.mark.usefixtures("folder", "small_batches")
def test_going_on_from_any_place_gives_the_rest_and_the_same_totals() -> None:
    table = [f"mbid,{DATE},{MISSING}", *(f"{gid},1,{n % 2}" for n, gid in enumerate(GIDS[40:60]))]
    archive = tar(
        ("lists/reindex", text(triage(gid, URL) for gid in GIDS[:20])),
        ("picture.jpg", b"\0"),
        ("lists/bad_items.csv", text(table)),
        ("lists/again", text([*GIDS[60:80], "junk", *GIDS[80:90]])),
    )
    files = [
        put("a.tar.xz", lzma.compress(archive)),
        put("cut.xz", lzma.compress(text(GIDS[20:40]))[:-1]),
        put("c", text(GIDS[90:100])),
    ]
    batches = read(*files)
    whole = entities(batches)
    assert len(whole) == 100
    assert len(batches) > 15
    for number, batch in enumerate(batches):
        reader = Reader(files, Reading.of_document(batch.reading))
        rest = list(reader.batches())
        assert entities(batches[: number + 1]) | entities(rest) == whole
        assert len(entities(batches[: number + 1])) + len(entities(rest)) == 100
        assert end(rest) == end(batches)
        assert set(reader.bad_lines) <= {"a.tar.xz: lists/again: line 21: 'junk' is no MBID"}


@pytest.mark.usefixtures("folder", "small_batches")
def test_progress_is_in_bytes_on_disk_and_ends_at_all_of_them() -> None:
    files = [
        put("a.tar.xz", lzma.compress(tar(("reindex", text(GIDS))))),
        put("b", text(triage(gid, URL) for gid in GIDS)),
    ]
    sizes = [file.stat().st_size for file in files]
    done = [batch.bytes_done for batch in read(*files)]
    assert done == sorted(done)
    assert done[-1] == sum(sizes)
    assert any(sizes[0] < some < sum(sizes) for some in done)
    second = [batch.bytes_done for batch in read(*files, begun=Reading(file=1))]
    assert min(second) > sizes[0]


@pytest.mark.usefixtures("folder")
def test_a_batch_ends_even_when_few_entities_are_in_very_many_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(img129_reading, "BATCH_BLOCKS", 2)
    log = text([f"{GIDS[0]}\t{URL}\tPASSED"] * 50_000)
    batches = read(put("all_results.xz", lzma.compress(log)))
    assert len(batches) > 3
    assert end(batches).repeated == 50_000 - sum(len(batch.entities) for batch in batches)


@pytest.mark.usefixtures("folder")
def test_going_on_within_a_block_keeps_the_numbers_of_lines() -> None:
    reader = Reader([put("list", text([*GIDS[:4], "junk"]))], Reading(line=3, lines=3))
    batches = list(reader.batches())
    assert list(entities(batches)) == [GIDS[3]]
    assert reader.bad_lines == ["list: line 5: 'junk' is no MBID"]
    assert end(batches).lines == 5
