"""One line of a result file of the audit of 2021 -> an MBID and a reason. Pure.

A file is a list (bare MBIDs, ``mbid-…``, or columns with tabs: a triage list or a log of
checks), a table (CSV whose header begins with ``mbid``) or the audit's input (JSON lines).
All MBIDs in them are those of releases: there was no event art yet.
"""

from __future__ import annotations

import csv
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from audit.seeding.img129_classes import (
    DARKENED,
    INPUT_STATES,
    LISTS,
    SKIPPED,
    Reason,
    class_of,
    for_failures,
    other_list,
    reason,
)

Parsed = tuple[bytes, Reason]
"""Lower-case MBID, and why it is to be audited."""
Parser = Callable[[bytes], Parsed | None]
"""Reads a line without its end; None when nothing is meant to be read there. Raises BadLine."""

LONGEST_LINE: Final = 1 << 20
LOOKED_AT: Final = 100
"""So many lines have to show what a file is."""
LONGEST_NAME: Final = 200
MOST_REMEMBERED: Final = 10_000
LONGEST_REMEMBERED: Final = 1_000
REMEMBERED_BYTES: Final = 2 << 20

_UUID: Final = rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MBID: Final = re.compile(_UUID)
_LINE: Final = re.compile(rb" *(?:mbid-)?(" + _UUID + rb")(?:\t(.*))? *", re.DOTALL)
_TRIAGE_TEXT: Final = (
    rb" *(?:mbid-)?(" + _UUID + rb")\thttps?://musicbrainz\.org/release/\1"
    rb"\thttps?://archive\.org/details/mbid-\1\t([^\t]*)"
)
_TRIAGE: Final = re.compile(_TRIAGE_TEXT)
_TRIAGE_IN_MIXED_CASE: Final = re.compile(_TRIAGE_TEXT, re.IGNORECASE)
_NOTHING: Final = re.compile(rb"\s*(?:#.*)?", re.DOTALL)
_HEADER: Final = re.compile(rb'\s*"?mbid"?\s*(?:,|$)', re.IGNORECASE)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class BadLine(ValueError):
    """A line that cannot be used; the message says why."""


class NotAList(ValueError):
    """A whole file that cannot be used; the message says why and what to do."""


def parser_for(name: str, head: Sequence[bytes]) -> Parser:
    """How to read the lines of a file of that name; ``head`` are the first that are no remarks.

    The name of a known list gives the class of all in it.

    Raises:
        NotAList: no line of them looks like one of the results.
    """
    first = head[0] if head else b""
    if _HEADER.match(first):
        try:
            return Table(name, first)
        except BadLine as bad:
            raise NotAList(f"has a bad header: {bad}") from None
    parse: Parser = InputLines() if first.lstrip().startswith(b"{") else Lines(name)
    complaints = [_complaint(parse, line) for line in head]
    if complaints and None not in complaints:
        raise NotAList(_why_no_list(first, complaints[0] or ""))
    return parse


def is_nothing(line: bytes) -> bool:
    """Whether a line is empty or a remark."""
    return _NOTHING.fullmatch(line) is not None


def _complaint(parse: Parser, line: bytes) -> str | None:
    try:
        parse(line)
    except BadLine as bad:
        return str(bad)
    return None


def _why_no_list(first: bytes, complaint: str) -> str:
    if first.startswith(_UTF16):
        return "is UTF-16: convert it with iconv -f UTF-16 -t UTF-8"
    if b"\0" in first:
        return "is binary and no list; of compressed files, .gz, .xz and .tar are understood"
    if first.lstrip().startswith(b"<"):
        return "is a page in HTML or XML and no list: download it again"
    return f"is no list of the audit of 2021; it begins with a line that is bad: {complaint}"


class Learner(ABC):
    """Reads what stands beside an MBID; few texts stand beside very many of them."""

    def __init__(self, name: str) -> None:
        self._class = LISTS.get(name)
        self._otherwise = self._class or other_list(name)
        self._learnt: dict[bytes, Reason] = {}
        self._learnt_bytes = 0

    def known(self, text: bytes, line: bytes) -> Reason:
        """The reason that the text of a line gives; each is read once, and not too many kept.

        Raises:
            BadLine: it gives none, or it may not be the whole text.
        """
        found = self._learnt.get(text)
        if found is None:
            if len(line) > LONGEST_LINE:
                raise BadLine(why_no_mbid(line))
            found = self.read(text)
            if len(text) <= LONGEST_REMEMBERED:
                self._learn(text, found)
        return found

    def _learn(self, text: bytes, why: Reason) -> None:
        if len(self._learnt) >= MOST_REMEMBERED or self._learnt_bytes >= REMEMBERED_BYTES:
            self._learnt.clear()
            self._learnt_bytes = 0
        self._learnt[text] = why
        self._learnt_bytes += len(text)

    @abstractmethod
    def read(self, text: bytes) -> Reason:
        """The reason that the text gives."""

    def failed(self, checks: Sequence[str]) -> Reason:
        """The reason that failed checks give in this list."""
        if self._class is not None:
            return reason(self._class, checks)
        return for_failures(checks, self._otherwise)


