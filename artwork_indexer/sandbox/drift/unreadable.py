"""Answers that are no proper answers: never a finding, and never clean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.sandbox import webservice_faults
from artwork_indexer.sandbox.drift.builders import single
from artwork_indexer.sandbox.drift.left import emptied
from artwork_indexer.sandbox.drift.model import ENTITY, Drift, Planted, waits
from artwork_indexer.sandbox.drift.stage import Site, Stage
from artwork_indexer.sandbox.internet_archive import Content, fault_kinds
from artwork_indexer.sandbox.internet_archive.fault_kinds import Fault

UNREADABLE: Final = waits("unreadable")
MORE_THAN_ASKED: Final = 1000
"""Requests that a fault of the web service spoils."""


def _claim(site: Site, **keys: object) -> None:
    """Let the record say something else besides what it should."""
    site.item.extra_keys.update(keys)
    site.item.touch()


def _of_another(site: Site) -> None:
    site.item.metadata["identifier"] = "mbid-5e0d1b66-0000-4000-8000-000000000000"
    site.item.touch()


def _rot(site: Site, name: str, body: bytes) -> None:
    """The record lists other bytes than are served."""
    listed = Content.of(body)
    served = body.swapcase()
    site.put(name, Content(served, listed.size, listed.md5, listed.sha1, listed.crc32))


def _rotten_index(site: Site) -> None:
    _rot(site, names.INDEX_JSON, b'{"images": []}')


def _rotten_xml(site: Site) -> None:
    _rot(site, site.xml_name, b"<metadata/>")


def _answers(site: Site, fault: Fault) -> None:
    path = f"/metadata/{site.item.identifier}"
    site.archive.faults.add("GET", path, fault, times=None)


def _record(name: str, title: str, spoil: Callable[[Site], None]) -> Drift:
    return single(name, title, "13", spoil, UNREADABLE)


async def _downloads_fail(stage: Stage) -> Planted:
    """The record can be read, its index.json cannot."""
    site = stage.release()
    site.rewrite(lambda document: document["images"][0].update(comment="an old comment"))
    path = f"/items/{site.item.identifier}/{names.INDEX_JSON}"
    stage.archive.faults.add("GET", path, fault_kinds.html(404), times=None)
    return {ENTITY: site.subject()}


async def _page_without_record(stage: Stage) -> Planted:
    """A deleted MBID: the record is empty, but the item has a page."""
    site = emptied(stage)
    _answers(site, fault_kinds.garbage("{}"))
    return {ENTITY: site.subject()}


async def _web_service_disagrees(stage: Stage) -> Planted:
    """Alive in the database, unknown to the web service, and a document that has to be judged."""
    site = stage.release()
    site.put(site.xml_name, site.read(site.xml_name) + b"\n")
    stage.webservice.faults.add(site.gid, webservice_faults.UNKNOWN, MORE_THAN_ASKED)
    return {ENTITY: site.subject()}


DRIFTS: Final[tuple[Drift, ...]] = (
    _record("record-says-error", "the record is an error",
            lambda site: _claim(site, error="Couldn't get metadata")),
    _record("record-without-files", "the record has no list of files",
            lambda site: _claim(site, files=None)),
    _record("record-cut-short", "the record counts more files than it lists",
            lambda site: _claim(site, files_count=4711)),
    _record("record-of-another", "the record is about another item", _of_another),
    _record("record-undated", "the record does not say when the item changed",
            lambda site: _claim(site, item_last_updated=None)),
    _record("record-garbage", "the record is no JSON",
            lambda site: _answers(site, fault_kinds.garbage())),
    _record("record-error-page", "a page of the front end for a record",
            lambda site: _answers(site, fault_kinds.html(200))),
    _record("index-rotten", "index.json is not what the record lists", _rotten_index),
    _record("xml-rotten", "mb_metadata.xml is not what the record lists", _rotten_xml),
    Drift("index-not-served", "index.json cannot be downloaded", ("13",), {ENTITY: UNREADABLE},
          _downloads_fail),
    Drift("page-without-record", "an empty record of an item that has a page", ("13",),
          {ENTITY: UNREADABLE}, _page_without_record),
    Drift("web-service-disagrees", "the web service does not know a living release", ("13",),
          {ENTITY: UNREADABLE}, _web_service_disagrees),
)  # fmt: skip
