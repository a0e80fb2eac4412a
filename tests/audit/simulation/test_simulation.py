"""Random small worlds under audit: no image is lost, no rule is broken, all comes to rest."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, seed, settings

from artwork_indexer.sandbox.postgres import Server
from tests.audit.simulation.plans import Plan, plans
from tests.audit.simulation.run import simulation
from tests.audit.simulation.stock import Stock, make_stock

EXAMPLES: Final = int(os.environ.get("SIMULATION_EXAMPLES", "2000"))
"""Small worlds, each with one to five drifts of its own; `make simulate` asks for more."""
SEED: Final = int(os.environ.get("SIMULATION_SEED", "0"))
"""The same seed gives the same worlds, so that a test run is always the same."""
EXAMPLES_OF_A_PART: Final = 500
PARTS: Final = math.ceil(EXAMPLES / EXAMPLES_OF_A_PART)
"""Each has a stock of its own."""
FEWEST_WORLDS_A_RUN: Final = 5
"""Less than what :func:`plans` makes on average, with whatever seed."""


class Bench:
    """Stocks, made when they are first needed, and the count of what was tried."""

    def __init__(self, server: Server, migrated: str) -> None:
        self.server = server
        self._migrated = migrated
        self._stocks: dict[int, Stock] = {}
        self._runner = asyncio.Runner()
        self._numbers = itertools.count(1)
        self.examples = 0
        self.has_failed = False

    def try_out(self, plan: Plan) -> None:
        name = f"simulation_{os.getpid()}_{next(self._numbers)}"
        try:
            with simulation(plan, self._stock(plan.stock), self.server, name) as it:
                self._runner.run(it.run())
        except BaseException:
            self.has_failed = True
            raise
        self.examples += len(plan.worlds)

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
@pytest.mark.parametrize("part", range(PARTS))
def test_random_worlds_keep_the_invariants(bench: Bench, part: int) -> None:
    enough = bench.examples + EXAMPLES_OF_A_PART

    @seed(SEED + part)
    @settings(
        max_examples=EXAMPLES_OF_A_PART // FEWEST_WORLDS_A_RUN,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(plan=plans(part))
    def holds(plan: Plan) -> None:
        # One that failed is made smaller, however many that takes.
        if bench.examples < enough or bench.has_failed:
            bench.try_out(plan)

    holds()
    assert bench.examples >= enough
