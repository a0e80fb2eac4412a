"""Looks whether the stand-in archive holds what MusicBrainz says, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from artwork_indexer.archive import names
from artwork_indexer.sandbox.internet_archive import Archive, Item


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was compared, and what is not as it should be."""

    items: int
    moved: int
    kept: int
    problems: tuple[str, ...]

    def lines(self) -> list[str]:
        """The verdict for people."""
        return [
            f"{self.items} items hold the index.json and the XML of MusicBrainz, byte for byte.",
            f"{self.moved} images moved with a merge, each identical at its new place.",
            f"{self.kept} removed images are kept in the history of their items.",
            *(f"PROBLEM: {problem}" for problem in self.problems),
        ]


def originals(archive: Archive) -> dict[int, tuple[str, str]]:
    """Item and md5 of every image in the archive, by image id."""
    return {
        name.image_id: (item.identifier, stored.content.md5)
        for item in archive.items.values()
        for stored in item.files.values()
        if (name := names.parse_image(stored.name)) is not None
    }


def verify(
    archive: Archive,
    expected: Archive,
    before: Mapping[int, tuple[str, str]],
    removed: AbstractSet[int],
) -> Verdict:
    """Compare everything.

    Args:
        archive: what the daemon wrote to.
        expected: the archive that a healthy world would have now.
        before: item and md5 of every image at the beginning, by image id.
        removed: ids of the images that editors removed since.
    """
    live = [item for item in expected.items.values() if not item.dark]
    problems = [problem for item in live for problem in stale(archive, item)]
    now, wanted = originals(archive), originals(expected)
    moved = 0
    for image, (item, md5) in before.items():
        if image in removed:
            if not in_history(archive.items[item], image, md5):
                problems.append(f"image {image} of {item} was removed without a trace")
        elif now.get(image) != (wanted[image][0], md5):
            problems.append(f"image {image} of {item} is lost or at the wrong place")
        elif now[image][0] != item:
            moved += 1
    return Verdict(len(live), moved, len(removed), tuple(problems))


def stale(archive: Archive, wanted: Item) -> Iterator[str]:
    """The files of an item that are not what MusicBrainz says."""
    item = archive.items.get(wanted.identifier)
    gid = names.parse_item(wanted.identifier)
    assert gid is not None
    for name in (names.INDEX_JSON, names.metadata_xml(gid)):
        stored = item.files.get(name) if item else None
        if stored is None or stored.content.md5 != wanted.files[name].content.md5:
            yield f"{wanted.identifier}/{name} is stale"


def in_history(item: Item, image: int, md5: str) -> bool:
    """Whether an old version of an image is kept."""
    return any(
        name.startswith("history/files/") and f"-{image}." in name and stored.content.md5 == md5
        for name, stored in item.files.items()
    )
