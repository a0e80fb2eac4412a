"""Random small worlds under audit: no image is lost, no rule is broken, all comes to rest."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings

from artwork_indexer.sandbox.postgres import Server
from tests.audit.simulation.plans import Plan, plans
from tests.audit.simulation.run import simulation
from tests.audit.simulation.stock import Stock, make_stock

IN_EVERY_TEST_RUN: Final = 2000
EXAMPLES: Final = int(os.environ.get("SIMULATION_EXAMPLES", IN_EVERY_TEST_RUN))
"""Small worlds, each with one to five drifts of its own."""
IS_LONG: Final = EXAMPLES > IN_EVERY_TEST_RUN
STOCKS: Final = 24 if IS_LONG else 4
WORLDS_A_RUN: Final = 12
"""A little less than what :func:`plans` makes on average."""


class Bench:
    """Stocks, made when they are first needed, and the count of what was tried."""

    def __init__(self, server: Server, migrated: str) -> None:
        self.server = server
        self._migrated = migrated
        self._stocks: dict[int, Stock] = {}
        self._runner = asyncio.Runner()
        self._numbers = itertools.count(1)
        self.examples = 0

    def try_out(self, plan: Plan) -> None:
        name = f"simulation_{os.getpid()}_{next(self._numbers)}"
        with simulation(plan, self._stock(plan.stock), self.server, name) as it:
            self._runner.run(it.run())
        before, self.examples = self.examples, self.examples + len(plan.worlds)
        if IS_LONG and before // 1000 < self.examples // 1000:
            sys.stderr.write(f"{self.examples} examples of {EXAMPLES} hold\n")

    def _stock(self, seed: int) -> Stock:
        if seed not in self._stocks:
            name = f"stock_{os.getpid()}_{seed}"
            making = make_stock(self.server, self._migrated, name, seed)
            self._stocks[seed] = self._runner.run(making)
        return self._stocks[seed]

    def close(self) -> None:
        self._runner.close()
        for stock in self._stocks.values():
            self.server.drop_database(stock.template)


@pytest.fixture(scope="module")
def bench(postgres: Server, migrated_template: str) -> Iterator[Bench]:
    it = Bench(postgres, migrated_template)
    yield it
    it.close()


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_random_worlds_keep_the_invariants(bench: Bench) -> None:
    @settings(
        max_examples=round(EXAMPLES / WORLDS_A_RUN),
        deadline=None,
        database=None,
        # Always the same worlds in a test run; `make simulate` takes and tells a seed.
        derandomize=not IS_LONG,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(plan=plans(STOCKS))
    def holds(plan: Plan) -> None:
        bench.try_out(plan)

    holds()
    assert bench.examples >= EXAMPLES
