"""Writes to the Internet Archive through its S3-like API.

Every request is asynchronous over there: a good answer means that a task was queued, and
reads show the change only when that task has run. The sets of headers are what the
Internet Archive and MusicBrainz have relied on for years; nothing may be added to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from yarl import URL

from artwork_indexer.archive import names
from artwork_indexer.errors import CredentialsRefused
from artwork_indexer.http import Service
from artwork_indexer.http_outcomes import REFUSED_KEYS_SECONDS
from artwork_indexer.projects import Project

KEEP_OLD_VERSION: Final = {"x-archive-keep-old-version": "1"}
CASCADE: Final = {"x-archive-cascade-delete": "1"}


class S3:
    """Writes one file at a time.

    ``url`` has the placeholders ``{bucket}`` and ``{file}``; ``authorization`` gives the
    header of an archive's key pair, or None if it is not configured.

    Every method raises :class:`CredentialsRefused` if there are no keys, and what
    :meth:`artwork_indexer.http.Service.request` raises.
    """

    def __init__(
        self, service: Service, url: str, authorization: Callable[[Project], str | None]
    ) -> None:
        self._service = service
        self._url = url
        self._authorization = authorization

    def require_keys(self, project: Project) -> str:
        """The authorization of an archive.

        Raises:
            CredentialsRefused: it is not configured.
        """
        header = self._authorization(project)
        if header is None:
            prefix = project.abbreviation
            raise CredentialsRefused(
                f"No keys for the {project.name}: set {prefix}_access and {prefix}_secret "
                "in section [s3] of the configuration.",
                service=project.keys_service,
                seconds=REFUSED_KEYS_SECONDS,
            )
        return header

    async def put_index(self, project: Project, gid: str, body: bytes) -> None:
        """Write index.json; the old version is kept."""
        headers = {
            "authorization": self.require_keys(project),
            "content-type": "application/json; charset=UTF-8",
            **_new_item(project),
            **KEEP_OLD_VERSION,
        }
        await self._send("PUT", project, gid, names.INDEX_JSON, headers, body)

    async def put_metadata_xml(self, project: Project, gid: str, body: bytes) -> None:
        """Write the document of the web service; the old version is not kept."""
        headers = {
            "authorization": self.require_keys(project),
            "content-type": "application/xml; charset=UTF-8",
            **_new_item(project),
        }
        await self._send("PUT", project, gid, names.metadata_xml(gid), headers, body)

    async def copy_image(
        self, project: Project, old_gid: str, new_gid: str, image_id: int, suffix: str
    ) -> None:
        """Copy an original to another item, under its new name."""
        source = f"/{names.item(old_gid)}/{names.image(old_gid, image_id, suffix)}"
        headers = {
            "authorization": self.require_keys(project),
            "x-amz-copy-source": source,
            **_new_item(project),
            **KEEP_OLD_VERSION,
        }
        await self._send("PUT", project, new_gid, names.image(new_gid, image_id, suffix), headers)

    async def delete_image(self, project: Project, gid: str, image_id: int, suffix: str) -> None:
        """Delete an original and what was derived from it; the old version is kept."""
        await self._delete(project, gid, names.image(gid, image_id, suffix))

    async def delete_index(self, project: Project, gid: str) -> None:
        """Delete index.json; the old version is kept."""
        await self._delete(project, gid, names.INDEX_JSON)

    async def _delete(self, project: Project, gid: str, file: str) -> None:
        headers = {
            "authorization": self.require_keys(project),
            **KEEP_OLD_VERSION,
            **CASCADE,
        }
        await self._send("DELETE", project, gid, file, headers)

    async def _send(
        self,
        method: str,
        project: Project,
        gid: str,
        file: str,
        headers: dict[str, str],
        body: bytes | None = None,
    ) -> None:
        url = URL(self._url.format(bucket=names.item(gid), file=file), encoded=True)
        await self._service.request(
            method, url, headers=headers, body=body, keys_service=project.keys_service
        )


def _new_item(project: Project) -> dict[str, str]:
    """Make the item if it is missing; the metadata acts only then."""
    return {
        "x-archive-auto-make-bucket": "1",
        "x-archive-meta-collection": project.collection,
        "x-archive-meta-mediatype": "image",
        "x-archive-meta-noindex": "true",
    }