class Lines(Learner):
    """Lines that begin with an MBID; what follows it after a tab tells the shape."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._alone = reason(self._otherwise)

    def __call__(self, line: bytes) -> Parsed | None:
        """Read a line."""
        found = _TRIAGE.fullmatch(line) or _LINE.fullmatch(line)
        if found is None:
            if _NOTHING.fullmatch(line):
                return None
            raise BadLine(why_no_mbid(line))
        mbid, rest = found.groups()
        if rest is None:
            return mbid.lower(), self._alone
        if rest.count(b"\t") == 2 and (mixed := _TRIAGE_IN_MIXED_CASE.fullmatch(line)):
            rest = mixed[2]
        return mbid.lower(), self.known(rest, line)

    def read(self, text: bytes) -> Reason:
        """Of the checks of a triage list, or the check of a log and perhaps its result."""
        columns = text.split(b"\t", 2)
        if len(columns) > 2:
            raise BadLine(why_no_columns(columns))
        checks = [checked_name(name) for name in columns[0].split(b";") if name.strip()]
        result = columns[1].strip() if len(columns) == 2 else b"FAILED"
        if result == b"PASSED":
            return self._alone
        if result == b"ITEM SKIPPED":
            dark = any(class_of(check) is DARKENED for check in checks)
            return reason(DARKENED if dark else SKIPPED, checks)
        if result != b"FAILED":
            raise BadLine(f"{shown(result)} is no result: PASSED, FAILED or ITEM SKIPPED")
        return self.failed(checks)


class Table(Learner):
    """CSV: an MBID, and how often each check of the header failed."""

    def __init__(self, name: str, header: bytes) -> None:
        super().__init__(name)
        self._header = header
        names = [cell.decode("utf-8", "replace").strip() for cell in cells_of(header)]
        self._checks = {place: name for place, name in enumerate(names) if is_check(name)}
        self._width = len(names)

    def __call__(self, line: bytes) -> Parsed | None:
        """Read a line."""
        if line == self._header or _NOTHING.fullmatch(line):
            return None
        cells = line
        if b'"' in line:
            cells = b",".join(cell.replace(b",", b" ") for cell in cells_of(line))
        mbid, comma, counts = cells.partition(b",")
        if not _MBID.fullmatch(mbid):
            raise BadLine(why_no_mbid(mbid))
        return mbid.lower(), self.known(comma + counts, line)

    def read(self, text: bytes) -> Reason:
        """Of the counts behind an MBID, the comma before them included."""
        cells = text.split(b",")
        if len(cells) != self._width:
            raise BadLine(f"{len(cells)} columns, but the header has {self._width}")
        for place in self._checks:
            if not cells[place].isdigit():
                raise BadLine(f"{shown(cells[place])} in column {place + 1} is no number")
        return self.failed(
            [name for place, name in self._checks.items() if cells[place].strip(b"0")]
        )


class InputLines:
    """The input of the audit, JSON: which state each item was expected in."""

    def __init__(self) -> None:
        self._reasons = {state: reason(known) for state, known in INPUT_STATES.items()}

    def __call__(self, line: bytes) -> Parsed | None:
        """Read a line."""
        if _NOTHING.fullmatch(line):
            return None
        if len(line) > LONGEST_LINE:
            raise BadLine(why_no_mbid(line))
        try:
            document = json.loads(line)
            state, mbid = str(document["state"]), document.get("id", "").encode()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise BadLine(f"{shown(line)} is no JSON object with state and id") from None
        if state == "meta":
            return None
        if state not in self._reasons:
            raise BadLine(f"{shown(state.encode())} is no state of the audit's input")
        if not _MBID.fullmatch(mbid):
            raise BadLine(why_no_mbid(mbid))
        return mbid.lower(), self._reasons[state]


def cells_of(line: bytes) -> list[bytes]:
    """The cells of a line of CSV, without quotes.

    Raises:
        BadLine: it is too long, or the quotes are hopeless.
    """
    text = line.decode("utf-8", "surrogateescape")
    try:
        return [cell.encode("utf-8", "surrogateescape") for cell in next(csv.reader([text]))]
    except csv.Error as error:
        raise BadLine(f"{shown(line)} is no CSV: {error}") from None


def checked_name(name: bytes) -> str:
    """The name of a check.

    Raises:
        BadLine: it is none.
    """
    text = name[: LONGEST_NAME + 1].strip().decode("utf-8", "replace")
    if len(name) > LONGEST_NAME or not is_check(text):
        raise BadLine(f"{shown(name.strip())} is no name of a check")
    return text


def is_check(name: str) -> bool:
    """Whether a text is the name of a check and can be kept."""
    return (
        len(name) <= LONGEST_NAME
        and name.isprintable()
        and "\N{REPLACEMENT CHARACTER}" not in name
        and class_of(name) is not None
    )


def why_no_mbid(line: bytes) -> str:
    """What is wrong with a line that does not begin with an MBID."""
    if len(line) > LONGEST_LINE:
        return f"longer than {LONGEST_LINE:,} bytes"
    if not line:
        return "there is no MBID"
    return f"{shown(line)} is no MBID" + (", and has NUL bytes" if b"\0" in line else "")


def why_no_columns(columns: list[bytes]) -> str:
    """What is wrong with columns that neither a triage list nor a log has."""
    if re.match(rb"https?://", columns[0]):
        return f"{shown(columns[0])} or the column after it is no address of its release or item"
    return "its columns are neither those of a triage list nor of a log of checks"


def shown(text: bytes) -> str:
    """Untrusted bytes, short and printable."""
    return f"'{legible(text[:60])}{'…' if len(text) > 60 else ''}'"


def legible(text: bytes) -> str:
    """Untrusted bytes, printable."""
    decoded = text.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in decoded)
