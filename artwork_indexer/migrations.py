"""Installs and upgrades the schema ``artwork_indexer`` and its triggers.

Numbered migrations run once, each in one transaction with the row that records it.
Functions and triggers are files that are run again when they have changed. Each trigger is
created in a transaction of its own, so that never more than one MusicBrainz table is locked
and no MusicBrainz transaction can be caught in a deadlock with us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
from psycopg.rows import dict_row

from artwork_indexer.database import query
from artwork_indexer.errors import Refused, Unreachable
from artwork_indexer.migration_files import Migration, RepeatableFile, SchemaFiles, schema_files
from artwork_indexer.migration_state import Connection, Installed, Row, check, read_installed
from artwork_indexer.triggers import Trigger, all_triggers

LOCK_TIMEOUT: Final = "5s"
"""How long a step waits for MusicBrainz's transactions, and they for us."""


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of an upgrade."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One file of the schema; ``state`` is applied, adopted, pending, changed or unknown."""

    name: str
    state: str
    applied_at: datetime | None = None


def migrate_database(conninfo: str, *, with_triggers: bool = True) -> list[str]:
    """Connect, install or upgrade, and return the names of the steps that were needed.

    Raises:
        Refused: see :func:`migrate`.
        Unreachable: there is no connection, or a lock was not to be had in time.
    """
    with connect(conninfo) as connection:
        return migrate(connection, with_triggers=with_triggers)


def connect(conninfo: str) -> Connection:
    """A connection as the functions of this module want it.

    Raises:
        Unreachable: there is no connection to be had.
    """
    try:
        return psycopg.connect(
            conninfo,
            autocommit=True,
            prepare_threshold=None,
            row_factory=dict_row,
            application_name="artwork-indexer migrate",
            connect_timeout=10,
        )
    except psycopg.OperationalError as error:
        raise Unreachable(f"The database cannot be reached: {_first_line(error)}.") from error


def migrate(
    connection: Connection,
    *,
    with_triggers: bool = True,
    lock_timeout: str = LOCK_TIMEOUT,
    files: SchemaFiles | None = None,
    report: Callable[[str], object] = lambda _name: None,
) -> list[str]:
    """Install or upgrade schema and triggers; safe to repeat, and to run twice at once.

    Args:
        connection: One that :func:`connect` made.
        with_triggers: False leaves MusicBrainz's tables alone.
        lock_timeout: How long a step may wait for a lock, as PostgreSQL writes it.
        files: The schema to install, by default that of this program.
        report: Told the name of every step that is done.

    Returns:
        Names of the steps that were needed, in order; empty when all was current.

    Raises:
        Refused: the database is not one that this program may or can upgrade.
        Unreachable: another transaction held a lock for longer than ``lock_timeout``.
    """
    wanted = files or schema_files()
    done: list[str] = []
    while step := _next_step(connection, wanted, with_triggers, lock_timeout):
        report(step)
        done.append(step)
    return done


def pending(
    connection: Connection, *, with_triggers: bool = True, files: SchemaFiles | None = None
) -> list[Step]:
    """The steps that :func:`migrate` would take.

    Raises:
        Refused: the database is not one that this program may or can upgrade.
    """
    wanted = files or schema_files()
    with connection.transaction():
        with _explained("the first look"):
            installed = read_installed(connection)
        check(installed, wanted, with_triggers=with_triggers)
        return list(_steps(connection, installed, wanted, with_triggers))


def status(connection: Connection, *, files: SchemaFiles | None = None) -> list[StatusLine]:
    """What is in, and what is not, of every file; never refuses."""
    wanted = files or schema_files()
    with _explained("the look at the schema"), connection.transaction():
        installed = read_installed(connection)
    lines = [_migration_status(m, installed.migrations.get(m.version)) for m in wanted.migrations]
    known = {migration.version for migration in wanted.migrations}
    lines += [
        StatusLine(row["name"], "unknown", row["applied_at"])
        for version, row in installed.migrations.items()
        if version not in known
    ]
    lines += [_file_status(f, installed) for f in (*wanted.functions, *wanted.triggers)]
    return lines


def sql_text(
    connection: Connection, *, with_triggers: bool = True, files: SchemaFiles | None = None
) -> str:
    """What :func:`migrate` would run, as a script for psql.

    Raises:
        Refused: the database is not one that this program may or can upgrade.
    """
    steps = pending(connection, with_triggers=with_triggers, files=files)
    if not steps:
        return "-- Nothing to do.\n"
    begin = _literal(connection, "begin_migration_step", lock_timeout=LOCK_TIMEOUT)
    return "-- Run with: psql -v ON_ERROR_STOP=1\n" + "".join(
        f"\n-- {step.name}\nBEGIN;\n{begin}{step.sql}COMMIT;\n" for step in steps
    )


