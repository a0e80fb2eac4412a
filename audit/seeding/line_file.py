"""What seeding could not use, added to a file line by line for whoever wants to look at it."""

from __future__ import annotations

from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from artwork_indexer.errors import InputError
from audit.seeding.img129_files import printable


class LineFile:
    """Adds lines at the end of a file, for a run may go on where another one stopped.

    Without a path nothing is written.

    Raises:
        InputError: the file cannot be opened, or a line cannot be written.
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

    def add(self, line: str) -> None:
        """Add a line."""
        if self._file is None:
            return
        try:
            self._file.write(f"{line}\n".encode())
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> InputError:
        return InputError(
            f"{printable(str(self._path))} cannot be written: {error.strerror}. Name another file."
        )
