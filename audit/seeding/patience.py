"""Asking the Internet Archive again, as late as it wants and as often as it is worth it.

All processes leave it alone together: a pause that one of them is told holds the others too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from artwork_indexer.database import Database, query
from artwork_indexer.errors import (
    CredentialsRefused,
    Overloaded,
    ServicePaused,
    TransientError,
    Unreachable,
)
from artwork_indexer.event_queue import storable
from artwork_indexer.sentences import ended
from artwork_indexer.services import ARCHIVE

T = TypeVar("T")

MOST_FAILURES: Final = 8
FIRST_WAIT: Final = 2.0
"""Seconds after the first answer that is of no use; it doubles with each further one."""
LONGEST_WAIT: Final = 300.0


class Patience:
    """Repeats requests. ``tell`` is told of every wait. A dry run keeps its pauses to itself."""

    def __init__(
        self,
        database: Database,
        tell: Callable[[str], None],
        *,
        most_failures: int = MOST_FAILURES,
        first_wait: float = FIRST_WAIT,
        is_dry: bool = False,
    ) -> None:
        self._database = database
        self._tell = tell
        self._most_failures = most_failures
        self._first_wait = first_wait
        self._is_dry = is_dry

    async def ask(self, request: Callable[[], Awaitable[T]]) -> T:
        """The answer, perhaps after some failures.

        Raises:
            Unreachable: it failed too often in a row.
            CredentialsRefused, PermanentError: asking again cannot help.
        """
        failures = 0
        while True:
            await self._rest()
            try:
                return await request()
            except CredentialsRefused:
                raise
            except (ServicePaused, TransientError) as error:
                failures += 1
                if failures >= self._most_failures:
                    raise Unreachable(
                        f"The Internet Archive failed {failures} times in a row, last with: "
                        f"{ended(str(error))} Run this again later; it goes on where it was."
                    ) from error
                await self._wait_after(error, failures)

    async def _wait_after(self, error: ServicePaused | TransientError, failures: int) -> None:
        if isinstance(error, Overloaded) and not self._is_dry:
            # An outage is not passed on: it may be one of this service alone.
            await self._database.execute(
                query("pause_service"),
                service=error.service,
                duration=timedelta(seconds=error.seconds),
                reason=storable(str(error)),
            )
            return
        if isinstance(error, ServicePaused):
            seconds = error.seconds
        else:
            seconds = min(self._first_wait * 2 ** min(failures - 1, 20), LONGEST_WAIT)
        self._tell(f"{ended(str(error))} The next try is in {seconds:.0f} s.")
        await asyncio.sleep(seconds)

    async def _rest(self) -> None:
        """Wait while any process leaves the Internet Archive alone."""
        while row := await self._database.fetch_one(query("seed_archive_pause"), service=ARCHIVE):
            self._tell(
                f"The Internet Archive is left alone for {row['seconds']:.0f} s: {row['reason']}"
            )
            await asyncio.sleep(row["seconds"])
