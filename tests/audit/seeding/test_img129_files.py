"""Packed files as lines: every packing, cut off anywhere, damaged, and made to overwhelm."""

from __future__ import annotations

import gzip
import lzma
import random
import tarfile
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.seeding.img129_files import line_blocks, list_name, members
from audit.seeding.img129_lines import LONGEST_LINE
from audit.seeding.img129_streams import Broken, Buffered, FileStream, XzStream
from tests.audit.seeding.img129_fixtures import DATE, GIDS, tar, text, triage

LIST = text(triage(gid, DATE) for gid in GIDS)
LINES = LIST.splitlines()
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


class Pieces:
    """Bytes that come in pieces of given sizes, as from a slow disk; then of one size."""

    def __init__(self, data: bytes, sizes: Iterable[int] = (), then: int = 1 << 20) -> None:
        self._data = data
        self._sizes = iter(sizes)
        self._then = then

    def read(self, size: int) -> bytes:
        size = min(size, next(self._sizes, self._then))
        found, self._data = self._data[:size], self._data[size:]
        return found


def read(data: bytes, name: str = "file") -> dict[str, list[bytes]]:
    """All lines by list; raises Broken."""
    return {
        member.name: [line for block in line_blocks(member.stream) for line in block]
        for member in members(Pieces(data), name)
    }


def until_broken(data: bytes) -> tuple[list[bytes], str | None]:
    """The lines that can be read, and the complaint."""
    lines: list[bytes] = []
    try:
        for member in members(Pieces(data), "file"):
            for block in line_blocks(member.stream):
                lines += block
    except Broken as broken:
        return lines, str(broken)
    return lines, None


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


def named(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd"
    return info


def test_only_regular_files_of_an_archive_are_read() -> None:
    kinds = {
        "directory": tarfile.DIRTYPE,
        "symlink": tarfile.SYMTYPE,
        "link": tarfile.LNKTYPE,
        "device": tarfile.CHRTYPE,
        "disk": tarfile.BLKTYPE,
        "pipe": tarfile.FIFOTYPE,
    }
    archive = tar(*((named(name, kind), b"") for name, kind in kinds.items()), ("reindex", LIST))
    assert read(archive) == {"reindex": LINES}


def test_links_have_no_bytes_whatever_size_they_claim_and_unknown_members_do() -> None:
    link, unknown = named("link", tarfile.SYMTYPE), named("volume", b"V")
    link.size = unknown.size = 700
    data = link.tobuf() + unknown.tobuf() + bytes(1024) + tar(("reindex", LIST))
    assert read(data) == {"reindex": LINES}


def test_members_that_are_not_understood_are_damage() -> None:
    sparse, negative = named("sparse", tarfile.GNUTYPE_SPARSE), named("x", tarfile.REGTYPE)
    negative.size = -512
    for header in (sparse, negative):
        first = named("reindex", tarfile.REGTYPE)
        first.size = 512
        block = LIST[:512]
        data = first.tobuf() + block + header.tobuf(tarfile.GNU_FORMAT) + LIST
        lines, complaint = until_broken(data)
        assert "a member of a kind that is not expected" in (complaint or "")
        assert lines[:1] == LINES[:1]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_in_extensions(form: Literal[0, 1, 2]) -> None:
    name = f"{'x' * 90}/{'y' * 90}ü/reindex.txt"
    info = named(name if form != tarfile.USTAR_FORMAT else "x/reindex", tarfile.REGTYPE)
    info.size = len(LIST)
    padding = bytes(-len(LIST) % 512)
    data = info.tobuf(form) + LIST + padding + bytes(1024)
    assert read(data) == {"reindex": LINES}


def test_a_size_in_an_extension_counts() -> None:
    info = named("reindex", tarfile.REGTYPE)
    info.pax_headers = {"size": str(len(LIST)), "comment": "9 size=3"}
    data = info.tobuf(tarfile.PAX_FORMAT) + LIST + bytes(-len(LIST) % 512) + bytes(1024)
    assert read(data) == {"reindex": LINES}


def test_an_extension_of_any_size_is_not_read_into_memory() -> None:
    info = named("@LongLink", tarfile.GNUTYPE_LONGNAME)
    info.size = 1 << 40
    assert "a name that is too long" in (
        until_broken(info.tobuf(tarfile.GNU_FORMAT) + LIST)[1] or ""
    )


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
    assert LONGEST_LINE < len(lines[1]) < 3 * LONGEST_LINE
    assert lines[2:] == tail.split(b"\n")[1:]


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
