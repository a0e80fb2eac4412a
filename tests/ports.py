"""Ports that belong to one test, also when tests run in several processes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = "127.0.0.1"


@contextmanager
def held_port() -> Iterator[int]:
    """A free port of 127.0.0.1, which nobody is given during the block.

    The kernel gives a bound port to nobody who asks for any, and refuses connections to it.
    Who asks for this one by its number may listen there, with SO_REUSEADDR, as servers do.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((LOOPBACK, 0))
        yield int(holder.getsockname()[1])
