"""Compares index.json with what MusicBrainz wants in it, value by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from artwork_indexer import index_json
from audit import catalogue_index as kinds
from audit.explain import with_explanations
from audit.findings import Finding, Kind, plain
from audit.index_document import Document, UnparsableError, entry_id, is_id, is_number, parse
from audit.states import Content, Expected, TooLarge
from audit.wording import differ, image, is_http_form, listing

INDEX: Final = "index.json"
VALUES: Final = {
    "approved": kinds.IMAGE_APPROVED_WRONG,
    "back": kinds.IMAGE_BACK_WRONG,
    "comment": kinds.IMAGE_COMMENT_WRONG,
    "edit": kinds.IMAGE_EDIT_WRONG,
    "front": kinds.IMAGE_FRONT_WRONG,
}
NEWER_THUMBNAILS: Final = frozenset({"250", "500", "1200"})

Json = Mapping[str, object]


def compare_index(expected: Expected, file: Content | TooLarge, *, mirror: bool) -> list[Finding]:
    """The findings in an index.json that is not the one expected byte by byte.

    Images that are listed and should not be are left to :mod:`audit.compare_strays`.
    """
    if isinstance(file, TooLarge):
        return [_finding(kinds.INDEX_UNPARSABLE, f"it has {file.size} bytes", size=file.size)]
    try:
        document = parse(file.body)
    except UnparsableError as error:
        return [_finding(kinds.INDEX_UNPARSABLE, str(error), why=plain(str(error)))]
    if not isinstance(document.value, dict):
        return [_finding(kinds.INDEX_WRONG_SHAPE, "it is no object")]
    wanted = index_json.build(expected.project, expected.gid, expected.images)
    findings = [
        *_document_keys(expected, document, document.value, wanted),
        *_ImageList(expected, document, wanted, mirror=mirror).findings(),
    ]
    if index_json.serialize(document.value) != file.body:
        findings.append(_finding(kinds.INDEX_OTHER_BYTES, "its bytes are of an older form"))
    return with_explanations(findings, document, wanted)


def _document_keys(
    expected: Expected, document: Document, value: Json, wanted: Json
) -> Iterator[Finding]:
    missing = sorted(wanted.keys() - value.keys())
    if missing:
        yield _finding(kinds.INDEX_MISSING_KEY, f"it has no {listing(missing)}", keys=missing)
    unknown = sorted(plain(key) for key in value.keys() - wanted.keys())
    if unknown:
        yield _finding(kinds.INDEX_UNKNOWN_KEY, f"unknown: {listing(unknown)}", keys=unknown)
    if document.ambiguous:
        keys = sorted({plain(key) for key in document.ambiguous})
        yield _finding(
            kinds.INDEX_AMBIGUOUS_KEY, f"twice, with different values: {listing(keys)}", keys=keys
        )
    if "images" in value and not isinstance(value["images"], list):
        yield _finding(kinds.INDEX_WRONG_SHAPE, "its images are no list")
    key = expected.entity_type
    if key in value and value[key] != wanted[key]:
        kind = kinds.ENTITY_URL_WRONG
        if is_http_form(value[key], wanted[key]):
            kind = kinds.ENTITY_URL_HTTP
        here, there = differ(value[key], wanted[key])
        message = f"{key} {here} at IA, {there} in MusicBrainz"
        yield _finding(kind, message, archive=here, musicbrainz=there)


class _ImageList:
    """One comparison of the list of images. Older forms are counted and told once."""

    def __init__(
        self, expected: Expected, document: Document, wanted: Json, *, mirror: bool
    ) -> None:
        images = wanted["images"]
        assert isinstance(images, list)
        self._wanted: dict[int, Json] = {entry["id"]: entry for entry in images}
        self._entries = document.entries
        self._skipped = frozenset({"approved"}) if mirror else frozenset()
        self._ties = expected.ties
        self._found: list[Finding] = []
        self._http_urls = 0
        self._without_newer_keys = 0

    def findings(self) -> list[Finding]:
        """All of them."""
        order: dict[int, None] = {}
        for place, entry in enumerate(self._entries, start=1):
            self._compare_entry(place, entry, order)
        for number in self._wanted.keys() - order.keys():
            self._add(kinds.IMAGE_MISSING, number, "is not listed")
        self._compare_order(list(order))
        self._sum_up()
        return self._found

    def _compare_entry(self, place: int, entry: object, order: dict[int, None]) -> None:
        number = entry_id(entry)
        if not isinstance(entry, dict) or "id" not in entry:
            what = "has no id" if isinstance(entry, dict) else "is no object"
            self._found.append(
                Finding(kinds.IMAGE_MALFORMED, f"entry {place}", f"entry {place}: {what}")
            )
        else:
            self._compare_id(place, entry["id"])
        if not isinstance(entry, dict) or number not in self._wanted:
            return
        if number in order:
            self._add(kinds.IMAGE_DUPLICATE, number, "is listed more than once")
        else:
            order[number] = None
        self._compare_values(number, entry)

    def _compare_id(self, place: int, number: object) -> None:
        if is_id(number):
            return
        subject, (here, _) = f"entry {place}", differ(number, 0)
        if isinstance(number, str) and is_number(number):
            message = f"{image(int(number))}: its id is text, not a number"
            found = Finding(kinds.IMAGE_ID_TEXT, image(int(number)), message, image_id=int(number))
        else:
            message = f"{subject}: its id is {here}, which is no image id"
            found = Finding(kinds.IMAGE_ID_WRONG_TYPE, subject, message, {"id": here})
        self._found.append(found)

    def _compare_values(self, number: int, entry: Json) -> None:
        wanted = self._wanted[number]
        missing = sorted(wanted.keys() - entry.keys() - {"id"})
        if missing:
            self._add(kinds.IMAGE_MISSING_KEY, number, f"has no {listing(missing)}", keys=missing)
        unknown = sorted(plain(key) for key in entry.keys() - wanted.keys())
        wrong_types = []
        for key in sorted(wanted.keys() & entry.keys() - {"id"}):
            if type(entry[key]) is not type(wanted[key]):
                wrong_types.append(key)
            elif key == "thumbnails":
                unknown += self._compare_thumbnails(number, entry[key], wanted[key])
            else:
                self._compare_value(number, key, entry[key], wanted[key])
        if wrong_types:
            message = f"values of the wrong type: {listing(wrong_types)}"
            shown = {key: differ(entry[key], wanted[key])[0] for key in wrong_types}
            self._add(kinds.IMAGE_WRONG_TYPE, number, message, **shown)
        if unknown:
            message = f"unknown: {listing(unknown)}"
            self._add(kinds.IMAGE_UNKNOWN_KEY, number, message, keys=unknown)

    def _compare_value(self, number: int, key: str, value: object, wanted: object) -> None:
        if key == "image":
            self._compare_url(kinds.IMAGE_URL_WRONG, number, {key: value}, {key: wanted})
        elif key == "types":
            self._compare_types(number, value, wanted)
        elif value != wanted and key not in self._skipped and not self._is_chance(number, key):
            self._add_difference(VALUES[key], number, key, value, wanted)

    def _compare_types(self, number: int, value: object, wanted: object) -> None:
        assert isinstance(value, list)
        assert isinstance(wanted, list)
        if not all(isinstance(name, str) for name in value):
            message = f"values of the wrong type: types {differ(value, wanted)[0]}"
            self._add(kinds.IMAGE_WRONG_TYPE, number, message, types=differ(value, wanted)[0])
        elif sorted(value) != sorted(wanted):
            pair = sorted(value), sorted(wanted)
            self._add_difference(kinds.IMAGE_TYPES_WRONG, number, "types", *pair)

    def _compare_thumbnails(self, number: int, value: object, wanted: object) -> list[str]:
        """Returns the unknown keys."""
        assert isinstance(value, dict)
        assert isinstance(wanted, dict)
        missing = wanted.keys() - value.keys()
        self._without_newer_keys += bool(missing & NEWER_THUMBNAILS)
        names = [f"thumbnail {key}" for key in sorted(missing - NEWER_THUMBNAILS)]
        if names:
            self._add(kinds.IMAGE_MISSING_KEY, number, f"has no {listing(names)}", keys=names)
        self._compare_url(kinds.THUMBNAIL_URL_WRONG, number, value, wanted)
        return sorted(f"thumbnail {plain(key)}" for key in value.keys() - wanted.keys())

    def _compare_url(self, kind: Kind, number: int, urls: Json, wanted: Json) -> None:
        wrong = {}
        for key in sorted(urls.keys() & wanted.keys()):
            if is_http_form(urls[key], wanted[key]):
                self._http_urls += 1
            elif urls[key] != wanted[key]:
                wrong[key] = differ(urls[key], wanted[key])[0]
        if wrong:
            told = listing([f"{key} leads to {url}" for key, url in wrong.items()])
            self._add(kind, number, told, **wrong)

    def _compare_order(self, order: list[int]) -> None:
        """Images that share a place have one rank, so any order among them is right."""
        rank = {number: place for place, number in enumerate(self._wanted)}
        for tied in self._ties:
            first = min((rank[number] for number in tied if number in rank), default=0)
            rank |= {number: first for number in tied if number in rank}
        ranks = [rank[number] for number in order]
        if ranks != sorted(ranks):
            right = sorted(order, key=rank.__getitem__)
            message = f"the order is {listing(order)} at IA, {listing(right)} in MusicBrainz"
            self._found.append(
                _finding(kinds.IMAGE_ORDER_WRONG, message, archive=order, musicbrainz=right)
            )

    def _is_chance(self, number: int, key: str) -> bool:
        return key in ("front", "back") and any(number in tied for tied in self._ties)

    def _sum_up(self) -> None:
        if self._http_urls:
            message = f"{self._http_urls} URLs begin with http instead of https"
            self._found.append(_finding(kinds.IMAGE_URLS_HTTP, message, urls=self._http_urls))
        if self._without_newer_keys:
            message = f"{self._without_newer_keys} images lack thumbnails 250, 500 or 1200"
            count = self._without_newer_keys
            self._found.append(_finding(kinds.THUMBNAIL_KEYS_ABSENT, message, images=count))

    def _add_difference(
        self, kind: Kind, number: int, key: str, value: object, wanted: object
    ) -> None:
        here, there = differ(value, wanted)
        message = f"{key} {here} at IA, {there} in MusicBrainz"
        self._add(kind, number, message, archive=here, musicbrainz=there)

    def _add(self, kind: Kind, number: int, message: str, **details: object) -> None:
        subject = image(number)
        self._found.append(Finding(kind, subject, f"{subject}: {message}", details, number))


def _finding(kind: Kind, message: str, **details: object) -> Finding:
    return Finding(kind, INDEX, f"{INDEX}: {message}", details)
