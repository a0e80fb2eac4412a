"""A daemon in a process of its own, whose events do nothing but take their time.

An event whose message names a ``file`` lasts until that file exists.

``python -m tests.daemon_process '{"conninfo": …, "owner": …, "lease": …}'``
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from artwork_indexer.actions.noop import noop
from artwork_indexer.daemon import Daemon, LoopOptions
from artwork_indexer.event_queue import Event, QueueSettings
from artwork_indexer.observer import Observer
from tests.queue_fixtures import make_engine, until


async def handle(event: Event) -> str | None:
    logging.getLogger(__name__).info("begun: event %d", event.id)
    await noop(event)
    file = event.message.get("file")
    await until(lambda: file is None or Path(str(file)).exists(), limit=3600)
    return f"pid {os.getpid()}"


async def main(options: dict[str, object]) -> int:
    engine = make_engine(
        str(options["conninfo"]),
        handle,
        owner=str(options["owner"]),
        queue=QueueSettings(
            lease_seconds=float(str(options.get("lease", 60))), index_delay_seconds=0
        ),
    )
    await engine.database.__aenter__()
    loop_options = LoopOptions(max_wait=float(str(options.get("max_wait", 32))))
    return await Daemon(engine, options=loop_options, observer=Observer()).run()


class DaemonProcess:
    """The process, and what it has logged so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid
        self._said = b""
        self._reading = asyncio.create_task(self._read())

    @property
    def log(self) -> str:
        # A read may end in the middle of a character.
        return self._said.decode(errors="replace")

    async def _read(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(4096):
            self._said += data

    async def logs(self, text: str, *, times: int = 1) -> None:
        """Until the process has logged ``text`` so often."""
        await until(lambda: self.log.count(text) >= times, limit=45)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self, limit: float = 40) -> int:
        """The exit code; negative for the signal that killed it."""
        async with asyncio.timeout(limit):
            code = await self._process.wait()
            await self._reading
        return code


@asynccontextmanager
async def started(conninfo: str, owner: str, **options: float) -> AsyncIterator[DaemonProcess]:
    """A daemon process that listens; killed at the end unless it has ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.daemon_process",
        json.dumps({"conninfo": conninfo, "owner": owner, **options}),
        cwd=Path(__file__).parents[1],
        stderr=asyncio.subprocess.PIPE,
    )
    it = DaemonProcess(process)
    try:
        await it.logs("listening for new events")
        yield it
    finally:
        if process.returncode is None:
            process.kill()
        await it.ended()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    sys.exit(asyncio.run(main(json.loads(sys.argv[1]))))
