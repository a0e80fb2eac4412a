"""``artwork-indexer migrate``: install or upgrade the schema and the triggers."""

from __future__ import annotations

from dataclasses import asdict

import click

from artwork_indexer import migrations
from artwork_indexer.cli.common import config_option, load_config
from artwork_indexer.cli.output import json_option, print_json, print_table
from artwork_indexer.database import sql_directory
from artwork_indexer.errors import InputError
from artwork_indexer.migration_state import Connection


@click.command()
@click.option("--status", is_flag=True, help="Only show what is installed.")
@click.option("--sql", is_flag=True, help="Only print what would be run, for psql.")
@click.option("--uninstall-sql", is_flag=True, help="Only print how to remove everything.")
@click.option(
    "--without-triggers",
    is_flag=True,
    help="Tables and functions only, as on a mirror that is audited in report mode.",
)
@json_option
@config_option
def migrate(
    *, status: bool, sql: bool, uninstall_sql: bool, without_triggers: bool, as_json: bool
) -> None:
    """Install or upgrade the schema artwork_indexer and its triggers; safe to repeat.

    The queue of the existing daemon is taken over, with all its events. Needs nothing but the
    database: no MusicBrainz web service, no Internet Archive.
    """
    if status + sql + uninstall_sql > 1:
        raise InputError("Use only one of --status, --sql and --uninstall-sql.")
    if as_json and not status:
        raise InputError("--json goes with --status.")
    if uninstall_sql:
        click.echo((sql_directory() / "uninstall.sql").read_text("utf-8"), nl=False)
        return
    with migrations.connect(load_config().database.conninfo()) as connection:
        if status:
            show_status(connection, as_json=as_json)
        elif sql:
            text = migrations.sql_text(connection, with_triggers=not without_triggers)
            click.echo(text, nl=False)
        else:
            steps = migrations.migrate(
                connection, with_triggers=not without_triggers, report=click.echo
            )
            click.echo(f"{len(steps)} steps done." if steps else "Everything is current.")


def show_status(connection: Connection, *, as_json: bool) -> None:
    """Print the state of every file of the schema."""
    rows = [asdict(line) for line in migrations.status(connection)]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["name", "state", "applied_at"], empty="There is no schema.")
