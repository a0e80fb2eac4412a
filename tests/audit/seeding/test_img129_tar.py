"""Archives: what is read of them, what is refused by name, and what goes on behind it."""

from __future__ import annotations

import gzip
import lzma
import tarfile
from typing import Literal

import pytest

from audit.seeding.img129_files import line_blocks, members
from audit.seeding.img129_streams import Broken
from tests.audit.seeding.img129_fixtures import (
    LINES,
    LIST,
    Pieces,
    read,
    tar,
    until_broken,
)


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


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def outcome(data: bytes) -> tuple[dict[str, list[bytes]], list[str]]:
    """Lines by list, and complaints about single files."""
    found, complaints = dict[str, list[bytes]](), list[str]()
    for member in members(Pieces(data), "file"):
        try:
            found[member.name] = [line for block in line_blocks(member.stream) for line in block]
        except Broken as broken:
            complaints.append(str(broken))
    return found, complaints


def test_a_negative_length_is_damage() -> None:
    first, negative = named("reindex", tarfile.REGTYPE), named("x", tarfile.REGTYPE)
    first.size, negative.size = 512, -512
    data = first.tobuf() + LIST[:512] + negative.tobuf(tarfile.GNU_FORMAT) + LIST
    lines, complaint = until_broken(data)
    assert complaint == (
        "file is damaged (a file of less than no bytes): download it again, and run this again"
    )
    assert lines[:1] == LINES[:1]


def sparse(name: str, extensions: int, data: bytes) -> bytes:
    """A member as ``tar --sparse --format=gnu`` writes it, with so many more blocks of places."""
    info = named(name, tarfile.GNUTYPE_SPARSE)
    info.size = len(data)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[482] = 1 if extensions else 0
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    more = [bytes(504) + bytes([number > 0]) + bytes(7) for number in reversed(range(extensions))]
    return bytes(header) + b"".join(more) + padded(data)


@pytest.mark.parametrize("extensions", [0, 1, 3])
def test_a_sparse_file_is_refused_by_name_and_what_follows_is_read(extensions: int) -> None:
    data = sparse("a/holes", extensions, LIST) + tar(("reindex", LIST))
    assert outcome(data) == (
        {"reindex": LINES},
        ["file: a/holes is a sparse file: pack it again without --sparse"],
    )


@pytest.mark.parametrize(
    "records",
    [
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "a/holes"},
        {"GNU.sparse.size": "9", "GNU.sparse.numblocks": "1", "path": "a/holes"},
    ],
)
def test_a_sparse_file_of_the_newer_kind_too(records: dict[str, str]) -> None:
    info = named("GNUSparseFile.7/holes", tarfile.REGTYPE)
    info.pax_headers, info.size = records, len(LIST)
    data = info.tobuf(tarfile.PAX_FORMAT) + padded(LIST) + tar(("reindex", LIST))
    assert outcome(data) == (
        {"reindex": LINES},
        ["file: a/holes is a sparse file: pack it again without --sparse"],
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_archives_after_each_other_are_all_read(pack: type[bytes]) -> None:
    data = b"".join(pack(tar((name, LIST))) for name in ("a", "b", "c"))
    assert read(data) == {"a": LINES, "b": LINES, "c": LINES}


@pytest.mark.parametrize("zeros", [512, 1024, 3000, 1_000_001])
def test_any_number_of_zeros_may_stand_between_archives(zeros: int) -> None:
    first = named("a", tarfile.REGTYPE)
    first.size = len(LIST)
    data = first.tobuf() + padded(LIST) + bytes(zeros) + tar(("b", LIST)) + bytes(zeros)
    assert read(data) == {"a": LINES, "b": LINES}


@pytest.mark.parametrize("more", [LIST, lzma.compress(LIST), b"x"])
def test_what_is_no_archive_behind_one_is_refused_by_name(more: bytes) -> None:
    lines, complaint = until_broken(tar(("a", LIST)) + more)
    assert lines == LINES
    assert complaint == (
        "file has something behind its end that is no archive and was not read: "
        "put it into a file of its own"
    )


def test_an_archive_that_is_cut_off_among_the_zeros_at_its_end_is_told() -> None:
    data = lzma.compress(tar(("a", LIST)))
    lines, complaint = until_broken(data[:-1])
    assert lines == LINES
    assert complaint == "file is cut off: download it again, and run this again"


def oldest(name: str, data: bytes, device: bytes = b"") -> bytes:
    """A member as tar wrote it before there was a standard."""
    header = bytearray(512)
    header[: len(name)] = name.encode()
    header[329 : 329 + len(device)] = device
    header[100:148] = b"0000644\0%07o\0%07o\0%011o\0%011o\0" % (0, 0, len(data), 0)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + padded(data)


@pytest.mark.parametrize("device", [b"", b"0000000\x000000000\0"])
def test_the_oldest_kind_of_archive_is_read(device: bytes) -> None:
    """As tar wrote it then, and as GNU tar writes it now."""
    archive = oldest("reindex", LIST, device) + oldest("manual_check", LIST, device) + bytes(1024)
    assert read(archive) == {"reindex": LINES, "manual_check": LINES}


def test_what_only_resembles_the_oldest_kind_of_archive_is_none() -> None:
    """The sum of its bytes must be right, and nothing may stand behind the names."""
    wrong, followed = bytearray(oldest("reindex", LIST)), bytearray(oldest("reindex", LIST))
    wrong[0] ^= 1
    followed[400], followed[0] = 1, followed[0] - 1
    for data in (wrong, followed):
        assert list(read(bytes(data))) == ["file"]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_names_of_any_bytes_are_told_and_kept_as_text(form: Literal[0, 1]) -> None:
    info = named("lists/caf\udce9\x1b/reindex", tarfile.REGTYPE)
    info.size = len(LIST)
    data = info.tobuf(form, "utf-8", "surrogateescape") + padded(LIST) + bytes(1024)
    (member,) = members(Pieces(data), "file")
    assert (member.label, member.name) == (r"file: lists/caf\xe9\x1b/reindex", "reindex")
