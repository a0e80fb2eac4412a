"""The daemon as a process: what it cost, from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A running child of which CPU and memory are read from /proc (Linux)."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child

    def cpu_seconds(self) -> float:
        """User and system time so far, nanoseconds resolution where the kernel has it."""
        schedstat = Path(f"/proc/{self.child.pid}/schedstat")
        tasks = Path(f"/proc/{self.child.pid}/task")
        if schedstat.exists():
            return (
                sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())
                / 1e9
            )
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mebibytes(self) -> float:
        """Highest resident memory so far."""
        for line in Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return float("nan")

    def stop(self) -> None:
        """Ask it to end, and wait for it."""
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(timeout=30)


@contextmanager
def program(*arguments: str, log: Path) -> Iterator[Process]:
    """Run ``artwork-indexer`` with these arguments until the block ends; output to ``log``."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "artwork_indexer", *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Process(child)
        finally:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
