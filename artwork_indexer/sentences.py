"""Words and numbers in sentences for people."""

from __future__ import annotations


def ended(text: str) -> str:
    """The text with a full stop, if it has no end."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def number_of(number: int, noun: str, plural: str = "") -> str:
    """For example 1 name and 2,000 names; ``plural`` if it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def end_of(text: str, room: int) -> str:
    """The text, or as much of its end as there is room for: the end tells more of a path."""
    return text if len(text) <= room else "…" + text[-max(room - 1, 8) :]
