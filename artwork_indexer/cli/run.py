"""``artwork-indexer run``: the daemon."""

from __future__ import annotations

import asyncio
import logging
import os
import signal

import click

from artwork_indexer.cli.common import config_option, config_path, load_config
from artwork_indexer.cli.compose import open_engine, worker_name
from artwork_indexer.cli.surroundings import Surroundings
from artwork_indexer.config import Config, load
from artwork_indexer.daemon import Daemon, LoopOptions
from artwork_indexer.engine import Engine
from artwork_indexer.migrations import connect
from artwork_indexer.observability.logging import start as start_logging
from artwork_indexer.observability.scrubbing import Scrubber
from artwork_indexer.projects import PROJECTS
from artwork_indexer.readiness import require_schema, trigger_state
from artwork_indexer.reload import Reloader

log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--max-wait",
    default=32.0,
    show_default=True,
    type=click.FloatRange(min=0.01),
    metavar="S",
    help="Longest sleep between two polls, in seconds.",
)
@click.option(
    "--max-idle-loops",
    type=click.IntRange(1),
    metavar="N",
    help="End after N polls in a row that found nothing to do.",
)
@config_option
def run(max_wait: float, max_idle_loops: int | None) -> int:
    """Run the daemon until SIGTERM or SIGINT; SIGHUP rereads the configuration."""
    config = load_config()
    scrubber = Scrubber(config.secrets())
    start_logging(config.logging, scrubber)
    check_database(config)
    return asyncio.run(serve(config, LoopOptions(max_wait, max_idle_loops), scrubber))


def check_database(config: Config) -> None:
    """Refuse to start on a schema that is not ours; warn about triggers that are not there.

    Raises:
        Refused: the schema is missing, older or newer.
        Unreachable: there is no connection.
    """
    with connect(config.database.conninfo()) as connection:
        require_schema(connection)
        problem = trigger_state(connection).problem()
    if problem:
        log.warning("%s", problem, extra={"action": "start"})


async def serve(config: Config, options: LoopOptions, scrubber: Scrubber) -> int:
    """Run the daemon with one configuration; return its exit code."""
    worker = worker_name()
    path = config_path()
    surroundings = Surroundings(config, scrubber, os.environ)

    def load_again() -> Config:
        new = load(path, os.environ)
        scrubber.learn(new.secrets())
        return new

    async def assemble(new: Config) -> Engine:
        return await open_engine(
            new,
            worker=worker,
            observer=surroundings.observer,
            http_observer=surroundings.metrics.http_request,
        )

    async def reload(engine: Engine) -> Engine:
        new = await reloader(engine)
        await surroundings.follow(reloader.config, new.database)
        return new

    reloader = Reloader(config, load=load_again, assemble=assemble)
    # Until the daemon hears for itself; a cancellation would leave half an engine behind.
    is_asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, is_asked_to_stop.set)
    async with surroundings:
        engine = await assemble(config)
        # Whoever starts the daemon may just have mended the keys.
        for project in PROJECTS:
            await engine.queue.resume_service(project.keys_service)
        await surroundings.follow(config, engine.database)
        daemon = Daemon(engine, options=options, observer=surroundings.observer, reload=reload)
        if is_asked_to_stop.is_set():
            daemon.stop()
        return await daemon.run()
