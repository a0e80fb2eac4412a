"""What no audit can do without: one GET, its md5, and an UPDATE for many. A floor to compare with.

Run as ``python -m benchmarks.bare_audit URL FILE DSN``; prints seconds and CPU seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from pathlib import Path

import aiohttp
import psycopg

AT_ONCE = 64
BATCH = 64
UPDATE = b"""
UPDATE artwork_indexer.audit_entity SET last_audit_at = now()
 WHERE entity_type = 'release' AND gid = ANY (%s::uuid[])
"""


async def run(base_url: str, gids: list[str], conninfo: str) -> None:
    """All of them, as many at once as the daemon under test."""
    waiting = iter(gids)
    done: list[str] = []
    async with (
        aiohttp.ClientSession() as session,
        await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection,
    ):

        async def worker() -> None:
            for gid in waiting:
                async with session.get(f"{base_url}/metadata/mbid-{gid}") as answer:
                    hashlib.md5(await answer.read(), usedforsecurity=False).hexdigest()
                done.append(gid)
                if len(done) >= BATCH:
                    batch = done[:]
                    done.clear()
                    await connection.execute(UPDATE, (batch,))

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    targets = Path(sys.argv[2]).read_text().split()
    begun, cpu = time.monotonic(), time.process_time()
    asyncio.run(run(sys.argv[1], targets, sys.argv[3]))
    print(time.monotonic() - begun, time.process_time() - cpu)
