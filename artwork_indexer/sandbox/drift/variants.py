"""What looks like drift and is none: an audit that finds something here is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lxml import etree

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.builders import (
    ANY,
    EVENT,
    RELEASE,
    SOME_EVENT,
    Pick,
    element,
    has,
    single,
)
from artwork_indexer.sandbox.drift.item_metadata import set_field
from artwork_indexer.sandbox.drift.left import TARGET, emptied, merge, strip
from artwork_indexer.sandbox.drift.model import (
    ENTITY,
    Drift,
    Label,
    Past,
    Plant,
    Planted,
    healthy,
    legacy,
)
from artwork_indexer.sandbox.drift.originals import PDF
from artwork_indexer.sandbox.drift.stage import XMLNS, Site, Stage
from artwork_indexer.sandbox.drift.strays import first_original
from audit.states import MD5_PREFIX, Evidence

FINE: Final = healthy()
SEVERAL_TYPES: Final = Pick(
    wishes=(lambda site: any(len(one["types"]) > 1 for one in site.index["images"]),)
)
WITH_SORT_NAMES: Final = Pick(EVENT, (has(EVENT, "relation-list", "relation", "artist"),))
SEVERAL_EVENTS: Final = Pick(
    wishes=(lambda site: len(site.xml.findall(".//{*}release-event")) > 1,)
)


def _fine(name: str, title: str, change: Callable[[Site], Past | None], pick: Pick = ANY) -> Drift:
    return single(name, title, "4", change, FINE, pick)


def _field(name: str, title: str, field: str, value: str | list[str]) -> Drift:
    return single(name, title, "3", lambda site: set_field(site, field, value), FINE)


def _turn_types(site: Site) -> None:
    def change(document: dict[str, list[dict[str, list[str]]]]) -> None:
        for entry in document["images"]:
            entry["types"].reverse()

    site.rewrite(change)


def _later_elements(root: etree._Element) -> None:
    """What the web service learned to say after us."""
    release = element(root, RELEASE)
    release.set("type-id", "4f6e8c9a")
    newer = etree.SubElement(release, f"{XMLNS}label-info-list", count="0")
    etree.SubElement(newer, f"{XMLNS}label-info").text = "later"
    etree.SubElement(root, "{http://musicbrainz.org/ns/ext#-2.0}score").text = "100"


def _more_art(root: etree._Element) -> None:
    element(root, RELEASE, "cover-art-archive", "count").text = "99"


def _other_quality(root: etree._Element) -> None:
    element(root, RELEASE, "quality").text = "low"


def _turn_release_events(root: etree._Element) -> None:
    events = element(root, RELEASE, "release-event-list")
    events[:] = list(reversed(events))


def _without_sort_names(root: etree._Element) -> None:
    for artist in root.iterfind(".//{*}relation/{*}artist"):
        artist.remove(element(artist, "sort-name"))


def _indent(root: etree._Element) -> None:
    etree.indent(root)


def _document(
    name: str, title: str, change: Callable[[etree._Element], None], pick: Pick = ANY
) -> Drift:
    return single(name, title, "2", lambda site: site.rewrite_xml(change), FINE, pick)


def _other_declaration(site: Site) -> None:
    """As documents of another server and another decade begin."""
    body = site.read(site.xml_name).partition(b"\n")[2]
    site.put(site.xml_name, b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n" + body)


def _bookkeeping(site: Site) -> None:
    for name in ("_archive.torrent", "_reviews.xml", "_rules.conf", "_meta.log"):
        site.put(site.item.identifier + name, b"of the Internet Archive")
    site.put("__ia_thumb.jpg", b"\xff\xd8\xff another tile")
    site.put("_rules.conf", b"")


def _history(site: Site) -> None:
    image, name = first_original(site)
    site.put("history/files/index.json.~1~", b"{broken")
    site.put(f"history/files/{name}.~1~", b"\xff\xd8\xff an older scan")
    site.put(f"history/files/{name.replace(str(image), '4711')}.~10~", b"\xff\xd8\xff removed")


def _extra_keys(site: Site) -> None:
    site.item.extra_keys.update(
        solo=True, nodownload=True, reviews=[{"stars": "5"}], simplelists={}, files_count=None
    )
    site.item.touch()


def _numbers_as_text(site: Site) -> None:
    site.item.refresh_bookkeeping()
    item = site.item
    item.extra_keys.update(
        files_count=str(len(item.files)), item_last_updated=str(item.last_updated)
    )
    item.touch()


def _same_bytes(site: Site) -> Past:
    """The evidence of the last clean audit still holds."""
    image, name = first_original(site)
    md5 = site.item.files[name].content.md5
    return Past(Evidence(originals={image: md5[:MD5_PREFIX]}))


def _no_events_list(site: Site) -> None:
    """Until about 2013 a document had one date and one country, and no list."""

    def change(root: etree._Element) -> None:
        release = element(root, RELEASE)
        release.remove(element(release, "release-event-list"))

    site.rewrite_xml(change)


def _plain(plant: Callable[[Stage], Site]) -> Plant:
    async def planted(stage: Stage) -> Planted:
        return {ENTITY: plant(stage).subject()}

    return planted


def _no_art(stage: Stage) -> Site:
    return stage.without_art()


def _empty_index(stage: Stage) -> Site:
    """The last image was removed and indexed; the document is the one from then."""
    site = stage.without_art()
    stage.make_item(site, {"mediatype": "images"})
    del site.item.metadata["noindex"]
    site.write({"release": f"https://musicbrainz.org/release/{site.gid}", "images": []})
    return site


def _item_without_index(stage: Stage) -> Site:
    """An upload was begun and given up: only the bucket was made."""
    site = stage.without_art()
    stage.make_item(site)
    return site


def _darkened(stage: Stage) -> Site:
    """Darkened in MusicBrainz, and whatever the item holds does not matter."""
    site = stage.darkened()
    site.item.dark = False
    site.write({"images": []})
    return site


def _no_art_and_dark(stage: Stage) -> Site:
    site = stage.without_art()
    stage.make_item(site).dark = True
    return site


def _gone_and_dark(stage: Stage) -> Site:
    site = emptied(stage)
    site.item.dark = True
    return site


def _residue(stage: Stage) -> Site:
    site = emptied(stage)
    _bookkeeping(site)
    site.put("history/files/index.json.~2~", b"{}")
    return site


async def _ties(stage: Stage) -> Planted:
    """Two images on one place: which comes first, and is the front, is chance."""
    site = stage.release(images=2)
    await stage.edit("tie_images", gid=site.gid)
    await stage.renew(site)
    site.rewrite(_swap_first_two)
    return {ENTITY: site.subject()}


def _swap_first_two(document: dict[str, list[dict[str, bool]]]) -> None:
    first, second, *rest = document["images"]
    first["front"], second["front"] = second["front"], first["front"]
    first["back"], second["back"] = second["back"], first["back"]
    document["images"] = [second, first, *rest]


async def _merged_properly(stage: Stage) -> Planted:
    old, target = await merge(stage, is_copied=True, is_indexed=True)
    strip(old)
    old.put("history/files/index.json.~1~", old.read(names.INDEX_JSON))
    old.remove(names.INDEX_JSON)
    return {ENTITY: old.subject(), TARGET: target.subject()}


def _of(name: str, title: str, row: str, plant: Callable[[Stage], Site], label: Label) -> Drift:
    return Drift(name, title, (row,), {ENTITY: label}, _plain(plant))


VARIANTS: Final[tuple[Drift, ...]] = (
    _fine("types-in-another-order", "types in another order", _turn_types, SEVERAL_TYPES),
    Drift("ties", "two images on one place, in the other order", ("4",), {ENTITY: FINE}, _ties),
    _document("later-elements", "elements of a later web service", _later_elements),
    _document("other-count", "the document counts other images", _more_art),
    _document("other-quality", "a field that is not compared", _other_quality),
    _document("release-events-turned", "release events in another order", _turn_release_events,
              SEVERAL_EVENTS),
    _document("no-sort-names", "performers without sort names, as of old", _without_sort_names,
              WITH_SORT_NAMES),
    _document("indented", "an indented document", _indent),
    _document("event-indented", "an indented document of an event", _indent, SOME_EVENT),
    _fine("other-declaration", "another XML declaration", _other_declaration),
    _fine("one-date-no-list", "a document from before release events", _no_events_list,
          Pick(wishes=(lambda site: len(site.xml.findall(".//{*}release-event")) == 1,))),
    _field("collection-as-list", "the collection as a list", "collection", ["coverartarchive"]),
    _field("collection-and-favourites", "in users' favourites too", "collection",
           ["fav-somebody", "coverartarchive"]),
    _field("noindex-as-list", "noindex as a list", "noindex", ["true"]),
    _field("uploader-other-case", "the account in other letters", "uploader",
           "CAA@MusicBrainz.org"),
    _field("unknown-field", "a field we do not know", "fail-reasons",
           "JPEGThumb:CAA/EAA image not in index.json:mbid-4711.jpg"),
    _fine("bookkeeping", "files of the Internet Archive", _bookkeeping),
    _fine("history", "old versions", _history),
    _fine("record-extra-keys", "keys that few records have", _extra_keys),
    _fine("record-numbers-as-text", "numbers as text", _numbers_as_text),
    _fine("derivatives-of-pdf", "all that is made of a PDF", lambda _site: None, PDF),
    _fine("same-bytes", "originals as the last audit saw them", _same_bytes),
    _of("no-art-no-item", "no art, no item", "0", _no_art, healthy("nothing-to-show")),
    _of("no-art-empty-index", "no art, an empty index.json", "0", _empty_index,
        healthy("nothing-to-show")),
    _of("no-art-no-index", "no art, an item without index.json", "0", _item_without_index,
        healthy("nothing-to-show")),
    _of("no-art-dark", "no art, and the item is dark", "12", _no_art_and_dark,
        healthy("darkened")),
    _of("darkened", "darkened in MusicBrainz", "12", _darkened, healthy("darkened")),
    _of("deleted-dark", "deleted, and the item is dark", "12", _gone_and_dark, legacy()),
    _of("deleted-no-item", "deleted, and there is no item", "11",
        lambda stage: stage.stranger(), legacy()),
    _of("deleted-residue", "deleted properly", "11", _residue, legacy()),
    Drift("merged-properly", "merged properly", ("11",), {ENTITY: legacy(), TARGET: FINE},
          _merged_properly),
)  # fmt: skip
