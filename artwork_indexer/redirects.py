"""Which redirects may be followed: keys and bodies go only where the operator lets them.

The Internet Archive answers many requests with a 307 to another of its hosts. A general
HTTP client then either drops the authorization or carries it anywhere; both are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from yarl import URL

from artwork_indexer.errors import PermanentError
from artwork_indexer.http_outcomes import Answer, scrub

STATUSES: Final = frozenset({301, 302, 307, 308})
MOST_HOPS: Final = 5
ARCHIVE_DOMAIN: Final = "archive.org"


class Redirects:
    """Follows to the scheme, host and port of a configured URL, and to https archive.org.

    ``templates`` are URLs of the configuration. One with a placeholder in its host adds
    nothing, but the origin of the request itself is always allowed.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        parts = [urlsplit(template) for template in templates]
        self._origins = {
            URL(f"{part.scheme}://{part.netloc}").origin()
            for part in parts
            if part.netloc and "{" not in part.netloc
        }

    def is_redirect(self, answer: Answer) -> bool:
        """Whether the answer sends the request, method and body unchanged, elsewhere."""
        return answer.status in STATUSES

    def target(self, url: URL, answer: Answer) -> URL:
        """Where a redirected request for ``url`` has to go.

        Raises:
            PermanentError: nowhere, or not where we may go.
        """
        location = answer.headers.get("Location", "")
        try:
            target = url.join(URL(location, encoded=True))
            # What is no host shows only here.
            host = target.host or "nowhere"
            allowed = bool(location) and self._allowed(url, target)
        except ValueError:
            raise _refused(answer, "without a proper target") from None
        if not allowed:
            raise _refused(answer, f"to {scrub(host)}, neither configured nor archive.org")
        return target.with_fragment(None)

    def _allowed(self, url: URL, target: URL) -> bool:
        if target.user is not None or target.password is not None or not target.host:
            return False
        origin = target.origin()
        if origin in self._origins or origin == url.origin():
            return True
        host = target.host
        return target.scheme == "https" and (
            host == ARCHIVE_DOMAIN or host.endswith(f".{ARCHIVE_DOMAIN}")
        )


def _refused(answer: Answer, why: str) -> PermanentError:
    return PermanentError(
        f"HTTP {answer.status}: redirected {why}; not followed.", status=answer.status
    )
