"""Text from elsewhere in sentences of our own."""

from __future__ import annotations

import pytest

from artwork_indexer.archive.search import reason
from artwork_indexer.http_outcomes import Answer
from artwork_indexer.sentences import ended


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("the cursor has expired", "the cursor has expired."),
        ('{"error": "x"}', '{"error": "x"}.'),
        ("It is gone.", "It is gone."),
        ("no connection\n", "no connection."),
        ("cut…", "cut…"),
    ],
)
def test_text_gets_an_end_if_it_has_none(text: str, sentence: str) -> None:
    assert ended(text) == sentence


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": "the cursor has expired"}', "the cursor has expired."),
        (b"", "no reason given."),
        (b'{"error": "bad pair a-secret"}', "bad pair [hidden]."),
    ],
)
def test_the_reason_of_a_refusal_is_a_sentence(body: bytes, told: str) -> None:
    assert reason(Answer(400, {}, body), ("a-secret",)) == told
