"""Drift of the web service's document (decision table rows 1 and 2)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from artwork_indexer.sandbox.drift.builders import (
    EVENT,
    RELEASE,
    SOME_EVENT,
    Edit,
    Pick,
    edited,
    element,
    has,
    single,
    xml,
    xml_bytes,
)
from artwork_indexer.sandbox.drift.model import Drift, mended
from artwork_indexer.sandbox.drift.stage import Site
from artwork_indexer.sandbox.webservice_documents import error_document

UNPARSABLE: Final = mended("xml-unparsable")
BOMB: Final = (
    b'<?xml version="1.0"?>\n<!DOCTYPE metadata [<!ENTITY a "aaaaaaaaaa">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<metadata>&b;</metadata>\n'
)
SEVERAL_ARTISTS: Final = Pick(wishes=(lambda site: len(site.xml.findall(".//{*}name-credit")) > 1,))
WITH_COUNTRY: Final = Pick(
    wishes=(has(RELEASE, "artist-credit", "name-credit", "artist", "country"),)
)
WITH_BARCODE: Final = Pick(wishes=(lambda site: bool(site.xml.findtext("{*}release/{*}barcode")),))
NO_BARCODE: Final = Pick(wishes=(lambda site: site.xml.findtext("{*}release/{*}barcode") == "",))
WITH_ASIN: Final = Pick(wishes=(has(RELEASE, "asin"),))
WITH_PERFORMER: Final = Pick(EVENT, (has(EVENT, "relation-list", "relation", "artist"),))


def _remove(site: Site) -> None:
    site.remove(site.xml_name)


def _of_another(root: etree._Element) -> None:
    element(root, RELEASE).set("id", "5e0d1b66-0000-4000-8000-000000000000")


def _rename_artist(root: etree._Element) -> None:
    element(root, RELEASE, "artist-credit", "name-credit", "artist", "name").text = "Earlier Name"


def _resort_artist(root: etree._Element) -> None:
    artist = element(root, RELEASE, "artist-credit", "name-credit", "artist")
    element(artist, "sort-name").text = "Name, Earlier"


def _move_artist(root: etree._Element) -> None:
    element(root, RELEASE, "artist-credit", "name-credit", "artist", "country").text = "AQ"


def _swap_artists(root: etree._Element) -> None:
    credit = element(root, RELEASE, "artist-credit")
    credit.append(credit[0])


def _remove_below_release(name: str, root: etree._Element) -> None:
    release = element(root, RELEASE)
    release.remove(element(release, name))


def _before_art(root: etree._Element) -> None:
    art = element(root, RELEASE, "cover-art-archive")
    for name in ("artwork", "front", "back"):
        element(art, name).text = "false"
    element(art, "count").text = "0"


def _rename_performer(root: etree._Element) -> None:
    element(root, EVENT, "relation-list", "relation", "artist", "name").text = "Earlier Name"


DRIFTS: Final[tuple[Drift, ...]] = (
    single("xml-missing", "no mb_metadata.xml", "1", _remove, mended("xml-missing")),
    single("event-xml-missing", "no mb_metadata.xml of an event", "1", _remove,
           mended("xml-missing"), SOME_EVENT),
    xml_bytes("xml-empty-file", "mb_metadata.xml has no bytes", lambda _: b"", UNPARSABLE),
    xml_bytes("xml-truncated", "mb_metadata.xml ends too early",
              lambda body: body[: len(body) // 2], UNPARSABLE),
    xml_bytes("xml-not-found", "the web service's Not Found was stored",
              lambda _: error_document("Not Found"), UNPARSABLE),
    xml_bytes("xml-entity-bomb", "mb_metadata.xml declares entities", lambda _: BOMB, UNPARSABLE),
    xml("xml-of-another", "mb_metadata.xml is about another release", _of_another,
        mended("xml-entity")),
    edited("title-edited", "the release got another title", "2", Edit("rename_release"),
           mended("xml-title")),
    edited("status-edited", "the release got another status", "2", Edit("change_status"),
           mended("xml-status")),
    edited("language-edited", "the release got another language", "2", Edit("change_language"),
           mended("xml-language")),
    edited("credit-edited", "the release is credited to somebody else", "2",
           Edit("credit_newcomer"), mended("xml-artists")),
    xml("artist-renamed", "an artist had another name", _rename_artist, mended("xml-artists")),
    xml("artist-resorted", "an artist had another sort name", _resort_artist,
        mended("xml-artists")),
    xml("artist-moved", "an artist was of another country", _move_artist, mended("xml-artists"),
        WITH_COUNTRY),
    xml("artists-swapped", "two artists in the other order", _swap_artists, mended("xml-artists"),
        SEVERAL_ARTISTS),
    edited("release-event-added", "the release came out in one more country", "2",
           Edit("release_in_antarctica"), mended("xml-events")),
    edited("barcode-edited", "the release got another barcode", "2",
           Edit("change_barcode", {"barcode": "0000000000017"}), mended("xml-barcode"),
           WITH_BARCODE),
    edited("barcode-unknown", "from no barcode to an unknown one", "2",
           Edit("change_barcode", {"barcode": None}), mended("xml-barcode"), NO_BARCODE),
    edited("asin-edited", "the release got another ASIN", "2", Edit("change_asin"),
           mended("xml-asin"), WITH_ASIN),
    xml("asin-unheard-of", "the document is older than the ASIN",
        lambda root: _remove_below_release("asin", root), mended("xml-asin"), WITH_ASIN),
    xml("xml-before-art", "the document is older than the art", _before_art,
        mended("xml-artwork")),
    edited("event-name-edited", "the event got another name", "2", Edit("rename_event"),
           mended("xml-name"), SOME_EVENT),
    edited("event-setlist-edited", "the event got another setlist", "2", Edit("change_setlist"),
           mended("xml-setlist"), SOME_EVENT),
    edited("event-time-edited", "the event begins at another time", "2", Edit("change_time"),
           mended("xml-time"), SOME_EVENT),
    edited("event-cancelled", "the event was cancelled, or not after all", "2",
           Edit("cancel_event"), mended("xml-cancelled"), SOME_EVENT),
    edited("event-postponed", "the event was moved by ten years", "2", Edit("postpone_event"),
           mended("xml-dates"), SOME_EVENT),
    edited("event-type-edited", "the event got another type", "2", Edit("change_event_type"),
           mended("xml-type"), SOME_EVENT),
    edited("performer-added", "the event got one more performer", "2", Edit("add_performer"),
           mended("xml-performers"), SOME_EVENT),
    xml("performer-renamed", "a performer had another name", _rename_performer,
        mended("xml-performers"), WITH_PERFORMER),
    edited("place-removed", "the event lost its place", "2", Edit("remove_place"),
           mended("xml-place"), Pick(EVENT, (has(EVENT, "relation-list", "relation", "place"),))),
)  # fmt: skip
