"""Log lines on standard error: text for people and the journal, or JSON.

Only this program's own loggers follow the configured level; libraries are heard from
WARNING on, so that ``level=debug`` never prints their requests and statements.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from artwork_indexer.config_sections import LoggingConfig
from artwork_indexer.observability.scrubbing import Scrubber

OWN_LOGGERS: Final = ("artwork_indexer", "audit")
QUIET_LOGGERS: Final = ("psycopg.pool", "aiohttp.access", "asyncio")
"""Of these only errors are shown; the loop reports trouble with the database by itself."""

STANDARD_ATTRIBUTES: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "asctime",
    "message",
    "taskName",
}

SYSLOG_LEVELS: Final = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
"""Priorities of the journal, see sd-daemon(3)."""


def start(
    settings: LoggingConfig,
    scrubber: Scrubber,
    *,
    stream: TextIO | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Log as configured from now on; may be called again after a reload.

    ``stream`` is standard error and ``environ`` the process's own unless given.
    """
    target = sys.stderr if stream is None else stream
    handler = _Handler(target)
    handler.setFormatter(
        _json_formatter(scrubber)
        if settings.format == "json"
        else TextFormatter(scrubber, journal=is_journal(target, environ or os.environ))
    )
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(settings.level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream goes straight to the systemd journal (systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that it can be told from handlers of others."""


class TextFormatter(logging.Formatter):
    """``message key=value …``; what the message says already is not said again.

    For the journal every line begins with its priority; elsewhere with time and level.
    """

    def __init__(self, scrubber: Scrubber, *, journal: bool) -> None:
        super().__init__()
        self._scrubber = scrubber
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the lines of a traceback if there is one."""
        message = one_line(record.getMessage())
        # Scrubbed before it is quoted: quoting changes how a secret is spelled.
        fields = {name: self._scrubber.deep(value) for name, value in extra_fields(record).items()}
        parts = [message, *_pairs(message, fields)]
        if record.exc_info:
            parts.append("\n" + self.formatException(record.exc_info))
        return self._with_prefix(record, self._scrubber(" ".join(parts)))

    def _with_prefix(self, record: logging.LogRecord, text: str) -> str:
        if self._journal:
            prefix = f"<{SYSLOG_LEVELS.get(record.levelno, 6)}>"
            return "\n".join(prefix + line for line in text.splitlines())
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return f"{time} {record.levelname:<7} {text}"


def one_line(text: str) -> str:
    """The text with control characters made visible: a line of the log stays one line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as ``extra``, without empty values."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in STANDARD_ATTRIBUTES and value is not None
    }


def _pairs(message: str, fields: Mapping[str, object]) -> list[str]:
    texts = {name: str(value) for name, value in fields.items()}
    return [
        f"{name}={text if _is_plain(text) else json.dumps(text, ensure_ascii=False)}"
        for name, text in texts.items()
        if text not in message
    ]


def _is_plain(text: str) -> bool:
    return text.isprintable() and not any(char in ' "=' for char in text)


def _json_formatter(scrubber: Scrubber) -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415  (only when it is wanted)

    class ScrubbingJsonFormatter(JsonFormatter):
        """Scrubs values before they are written, so that the line stays valid JSON."""

        def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
            scrubbed = scrubber.deep(log_data)
            assert isinstance(scrubbed, dict)
            return {name: value for name, value in scrubbed.items() if value is not None}

    return ScrubbingJsonFormatter(
        "%(levelname)s %(name)s %(message)s",
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        timestamp="time",
        json_ensure_ascii=False,
        exc_info_as_array=False,
    )
