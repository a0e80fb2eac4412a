"""Messages of events: whatever stands in them, the event either runs or fails with a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artwork_indexer import messages
from artwork_indexer.errors import PermanentError
from artwork_indexer.messages import CopyMessage, DeleteMessage, EntityMessage, NoopMessage

GID = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
OTHER = "2198f7b1-658c-4217-8cae-f63abe0b2391"
COPY: dict[str, object] = {
    "artwork_id": 9876543210,
    "old_gid": GID,
    "new_gid": OTHER,
    "suffix": "jpg",
}
DELETE: dict[str, object] = {"artwork_id": 1, "gid": GID, "suffix": "png"}

Parse = Callable[[messages.Message], object]
PARSERS: list[Parse] = [
    messages.entity_message,
    messages.copy_message,
    messages.delete_message,
    messages.noop_message,
]


def test_proper_messages() -> None:
    assert messages.entity_message({"gid": GID}) == EntityMessage(GID)
    assert messages.copy_message(COPY) == CopyMessage(9876543210, GID, OTHER, "jpg")
    assert messages.delete_message(DELETE) == DeleteMessage(1, GID, "png")
    assert messages.noop_message({}) == NoopMessage(fail=False, sleep=0)
    assert messages.noop_message({"sleep": 0.5, "x": 1}) == NoopMessage(fail=False, sleep=0.5)


def test_unknown_keys_are_ignored() -> None:
    assert messages.entity_message({"gid": GID, "again": 1}) == EntityMessage(GID)


@pytest.mark.parametrize("key", ["artwork_id", "old_gid", "new_gid", "suffix"])
def test_missing_key_is_named(key: str) -> None:
    incomplete = {name: value for name, value in COPY.items() if name != key}
    with pytest.raises(PermanentError, match=f"{key} must be .* but is missing"):
        messages.copy_message(incomplete)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("artwork_id", True),
        ("artwork_id", "1"),
        ("artwork_id", 1.0),
        ("artwork_id", 0),
        ("artwork_id", -1),
        ("artwork_id", 2**63),
        ("artwork_id", None),
        ("gid", GID.upper()),
        ("gid", "A"),
        ("gid", f"{GID}\n"),
        ("gid", GID.replace("1", "١")),
        ("suffix", ""),
        ("suffix", "JPG"),
        ("suffix", "jpg/../x"),
        ("suffix", "jpg\n"),
        ("suffix", "j" * 11),
    ],
)
def test_wrong_value_is_named(key: str, value: object) -> None:
    with pytest.raises(PermanentError, match=f"{key} must be"):
        messages.delete_message(DELETE | {key: value})


def test_copy_onto_itself() -> None:
    with pytest.raises(PermanentError, match="new_gid"):
        messages.copy_message(COPY | {"new_gid": GID})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fail", 1),
        ("fail", None),
        ("sleep", "1"),
        ("sleep", True),
        ("sleep", -1),
        ("sleep", float("nan")),
        ("sleep", float("inf")),
        ("sleep", 10**400),
        ("sleep", None),
    ],
)
def test_wrong_noop(key: str, value: object) -> None:
    with pytest.raises(PermanentError, match=key):
        messages.noop_message({key: value})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(GID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from([*COPY, "gid", "fail", "sleep"]) | st.text(max_size=5)


@given(st.dictionaries(keys, values), st.sampled_from(PARSERS))
def test_any_message_is_proper_or_permanently_wrong(
    message: dict[str, object], parse: Parse
) -> None:
    try:
        parse(message)
    except PermanentError as error:
        text = str(error)
        assert any(f" {key} must" in text for key in (*COPY, "gid", "fail", "sleep"))
        assert text.isascii()
        assert len(text) < 250
