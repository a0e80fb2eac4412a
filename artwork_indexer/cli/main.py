"""``artwork-indexer``: finds the command, and turns every error into one clear sentence."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import click
import psycopg

from artwork_indexer import __version__
from artwork_indexer.cli.common import INTERRUPTED, Session, config_option
from artwork_indexer.cli.lazy import lazy
from artwork_indexer.database_sentences import (
    UNREACHABLE,
    connection_sentence,
    database_sentence,
    first_line,
)
from artwork_indexer.errors import ArtworkIndexerError, Unreachable
from artwork_indexer.observability.scrubbing import Scrubber

COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "run": ("run:run", "Run the daemon."),
        "migrate": ("migrate:migrate", "Install or upgrade schema and triggers."),
        "doctor": ("doctor:doctor", "Check everything, and say what to do."),
        "check": ("check:check", "Compare items with MusicBrainz, now; writes nothing."),
        "events": ("events:events", "Look at the queue and mend it."),
        "audit": ("audit:audit", "What the audit found and does; its budgets, pause and brake."),
        "review": ("review:review", "What waits for a person's decision."),
        "enqueue": ("enqueue:enqueue", "Ask for an index by hand."),
        "sandbox": ("sandbox:sandbox", "Local stand-ins for your own tests."),
        "demo": ("demo:demo", "The whole program in miniature."),
    }
)
"""Name of each command, where it is, and what it is for: ``--help`` imports none of them."""


OUTPUT_FAILURES: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Codes of an OSError that only writing has; what writes to a file of its own tells of that."""


@click.group(
    name="artwork-indexer",
    cls=lazy(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 problems or failure, 2 usage or configuration, "
    "3 database or service not reachable, 4 refused as unsafe, 130 interrupted.",
)
@config_option
@click.version_option(__version__, message="artwork-indexer %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep cover art and event art at the Internet Archive in step with MusicBrainz."""
    context.ensure_object(Session)


def guarded(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        result = cli.main(args=arguments, prog_name="artwork-indexer", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001  (the last resort)
        return told(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def told(error: Exception) -> int:
    """Tell a person what went wrong; return the exit code."""
    if os.environ.get("ARTWORK_INDEXER_TRACEBACK") == "1":
        traceback.print_exception(error)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough; nothing more can be written to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    sentence, code = described(error)
    click.echo(f"artwork-indexer: {Scrubber()(sentence)}", err=True)
    return code


def described(error: Exception) -> tuple[str, int]:
    """One sentence for a person, and the exit code."""
    if isinstance(error, ArtworkIndexerError):
        cause = error.__cause__
        if isinstance(error, Unreachable) and isinstance(cause, psycopg.OperationalError):
            return connection_sentence(cause) or str(error), error.exit_code
        return str(error), error.exit_code
    if isinstance(error, psycopg.Error):
        return database_sentence(error), UNREACHABLE
    if isinstance(error, OSError) and error.errno in OUTPUT_FAILURES:
        return f"The output cannot be written: {error.strerror}.", 1
    sentence = (
        f"Internal error, {type(error).__name__}: {first_line(error)}. Please report it, with "
        "what ARTWORK_INDEXER_TRACEBACK=1 prints."
    )
    return sentence, 1
