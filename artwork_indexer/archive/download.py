"""Downloads from the Internet Archive, believed only when they are what its record lists."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from yarl import URL

from artwork_indexer.archive.metadata import File
from artwork_indexer.errors import TransientError
from artwork_indexer.http import Service

FRESH: Final = {"cache-control": "no-cache"}
"""Shared caches may keep a file for six hours; the record is newer than that."""


class Downloads:
    """Downloads files. ``url`` has the placeholders ``{item}`` and ``{file}``."""

    def __init__(self, service: Service, url: str) -> None:
        self._service = service
        self._url = url

    async def fetch(self, item: str, file: File) -> bytes:
        """The content of a file, as listed in the metadata record of its item.

        Nothing larger than the listed size is read. Nodes answer with pages of errors under
        any content type, so only md5 and size tell whether this is the file.

        Raises:
            TransientError: these are other bytes, or the record does not tell which to expect.
            EventError: as :meth:`artwork_indexer.http.Service.request`.
        """
        if file.md5 is None or file.size is None:
            raise TransientError(f"The record of {item} lists no checksum or size of {file.name}.")
        url = URL(self._url.format(item=item, file=quote(file.name)), encoded=True)
        answer = await self._service.request("GET", url, headers=FRESH, limit=max(file.size, 1))
        if not file.holds(answer.body):
            raise TransientError(
                f"The {len(answer.body)} bytes downloaded as {file.name} of {item} are not what "
                "its record lists."
            )
        return answer.body
