"""The Internet Archive's tasks: what waits for an item, and the task that makes thumbnails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from yarl import URL

from artwork_indexer.archive.metadata import integer
from artwork_indexer.archive.replies import LARGEST_REPLY, parse_reply
from artwork_indexer.errors import TransientError
from artwork_indexer.http import Service
from artwork_indexer.projects import Project

DERIVE: Final = "derive.php"


@dataclass(frozen=True, slots=True)
class Summary:
    """How many tasks of an item are in which state; ``error`` ones wait for a person."""

    queued: int
    running: int
    error: int
    paused: int


class Tasks:
    """Reads and submits tasks. ``url`` is that of the Tasks API.

    ``keys`` gives the authorization of an archive or raises what says that there is none.
    Every method raises :class:`TransientError` for an answer that cannot be used, and what
    :meth:`artwork_indexer.http.Service.request` raises.
    """

    def __init__(self, service: Service, url: str, keys: Callable[[Project], str]) -> None:
        self._service = service
        self._url = URL(url)
        self._keys = keys

    async def summary(self, project: Project, item: str) -> Summary:
        """The tasks of an item that have not finished."""
        url = self._url.update_query(summary="1", identifier=item)
        value = await self._ask("GET", project, item, url)
        counts = value.get("summary")
        names = ("queued", "running", "error", "paused")
        numbers = [integer(counts.get(name)) for name in names] if isinstance(counts, dict) else []
        known = [number for number in numbers if number is not None]
        if len(known) != len(names):
            raise TransientError(f"The tasks of {item} cannot be read: no summary of them.")
        return Summary(*known)

    async def derive(self, project: Project, item: str) -> None:
        """Ask for the derivatives that an item lacks."""
        order = {"identifier": item, "cmd": DERIVE, "args": {}}
        await self._ask("POST", project, item, self._url, json.dumps(order).encode())

    async def _ask(
        self, method: str, project: Project, item: str, url: URL, body: bytes | None = None
    ) -> dict[str, Any]:
        authorization = self._keys(project)
        headers = {"authorization": authorization}
        if body is not None:
            headers["content-type"] = "application/json"
        answer = await self._service.request(
            method,
            url,
            headers=headers,
            body=body,
            keys_service=project.keys_service,
            limit=LARGEST_REPLY,
        )
        reply = parse_reply(f"the tasks of {item}", answer, authorization)
        if reply.error is not None:
            raise TransientError(f"The Tasks API refuses {item}: {reply.error}")
        value = reply.content.get("value")
        return value if isinstance(value, dict) else {}
