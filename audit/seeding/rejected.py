"""The list of names that seeding did not use, for whoever wants to look at them."""

from __future__ import annotations

from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from artwork_indexer.errors import InputError
from audit.seeding.identifiers import REASONS
from audit.seeding.img129_files import printable

LONGEST_NAME: Final = 200


class Rejected:
    """A file with columns: name, why it is not used, and the line it is from, if from a file.

    Lines are added at its end, for a run may go on where another one stopped. Without a path
    nothing is written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: FileIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._file = self._path.open("ab", buffering=0)
            except OSError as error:
                raise self._failed(error) from error
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def note(self, name: str, why: str, place: str = "") -> None:
        """A name is not used; ``why`` is one of the keys of REASONS."""
        if self._file is None:
            return
        columns = [_safe(name), f"{why}: {REASONS[why]}", *filter(None, [place])]
        try:
            self._file.write(("\t".join(columns) + "\n").encode())
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> InputError:
        return InputError(
            f"{printable(str(self._path))} cannot be written: {error.strerror}. Name another file."
        )


def _safe(name: str) -> str:
    """Text from outside, short, on one line, and without what a terminal would obey."""
    text = "".join(c if c.isprintable() else "?" for c in name[: LONGEST_NAME + 1])
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "…"
