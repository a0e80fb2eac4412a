"""index.json: the bytes have to be those that have been written since 2024."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from artwork_indexer.index_json import Image, build, serialize
from artwork_indexer.projects import CAA, EAA
from tests.recorded import recorded

GID = "02cd52d7-2d0c-41a4-bf9c-59894bebab8c"

images = st.builds(
    Image,
    id=st.integers(1, 2**63 - 1),
    suffix=st.sampled_from(["jpg", "png", "gif", "pdf"]),
    approved=st.booleans(),
    front=st.booleans(),
    back=st.booleans(),
    comment=st.text(),
    edit=st.integers(1, 2**31 - 1),
    types=st.lists(st.text()).map(tuple),
)


def image_from_json(entry: dict[str, Any]) -> Image:
    return Image(
        id=entry["id"],
        suffix=entry["image"].rsplit(".", 1)[1],
        approved=entry["approved"],
        front=entry["front"],
        back=entry["back"],
        comment=entry["comment"],
        edit=entry["edit"],
        types=tuple(entry["types"]),
    )


def test_recorded_file_is_reproduced_byte_for_byte() -> None:
    body = recorded(f"index_json/python_2025_{GID}.json")
    document = json.loads(body)

    assert serialize(document) == body
    rebuilt = serialize(build(CAA, GID, [image_from_json(entry) for entry in document["images"]]))
    assert rebuilt == body

    record = json.loads(recorded(f"metadata/mbid-{GID}.json"))
    (listed,) = (file for file in record["files"] if file["name"] == "index.json")
    assert hashlib.md5(rebuilt).hexdigest() == listed["md5"]
    assert str(len(rebuilt)) == listed["size"]


def test_release_example_in_full() -> None:
    image = Image(1, "jpg", False, True, False, "❇", 1, ("Front",))
    base = f"https://coverartarchive.org/release/{GID}/1"
    assert build(CAA, GID, [image]) == {
        "images": [
            {
                "approved": False,
                "back": False,
                "comment": "❇",
                "edit": 1,
                "front": True,
                "id": 1,
                "image": f"{base}.jpg",
                "thumbnails": {
                    "1200": f"{base}-1200.jpg",
                    "250": f"{base}-250.jpg",
                    "500": f"{base}-500.jpg",
                    "large": f"{base}-500.jpg",
                    "small": f"{base}-250.jpg",
                },
                "types": ["Front"],
            }
        ],
        "release": f"https://musicbrainz.org/release/{GID}",
    }


def test_event_has_no_back_and_its_own_domain() -> None:
    document = build(EAA, GID, [Image(7, "pdf", True, True, None, "", 2, ("Poster",))])
    assert document["event"] == f"https://musicbrainz.org/event/{GID}"
    (entry,) = json.loads(serialize(document))["images"]
    assert "back" not in entry
    assert entry["image"] == f"https://eventartarchive.org/event/{GID}/7.pdf"
    assert entry["thumbnails"]["1200"] == f"https://eventartarchive.org/event/{GID}/7-1200.jpg"


def test_golden_bytes() -> None:
    image = Image(9, "png", True, False, True, 'a "é" 𝄞', 3, ("Back", "Obi"))
    assert hashlib.md5(serialize(build(CAA, GID, [image]))).hexdigest() == (
        "7843eb006e0474ed7db64f04296cc15b"
    )


def test_no_images_is_an_empty_list() -> None:
    assert serialize(build(CAA, GID, [])) == (
        f'{{"images": [], "release": "https://musicbrainz.org/release/{GID}"}}'.encode()
    )


@given(st.lists(images, max_size=5))
def test_bytes_are_ascii_sorted_and_lossless(listed: list[Image]) -> None:
    document = build(CAA, GID, listed)
    body = serialize(document)
    assert body.isascii()
    assert json.loads(body) == document
    assert [image_from_json(entry) for entry in json.loads(body)["images"]] == listed
    assert body == json.dumps(json.loads(body), sort_keys=True).encode()
