"""Healthy states to begin with, and short ways to compare and to decide."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Files, Present
from artwork_indexer.index_json import Image
from audit.compare import compare
from audit.comparison import CompareSettings, Comparison
from audit.decide import decide
from audit.states import (
    Actual,
    ArtworkFlags,
    Content,
    CreditedArtist,
    Evidence,
    Expected,
    Fields,
    IndexFile,
    Item,
    Life,
    Matches,
    Owner,
    OwnerItem,
    ReleaseEvent,
    ReleaseFields,
    Surroundings,
    XmlFile,
)
from audit.verdict import DecideContext, Verdict

GID = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
OWNER = "2198f7b1-658c-4217-8cae-f63abe0b2391"
MERGED = "41f27dcf-f012-4c91-afc0-0531e196bbda"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = CompareSettings(settle=DAY, upload_window=DAY)
OLD_IDS = (829521842, 37108042405, 11059679162)
"""Uploaded in 2012, 2023 and 2015."""
STRAY = 24546038908

FIELDS = ReleaseFields(
    title="Solid State Survivor",
    status="Official",
    language="jpn",
    artists=(CreditedArtist(OWNER, "Yellow Magic Orchestra", "Yellow Magic Orchestra", "JP"),),
    events=(ReleaseEvent("2003-01-22", "JP"),),
    barcode="4562109401813",
    asin="B00007KKZ3",
    artwork=ArtworkFlags(artwork=True, count=1, front=True, back=False, darkened=False),
)


def image(number: int = OLD_IDS[0], **changes: Any) -> Image:
    """A front cover of 2012."""
    wanted = Image(
        id=number,
        suffix="jpg",
        approved=True,
        front=True,
        back=False,
        comment="a comment",
        edit=17462565,
        types=("Front", "Spine"),
    )
    return replace(wanted, **changes)


def three_images() -> tuple[Image, ...]:
    """A JPEG, a PNG and a PDF."""
    return (
        image(OLD_IDS[0]),
        image(OLD_IDS[1], suffix="png", front=False, back=True, types=("Back",), comment=""),
        image(OLD_IDS[2], suffix="pdf", front=False, types=(), edit=3),
    )


def expected(
    *images: Image,
    entity_type: str = "release",
    life: Life = Life.LIVE,
    fields: Fields | None = FIELDS,
    **changes: Any,
) -> Expected:
    """What MusicBrainz says; without images the entity has no art."""
    wanted = Expected(
        entity_type=entity_type,
        gid=GID,
        life=life,
        merged_into=OWNER if life is Life.MERGED else None,
        images=images if entity_type == "release" else tuple(replace(i, back=None) for i in images),
        fields=fields if life is Life.LIVE else None,
        fingerprint="1",
    )
    return replace(wanted, **changes)


def file(content: bytes, source: str = "original") -> dict[str, str]:
    """An entry of a metadata record."""
    return {
        "source": source,
        "md5": md5(content, usedforsecurity=False).hexdigest(),
        "size": str(len(content)),
        "mtime": "1736426638",
    }


def image_files(gid: str, number: int, suffix: str) -> dict[str, dict[str, str]]:
    """An original and all that is made of it."""
    own = names.image(gid, number, suffix)
    stem = own.removesuffix(f".{suffix}")
    derived = ["_thumb.jpg", "_thumb250.jpg", "_thumb500.jpg", "_thumb1200.jpg"]
    if suffix == "pdf":
        derived += ["_djvu.xml", "_text.pdf", "_jp2.zip", "_hocr_searchtext.txt.gz"]
    return {
        own: file(str(number).encode()),
        **{stem + end: file(end.encode(), "derivative") for end in derived},
    }


def bookkeeping(gid: str = GID) -> dict[str, dict[str, str]]:
    """What the Internet Archive keeps in every item, and history."""
    item = names.item(gid)
    ends = ("_meta.xml", "_files.xml", "_meta.sqlite", "_meta.log", "_archive.torrent")
    return {
        "__ia_thumb.jpg": file(b"tile"),
        "history/files/index.json.~1~": file(b"{}"),
        **{item + end: file(end.encode()) for end in ends},
    }


def healthy_files(wanted: Expected) -> dict[str, dict[str, str]]:
    """The files of an item as it should be."""
    files = bookkeeping(wanted.gid)
    if wanted.life is Life.LIVE:
        files["index.json"] = file(wanted.index_bytes)
        files[names.metadata_xml(wanted.gid)] = file(b"<metadata/>")
        for each in wanted.images:
            files |= image_files(wanted.gid, each.id, each.suffix)
    return files


def metadata(wanted: Expected, **changes: Any) -> dict[str, Any]:
    """The content of ``_meta.xml``; None removes a field."""
    values = {
        "identifier": names.item(wanted.gid),
        "collection": wanted.project.collection,
        "mediatype": "image",
        "noindex": "true",
        "uploader": wanted.project.uploader,
        "title": "Solid State Survivor",
        "fail-reasons": "whatever",
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


def item(
    wanted: Expected,
    *,
    index: IndexFile | None = None,
    xml: XmlFile | None = None,
    files: Mapping[str, Mapping[str, str]] | None = None,
    without: Iterable[str] = (),
    meta: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Item:
    """An item as it should be, but for what is said."""
    listed = {**healthy_files(wanted), **(files or {})}
    for name in without:
        del listed[name]
    record = Present(
        files=Files({name: {"name": name, **entry} for name, entry in listed.items()}),
        metadata=metadata(wanted, **(meta or {})),
        item_last_updated=1736427018,
        tasks_pending=False,
        tasks_red=False,
    )
    return Item(replace(record, **changes), index or Matches(), xml or Matches())


def with_index(wanted: Expected, body: bytes, **changes: Any) -> Item:
    """An item whose index.json has these bytes."""
    files = {"index.json": file(body)} | changes.pop("files", {})
    return item(wanted, index=Content(body), files=files, **changes)


def document(wanted: Expected) -> dict[str, Any]:
    """The right index.json, to be broken."""
    made = json.loads(wanted.index_bytes)
    assert isinstance(made, dict)
    return made


def dump(value: object) -> bytes:
    """As the daemon of today writes it."""
    return json.dumps(value, sort_keys=True).encode()


def stray_files(number: int = STRAY, suffix: str = "jpg") -> dict[str, dict[str, str]]:
    """The files of an image that is not the entity's."""
    return image_files(GID, number, suffix)


