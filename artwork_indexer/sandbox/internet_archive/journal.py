"""What was asked of the stand-in, in the order of arrival."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

KEPT_REQUESTS = 10_000
KEPT_BODY = 64 * 1024


@dataclass(slots=True)
class Entry:
    """One request.

    ``path`` is as sent, with the query; ``target`` is decoded and always in path style
    (``/s3/<bucket>/<key>``). ``body`` holds at most the first 64 KiB, ``md5`` covers all.
    ``time`` is that of the stand-in. ``status`` is None until the answer is made.
    """

    number: int
    method: str
    path: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    size: int
    time: float
    status: int | None = None
    _whole_md5: str = ""

    @property
    def md5(self) -> str:
        """Sum of the whole body."""
        return self._whole_md5 or _md5(self.body)

    def header(self, name: str) -> str | None:
        """Return the first header of this name, in whatever case it was sent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Journal:
    """A bounded list of requests that can be waited for."""

    def __init__(self, kept: int = KEPT_REQUESTS) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._waiters: list[tuple[Callable[[Entry], bool], asyncio.Future[Entry]]] = []
        self.count = 0
        """Number of requests ever noted."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def select(self, method: str = "", fragment: str = "") -> list[Entry]:
        """Return the requests of a method whose target holds ``fragment``."""
        return [e for e in self._entries if method in {"", e.method} and fragment in e.target]

    def clear(self) -> None:
        """Forget all requests; numbers go on."""
        self._entries.clear()

    def note(
        self,
        *,
        method: str,
        path: str,
        target: str,
        headers: tuple[tuple[bytes, bytes], ...],
        body: bytes,
        now: float,
    ) -> Entry:
        """Note a request that has arrived completely."""
        self.count += 1
        entry = Entry(
            self.count,
            method,
            path,
            target,
            tuple((k.decode("latin-1"), v.decode("utf-8", "replace")) for k, v in headers),
            body[:KEPT_BODY],
            len(body),
            now,
            _whole_md5=_md5(body) if len(body) > KEPT_BODY else "",
        )
        self._entries.append(entry)
        self._wake(entry)
        return entry

    def _wake(self, entry: Entry) -> None:
        if not self._waiters:
            return
        for wanted, future in self._waiters:
            if not future.done() and wanted(entry):
                future.set_result(entry)
        self._waiters = [w for w in self._waiters if not w[1].done()]

    async def wait_for(self, wanted: int | Callable[[Entry], bool], within: float = 30.0) -> Entry:
        """Return the request with number ``wanted``, or the first one it accepts.

        Requests that have arrived already count. Raises TimeoutError after ``within`` seconds.
        """
        accepts = wanted if callable(wanted) else _numbered(wanted)
        for entry in self._entries:
            if accepts(entry):
                return entry
        future: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self._waiters.append((accepts, future))
        async with asyncio.timeout(within):
            return await future


def _numbered(number: int) -> Callable[[Entry], bool]:
    return lambda entry: entry.number >= number


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
