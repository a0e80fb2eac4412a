"""The program as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
LONGEST: Final = 40.0
"""Seconds after which a process that should have done something is a failure."""


@dataclass(frozen=True)
class Finished:
    """How a command ended, and all it said."""

    code: int
    output: str


class Process:
    """A running program; what it says is collected line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[str] = []
        self._more = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @property
    def output(self) -> str:
        return "".join(self._lines)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._more:
                self._lines.append(line.decode())
                self._more.notify_all()
        async with self._more:
            self._more.notify_all()

    async def said(self, fragment: str) -> None:
        """Wait until the program has said something."""
        async with asyncio.timeout(LONGEST), self._more:
            await self._more.wait_for(lambda: fragment in self.output or self._reader.done())
        assert fragment in self.output, self.output

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self, within: float = LONGEST) -> int:
        """The exit code."""
        async with asyncio.timeout(within):
            code = await self._process.wait()
            await self._reader
        return code

    async def clean_up(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self.ended()


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[Process]:
    """``python -m artwork_indexer`` with arguments; killed at the end of the block."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ARTWORK_INDEXER_")}
    started = Process(
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "artwork_indexer",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=ROOT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
        )
    )
    try:
        yield started
    finally:
        await started.clean_up()


async def command(*arguments: str) -> Finished:
    """Run a command to its end."""
    async with process(*arguments) as started:
        code = await started.ended()
        return Finished(code, started.output)
