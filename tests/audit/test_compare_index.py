"""Each way in which an index.json can be wrong, and each in which it may differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from audit.catalogue import BY_ID
from audit.comparison import CompareSettings
from audit.findings import Severity
from audit.states import Absent, Expected, TooLarge
from tests.audit.comparison_fixtures import (
    DAY,
    GID,
    OLD_IDS,
    SETTINGS,
    document,
    dump,
    expected,
    image,
    item,
    kinds,
    look,
    three_images,
    with_index,
)

Document = dict[str, Any]
Mutation = Callable[[Document], object]


def release() -> Expected:
    return expected(*three_images())


def event() -> Expected:
    return expected(*three_images(), entity_type="event")


def found(wanted: Expected, body: bytes, settings: CompareSettings = SETTINGS) -> list[str]:
    return kinds(look(wanted, with_index(wanted, body), settings=settings))


def mutated(wanted: Expected, mutate: Mutation) -> list[str]:
    changed = document(wanted)
    mutate(changed)
    return found(wanted, dump(changed))


def set_value(key: str, value: object, place: int = 0) -> Mutation:
    return lambda document: document["images"][place].__setitem__(key, value)


def drop(key: str, place: int = 0) -> Mutation:
    return lambda document: document["images"][place].pop(key)


MUSICBRAINZ = f"//musicbrainz.org/release/{GID}"
URL = f"https://coverartarchive.org/release/{GID}/{OLD_IDS[0]}"


@pytest.mark.parametrize(
    ("mutate", "kind"),
    [
        (set_value("comment", "another"), "image-comment-wrong"),
        (set_value("comment", "a comment "), "image-comment-wrong"),
        (set_value("comment", "Ã¼"), "image-comment-wrong"),
        (set_value("comment", "\x00\ud800"), "image-comment-wrong"),
        (set_value("comment", None), "image-wrong-type"),
        (set_value("approved", False), "image-approved-wrong"),
        (set_value("approved", 1), "image-wrong-type"),
        (set_value("front", False), "image-front-wrong"),
        (set_value("front", "true"), "image-wrong-type"),
        (set_value("back", True), "image-back-wrong"),
        (set_value("edit", 4), "image-edit-wrong"),
        (set_value("edit", "17462565"), "image-wrong-type"),
        (set_value("edit", 17462565.0), "image-wrong-type"),
        (set_value("types", ["Front"]), "image-types-wrong"),
        (set_value("types", ["Front", "Spine", "Spine"]), "image-types-wrong"),
        (set_value("types", ["Front", "Back"]), "image-types-wrong"),
        (set_value("types", ["Front", 2]), "image-wrong-type"),
        (set_value("types", "Front"), "image-wrong-type"),
        (set_value("image", f"{URL}.png"), "image-url-wrong"),
        (set_value("image", f"//coverartarchive.org/release/{GID}/1.jpg"), "image-url-wrong"),
        (set_value("image", f"{URL.replace('https', 'http')}.jpg"), "index-image-urls-http"),
        (set_value("image", 5), "image-wrong-type"),
        (set_value("thumbnails", []), "image-wrong-type"),
        (set_value("id", str(OLD_IDS[0])), "image-id-text"),
        (set_value("id", float(OLD_IDS[0])), "image-id-wrong-type"),
        (set_value("id", True), "image-id-wrong-type"),
        (set_value("id", None), "image-id-wrong-type"),
        (set_value("id", 0), "image-id-wrong-type"),
        (set_value("id", -5), "image-id-wrong-type"),
        (set_value("id", 2**63), "image-id-wrong-type"),
        (set_value("id", f"0{OLD_IDS[0]}"), "image-id-wrong-type"),
        (set_value("id", "9" * 5000), "image-id-wrong-type"),
        (drop("id"), "image-malformed"),
        (drop("types"), "image-missing-key"),
        (drop("front"), "image-missing-key"),
        (drop("back"), "image-missing-key"),
        (drop("comment"), "image-missing-key"),
        (drop("approved"), "image-missing-key"),
        (drop("edit"), "image-missing-key"),
        (drop("image"), "image-missing-key"),
        (drop("thumbnails"), "image-missing-key"),
        (set_value("caption", "x"), "image-unknown-key"),
        (lambda d: d["images"][0]["thumbnails"].pop("small"), "image-missing-key"),
        (lambda d: d["images"][0]["thumbnails"].pop("large"), "image-missing-key"),
        (lambda d: d["images"][0]["thumbnails"].pop("250"), "index-thumbnail-keys-absent"),
        (lambda d: d["images"][0]["thumbnails"].pop("500"), "index-thumbnail-keys-absent"),
        (lambda d: d["images"][0]["thumbnails"].pop("1200"), "index-thumbnail-keys-absent"),
        (lambda d: d["images"][0]["thumbnails"].update({"2000": "x"}), "image-unknown-key"),
        (lambda d: d["images"][0]["thumbnails"].update({"250": "x"}), "thumbnail-url-wrong"),
        (lambda d: d["images"][0]["thumbnails"].update({"small": None}), "thumbnail-url-wrong"),
        (
            lambda d: d["images"][0]["thumbnails"].update(
                {"250": f"{URL.replace('https', 'http')}-250.jpg"}
            ),
            "index-image-urls-http",
        ),
        (lambda d: d["images"].pop(1), "image-missing"),
        (lambda d: d["images"].append(d["images"][0]), "image-duplicate"),
        (lambda d: d["images"].insert(0, d["images"].pop()), "image-order-wrong"),
        (lambda d: d["images"].reverse(), "image-order-wrong"),
        (lambda d: d["images"].append("text"), "image-malformed"),
        (lambda d: d["images"].append([]), "image-malformed"),
        (lambda d: d.update(extra=1), "index-unknown-key"),
        (lambda d: d.pop("release"), "index-missing-key"),
        (lambda d: d.update(release=f"http:{MUSICBRAINZ}"), "index-entity-url-http"),
        (lambda d: d.update(release=f"https:{MUSICBRAINZ}/"), "index-entity-url-wrong"),
        (lambda d: d.update(release=None), "index-entity-url-wrong"),
    ],
)  # fmt: skip
def test_each_single_fault_is_one_finding(mutate: Mutation, kind: str) -> None:
    assert mutated(release(), mutate) == [kind]


@pytest.mark.parametrize("kind", ["http", "values", "keys"])
def test_events_are_judged_alike(kind: str) -> None:
    wanted = event()
    if kind == "http":
        url = f"http://musicbrainz.org/event/{GID}"
        assert mutated(wanted, lambda d: d.update(event=url)) == ["index-entity-url-http"]
    elif kind == "values":
        assert mutated(wanted, set_value("front", False)) == ["image-front-wrong"]
    else:
        assert mutated(wanted, set_value("back", False)) == ["image-unknown-key"]
        assert mutated(wanted, lambda d: d.update(release="x")) == ["index-unknown-key"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"<html>",
        b"nul",
        b"{} {}",
        b"[" * 100_000,
        b'{"images":' * 5000,
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"images": [], "release": NaN}',
        b'{"images": [], "release": Infinity}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        '{"images": []}'.encode("utf-16"),
        b'{"comment": "\xfc"}',
        b'{"edit": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_no_client_can_read_is_unparsable(body: bytes) -> None:
    wanted = release()
    comparison = look(wanted, with_index(wanted, body))
    assert kinds(comparison) == ["index-unparsable"]
    json.dumps([finding.details for finding in comparison.findings]).encode()


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"true"])
def test_json_that_is_no_object_has_the_wrong_shape(body: bytes) -> None:
    assert found(release(), body) == ["index-wrong-shape"]


def test_a_file_too_large_to_download_is_judged() -> None:
    wanted = release()
    assert kinds(look(wanted, item(wanted, index=TooLarge(10**9)))) == ["index-unparsable"]


@pytest.mark.parametrize("images", [{}, None, "text", 5])
def test_images_that_are_no_list(images: object) -> None:
    assert mutated(release(), lambda d: d.update(images=images)) == [
        *["image-missing"] * 3,
        "index-wrong-shape",
    ]


def test_without_images_each_is_missing_and_the_key() -> None:
    assert mutated(release(), lambda d: d.pop("images")) == [
        *["image-missing"] * 3,
        "index-missing-key",
    ]


def test_a_key_twice_counts_when_its_values_differ() -> None:
    wanted = expected(image())
    text = wanted.index_bytes.decode()
    twice = text.replace('"front": true', '"front": false, "front": true')
    assert found(wanted, twice.encode()) == ["index-ambiguous-key", "index-other-bytes"]
    same = text.replace('"front": true', '"front": true, "front": true')
    assert found(wanted, same.encode()) == ["index-other-bytes"]
    # true is not 1, whatever Python says.
    typed = text.replace('"front": true', '"front": 1, "front": true')
    assert found(wanted, typed.encode()) == ["index-ambiguous-key", "index-other-bytes"]


@pytest.mark.parametrize(
    "dumped",
    [
        lambda d: json.dumps(d, sort_keys=True, separators=(",", ":")),
        lambda d: json.dumps(dict(reversed(d.items()))),
        lambda d: json.dumps(d, sort_keys=True, indent=1),
        lambda d: json.dumps(d, sort_keys=True) + "\n",
        lambda d: json.dumps(d, sort_keys=True).replace("a comment", "\\u0061 comment"),
        lambda d: json.dumps(d, sort_keys=True).replace("/", "\\/"),
    ],
)
def test_other_bytes_with_the_same_meaning_are_a_format(dumped: Callable[[Document], str]) -> None:
    wanted = release()
    assert found(wanted, dumped(document(wanted)).encode()) == ["index-other-bytes"]


def test_raw_utf_8_is_a_format() -> None:
    wanted = expected(image(comment="ü ☃ 𝄞"))
    raw = json.dumps(document(wanted), sort_keys=True, ensure_ascii=False).encode()
    assert found(wanted, raw) == ["index-other-bytes"]


def test_the_order_of_types_never_counts() -> None:
    wanted = expected(image(types=("Front", "Booklet", "Spine")))
    assert mutated(wanted, set_value("types", ["Spine", "Front", "Booklet"])) == []


def test_ties_have_no_order_and_no_certain_front_and_back() -> None:
    tie = frozenset(OLD_IDS[:2])
    wanted = expected(*three_images(), ties=(tie,))

    def swap(changed: Document) -> None:
        images = changed["images"]
        images[0], images[1] = images[1], images[0]
        for entry in images[:2]:
            entry["front"], entry["back"] = entry["back"], entry["front"]

    assert mutated(wanted, swap) == []
    assert mutated(wanted, lambda d: d["images"].reverse()) == ["image-order-wrong"]
    assert mutated(wanted, set_value("front", True, place=2)) == ["image-front-wrong"]


def test_an_image_missing_or_twice_does_not_disturb_the_order() -> None:
    wanted = release()
    assert mutated(wanted, lambda d: d["images"].pop(0)) == ["image-missing"]
    assert mutated(wanted, lambda d: d["images"].append(d["images"][1])) == ["image-duplicate"]


def test_approved_says_nothing_on_a_mirror() -> None:
    wanted = release()
    changed = document(wanted)
    changed["images"][0]["approved"] = False
    mirror = CompareSettings(settle=DAY, upload_window=DAY, mirror=True)
    assert found(wanted, dump(changed), mirror) == []
    changed["images"][0]["approved"] = None
    assert found(wanted, dump(changed), mirror) == ["image-wrong-type"]


def test_an_entry_without_an_id_is_recognised_by_its_url() -> None:
    wanted = release()
    changed = document(wanted)
    del changed["images"][0]["id"]
    changed["images"][0]["comment"] = "another"
    assert found(wanted, dump(changed)) == ["image-comment-wrong", "image-malformed"]


def test_http_urls_are_told_once() -> None:
    wanted = release()
    changed = document(wanted)
    text = json.dumps(changed["images"]).replace("https://coverart", "http://coverart")
    changed["images"] = json.loads(text)
    comparison = look(wanted, with_index(wanted, dump(changed)))
    (finding,) = comparison.findings
    assert finding.kind is BY_ID["index-image-urls-http"]
    assert finding.details == {"urls": 18}


def test_messages_are_in_words_for_people() -> None:
    wanted = expected(image(3, comment="b"))
    changed = document(wanted)
    changed["images"][0]["comment"] = "a"
    (finding,) = look(wanted, with_index(wanted, dump(changed))).findings
    assert finding.message == "image 3: comment 'a' at IA, 'b' in MusicBrainz"
    assert (finding.subject, finding.image_id) == ("image 3", 3)


def test_long_comments_are_told_where_they_differ() -> None:
    wanted = expected(image(3, comment="x" * 1000 + "b"))
    changed = document(wanted)
    changed["images"][0]["comment"] = "x" * 1000 + "a"
    (finding,) = look(wanted, with_index(wanted, dump(changed))).findings
    assert finding.details["archive"] != finding.details["musicbrainz"]
    assert len(finding.message) < 200


def test_no_index_is_a_finding_only_where_there_is_art() -> None:
    wanted = release()
    assert kinds(look(wanted, item(wanted, index=Absent(), without=["index.json"]))) == [
        "index-missing"
    ]
    empty = expected()
    assert kinds(look(empty, item(empty, index=Absent(), without=["index.json"]))) == []


def test_an_entity_without_art_may_have_an_empty_index() -> None:
    empty = expected()
    assert found(empty, dump({"images": [], "release": document(empty)["release"]})) == []
    # Rows 4, 5 and 7 count all the same.
    url = f"http://musicbrainz.org/release/{GID}"
    assert found(empty, dump({"images": [], "release": url})) == ["index-entity-url-http"]
    assert found(empty, b"{") == ["index-unparsable"]


def test_severity_is_that_of_the_decision_table() -> None:
    formats = {kind.id for kind in BY_ID.values() if kind.severity is Severity.FORMAT}
    assert formats == {
        "index-entity-url-http",
        "index-image-urls-http",
        "index-thumbnail-keys-absent",
        "index-unknown-key",
        "image-unknown-key",
        "index-other-bytes",
    }


def test_a_crowd_of_images_is_compared_in_reasonable_time() -> None:
    wanted = expected(*(image(number) for number in range(1, 2001)))
    changed = document(wanted)
    changed["images"].reverse()
    assert found(wanted, dump(changed)) == ["image-order-wrong"]