def owned(number: int = STRAY, there: OwnerItem | None = None, **changes: Any) -> Surroundings:
    """An image of another release, whose item says this about it."""
    owner = replace(Owner("release", OWNER, darkened=False, suffix="jpg"), **changes)
    items = {} if there is None else {number: there}
    return Surroundings(owners={number: owner}, owner_items=items)


def look(
    wanted: Expected,
    actual: Actual,
    surroundings: Surroundings | None = None,
    evidence: Evidence | None = None,
    settings: CompareSettings = SETTINGS,
    now: datetime = NOW,
) -> Comparison:
    """Compare with the usual settings."""
    return compare(
        wanted, actual, surroundings or Surroundings(), evidence or Evidence(), settings, now
    )


def kinds(comparison: Comparison) -> list[str]:
    """The kinds that were found, in order."""
    return sorted(finding.kind.id for finding in comparison.findings)


def waits(comparison: Comparison) -> list[str]:
    """The reasons to wait."""
    return [wait.outcome.id for wait in comparison.waits]


CONTEXT = DecideContext(now=NOW, evidence=Evidence(), mode="repair")


def judge(
    wanted: Expected,
    actual: Actual,
    surroundings: Surroundings | None = None,
    context: DecideContext = CONTEXT,
    settings: CompareSettings = SETTINGS,
) -> Verdict:
    """Compare and decide."""
    comparison = look(wanted, actual, surroundings, context.evidence, settings, context.now)
    return decide(wanted, actual, comparison, context)


def actions(verdict: Verdict) -> list[str]:
    """What is enqueued, in order."""
    return [event.action for event in verdict.plan]
