"""The list of names that seeding did not use, for whoever wants to look at them."""

from __future__ import annotations

from typing import Final

from audit.seeding.identifiers import REASONS
from audit.seeding.line_file import LineFile

LONGEST_NAME: Final = 200


class Rejected(LineFile):
    """A file with columns: name, why it is not used, and the line it is from, if from a file."""

    def note(self, name: str, why: str, place: str = "") -> None:
        """A name is not used; ``why`` is one of the keys of REASONS."""
        self.add("\t".join([_safe(name), f"{why}: {REASONS[why]}", *filter(None, [place])]))


def _safe(name: str) -> str:
    """Text from outside, short, on one line, and without what a terminal would obey."""
    text = "".join(c if c.isprintable() else "?" for c in name[: LONGEST_NAME + 1])
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "…"
