"""Corrections of an item's metadata through the Internet Archive's Metadata Write API.

The headers of an upload set these fields only when the item is made, so no upload mends
them later. Patches are JSON Patch (RFC 6902); readers see them at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlencode

from yarl import URL

from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Present
from artwork_indexer.archive.replies import LARGEST_REPLY, Reply, parse_reply
from artwork_indexer.errors import EventError, PermanentError, TransientError
from artwork_indexer.http import Service
from artwork_indexer.projects import Project

COLLECTION: Final = "collection"
NOINDEX: Final = "noindex"
MEDIATYPE: Final = "mediatype"
MEDIATYPE_VALUE: Final = "image"

Operation = dict[str, object]

_NO_CHANGES: Final = re.compile(r"no changes\b", re.IGNORECASE)
_FAILED_TEST: Final = re.compile(r"\btest\b", re.IGNORECASE)
_OF_USERS: Final = "fav-"
"""Collections of users' favourites, which the Internet Archive adds on its own."""


def wrong_fields(project: Project, record: Present) -> tuple[str, ...]:
    """Which of collection, noindex and mediatype are not as they should be."""
    right = {
        COLLECTION: project.collection in record.collections,
        NOINDEX: [value.lower() for value in record.values(NOINDEX)] == ["true"],
        MEDIATYPE: record.values(MEDIATYPE) == (MEDIATYPE_VALUE,),
    }
    return tuple(field for field, is_right in right.items() if not is_right)


def patch(project: Project, record: Present, fields: Sequence[str]) -> list[Operation]:
    """Operations that put fields right, provided that nobody has changed them meanwhile."""
    present = record.metadata
    guarded = [field for field in ("uploader", *fields) if field in present]
    guards: list[Operation] = [
        {"op": "test", "path": f"/{field}", "value": present[field]} for field in guarded
    ]
    return guards + [
        {
            "op": "replace" if field in present else "add",
            "path": f"/{field}",
            "value": _right_value(project, record, field),
        }
        for field in fields
    ]


def _right_value(project: Project, record: Present, field: str) -> str | list[str]:
    if field == NOINDEX:
        return "true"
    if field == MEDIATYPE:
        return MEDIATYPE_VALUE
    kept = [name for name in record.collections if name.startswith(_OF_USERS)]
    return [project.collection, *kept] if kept else project.collection


class MetadataWriter:
    """Patches items. ``url`` has the placeholder ``{item}``.

    ``keys`` gives the authorization of an archive or raises what says that there is none.
    """

    def __init__(self, service: Service, url: str, keys: Callable[[Project], str]) -> None:
        self._service = service
        self._url = url
        self._keys = keys

    async def write(self, project: Project, gid: str, operations: Sequence[Operation]) -> bool:
        """Patch the metadata of an item; returns whether that changed anything.

        Raises:
            TransientError: the item is not as the patch supposes: read it again.
            PermanentError: the Internet Archive refuses this change.
            EventError: as :meth:`artwork_indexer.http.Service.request`.
        """
        item = names.item(gid)
        authorization = self._keys(project)
        headers = {
            "authorization": authorization,
            "content-type": "application/x-www-form-urlencoded",
            # Rather later than not at all: a 429 here would hold up the edits of users too.
            "x-accept-reduced-priority": "1",
        }
        form = urlencode({"-target": "metadata", "-patch": json.dumps(operations)})
        answer = await self._service.request(
            "POST",
            URL(self._url.format(item=item), encoded=True),
            headers=headers,
            body=form.encode(),
            keys_service=project.keys_service,
            accept=frozenset({400}),
            limit=LARGEST_REPLY,
        )
        what = f"the metadata write of {item}"
        reply = parse_reply(what, answer, authorization)
        if reply.error is None:
            return True
        if _NO_CHANGES.match(reply.error):
            return False
        raise _refusal(what, reply, answer.status)


def _refusal(what: str, reply: Reply, status: int) -> EventError:
    """The error of a patch that was not taken. The texts are not documented."""
    message = f"HTTP {status} for {what}: {reply.error}"
    is_for_good = status == 400 and not _FAILED_TEST.search(reply.error or "")
    return (PermanentError if is_for_good else TransientError)(message, status=status)
