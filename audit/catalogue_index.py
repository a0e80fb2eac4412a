"""Kinds of findings about index.json (decision table rows 1 and 4)."""

from __future__ import annotations

from typing import Final

from audit.findings import Kind, Repair, Severity

WELL_FORMED: Final = "CAAIndex::is well-formed"
ENTITY_URL: Final = "CAAIndex::release url correct"
VALUE: Final = "CAAIndex::Image::<key> correct"
CLIENTS: Final = "Clients show what index.json says; what they cannot read they drop."


def _content(
    id_: str, title: str, meaning: str, *checks: str, why: str = CLIENTS, row: str = "4"
) -> Kind:
    return Kind(id_, Severity.CONTENT, Repair.INDEX, title, meaning, why, (row,), checks)


def _format(id_: str, title: str, meaning: str, why: str, *checks: str) -> Kind:
    return Kind(id_, Severity.FORMAT, Repair.INDEX, title, meaning, why, ("4",), checks)


def _value(field: str, meaning: str, why: str = CLIENTS) -> Kind:
    title = f"wrong {field}"
    return _content(f"image-{field}-wrong", title, meaning, VALUE, why=why)


INDEX_MISSING: Final = _content(
    "index-missing",
    "no index.json",
    "The entity has art and its item is there, but without index.json.",
    "Files::index.json exists",
    "CAAIndex::is present",
    why="Without it no client finds the images.",
    row="1",
)
INDEX_UNPARSABLE: Final = _content(
    "index-unparsable",
    "index.json is not JSON",
    "Not JSON in UTF-8 without byte order mark, nested absurdly deep, or far too large.",
    WELL_FORMED,
)
INDEX_WRONG_SHAPE: Final = _content(
    "index-wrong-shape",
    "index.json has the wrong shape",
    "JSON, but no object, or its images are no list.",
    WELL_FORMED,
)
INDEX_MISSING_KEY: Final = _content(
    "index-missing-key",
    "index.json lacks a key",
    "The images or the URL of the entity are not there.",
    "CAAIndex::has all keys",
)
INDEX_AMBIGUOUS_KEY: Final = _content(
    "index-ambiguous-key",
    "a key twice, with different values",
    "An object has the same key twice with different values.",
    why="Which of the two counts differs from client to client.",
)
ENTITY_URL_WRONG: Final = _content(
    "index-entity-url-wrong",
    "wrong URL of the entity",
    "The URL of the release or event is another one.",
    ENTITY_URL,
)
IMAGE_MALFORMED: Final = _content(
    "image-malformed",
    "an entry that is no image",
    "An entry of the list is no object, or has no id.",
    "CAAIndex::Image::is well-formed",
    why="Entries written before February 2012 have no id.",
)
IMAGE_MISSING_KEY: Final = _content(
    "image-missing-key",
    "an image lacks a key",
    "An image lacks a key that each has (250, 500 and 1200 apart).",
    "CAAIndex::Image::has <key>",
)
IMAGE_ID_TEXT: Final = _content(
    "image-id-text",
    "an id as text",
    "The id is a number in quotes.",
    "CAAIndex::Image::id is int",
    why="Written until about 2016. Clients drop such images or crash.",
)
IMAGE_ID_WRONG_TYPE: Final = _content(
    "image-id-wrong-type",
    "an id that is no number",
    "The id is neither a positive whole number nor one in quotes.",
    "CAAIndex::Image::id is int",
)
IMAGE_MISSING: Final = _content(
    "image-missing",
    "an image is not listed",
    "MusicBrainz has an image that index.json does not list.",
    "CAAIndex::Image::missing image",
    why="No client shows the image, and the Internet Archive makes no thumbnails of it.",
)
IMAGE_DUPLICATE: Final = _content(
    "image-duplicate",
    "an image is listed twice",
    "Two entries have the same id.",
    "CAAIndex::Image::image id is unique",
)
IMAGE_ORDER_WRONG: Final = _content(
    "image-order-wrong",
    "wrong order",
    "The images are not in the order of MusicBrainz; ties there have no order.",
    "CAAIndex::Image::order",
    why="Clients show the images in the order of index.json.",
)
IMAGE_WRONG_TYPE: Final = _content(
    "image-wrong-type",
    "a value of the wrong type",
    "A value is there, but text where a number should be, or the like.",
    VALUE,
)
IMAGE_APPROVED_WRONG: Final = _value(
    "approved", "Whether the edit is closed; not compared on a mirror, which has no edits."
)
IMAGE_BACK_WRONG: Final = _value(
    "back",
    "Whether this is the back cover.",
    "Since April 2025 PDFs count too (MBS-13832); older entries differ.",
)
IMAGE_COMMENT_WRONG: Final = _value(
    "comment",
    "The comment on the image.",
    "Entries of late 2016 may hold broken characters (mojibake).",
)
IMAGE_EDIT_WRONG: Final = _value("edit", "The edit that added the image.")
IMAGE_FRONT_WRONG: Final = _value(
    "front",
    "Whether this is the front cover or the poster.",
    "Since April 2025 PDFs count too (MBS-13832); older entries differ.",
)
IMAGE_TYPES_WRONG: Final = _value("types", "The types of the image; their order never counts.")
IMAGE_URL_WRONG: Final = _content(
    "image-url-wrong",
    "wrong URL of an image",
    "The URL leads elsewhere; http for https has a kind of its own.",
    VALUE,
    why="Before July 2013 the URL always ended in .jpg.",
)
THUMBNAIL_URL_WRONG: Final = _content(
    "thumbnail-url-wrong",
    "wrong URL of a thumbnail",
    "The URL leads elsewhere; http for https has a kind of its own.",
    VALUE,
)
ENTITY_URL_HTTP: Final = _format(
    "index-entity-url-http",
    "http URL of the entity",
    "The URL of the release or event begins with http instead of https.",
    "Written until January 2016.",
    ENTITY_URL,
)
IMAGE_URLS_HTTP: Final = _format(
    "index-image-urls-http",
    "http URLs of images",
    "URLs of images or thumbnails begin with http instead of https.",
    "Written until March 2024, so most of the archive; the same images are found.",
    VALUE,
)
THUMBNAIL_KEYS_ABSENT: Final = _format(
    "index-thumbnail-keys-absent",
    "no keys 250, 500, 1200",
    "Thumbnails are listed only as small and large.",
    "Written until February 2018 (CAA-88).",
    "CAAIndex::Image::has <key>",
)
INDEX_UNKNOWN_KEY: Final = _format(
    "index-unknown-key",
    "an unknown key",
    "index.json has a key that we do not write.",
    "Clients ignore it.",
    "CAAIndex::unexpected key",
)
IMAGE_UNKNOWN_KEY: Final = _format(
    "image-unknown-key",
    "an unknown key of an image",
    "An image or its thumbnails have a key that we do not write.",
    "Clients ignore it.",
    "CAAIndex::Image::unexpected key",
)
INDEX_OTHER_BYTES: Final = _format(
    "index-other-bytes",
    "other bytes with the same meaning",
    "Key order, separators or escapes are not those of today.",
    "Keys are sorted since August 2017; separators and escapes are new since March 2024.",
)
