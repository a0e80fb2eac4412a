"""Whether the outside services answer; any proper answer will do, it is not judged."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from artwork_indexer.config import Config
from artwork_indexer.config_values import without_password
from artwork_indexer.doctor.findings import Finding, ok, problem, warning
from artwork_indexer.http import user_agent

ANSWER_SECONDS: Final = 10.0
EXAMPLE: Final = "mbid-00000000-0000-0000-0000-000000000000"
"""An item that does not exist."""
AUDIT_ONLY: Final = frozenset({"search_url", "changes_url", "tasks_url"})


@dataclass(frozen=True, slots=True)
class Address:
    """One configured URL; the daemon can do without those that only the audit uses."""

    section: str
    key: str
    template: str

    @property
    def url(self) -> str:
        """The URL of something that need not exist."""
        return self.template.format(item=EXAMPLE, bucket=EXAMPLE, file="index.json")

    @property
    def is_needed(self) -> bool:
        """Whether the daemon cannot work without it."""
        return self.key not in AUDIT_ONLY


def addresses(config: Config) -> list[Address]:
    """Every configured URL."""
    archive = config.archive
    found = [
        Address("s3", "url", config.s3.url),
        Address("archive", "metadata_url", archive.metadata_url),
        Address("archive", "download_url", archive.download_url),
        Address("archive", "details_url", archive.details_url),
        Address("archive", "search_url", archive.search_url),
        Address("archive", "changes_url", archive.changes_url),
        Address("archive", "tasks_url", archive.tasks_url),
    ]
    if config.musicbrainz.url:
        found.append(Address("musicbrainz", "url", config.musicbrainz.url))
    return found


async def check_remotes(config: Config) -> list[Finding]:
    """Ask every configured URL once, all at the same time, with a time limit."""
    async with aiohttp.ClientSession(
        headers={"User-Agent": user_agent(config.archive.contact)},
        timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        return list(await asyncio.gather(*(_ask(session, one) for one in addresses(config))))


async def _ask(session: aiohttp.ClientSession, address: Address) -> Finding:
    subject = f"[{address.section}] {address.key}"
    host = URL(without_password(address.url), encoded=True).origin()
    bad = problem if address.is_needed else warning
    try:
        async with session.get(URL(address.url, encoded=True), allow_redirects=False) as response:
            status = response.status
    except TimeoutError:
        return bad(
            subject,
            f"{host} did not answer within {ANSWER_SECONDS:g} seconds",
            "Correct it, or see what blocks the way there.",
        )
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return bad(
            subject,
            f"{host} cannot be reached ({_reason(error)})",
            "Correct it, or see what blocks the way there.",
        )
    if status >= 500:
        return warning(
            subject, f"{host} answers with HTTP {status}", "Wait; the daemon does the same."
        )
    return ok(subject, f"{host} answers (HTTP {status})")


def _reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if not isinstance(cause, OSError):
        return type(error).__name__
    # Resolver errors are negative, and only their own text explains them.
    number = cause.errno or 0
    return (os.strerror(number) if number > 0 else cause.strerror) or type(cause).__name__
