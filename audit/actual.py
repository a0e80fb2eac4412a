"""The actual state: what the Internet Archive has, in as few requests as can prove it.

A healthy item costs one request, because its record lists the md5 of every file. A body is
downloaded only where md5 does not settle the matter, and believed only if it is what the
record lists. Every answer that is not a proper one makes an item unreadable and nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, TypeVar

from artwork_indexer.archive import metadata, names
from artwork_indexer.archive.metadata import EmptyAnswer, File, Present
from artwork_indexer.errors import EventError, ServicePaused
from artwork_indexer.http import MEBIBYTE
from artwork_indexer.musicbrainz.webservice import LARGEST_DOCUMENT, Elsewhere
from artwork_indexer.projects import Project
from artwork_indexer.remotes import Remotes
from audit.index_document import is_empty
from audit.states import (
    Absent,
    Actual,
    Content,
    Dark,
    Evidence,
    Expected,
    IndexFile,
    Item,
    Life,
    Matches,
    Missing,
    NotNeeded,
    TooLarge,
    Unreadable,
    XmlFile,
    fields_digest,
)

LARGEST_INDEX: Final = 8 * MEBIBYTE
"""Bytes; an item holds at most 10,000 files, hence some 2,000 images with their thumbnails."""

T = TypeVar("T")


class ImproperAnswerError(Exception):
    """Something cannot be judged. The text up to the first colon says what, always alike."""


async def read_item(
    remotes: Remotes, project: Project, expected: Expected, evidence: Evidence
) -> Actual:
    """What the item of an MBID holds; ``evidence`` is from the last clean audit.

    Raises:
        ServicePaused: a whole service has to be left alone; the item was not judged.
    """
    try:
        record = await read_record(remotes, expected.gid)
        if not isinstance(record, Present):
            return record
        index = await _index_file(remotes, expected, record)
        xml: XmlFile = NotNeeded()
        if _needs_document(expected, index):
            xml = await _xml_file(remotes, project, expected, evidence, record)
        return Item(record, index, xml)
    except ImproperAnswerError as improper:
        return Unreadable(str(improper))


async def read_record(remotes: Remotes, gid: str) -> Present | Dark | Missing:
    """The record of an item, if it is whole.

    Raises:
        ImproperAnswerError: it is not, or nobody knows whether there is an item.
        ServicePaused: the Internet Archive has to be left alone.
    """
    item = names.item(gid)
    record = await _step("The metadata record", remotes.archive.read(item))
    if isinstance(record, metadata.Dark):
        return Dark()
    if isinstance(record, EmptyAnswer):
        if await _step("The page of the item", remotes.archive.is_missing(item)):
            return Missing()
        raise ImproperAnswerError("The metadata record: it is empty, but the item has a page.")
    doubt = _doubt(item, record)
    if doubt is not None:
        raise ImproperAnswerError(f"The metadata record: {doubt}.")
    return record


def _doubt(item: str, record: Present) -> str | None:
    """Why a record is not what the Internet Archive says about an ordinary item, if so."""
    if record.values("identifier") != (item,):
        return "it is not about this item"
    is_whole = record.is_counted or f"{item}_meta.xml" in record.files
    if not is_whole or not record.files:
        return "its list of files is not complete"
    if record.item_last_updated is None:
        return "it does not say when the item was changed"
    return None


async def _index_file(remotes: Remotes, expected: Expected, record: Present) -> IndexFile:
    if expected.life is Life.DARKENED:
        return NotNeeded()
    file = record.files.get(names.INDEX_JSON)
    if file is None:
        return Absent()
    if file.holds(expected.index_bytes):
        return Matches()
    return await _content(remotes, expected, file, LARGEST_INDEX)


def _needs_document(expected: Expected, index: IndexFile) -> bool:
    """Without art, and with nothing in the index, nothing else in an item matters."""
    if expected.life is not Life.LIVE:
        return False
    match index:
        case Content(body):
            return expected.has_art or not is_empty(body)
        case TooLarge():
            return True
        case _:
            return expected.has_art


async def _xml_file(
    remotes: Remotes,
    project: Project,
    expected: Expected,
    evidence: Evidence,
    record: Present,
) -> XmlFile:
    file = record.files.get(names.metadata_xml(expected.gid))
    if file is None:
        return Absent()
    if _is_proven(file, expected, evidence):
        return Matches()
    if remotes.webservice is not None:
        document = await _step(
            "The web service's document", remotes.webservice.fetch(project, expected.gid)
        )
        if isinstance(document, Elsewhere):
            raise ImproperAnswerError(
                f"The web service's document: {document.reason}, but the database has the "
                f"{project.entity_type} {expected.gid}."
            )
        if file.holds(document.body):
            return Matches()
    return await _content(remotes, expected, file, LARGEST_DOCUMENT)


def _is_proven(file: File, expected: Expected, evidence: Evidence) -> bool:
    """Whether an earlier audit found these very bytes right for these very fields."""
    return (
        expected.fields is not None
        and evidence.xml_md5 is not None
        and file.md5 == evidence.xml_md5
        and fields_digest(expected.fields) == evidence.fields_digest
    )


async def _content(
    remotes: Remotes, expected: Expected, file: File, limit: int
) -> Content | TooLarge:
    if file.size is not None and file.size > limit:
        return TooLarge(file.size)
    what = f"The file {file.name}"
    return Content(await _step(what, remotes.downloads.fetch(names.item(expected.gid), file)))


async def _step(what: str, reading: Awaitable[T]) -> T:
    """One request.

    Raises:
        ImproperAnswerError: it brought no proper answer.
        ServicePaused: the service has to be left alone.
    """
    try:
        return await reading
    except ServicePaused:
        raise
    except EventError as error:
        raise ImproperAnswerError(f"{what}: {error}") from error
