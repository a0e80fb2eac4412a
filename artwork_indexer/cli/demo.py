"""``artwork-indexer demo``: the whole program in miniature."""

from __future__ import annotations

import click

from artwork_indexer.sandbox.demo import demo as perform


@click.command()
def demo() -> int:
    """Edit a local world and watch the daemon keep up; needs nothing and touches nothing else."""
    return 0 if perform(click.echo) else 1
