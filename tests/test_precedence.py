"""Events go before audits wherever requests wait."""

from __future__ import annotations

import asyncio

from artwork_indexer.precedence import Line, background


class Desk:
    """A line in front of one slot; notes who was served, in which order."""

    def __init__(self) -> None:
        self.line = Line()
        self.slot = asyncio.Semaphore(1)
        self.served: list[str] = []
        self.go_on = asyncio.Event()

    async def visit(self, name: str) -> None:
        await self.line.wait(self.slot.acquire)
        self.served.append(name)
        await self.go_on.wait()
        self.slot.release()

    def send(self, name: str) -> asyncio.Task[None]:
        return asyncio.create_task(self.visit(name))

    def send_in_background(self, name: str) -> asyncio.Task[None]:
        with background():
            return self.send(name)


async def turns(number: int = 10) -> None:
    """Let everybody come as far as they can."""
    for _ in range(number):
        await asyncio.sleep(0)


async def test_an_event_waits_for_one_audit_at_most() -> None:
    desk = Desk()
    visits = [desk.send_in_background(f"audit {number}") for number in range(5)]
    await turns()
    visits += [desk.send(f"event {number}") for number in range(3)]
    await turns()
    desk.go_on.set()
    await asyncio.gather(*visits)
    assert desk.served[:5] == ["audit 0", "audit 1", "event 0", "event 1", "event 2"]
    assert desk.served[5:] == ["audit 2", "audit 3", "audit 4"]


async def test_an_event_that_gives_up_does_not_hold_the_audits() -> None:
    desk = Desk()
    first = desk.send("event 0")
    await turns()
    hopeless = desk.send("event 1")
    audit = desk.send_in_background("audit")
    await turns()
    hopeless.cancel()
    desk.go_on.set()
    await asyncio.gather(first, audit)
    assert desk.served == ["event 0", "audit"]


async def test_an_audit_that_gives_up_lets_the_next_one_in() -> None:
    desk = Desk()
    first = desk.send("event")
    await turns()
    hopeless = desk.send_in_background("audit 0")
    other = desk.send_in_background("audit 1")
    await turns()
    hopeless.cancel()
    desk.go_on.set()
    await asyncio.gather(first, other)
    assert desk.served == ["event", "audit 1"]
