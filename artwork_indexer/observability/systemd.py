"""Notifications to the service manager (sd_notify(3)), without a library."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Self

from artwork_indexer.observer import Observer

LONGEST_SILENCE: Final = 40.0
"""Seconds; a healthy loop shows progress at least every 15, plus one slow call."""


class Notifier:
    """Sends messages to ``$NOTIFY_SOCKET``; without one it does nothing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of an abstract socket.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def send(self, **fields: object) -> None:
        """Send one message, such as ``READY="1", STATUS="..."``; trouble is ignored."""
        if not self._address:
            return
        message = "\n".join(f"{name}={value}" for name, value in fields.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            # The manager's queue may be full: a lost message is better than a loop that waits.
            sender.setblocking(False)
            sender.sendto(message.encode(), self._address)


def watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """How often the manager wants a sign of life, None if it does not watch this process."""
    text = environ.get("WATCHDOG_USEC", "")
    if not text.isdigit() or int(text) == 0:
        return None
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(text) / 1_000_000


class Watchdog:
    """Feeds the manager's watchdog, but only while the loop makes progress.

    ``interval`` is the manager's, in seconds. A progress mark counts for that long, and never
    less than ``patience``, for an idle loop is rarely at work.
    """

    def __init__(
        self, notifier: Notifier, interval: float, *, patience: float = LONGEST_SILENCE
    ) -> None:
        self._notifier = notifier
        self._interval = interval
        self._patience = max(interval, patience)
        self._progressed_at = time.monotonic()
        self._is_stopping = False

    def stopping(self) -> None:
        """The loop ends and shows no progress any more; TimeoutStopSec is the limit now."""
        self._is_stopping = True

    def progress(self) -> None:
        """The loop is alive."""
        self._progressed_at = time.monotonic()

    async def run(self) -> None:
        """Feed until cancelled."""
        while True:
            is_fresh = time.monotonic() - self._progressed_at < self._patience
            if is_fresh or self._is_stopping:
                self._notifier.send(WATCHDOG=1)
            await asyncio.sleep(self._interval / 2)


class Systemd(Observer):
    """Tells the service manager what the daemon does; use it around the daemon's run."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._notifier = Notifier(environ)
        seconds = watchdog_seconds(environ)
        self._watchdog = None if seconds is None else Watchdog(self._notifier, seconds)
        self._feeding: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._watchdog is not None:
            self._feeding = asyncio.create_task(self._watchdog.run(), name="watchdog")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
            await asyncio.wait([self._feeding])

    def started(self) -> None:
        """The loop begins."""
        self._notifier.send(READY=1, STATUS="Working.")

    def stopping(self) -> None:
        """Finishing what is in hand."""
        if self._watchdog is not None:
            self._watchdog.stopping()
        self._notifier.send(STOPPING=1, STATUS="Finishing the events in hand.")

    def reloading(self) -> None:
        """The manager waits for READY=1 after this."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._notifier.send(RELOADING=1, MONOTONIC_USEC=microseconds)

    def reloaded(self, *, accepted: bool) -> None:
        """The reload is over."""
        status = "Working." if accepted else "Reload refused, the old configuration stays."
        self._notifier.send(READY=1, STATUS=status)

    def progressed(self) -> None:
        """The loop took a turn."""
        if self._watchdog is not None:
            self._watchdog.progress()

    def connected(self, active: bool) -> None:
        """Show trouble with the database in ``systemctl status``."""
        self._notifier.send(STATUS="Working." if active else "Waiting for the database.")
