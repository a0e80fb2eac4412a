"""The MusicBrainz web service ``/ws/2``: the document that is stored beside the images.

Redirects are never followed: a merged entity answers with the document of another one,
which must not be stored under the old MBID.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree
from yarl import URL

from artwork_indexer.errors import TransientError
from artwork_indexer.http import MEBIBYTE, Service
from artwork_indexer.http_outcomes import Answer
from artwork_indexer.projects import Project

NAMESPACE: Final = "http://musicbrainz.org/ns/mmd-2.0#"
LARGEST_DOCUMENT: Final = 16 * MEBIBYTE
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

_GID_AT_END: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\?[^/]*)?")


@dataclass(frozen=True, slots=True)
class Document:
    """The document of exactly the entity that was asked for, byte for byte."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The web service has no document under this MBID; ``reason`` reads "merged into ..."."""

    reason: str


class WebService:
    """Asks for documents. ``url`` is the server's base URL.

    ``set_database`` chooses a database of a test server, None for the default one.
    """

    def __init__(self, service: Service, url: str, *, set_database: str | None = None) -> None:
        self._service = service
        self._url = url.rstrip("/")
        self._headers = {} if set_database is None else {"mb-set-database": set_database}

    @property
    def is_resting(self) -> bool:
        """Whether it has to be left alone now."""
        return self._service.is_resting()

    async def fetch(self, project: Project, gid: str) -> Document | Elsewhere:
        """The document of an entity.

        Raises:
            TransientError: the answer is not from a MusicBrainz web service, or is broken.
            EventError: as :meth:`artwork_indexer.http.Service.request`.
        """
        entity = project.entity_type
        url = URL(f"{self._url}/ws/2/{entity}/{gid}?inc={project.ws_includes}", encoded=True)
        answer = await self._service.request(
            "GET",
            url,
            headers=self._headers,
            accept=REDIRECTS | {404},
            limit=LARGEST_DOCUMENT,
        )
        if answer.status in REDIRECTS:
            return _redirected(gid, answer)
        if answer.status == 404:
            return _not_found(answer)
        check_document(project, gid, answer.body)
        return Document(answer.body)


def parse_xml(body: bytes) -> etree._Element:
    """The root element, without entities, network access or document types.

    Raises:
        ValueError: the body is not well-formed, or has a document type.
    """
    # A parser of its own each time: libxml2 parsers keep state after an error.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed ({error})") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("it has a document type")
    return root


def check_document(project: Project, gid: str, body: bytes) -> None:
    """Make sure that the body is the document of this entity and of no other.

    Raises:
        TransientError: it is not.
    """
    try:
        root = parse_xml(body)
    except ValueError as error:
        raise _wrong_answer(f"the XML cannot be used: {error}") from None
    entity = root.find(f"{{{NAMESPACE}}}{project.entity_type}")
    if root.tag != f"{{{NAMESPACE}}}metadata" or entity is None:
        raise _wrong_answer(f"the document holds no {project.entity_type}")
    if entity.get("id") != gid:
        raise _wrong_answer(f"the document is about another {project.entity_type}")


def _redirected(gid: str, answer: Answer) -> Elsewhere:
    """A permanent redirect to another MBID is a merge; every other one is a wrong URL."""
    location = answer.headers.get("Location", "")
    found = _GID_AT_END.fullmatch(location.rsplit("/", 1)[-1])
    if answer.status != 301 or found is None or found[1] == gid:
        raise _wrong_answer("it redirects, but not to another MBID", answer.status)
    return Elsewhere(f"merged into {found[1]}")


def _not_found(answer: Answer) -> Elsewhere:
    try:
        root = parse_xml(answer.body)
    except ValueError:
        root = None
    if root is None or root.tag != "error" or root.find("text") is None:
        raise _wrong_answer("not the error document of a web service", 404)
    return Elsewhere("not found")


def _wrong_answer(why: str, status: int | None = None) -> TransientError:
    head = "" if status is None else f"HTTP {status}: "
    return TransientError(
        f"{head}The MusicBrainz web service gave a wrong answer: {why}. "
        "Probably [musicbrainz] url in the configuration is wrong.",
        status=status,
    )
