"""Bad answers of the services, as part of an example."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import web

from artwork_indexer.sandbox import webservice_faults
from artwork_indexer.sandbox.internet_archive import Archive, fault_kinds
from artwork_indexer.sandbox.internet_archive.calls import Call
from artwork_indexer.sandbox.internet_archive.fault_kinds import Answer, Fault
from artwork_indexer.sandbox.webservice import WebService
from tests.audit.simulation.stock import Entity

MEBIBYTE: Final = 1024 * 1024
MUSICBRAINZ: Final = "musicbrainz"
PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "record": ("GET", "/metadata/{item}"),
    "index": ("GET", "/download/{item}/index.json"),
    "document": ("GET", "/download/{item}/{item}_mb_metadata.xml"),
    "page": ("GET", "/details/{item}"),
    "put": ("PUT", "/{item}/"),
    "delete": ("DELETE", "/{item}/"),
    "patch": ("POST", "/metadata/{item}"),
    "any": ("", "{item}"),
    MUSICBRAINZ: ("GET", "{gid}"),
}
"""Method and path, by what is asked."""


def late(seconds: float = 0.03) -> Fault:
    """The proper answer, a moment later."""

    async def fault(_call: Call, answer: Answer) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return answer()

    return fault


KINDS: Final[Mapping[str, Callable[[], Fault]]] = {
    **{
        f"status {number}": partial(fault_kinds.status, number)
        for number in (200, 204, 302, 400, 401, 403, 404, 409, 410, 429, 500, 502, 503, 504)
    },
    "slow_down": fault_kinds.slow_down,
    "slow_down for an hour": lambda: fault_kinds.slow_down(3600),
    "spam": fault_kinds.spam,
    "too_many": lambda: fault_kinds.too_many("Fri, 31 Dec 1999 23:59:59 GMT"),
    "dark": fault_kinds.dark,
    "wrong_credentials": fault_kinds.wrong_credentials,
    "item_gone": fault_kinds.item_gone,
    "s3_failure": lambda: fault_kinds.s3_failure("InternalError", "We broke."),
    "html": fault_kinds.html,
    "html 200": lambda: fault_kinds.html(200, "image/jpeg"),
    "half JSON": fault_kinds.garbage,
    "other JSON": lambda: fault_kinds.garbage('{"error": "Couldn\'t locate item"}'),
    "null": lambda: fault_kinds.garbage("null"),
    "list": lambda: fault_kinds.garbage("[]"),
    "empty object": lambda: fault_kinds.garbage("{}"),
    "deep": lambda: fault_kinds.garbage("[" * 100_000),
    "not a number": lambda: fault_kinds.garbage('{"files": NaN}'),
    "redirect to itself": lambda: fault_kinds.redirect("{origin}{target}"),
    "redirect elsewhere": lambda: fault_kinds.redirect("http://127.0.0.1:9/", 302),
    "redirect nowhere": lambda: fault_kinds.redirect(":::"),
    "no files": lambda: fault_kinds.edit_json({"files": None}),
    "few files": lambda: fault_kinds.edit_json({"files": []}),
    "odd files": lambda: fault_kinds.edit_json({"files": [{"name": 1}, "x", None]}),
    "no metadata": lambda: fault_kinds.edit_json({"metadata": None}),
    "another item": lambda: fault_kinds.edit_json({"metadata": {"identifier": "mbid-other"}}),
    "no time": lambda: fault_kinds.edit_json({"item_last_updated": None}),
    "truncated": fault_kinds.truncated,
    "no body": lambda: fault_kinds.truncated(0.0),
    "trickle": lambda: fault_kinds.trickle(512, 0.001),
    "huge": lambda: fault_kinds.huge(3 * MEBIBYTE),
    "drop": fault_kinds.drop,
    "drop, but done": lambda: fault_kinds.drop(applied=True),
    "late": late,
}
MERGED: Final = webservice_faults.moved_to("/ws/2/release/00000000-0000-4000-8000-000000000000")
DENIALS: Final = (webservice_faults.UNKNOWN, MERGED)
"""With these an index writes nothing, although MusicBrainz's tables know the entity."""
WEB_SERVICE_KINDS: Final = (
    webservice_faults.SERVER_ERROR,
    webservice_faults.REQUEST_TIMEOUT,
    webservice_faults.RATE_LIMITED,
    webservice_faults.HTML_SUCCESS,
    webservice_faults.MALFORMED,
    webservice_faults.TRUNCATED,
    webservice_faults.UNKNOWN,
    MERGED,
    webservice_faults.moved_to("https://example.org/"),
)


SWALLOWED: Final = frozenset(
    {
        *("status 200", "status 204", "html 200", "half JSON", "other JSON", "null", "list"),
        *("empty object", "deep", "not a number"),
    }
)
"""Answers to a write that may pass for success, although nothing was done."""
LONG: Final = 3
"""Times; after so many repairs that changed nothing a person is asked."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A bad answer to some requests about one entity."""

    place: str
    kind: str
    where: int
    skip: int
    times: int

    def arrange(
        self, archive: Archive, webservice: WebService, entities: tuple[Entity, ...]
    ) -> None:
        entity = entities[self.where % len(entities)]
        method, path = PLACES[self.place]
        if self.place == MUSICBRAINZ:
            webservice.faults.add(path.format(gid=entity.gid), self._of_web_service(), self.times)
        else:
            archive.faults.add(
                method,
                path.format(item=entity.item),
                KINDS[self.kind](),
                times=self.times,
                skip=self.skip,
            )

    def in_vain(self, entities: tuple[Entity, ...]) -> Entity | None:
        """The entity whose repairs change nothing for days without failing, if there is one.

        The web service does not know it, or the archive accepts and does nothing.
        """
        if self.place == MUSICBRAINZ:
            is_so = self._of_web_service() in DENIALS
        else:
            is_so = self.place in ("put", "any") and self.kind in SWALLOWED
        return entities[self.where % len(entities)] if is_so and self.times >= LONG else None

    def _of_web_service(self) -> webservice_faults.Fault:
        return WEB_SERVICE_KINDS[sorted(KINDS).index(self.kind) % len(WEB_SERVICE_KINDS)]
