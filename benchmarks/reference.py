"""The three requests of an index and nothing else: a floor to compare with.

Run as ``python -m benchmarks.reference URL NUMBER``; prints seconds and CPU seconds.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import aiohttp

HEADERS = {"authorization": "LOW caa-access:caa-secret", "x-archive-auto-make-bucket": "1"}
BODY = b"x" * 600
AT_ONCE = 16


async def index(session: aiohttp.ClientSession, base_url: str, gid: str) -> None:
    """One GET and two PUTs."""
    document = f"{base_url}/ws/2/release/{gid}?inc=artists"
    async with session.get(document) as answer:
        xml = await answer.read()
    for name, body in (("index.json", BODY), (f"mbid-{gid}_mb_metadata.xml", xml)):
        url = f"{base_url}/s3/mbid-{gid}/{name}"
        async with session.put(url, data=body, headers=HEADERS) as answer:
            answer.raise_for_status()
            await answer.read()


async def run(base_url: str, gids: list[str]) -> None:
    """All of them, as many at once as the daemon under test."""
    waiting = iter(gids)
    async with aiohttp.ClientSession() as session:

        async def worker() -> None:
            for gid in waiting:
                await index(session, base_url, gid)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    targets = Path(sys.argv[2]).read_text().split()
    begun, cpu = time.monotonic(), time.process_time()
    asyncio.run(run(sys.argv[1], targets))
    print(time.monotonic() - begun, time.process_time() - cpu)
