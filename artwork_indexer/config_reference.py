"""Writes ``config.default.ini`` and ``docs/configuration.md`` from the sections' own words.

``python -m artwork_indexer.config_reference`` writes both; ``--check`` exits with 1 when
one of them is stale.
"""

from __future__ import annotations

import sys
import textwrap
from dataclasses import fields
from pathlib import Path
from typing import Final

from artwork_indexer.config import LIBPQ_SECTIONS, SECTIONS
from artwork_indexer.config_sections import Key

ROOT: Final = Path(__file__).parents[1]
DATABASE_EXAMPLE: Final = {
    "host": "localhost",
    "port": "5432",
    "user": "musicbrainz",
    "dbname": "musicbrainz_db",
}
ORDER: Final = (
    "musicbrainz", "database", "database_readonly", "s3", "archive", "indexer", "audit",
    "metrics", "logging", "sentry", "dashboard",
)  # fmt: skip
ABOUT: Final = {
    "database": "Connection to PostgreSQL; any libpq keyword. The defaults are libpq's own.",
    "database_readonly": "Optional, the same keywords: a replica that audits read from.",
}


INTRODUCTION: Final = """\
# Configuration

One INI file (`--config FILE`; default `config.ini`, then `config.default.ini`). Keys may be
overridden from the environment: `ARTWORK_INDEXER_<SECTION>_<KEY>=value`, or
`ARTWORK_INDEXER_<SECTION>_<KEY>_FILE=/path/to/file` for secrets. A `%` is a `%`.

An unknown key is an error; in the sections `musicbrainz`, `database`, `s3` and `sentry`,
which older files have, it is a warning. `SIGHUP` rereads the file: all or nothing.
"""


def keys_of(section: str) -> dict[str, Key]:
    """The keys of a section that is not libpq's."""
    return {field.name: field.metadata["key"] for field in fields(SECTIONS[section])}


def about(section: str) -> str:
    """What the section is for, in one sentence."""
    return ABOUT.get(section) or " ".join((SECTIONS[section].__doc__ or "").split())


def default_ini() -> str:
    """Text of ``config.default.ini``."""
    lines = [
        "# Every key with its default. Copy this file to config.ini and keep what you change.",
        "# ARTWORK_INDEXER_<SECTION>_<KEY> in the environment overrides a key;",
        "# ARTWORK_INDEXER_<SECTION>_<KEY>_FILE reads it from a file, for secrets.",
        "# Times are in the unit the key names; fractions are welcome.",
    ]
    for section in ORDER:
        lines += ["", *_comment(about(section))]
        if section == "database_readonly":
            lines.append("#[database_readonly]")
        elif section == "database":
            lines += ["[database]", *(f"{k} = {v}" for k, v in DATABASE_EXAMPLE.items())]
            lines.append("#password =")
        else:
            lines.append(f"[{section}]")
            for name, key in keys_of(section).items():
                lines += [*_comment(key.explanation), f"{name} = {key.default}".rstrip()]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 92)]


def reference() -> str:
    """Text of ``docs/configuration.md``."""
    parts = [INTRODUCTION]
    for section in ORDER:
        parts.append(f"\n## [{section}]\n\n{about(section)}\n")
        if section not in LIBPQ_SECTIONS:
            rows = [
                f"| `{name}` | {f'`{key.default}`' if key.default else ''} | {key.explanation} |"
                for name, key in keys_of(section).items()
            ]
            parts.append("\n| key | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts)


def main(arguments: list[str]) -> int:
    """Write the files, or only look whether they are current."""
    wanted = {
        ROOT / "config.default.ini": default_ini(),
        ROOT / "docs" / "configuration.md": reference(),
    }
    stale = [path for path, text in wanted.items() if not _is(path, text)]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale; run make generate\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path], "utf-8")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
