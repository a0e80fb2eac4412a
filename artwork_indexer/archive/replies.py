"""Answers of the Internet Archive's JSON services: ``success``, and an ``error`` if not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from artwork_indexer.errors import TransientError
from artwork_indexer.http_outcomes import Answer, scrub

LARGEST_REPLY: Final = 256 * 1024
"""Bytes; these services answer with a few numbers and a URL."""


@dataclass(frozen=True, slots=True)
class Reply:
    """``error`` says why it did not work, without keys; None when it did.

    ``content`` is the whole object, in which unknown keys are normal.
    """

    error: str | None
    content: dict[str, Any]


def parse_reply(what: str, answer: Answer, authorization: str) -> Reply:
    """The meaning of an answer; ``what`` was asked with this header.

    Raises:
        TransientError: it is not from such a service, for example a page of the front end.
    """
    try:
        content = json.loads(answer.body.decode())
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("success"), bool):
        raise TransientError(
            f"HTTP {answer.status} for {what}: this is no answer of the service.",
            status=answer.status,
        )
    if content["success"]:
        return Reply(None, content)
    pair = authorization.removeprefix("LOW ")
    error = scrub(str(content.get("error") or "no reason given"), (pair, *pair.split(":")))
    return Reply(error, content)
