"""Everything the daemon builds from one configuration.

A reload makes a new engine. The old one stays until the events it claimed have ended, so
that each event is finished by the queue, the keys and the limits it was begun with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Literal, Protocol

from artwork_indexer.database import Database
from artwork_indexer.event_queue import Event, EventQueue

Handle = Callable[[Event], Awaitable[str | None]]
"""Does what an event asks for; returns why nothing was written, if nothing was."""

ListenMode = Literal["auto", "yes", "no"]


class IdleStep(Protocol):
    """Work for the time when no event waits: the audit."""

    async def step(self) -> bool:
        """Do one bounded piece of work; return whether there was anything to do.

        Never begun while an event is ready; an event that arrives meanwhile does not wait
        for it. Cancelled, it gives back what it has not finished.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the loop itself has to know of the configuration."""

    concurrency: int = 4
    event_timeout_seconds: float = 150
    listen: ListenMode = "auto"


@dataclass(frozen=True, slots=True)
class Engine:
    """One configuration, ready to use. ``conninfo`` is for the listener's own connection."""

    settings: EngineSettings
    conninfo: str
    database: Database
    queue: EventQueue
    handle: Handle
    close: Callable[[], Coroutine[None, None, None]]
    idle_step: IdleStep | None = None
