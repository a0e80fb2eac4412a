"""Packed files as lines: every packing, cut off anywhere, damaged, and made to overwhelm."""

from __future__ import annotations

import gzip
import lzma
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.seeding.img129_files import Headed, line_blocks, list_name, members
from audit.seeding.img129_lines import LONGEST_LINE
from audit.seeding.img129_streams import Broken, Buffered, FileStream, XzStream
from tests.audit.seeding.img129_fixtures import (
    GIDS,
    LINES,
    LIST,
    Pieces,
    read,
    tar,
    text,
    until_broken,
)

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "xz": lzma.compress,
    "gz": gzip.compress,
    "tar": lambda data: tar(("lists/reindex", data)),
    "tar.xz": lambda data: lzma.compress(tar(("lists/reindex", data))),
    "tar.gz": lambda data: gzip.compress(tar(("lists/reindex", data))),
    "xz in tar.xz": lambda data: lzma.compress(tar(("reindex.xz", lzma.compress(data)))),
    "tar in tar": lambda data: tar(("inner.tar", tar(("reindex", data)))),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_lines(packing: str) -> None:
    ((_, lines),) = read(PACKINGS[packing](LIST)).items()
    assert lines == LINES


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_file_cut_off_anywhere_gives_whole_lines_and_a_sentence(packing: str) -> None:
    """A list that is not packed cannot tell that it was cut."""
    data = PACKINGS[packing](LIST)
    choose = random.Random(packing)
    for end in [*(choose.randrange(1000, len(data) - 1) for _ in range(10)), len(data) - 1]:
        lines, complaint = until_broken(data[:end])
        if packing == "plain":
            lines = lines[:-1]
        elif lines != LINES:
            assert complaint == "file is cut off: download it again, and run this again"
        assert lines == LINES[: len(lines)]


def test_what_is_broken_stays_broken_in_the_same_way() -> None:
    """Else one flipped bit would look like two problems."""
    data = bytearray(lzma.compress(LIST))
    data[len(data) // 2] ^= 1
    (member,) = members(Pieces(bytes(data)), "file")
    complaints = []
    for _ in range(3):
        with pytest.raises(Broken) as broken:
            list(line_blocks(member.stream))
        complaints.append(str(broken.value))
    assert len(set(complaints)) == 1
    assert not member.stream.is_empty


def test_most_of_a_file_that_is_cut_off_can_be_read() -> None:
    data = lzma.compress(tar(("reindex", LIST)), preset=0)
    lines, complaint = until_broken(data[: len(data) * 9 // 10])
    assert complaint
    assert len(lines) > len(LINES) // 2


@pytest.mark.parametrize("packing", ["xz", "gz", "tar.xz", "tar.gz"])
def test_damage_is_told(packing: str) -> None:
    data = bytearray(PACKINGS[packing](LIST))
    data[len(data) // 2] ^= 0xFF
    _, complaint = until_broken(bytes(data))
    assert complaint
    assert complaint.startswith("file is damaged (")


def test_a_small_file_that_is_cut_off_is_read_too() -> None:
    assert until_broken(lzma.compress(b"a\nb\n")[:-1]) == (
        [b"a", b"b"],
        "file is cut off: download it again, and run this again",
    )


def test_a_damaged_header_of_an_archive_is_told() -> None:
    data = bytearray(tar(("reindex", b""), ("reindex2", b"")))
    data[512] ^= 0xFF
    assert "damaged" in (until_broken(bytes(data))[1] or "")


def test_only_the_damaged_member_is_lost() -> None:
    data = tar(("a.xz", lzma.compress(LIST)[:-20]), ("b", b"x\n"))
    found: dict[str, list[bytes]] = {}
    for member in members(Pieces(data), "file"):
        found[member.name], complaint = [], None
        try:
            for block in line_blocks(member.stream):
                found[member.name] += block
        except Broken as broken:
            complaint = str(broken)
        assert complaint == (
            "file: a.xz is cut off: download it again, and run this again"
            if member.name == "a"
            else None
        )
    assert found["b"] == [b"x"]


def test_files_after_each_other_are_one() -> None:
    assert read(lzma.compress(b"a\n") + b"\0" * 8 + lzma.compress(b"b\n")) == {"file": [b"a", b"b"]}
    assert read(gzip.compress(b"a\n") + gzip.compress(b"b\n")) == {"file": [b"a", b"b"]}


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("reindex", "reindex"),
        ("reindex.tar.xz: actionable_results/manual_check", "manual_check"),
        ("x.tar.gz: a/b/reindex_high_prioriy.txt.gz", "reindex_high_prioriy"),
        ("audit_results.tar.xz: bad_items.csv", "bad_items"),
        (".gz", ""),
    ],
)
def test_the_name_of_a_list(label: str, expected: str) -> None:
    assert list_name(label) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "last"])
