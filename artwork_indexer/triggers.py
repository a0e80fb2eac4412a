"""Writes ``sql/triggers/*.sql`` and ``sql/uninstall.sql`` from :mod:`artwork_indexer.projects`.

``python -m artwork_indexer.triggers`` writes the files, ``--check`` exits with 1 when they
are stale. The SQL itself stands in ``sql/templates``, with names between at signs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from artwork_indexer.database import sql_directory
from artwork_indexer.projects import CAA, PROJECTS, Project

PREFIX: Final = "artwork_indexer_"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One row trigger on a MusicBrainz table; ``timing`` is for example "AFTER INSERT"."""

    function: str
    table: str
    timing: str

    @property
    def name(self) -> str:
        """Name of the trigger, which tells everybody whose it is."""
        return PREFIX + self.function

    @property
    def definition(self) -> str:
        """The trigger as ``pg_get_triggerdef`` shows it when nothing is on the search path."""
        return (
            f"CREATE TRIGGER {self.name} {self.timing} ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION artwork_indexer.{self.function}()"
        )


@dataclass(frozen=True, slots=True)
class Watch:
    """An index job that becomes due when ``condition`` holds for a changed row.

    ``row`` is OLD or NEW, ``key`` its column that holds the id of the entity.
    """

    function: str
    table: str
    timing: str
    row: str
    key: str
    condition: str
    reason: str


WATCHES: Final[Mapping[str, tuple[Watch, ...]]] = {
    "release": (
        Watch(
            "a_upd_release", "musicbrainz.release", "AFTER UPDATE", "NEW", "id",
            "OLD.name <> NEW.name OR OLD.artist_credit <> NEW.artist_credit\n"
            "       OR OLD.language IS DISTINCT FROM NEW.language\n"
            "       OR OLD.barcode IS DISTINCT FROM NEW.barcode",
            "The XML document names the release.",
        ),
        Watch(
            "a_upd_release_meta", "musicbrainz.release_meta", "AFTER UPDATE", "NEW", "id",
            "OLD.amazon_asin IS DISTINCT FROM NEW.amazon_asin",
            "The XML document holds the ASIN.",
        ),
        Watch(
            "a_ins_release_first_release_date", "musicbrainz.release_first_release_date",
            "AFTER INSERT", "NEW", "release", "true",
            "Changed release events: MusicBrainz keeps this table by DELETE and INSERT.",
        ),
        Watch(
            "a_del_release_first_release_date", "musicbrainz.release_first_release_date",
            "AFTER DELETE", "OLD", "release", "true",
            "Changed release events: MusicBrainz keeps this table by DELETE and INSERT.",
        ),
    ),
    "event": (
        Watch(
            "a_upd_event", "musicbrainz.event", "AFTER UPDATE", "NEW", "id",
            "OLD.name <> NEW.name",
            "The XML document names the event.",
        ),
    ),
}  # fmt: skip

READ_TABLES: Final = (
    "cover_art_archive.image_type",
    "musicbrainz.artist_credit_name",
)
"""Tables that the triggers read and that carry none of them."""


def triggers(project: Project) -> tuple[Trigger, ...]:
    """All triggers of one archive, in the order in which they are created."""
    art = project.art_table
    art_table = f"{project.schema}.{art}"
    entity_table = f"musicbrainz.{project.entity_type}"
    return (
        Trigger(f"a_ins_{art}", art_table, "AFTER INSERT"),
        Trigger(f"b_upd_{art}", art_table, "BEFORE UPDATE"),
        Trigger(f"b_del_{art}", art_table, "BEFORE DELETE"),
        Trigger(f"a_ins_{art}_type", f"{art_table}_type", "AFTER INSERT"),
        Trigger(f"b_del_{art}_type", f"{art_table}_type", "BEFORE DELETE"),
        Trigger(f"b_del_{project.entity_type}", entity_table, "BEFORE DELETE"),
        *(
            (Trigger("a_upd_artist", "musicbrainz.artist", "AFTER UPDATE"),)
            if project is CAA
            else ()
        ),
        *(Trigger(w.function, w.table, w.timing) for w in WATCHES[project.entity_type]),
    )


def all_triggers() -> tuple[Trigger, ...]:
    """The triggers of both archives."""
    return tuple(trigger for project in PROJECTS for trigger in triggers(project))


def musicbrainz_tables() -> list[str]:
    """Every MusicBrainz table that carries a trigger or is read by one."""
    return sorted({trigger.table for trigger in all_triggers()} | set(READ_TABLES))


def render(project: Project) -> str:
    """Text of ``sql/triggers/<abbreviation>.sql``."""
    names = {
        "name": project.name,
        "entity": project.entity_type,
        "schema": project.schema,
        "art": project.art_table,
    }
    parts = [_fill("art.sql", names)]
    if project is CAA:
        parts.append(_fill("artist.sql", names))
    parts += [_fill("watch.sql", names | _watch_names(w)) for w in WATCHES[project.entity_type]]
    parts.append(_privileges_and_triggers(project))
    return "\n".join(parts)


def render_uninstall() -> str:
    """Text of ``sql/uninstall.sql``."""
    drops = "\n".join(f"DROP TRIGGER IF EXISTS {t.name} ON {t.table};" for t in all_triggers())
    return _fill("uninstall.sql", {"drops": drops})


def files() -> dict[Path, str]:
    """What each generated file must hold."""
    directory = sql_directory()
    wanted = {directory / "triggers" / f"{p.abbreviation}.sql": render(p) for p in PROJECTS}
    return wanted | {directory / "uninstall.sql": render_uninstall()}


def stale() -> list[Path]:
    """Generated files that are missing or not current."""
    return [
        path
        for path, text in files().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` only say which ones are stale."""
    behind = stale()
    if "--check" in arguments:
        for path in behind:
            sys.stderr.write(f"{path} is stale: run python -m artwork_indexer.triggers\n")
        return 1 if behind else 0
    wanted = files()
    for path in behind:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path], "utf-8")
        sys.stdout.write(f"{path} written\n")
    return 0


def _watch_names(watch: Watch) -> dict[str, str]:
    return {
        "function": watch.function,
        "row": watch.row,
        "key": watch.key,
        "condition": watch.condition,
        "reason": watch.reason,
    }


def _privileges_and_triggers(project: Project) -> str:
    # A function that runs with its owner's rights must not be attached to somebody's own table.
    revokes = (
        f"REVOKE ALL ON FUNCTION artwork_indexer.{t.function}() FROM PUBLIC;"
        for t in triggers(project)
    )
    creations = (
        f"SELECT artwork_indexer.ensure_trigger('{t.table}', '{t.timing}', '{t.function}');"
        for t in triggers(project)
    )
    return "\n".join([*revokes, "", *creations, ""])


def _fill(template: str, names: Mapping[str, str]) -> str:
    text = (sql_directory() / "templates" / template).read_text("utf-8")
    for name, value in names.items():
        text = text.replace(f"@{name}@", value)
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
