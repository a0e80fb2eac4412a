"""Groups that import a command only when it is used, so that each starts quickly."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

Members = Mapping[str, tuple[str, str]]
"""Name of each command, where it is ("module:attribute" in this package), what it is for."""


def lazy(members: Members) -> type[click.Group]:
    """The class of a group with these commands; its ``--help`` imports none of them."""

    class LazyGroup(click.Group):
        def list_commands(self, _ctx: click.Context) -> list[str]:
            """All names, in the order of the documentation."""
            return list(members)

        def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
            """The command of that name."""
            if name not in members:
                return None
            module, attribute = members[name][0].split(":")
            found = importlib.import_module(f"artwork_indexer.cli.{module}")
            command: click.Command = getattr(found, attribute)
            return command

        def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
            """List the commands without importing them."""
            with formatter.section("Commands"):
                formatter.write_dl([(name, text) for name, (_, text) in members.items()])

    return LazyGroup
