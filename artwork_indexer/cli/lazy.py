"""A group of commands of which only the one that is used is imported, so that each starts quickly."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Knows its commands by name: where each is ("module:attribute" below the package of the
    command line) and, for ``--help``, what it is for."""

    def __init__(
        self, *arguments: Any, members: Mapping[str, tuple[str, str]], **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self._members = members

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """All names, in the order of the documentation."""
        return list(self._members)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        if name not in self._members:
            return None
        module, attribute = self._members[name][0].split(":")
        found = importlib.import_module(f"artwork_indexer.cli.{module}")
        command: click.Command = getattr(found, attribute)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._members.items()])
