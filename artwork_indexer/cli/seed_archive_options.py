"""What a run of ``audit seed archive`` is asked for, and what it works with."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from artwork_indexer.archive.changes import EVERYTHING
from artwork_indexer.archive.search import Credentials
from artwork_indexer.cli.seed_common import Summary
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.errors import ConfigurationError, InputError
from artwork_indexer.http import Service
from artwork_indexer.projects import PROJECTS
from audit.seeding.patience import Patience
from audit.seeding.progress import Progress
from audit.seeding.rejected import Rejected

ACCESS, SECRET = "IA_ACCESS_KEY_ID", "IA_SECRET_ACCESS_KEY"


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    collection: str | None
    page_size: int
    scope: str | None
    credentials: str | None
    changes: bool
    follow: bool
    every: float
    since: str | None
    identifiers: Path | None
    rejected: Path | None
    from_start: bool
    is_dry: bool
    as_json: bool

    def check(self, named: frozenset[str]) -> None:
        """Refuse what does not go together; ``named`` are the options of the command line.

        Raises:
            InputError: it does not.
        """
        if self.changes and self.identifiers:
            raise InputError("Give --changes or --identifiers, not both.")
        if named & {"follow", "since"} and not self.changes:
            raise InputError("--follow and --since go with --changes.")
        if not math.isfinite(self.every):
            raise InputError(f"--every must be a number of seconds, not {self.every}.")
        if "every" in named and not self.follow:
            raise InputError("--every goes with --follow.")
        if self.changes and (self.collection or self.from_start):
            raise InputError(
                "--changes covers everything: leave out --collection and --from-start."
            )
        if self.since is not None and not is_day(self.since):
            raise InputError(f"--since must be a day as YYYYMMDD, or 0, not {self.since!r}.")
        if named & {"page_size", "scope"} and (self.changes or self.identifiers):
            raise InputError("--page-size and --scope are for the search: leave them out here.")
        if self.credentials and self.identifiers:
            raise InputError("A list needs no keys: leave out --credentials.")
        if self.scope is not None and not self.credentials:
            raise InputError("--scope is for accounts that may see more: add --credentials.")


def is_day(text: str) -> bool:
    """Whether the Changes API can begin there."""
    if text == EVERYTHING:
        return True
    try:
        return bool(re.fullmatch("[0-9]{8}", text) and date.fromisoformat(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Run:
    """What a run works with."""

    config: Config
    options: Options
    database: Database
    reads: Service
    rejected: Rejected

    def patience(self, progress: Progress) -> Patience:
        """For requests whose waits the progress tells of."""
        return Patience(self.database, progress.tell, is_dry=self.options.is_dry)

    def summary(self) -> Summary:
        """What is printed in the end."""
        return Summary(is_dry=self.options.is_dry, as_json=self.options.as_json)


def credentials_of(config: Config, name: str | None) -> Credentials | None:
    """The keys with that name; None without a name.

    Raises:
        ConfigurationError: they are not there.
    """
    if name is None:
        return None
    if name == "environment":
        access, secret = os.environ.get(ACCESS), os.environ.get(SECRET)
        if not (access and secret):
            raise ConfigurationError(f"Set {ACCESS} and {SECRET}, or name other --credentials.")
        return Credentials(f"LOW {access}:{secret}", name)
    project = next(project for project in PROJECTS if project.abbreviation == name)
    authorization = config.s3.authorization(project)
    if authorization is None:
        raise ConfigurationError(
            f"Set {name}_access and {name}_secret in section [s3], or name other --credentials."
        )
    return Credentials(authorization, project.keys_service)


def counted(name: str, counts: Counter[str]) -> list[str]:
    """The counts of what was not as it should be, in one sentence."""
    told = [f"{number:,} {what.replace('_', ' ')}" for what, number in counts.items() if number]
    return [f"{name}: of the names, {', '.join(told)}."] if told else []
