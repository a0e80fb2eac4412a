"""Text from elsewhere in sentences of our own."""

from __future__ import annotations


def ended(text: str) -> str:
    """The text with a full stop, if it has no end."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
