"""Log lines as they leave the process, and what never does."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from artwork_indexer.config_sections import LoggingConfig
from artwork_indexer.observability.logging import OWN_LOGGERS, QUIET_LOGGERS, start
from artwork_indexer.observability.scrubbing import HIDDEN, Scrubber

SECRETS = ("s3cr3t-key", "p'ä\\\"ss w%rd", "LOW-looking:one")
MBID = "11111111-0000-4000-8000-000000000000"
Started = Callable[..., io.StringIO]

log = logging.getLogger("artwork_indexer.test")


@pytest.fixture(autouse=True)
def former_state() -> Iterator[None]:
    """Puts the process's logging back as it was."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *OWN_LOGGERS, *QUIET_LOGGERS)}
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def started(level: str = "info", style: Literal["text", "json"] = "text") -> io.StringIO:
    stream = io.StringIO()
    start(LoggingConfig(level, style), Scrubber(SECRETS), stream=stream, environ={})
    return stream


def fail_with(text: str) -> None:
    raise ValueError(text)


def log_failure(text: str) -> None:
    try:
        fail_with(text)
    except ValueError:
        log.exception("it broke")


def test_text_has_time_level_message_and_what_the_message_leaves_out() -> None:
    stream = started()
    log.info("event %d completed", 7, extra={"event_id": 7, "outcome": "completed", "mbid": MBID})
    _, _, text = stream.getvalue().split(" ", 2)
    assert text == f"INFO    event 7 completed mbid={MBID}\n"


def test_journal_gets_a_priority_on_every_line_and_no_time(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        status = os.fstat(stream.fileno())
        environ = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        start(LoggingConfig("debug", "text"), Scrubber(), stream=stream, environ=environ)
        log.debug("d")
        log.info("i")
        log.warning("w")
        log_failure("first\nsecond")
        stream.seek(0)
        lines = stream.read().splitlines()
    assert [line[:4] for line in lines[:4]] == ["<7>d", "<6>i", "<4>w", "<3>i"]
    assert lines[-2:] == ["<3>ValueError: first", "<3>second"]


def test_inherited_journal_variable_is_not_believed(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+") as stream:
        environ = {"JOURNAL_STREAM": "8:1234"}
        start(LoggingConfig("info", "text"), Scrubber(), stream=stream, environ=environ)
        log.info("here")
        stream.seek(0)
        assert not stream.read().startswith("<")


def test_text_from_outside_cannot_forge_a_line() -> None:
    stream = started()
    log.info("it said %s", "ok\nevent 8 completed\x1b[2J\u2028x")
    assert stream.getvalue().count("\n") == 1
    assert "ok\\nevent 8 completed\\x1b[2J\\u2028x" in stream.getvalue()


def test_json_carries_the_extra_fields() -> None:
    stream = started(style="json")
    log.info("done %s", "ähm", extra={"event_id": 7, "mbid": MBID, "seconds": 0.5})
    line = json.loads(stream.getvalue())
    assert "time" in line
    assert {key: line[key] for key in line if key != "time"} == {
        "level": "INFO",
        "logger": "artwork_indexer.test",
        "message": "done ähm",
        "event_id": 7,
        "mbid": MBID,
        "seconds": 0.5,
    }


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_leaves(style: Literal["text", "json"], secret: str) -> None:
    stream = started(style=style)
    log.info("authorization: %s", secret)
    log.info("headers %r", {"authorization": secret})
    log.info(
        "extra", extra={"headers": {secret: [secret, secret.encode()]}, "why": OSError(secret)}
    )
    log.info("as JSON %s", json.dumps(secret))
    log_failure(f"refused {secret}")
    written = stream.getvalue()
    spellings = {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    spellings |= {
        json.dumps(text, ensure_ascii=flag)[1:-1] for text in spellings for flag in (True, False)
    }
    assert sorted(spelling for spelling in spellings if spelling in written) == []
    assert written.count(HIDDEN) >= 5


@pytest.mark.parametrize("style", ["text", "json"])
def test_unknown_keys_of_the_archive_do_not_leave(style: Literal["text", "json"]) -> None:
    stream = started(style=style)
    log.info("sent %s", {"authorization": "LOW AKEY:its-secret"})
    log.info("extra", extra={"header": "LOW AKEY:its-secret"})
    log_failure("refused LOW AKEY:its-secret")
    assert "AKEY" not in stream.getvalue()
    assert "its-secret" not in stream.getvalue()


def test_new_secrets_are_hidden_beside_the_old_ones() -> None:
    scrubber = Scrubber(["first"])
    scrubber.learn(["first-and-more", ""])
    assert scrubber("first, first-and-more.") == f"{HIDDEN}, {HIDDEN}."


def test_only_our_loggers_speak_at_the_configured_level() -> None:
    stream = started(level="debug")
    log.debug("from us")
    logging.getLogger("audit.queue").debug("from the audit")
    logging.getLogger("psycopg").info("a statement")
    logging.getLogger("psycopg").warning("trouble")
    written = stream.getvalue()
    assert all(text in written for text in ("from us", "from the audit", "trouble"))
    assert "a statement" not in written


def test_started_twice_writes_once() -> None:
    first = started()
    second = started(level="error")
    log.info("quiet")
    log.error("loud")
    assert first.getvalue() == ""
    assert second.getvalue().count("loud") == 1
    assert "quiet" not in second.getvalue()