def test_any_line_end_and_none_at_the_end(end: str, last: str) -> None:
    data = text(GIDS, end) + last.encode()
    for piece in (1, 7, 1 << 20):
        stream = Buffered(Pieces(data, then=piece))
        lines = [line.decode() for block in line_blocks(stream) for line in block]
        assert lines == [*GIDS, *([last] if last else [])]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n") == {"file": [b"a", b"\xef\xbb\xbfb"]}
    assert read(b"\xef\xbb\xbf") == {"file": []}


@given(
    st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"bc", b"\0"])).map(b"".join),
    st.lists(st.integers(1, 4)),
)
def test_lines_do_not_depend_on_how_the_bytes_come(data: bytes, sizes: list[int]) -> None:
    stream = Buffered(Pieces(data, sizes))
    assert [line for block in line_blocks(stream) for line in block] == data.splitlines()


@pytest.mark.parametrize("tail", [b"", b"\nnext", b"x" * 10])
def test_a_line_that_is_too_long_is_one_line_of_bounded_length(tail: bytes) -> None:
    lines = read(b"first\n" + b"x" * (5 * LONGEST_LINE) + tail)["file"]
    assert lines[0] == b"first"
    assert len(lines[1]) == LONGEST_LINE + 1
    assert lines[2:] == tail.split(b"\n")[1:]


@given(st.lists(st.integers(1, LONGEST_LINE), max_size=8), st.sampled_from(["\r", "\n", "\r\n"]))
def test_lines_that_are_too_long_do_not_depend_on_how_the_bytes_come(
    sizes: list[int], end: str
) -> None:
    expected = [b"first", b"x" * (LONGEST_LINE + 1), b"next", b"", b"last"]
    data = end.join(["first", "x" * (LONGEST_LINE + 10), "next", "", "last"]).encode()
    stream = Buffered(Pieces(data, sizes))
    assert [line for block in line_blocks(stream) for line in block] == expected


lines_of_any_kind = st.lists(st.sampled_from([b"", b"# remark", b"line", b"x" * 500_000]))


@given(lines_of_any_kind, st.lists(st.integers(1, 200), min_size=1))
def test_the_head_does_not_depend_on_how_the_lines_come(lines: list[bytes], cut: list[int]) -> None:
    lines = [b"begin", *lines, *([b"many"] * 150)]
    whole, rest = Headed(iter([lines])), list[list[bytes]]()
    for size in [*cut, len(lines)]:
        rest, lines = [*rest, lines[:size]], lines[size:]
    blocks = Headed(iter(rest))
    head = blocks.head()
    assert head == whole.head()
    assert 1 <= len(head) <= 100
    assert not {b"", b"# remark"} & set(head)
    assert list(blocks) == rest


def test_empty_lines_without_end_are_not_held_for_the_head() -> None:
    blocks = iter([[b""] * 100_000] * 100)
    assert Headed(blocks).head() == []
    assert len(list(blocks)) > 70


def test_lines_before_the_place_where_a_file_breaks_are_its_head() -> None:
    (member,) = members(Pieces(lzma.compress(b"a\n#\nb\n")[:-1]), "file")
    blocks = Headed(line_blocks(member.stream))
    assert blocks.head() == [b"a", b"b"]
    rest = iter(blocks)
    assert next(rest) == [b"a", b"#", b"b"]
    with pytest.raises(Broken):
        next(rest)


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """The most bytes that Python held since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def bomb(megabytes: int) -> bytes:
    """An .xz of zeros in one line."""
    compressor = lzma.LZMACompressor()
    million = bytes(1 << 20)
    return b"".join(compressor.compress(million) for _ in range(megabytes)) + compressor.flush()


@pytest.mark.parametrize("pack", [bytes, lzma.compress, gzip.compress])
def test_what_grows_without_end_does_not_fill_memory(
    pack: Callable[[bytes], bytes], peak: Callable[[], int]
) -> None:
    data = pack(bomb(64))
    before = peak()
    lines = 0
    for member in members(Pieces(data), "bomb"):
        lines += sum(len(block) for block in line_blocks(member.stream))
    assert lines == 1
    assert peak() - before < 20 << 20


def test_packed_too_often_it_is_not_unpacked() -> None:
    data = b"text\n"
    for _ in range(5):
        data = gzip.compress(data)
    (lines,) = read(data).values()
    assert lines[0].startswith(b"\x1f\x8b")


def test_an_xz_that_asks_for_too_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 28}]
    data = lzma.compress(b"x\n", filters=filters)
    with pytest.raises(Broken, match="limit"):
        XzStream(Pieces(data), "huge").read(10)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.touch()
    with (
        path.open("wb", buffering=0) as file,
        pytest.raises(Broken, match=r"^list cannot be read: \w"),
    ):
        FileStream(file, "list").read(1)
