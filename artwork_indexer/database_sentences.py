"""What a person has to do when PostgreSQL says no."""

from __future__ import annotations

import re
from typing import Final

import psycopg

UNREACHABLE: Final = 3

CONNECTION_REMEDIES: Final = (
    ("password authentication failed", "Correct user and password in section [database]."),
    ("no password supplied", "Set password in section [database]."),
    ("no pg_hba.conf entry", "Let the server's pg_hba.conf admit this user from this host."),
    (r"database \".*\" does not exist", "Correct dbname in section [database]."),
    (r"role \".*\" does not exist", "Correct user in section [database]."),
    ("resolve host|translate host|Name or service", "Correct host in section [database]."),
    ("Connection refused", "Start the server, or correct host and port in section [database]."),
    ("No such file|Permission denied", "Start the server, or correct host, its directory."),
    ("timeout|timed out", "Correct host in section [database], or see what blocks the way."),
    ("too many|connection slots", "Close other clients, or raise max_connections."),
    ("starting up|shutting down|recovery mode", "Wait for the server and try again."),
    ("SSL|certificate", "Correct sslmode and the certificates in section [database]."),
)
"""Fragments of libpq's messages, most telling first, and what helps."""


def connection_sentence(error: psycopg.OperationalError, section: str = "database") -> str | None:
    """Why there is no connection and what to do; None if it is about something else.

    ``section`` of the configuration says where the database is.
    """
    if error.sqlstate is not None and not error.sqlstate.startswith(("08", "28", "3D", "53", "57")):
        return None
    text = first_line(error)
    for fragment, remedy in CONNECTION_REMEDIES:
        if re.search(fragment, text, re.IGNORECASE):
            remedy_there = remedy.replace("[database]", f"[{section}]")
            return f"{_database_of(section)} cannot be reached: {text}. {remedy_there}"
    return None


def _database_of(section: str) -> str:
    """The subject of a sentence; the usual database needs no name."""
    return "The database" if section == "database" else f"The database of [{section}]"


def database_sentence(error: psycopg.Error, section: str = "database") -> str:
    """One sentence about any error of the database in a section, with the remedy."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        role = "The database role" if section == "database" else f"The role of [{section}]"
        return (
            f"{role} lacks a right ({first_line(error)}). "
            "Grant what sql/roles.sql lists, or use the owner of the schema."
        )
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return "The database is read-only: point [database] at the primary."
    missing = (
        psycopg.errors.UndefinedTable,
        psycopg.errors.UndefinedColumn,
        psycopg.errors.UndefinedFunction,
        psycopg.errors.InvalidSchemaName,
    )
    if isinstance(error, missing):
        return (
            f"The schema is not there or too old ({first_line(error)}). "
            "Run: artwork-indexer migrate"
        )
    sentence = None
    if isinstance(error, psycopg.OperationalError):
        sentence = connection_sentence(error, section)
    return sentence or (
        f"{_database_of(section)} cannot be used: {first_line(error)}. Check section "
        f"[{section}], and that the server runs."
    )


def first_line(error: Exception) -> str:
    """The first line of a message; the rest of a server's message may hold data."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = lines[0].removeprefix("connection failed: ").removeprefix("connection is bad: ")
    return text.rstrip(".")
