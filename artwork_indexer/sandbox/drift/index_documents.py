"""Drift of index.json as a whole (decision table rows 1 and 4)."""

from __future__ import annotations

from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.builders import (
    SEVERAL,
    SOME_EVENT,
    Pick,
    index,
    index_bytes,
    single,
)
from artwork_indexer.sandbox.drift.model import Drift, mended, older_form
from artwork_indexer.sandbox.drift.stage import Json, Site
from artwork_indexer.sandbox.internet_archive import Content

ERROR_PAGE: Final = b"<!DOCTYPE html>\n<html><title>502 Bad Gateway</title></html>\n"
TOO_MANY_BYTES: Final = 9 * 2**20
UNPARSABLE: Final = mended("index-unparsable")
NOTHING_LISTED: Final = "image-missing"


def _remove(site: Site) -> None:
    site.remove(names.INDEX_JSON)


def _bloat(site: Site) -> None:
    site.put(names.INDEX_JSON, Content.repeated(b" ", TOO_MANY_BYTES))


def _nested(_body: bytes) -> bytes:
    return b'{"images": ' + b"[" * 60 + b"]" * 60 + b"}"


def _twice(body: bytes) -> bytes:
    return body.replace(b'"comment": ', b'"comment": "an earlier one", "comment": ', 1)


def _reorder_keys(body: bytes) -> bytes:
    """The entity's URL first, as some generations wrote it."""
    images, found, entity = body.rpartition(b'], "release": ')
    assert found
    return b'{"release": ' + entity[:-1] + b', "images"' + images[len(b'{"images"') :] + b"]}"


def _images_by_number(document: Json) -> None:
    document["images"] = {str(image["id"]): image for image in document["images"]}


def _of_another(document: Json) -> None:
    document["release"] = "https://musicbrainz.org/release/5e0d1b66-0000-4000-8000-000000000000"


def _http(document: Json) -> None:
    document["release"] = document["release"].replace("https:", "http:")


DRIFTS: Final[tuple[Drift, ...]] = (
    single("index-missing", "no index.json", "1", _remove, mended("index-missing")),
    single(
        "event-index-missing", "no index.json of an event", "1", _remove, mended("index-missing"),
        SOME_EVENT,
    ),
    index_bytes("index-empty-file", "index.json has no bytes", lambda _: b"", UNPARSABLE),
    index_bytes(
        "index-truncated", "index.json ends too early", lambda body: body[: len(body) // 2],
        UNPARSABLE,
    ),
    index_bytes(
        "index-error-page", "a front end's error page was stored", lambda _: ERROR_PAGE, UNPARSABLE
    ),
    index_bytes(
        "index-byte-order-mark", "index.json begins with a byte order mark",
        lambda body: b"\xef\xbb\xbf" + body, UNPARSABLE,
    ),
    index_bytes(
        "index-not-utf8", "index.json is not UTF-8",
        lambda body: body.replace(b'"comment": "', b'"comment": "caf\xe9 '), UNPARSABLE,
    ),
    index_bytes(
        "index-not-a-number", "index.json holds NaN",
        lambda body: body.replace(b'"edit": ', b'"edit": NaN, "edit": ', 1), UNPARSABLE,
    ),
    index_bytes("index-deeply-nested", "index.json is nested absurdly deep", _nested, UNPARSABLE),
    single("index-too-large", "index.json has nine megabytes", "4", _bloat, UNPARSABLE),
    index_bytes("index-no-object", "index.json is a list", lambda _: b"[]",
                mended("index-wrong-shape")),
    index(
        "index-images-no-list", "the images are an object", _images_by_number,
        mended("index-wrong-shape", NOTHING_LISTED),
    ),
    index(
        "index-without-images", "the key images is absent", lambda document: document.pop("images"),
        mended("index-missing-key", NOTHING_LISTED),
    ),
    index(
        "index-without-entity-url", "the URL of the release is absent",
        lambda document: document.pop("release"), mended("index-missing-key"),
    ),
    index(
        "event-index-without-entity-url", "the URL of the event is absent",
        lambda document: document.pop("event"), mended("index-missing-key"), SOME_EVENT,
    ),
    index("index-of-another", "the URL of another release", _of_another,
          mended("index-entity-url-wrong")),
    index_bytes(
        "index-key-twice", "an image has two comments", _twice,
        mended("index-ambiguous-key", "index-other-bytes"),
    ),
    index(
        "index-lists-nothing", "index.json lists nothing, MusicBrainz has art",
        lambda document: document["images"].clear(), mended(NOTHING_LISTED),
    ),
    index("entity-url-http", "http URL of the release", _http, older_form("index-entity-url-http")),
    index(
        "index-unknown-key", "a key that we do not write",
        lambda document: document.update(generator="caa-indexer"),
        older_form("index-unknown-key"),
    ),
    index_bytes(
        "index-compact", "separators without spaces",
        lambda body: body.replace(b", ", b",").replace(b": ", b":"),
        older_form("index-other-bytes"),
        Pick(wishes=(lambda site: not any(image["comment"] for image in site.index["images"]),)),
    ),
    index_bytes("index-key-order", "keys in another order", _reorder_keys,
                older_form("index-other-bytes"), SEVERAL),
)  # fmt: skip
