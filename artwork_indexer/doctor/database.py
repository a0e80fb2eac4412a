"""Checks of the database: server, schema, rights, triggers, and what is stuck in the queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from artwork_indexer.config import Config, DatabaseConfig
from artwork_indexer.database import query
from artwork_indexer.database_sentences import connection_sentence, database_sentence
from artwork_indexer.doctor.audit import check_audit
from artwork_indexer.doctor.findings import Finding, ok, problem, warning
from artwork_indexer.errors import Refused, Unreachable
from artwork_indexer.migrations import connect
from artwork_indexer.readiness import TriggerState, require_schema, trigger_state
from artwork_indexer.triggers import all_triggers

Connection = psycopg.Connection[Any]

OLDEST_SERVER: Final = 140000
RECOMMENDED_SERVER: Final = 150000
MOST_SKEW_SECONDS: Final = 5.0
LONG_WAIT_SECONDS: Final = 900.0


def check_database(config: Config) -> Iterator[Finding]:
    """Everything that can be seen on the primary, and whether the replica answers."""
    try:
        with connect(config.database.conninfo()) as connection:
            yield from _check_primary(connection, config)
    except (Unreachable, psycopg.Error) as error:
        yield problem("database", _sentence(error), "")
    if config.database_readonly is not None:
        yield _check_replica(config.database_readonly)


def _check_primary(connection: Connection, config: Config) -> Iterator[Finding]:
    yield from _check_server(connection, config)
    lacking = _check_rights(connection)
    yield lacking or ok("rights", "the role may do all that the daemon needs")
    if lacking is None:
        yield from _check_contents(connection, config)


def _check_contents(connection: Connection, config: Config) -> Iterator[Finding]:
    try:
        require_schema(connection)
    except Refused as refusal:
        yield problem("schema", str(refusal), "")
        return
    yield ok("schema", "artwork_indexer is current")
    state = trigger_state(connection)
    yield _check_triggers(state)
    yield from _check_queue(connection)
    yield from check_audit(connection, config.audit, is_master=state.is_master)


def _check_server(connection: Connection, config: Config) -> Iterator[Finding]:
    asked = datetime.now(UTC)
    row = connection.execute(query("doctor_server")).fetchone()
    answered = datetime.now(UTC)
    assert row is not None
    version = row["version"]
    shown = f"PostgreSQL {version // 10000}, database {row['database']}, role {row['role']}"
    if version < OLDEST_SERVER:
        yield problem("database", shown, "Upgrade: PostgreSQL 14 or newer is needed.")
    elif version < RECOMMENDED_SERVER:
        yield warning("database", shown, "PostgreSQL 15 or newer is recommended.")
    else:
        yield ok("database", shown)
    if row["is_standby"]:
        yield problem("database", "this is a read-only standby", "Point [database] at the primary.")
    # The database read its clock between the two readings here, however long that took.
    skew = max(asked - row["now"], row["now"] - answered).total_seconds()
    if skew > MOST_SKEW_SECONDS:
        yield warning(
            "clock",
            f"this machine and the database differ by {skew:.0f} seconds",
            "Synchronise both clocks (NTP).",
        )
    if row["process"] != connection.info.backend_pid:
        yield _pooler(config)


def _pooler(config: Config) -> Finding:
    if config.indexer.listen == "yes":
        return problem(
            "database",
            "there is a connection pooler in between, and listen=yes",
            "Set listen=no in section [indexer], or connect directly.",
        )
    return ok("database", "there is a connection pooler in between: the daemon polls")


def _check_rights(connection: Connection) -> Finding | None:
    rows = connection.execute(query("doctor_rights")).fetchall()
    if not rows:
        return None
    lacking = "; ".join(f"{row['privileges']} {row['name']}" for row in rows)
    return problem(
        "rights",
        f"the role may not {lacking}",
        "Run sql/roles.sql and grant the role artwork_indexer, or use the owner.",
    )


def _check_triggers(state: TriggerState) -> Finding:
    sentence = state.problem()
    if sentence is None:
        return ok("triggers", f"all {len(all_triggers())} are there and enabled")
    if not state.is_master:
        return warning("mirror", sentence, "Use it for audits in report mode only.")
    return problem("triggers", sentence, "")


def _check_queue(connection: Connection) -> Iterator[Finding]:
    row = connection.execute(query("doctor_queue")).fetchone()
    assert row is not None
    pauses = connection.execute(query("doctor_pauses")).fetchall()
    stuck = list(_stuck(row, is_paused=bool(pauses)))
    yield from stuck or [ok("queue", f"{row['queued']} events wait, none is stuck")]
    for pause in pauses:
        made = problem if pause["service"].endswith("-keys") else warning
        yield made(
            "pause",
            f"{pause['service']} is paused for another {pause['seconds']:.0f} seconds: "
            f"{pause['reason']}",
            "Mend the keys and reload the daemon."
            if pause["service"].endswith("-keys")
            else "It ends by itself when the service has recovered.",
        )


def _stuck(row: dict[str, Any], *, is_paused: bool) -> Iterator[Finding]:
    if row["failed"]:
        yield warning(
            "queue",
            f"{row['failed']} events failed and wait for a person",
            "See: artwork-indexer events list --state failed",
        )
    if row["orphaned"]:
        yield warning(
            "queue",
            f"{row['orphaned']} queued events wait for one that failed",
            "Requeue or cancel the failed ones.",
        )
    if row["stalled"]:
        yield warning(
            "queue",
            f"{row['stalled']} running events have been left by their worker",
            "A running daemon takes them over within minutes: is there one?",
        )
    if (row["oldest_ready"] or 0) > LONG_WAIT_SECONDS and not is_paused:
        yield warning(
            "queue",
            f"the oldest ready event has waited for {row['oldest_ready'] / 60:.0f} minutes",
            "Is the daemon running? See its log and /health/ready.",
        )


def _check_replica(replica: DatabaseConfig) -> Finding:
    try:
        with connect(replica.conninfo()) as connection:
            connection.execute(query("doctor_server"))
    except (Unreachable, psycopg.Error) as error:
        return problem("database_readonly", _sentence(error), "")
    return ok("database_readonly", "the replica answers")


def _sentence(error: Unreachable | psycopg.Error) -> str:
    if isinstance(error, psycopg.Error):
        return database_sentence(error)
    cause = error.__cause__
    told = connection_sentence(cause) if isinstance(cause, psycopg.OperationalError) else None
    return told or str(error)
