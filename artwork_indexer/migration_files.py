"""The SQL files of the schema: numbered migrations and repeatable files."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from artwork_indexer.database import sql_directory

NUMBERED: Final = re.compile(r"(\d{4})_\w+\.sql")
TRIGGER_LINE: Final = re.compile(r"^SELECT artwork_indexer\.ensure_trigger\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file; it is run once, and never changed afterwards."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, as hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RepeatableFile:
    """A file of functions, and perhaps triggers, that is run again when it has changed."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, as hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def functions(self) -> str:
        """The text up to the first trigger."""
        return TRIGGER_LINE.split(self.text, maxsplit=1)[0]

    @property
    def triggers(self) -> list[str]:
        """The lines that create triggers on MusicBrainz's tables, one statement each."""
        return [line for line in self.text.splitlines() if TRIGGER_LINE.match(line)]


@dataclass(frozen=True, slots=True)
class SchemaFiles:
    """Everything that makes up the schema, in the order in which it is run."""

    bookkeeping: str
    adopt: str
    migrations: tuple[Migration, ...]
    functions: tuple[RepeatableFile, ...]
    triggers: tuple[RepeatableFile, ...]


def schema_files(directory: Path | None = None) -> SchemaFiles:
    """Read the files of ``directory``, by default those of this program."""
    root = directory or sql_directory()
    return SchemaFiles(
        bookkeeping=_read(root / "bookkeeping.sql"),
        adopt=_read(root / "adopt.sql"),
        migrations=tuple(
            Migration(int(path.stem[:4]), path.stem, _read(path))
            for path in sorted((root / "migrations").glob("*.sql"))
            if NUMBERED.fullmatch(path.name)
        ),
        functions=_repeatable(root / "functions"),
        triggers=_repeatable(root / "triggers"),
    )


def _repeatable(directory: Path) -> tuple[RepeatableFile, ...]:
    return tuple(
        RepeatableFile(f"{directory.name}/{path.name}", _read(path))
        for path in sorted(directory.glob("*.sql"))
    )


def _read(path: Path) -> str:
    return path.read_text("utf-8")