def _next_step(
    connection: Connection, files: SchemaFiles, with_triggers: bool, lock_timeout: str
) -> str | None:
    with connection.transaction():
        with _explained("the first look"):
            begin = _literal(connection, "begin_migration_step", lock_timeout=lock_timeout)
            connection.execute(begin.encode())
            installed = read_installed(connection)
        check(installed, files, with_triggers=with_triggers)
        step = next(_steps(connection, installed, files, with_triggers), None)
        if step is None:
            return None
        with _explained(step.name):
            connection.execute(step.sql.encode())
        return step.name


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Tell what an error of the database at the step ``name`` means for the operator."""
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise Unreachable(
            f"At {name}, another transaction (of MusicBrainz, or a second migrate) kept a lock "
            "for too long. This step left nothing behind: run `artwork-indexer migrate` again, "
            "best when no long transaction is running."
        ) from error
    except psycopg.OperationalError as error:
        raise Unreachable(f"The database failed at {name}: {_first_line(error)}.") from error
    except psycopg.Error as error:
        raise Refused(
            f"PostgreSQL refused {name}, and this step left nothing behind: {_first_line(error)}."
        ) from error


def _first_line(error: psycopg.Error) -> str:
    return (str(error).splitlines() or ["no reason given"])[0].rstrip(".")


def _steps(
    connection: Connection, installed: Installed, files: SchemaFiles, with_triggers: bool
) -> Iterator[Step]:
    """All missing steps; reading only the first costs nothing for the others."""
    for migration in files.migrations:
        if migration.version not in installed.migrations:
            yield _migration_step(connection, migration, installed, files)
    for file in files.functions:
        if _is_stale(file, installed):
            yield Step(file.name, file.text + _record_file(connection, file))
    if with_triggers:
        for file in files.triggers:
            yield from _trigger_steps(connection, file, installed)


def _migration_step(
    connection: Connection, migration: Migration, installed: Installed, files: SchemaFiles
) -> Step:
    is_first = migration is files.migrations[0]
    adopted = is_first and installed.has_unversioned_schema
    record = _literal(
        connection,
        "record_migration",
        version=migration.version,
        name=migration.name,
        checksum=migration.checksum,
        adopted=adopted,
    )
    text = files.adopt if adopted else migration.text
    name = f"{migration.name} (adopted)" if adopted else migration.name
    return Step(name, text + (files.bookkeeping if is_first else "") + record)


def _trigger_steps(
    connection: Connection, file: RepeatableFile, installed: Installed
) -> Iterator[Step]:
    if _is_stale(file, installed):
        yield Step(f"{file.name} (functions)", file.functions + _record_file(connection, file))
    for statement in file.triggers:
        if not _is_installed(statement, installed):
            yield Step(f"trigger {_trigger(statement).name}", statement + "\n")


def _is_installed(statement: str, installed: Installed) -> bool:
    trigger = _trigger(statement)
    return installed.triggers.get(trigger.name) == trigger.definition


def _trigger(statement: str) -> Trigger:
    return next(t for t in all_triggers() if f"'{t.function}'" in statement)


def _is_stale(file: RepeatableFile, installed: Installed) -> bool:
    row = installed.files.get(file.name)
    return row is None or row["checksum"] != file.checksum


def _record_file(connection: Connection, file: RepeatableFile) -> str:
    return _literal(connection, "record_function_file", name=file.name, checksum=file.checksum)


def _literal(connection: Connection, name: str, /, **parameters: object) -> str:
    """A named query with its parameters written into it, so that it can be printed."""
    return psycopg.ClientCursor(connection).mogrify(query(name), parameters)


def _migration_status(migration: Migration, row: Row | None) -> StatusLine:
    if row is None:
        return StatusLine(migration.name, "pending")
    if row["checksum"] != migration.checksum:
        return StatusLine(migration.name, "changed", row["applied_at"])
    return StatusLine(migration.name, "adopted" if row["adopted"] else "applied", row["applied_at"])


def _file_status(file: RepeatableFile, installed: Installed) -> StatusLine:
    row = installed.files.get(file.name)
    complete = all(_is_installed(statement, installed) for statement in file.triggers)
    state = "applied" if complete and not _is_stale(file, installed) else "pending"
    return StatusLine(file.name, state, row["applied_at"] if row else None)
