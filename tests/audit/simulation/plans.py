"""What an example is made of; all of it can be shrunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from tests.audit.simulation.edits import EDITS
from tests.audit.simulation.ground import Drift
from tests.audit.simulation.index_drifts import INDEX_DRIFTS
from tests.audit.simulation.item_drifts import ITEM_DRIFTS
from tests.audit.simulation.stock import CELLS, NO_LIMITS
from tests.audit.simulation.troubles import KINDS, PLACES, Trouble

MOVES: Final = ("move_image", "merge", "stray_original")
"""What images are lost by, if by anything."""
DRIFTS: Final = (*INDEX_DRIFTS, *ITEM_DRIFTS, *EDITS, *MOVES * 5)
SMALL: Final = st.integers(0, 15)


@dataclass(frozen=True, slots=True)
class SmallWorld:
    """One example: what drifted in one world, and how its services behave.

    A world that is ``known`` was audited while it was healthy.
    """

    drifts: tuple[Drift, ...]
    troubles: tuple[Trouble, ...]
    known: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Worlds that one daemon audits together, and its settings."""

    stock: int
    settings: dict[str, str]
    delay: float
    worlds: tuple[SmallWorld, ...]


drifts = st.builds(
    Drift,
    kind=st.sampled_from(DRIFTS),
    where=SMALL,
    which=SMALL,
    how=SMALL,
    told=st.sampled_from((False, False, True)),
)
troubles = st.builds(
    Trouble,
    place=st.sampled_from(tuple(PLACES)),
    kind=st.sampled_from(tuple(KINDS)),
    where=SMALL,
    skip=st.integers(0, 2),
    times=st.sampled_from((1, 2, 1000)),
)
worlds = st.builds(
    SmallWorld,
    drifts=st.lists(drifts, min_size=1, max_size=5).map(tuple),
    troubles=st.lists(troubles, max_size=3).map(tuple),
    known=st.booleans(),
)


LIMITS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"entities_per_day": "40"},
    {"repairs_per_day": "7"},
    {"repairs_per_hour": "8"},
    {"max_outstanding_repairs": "5"},
    {"deletes_per_day": "2"},
    {"probation_repairs": "2"},
    {"entities_per_day": "70", "repairs_per_day": "14", "max_outstanding_repairs": "9"},
)
CHOICES: Final = {
    "mode": ("repair",) * 9 + ("report",),
    "deletions": ("yes", "no"),
    "derive": ("no", "yes"),
    "format_repairs_per_day": ("0", "", "5"),
}


def settings_of(choices: dict[str, str], limits: dict[str, str]) -> dict[str, str]:
    return {**NO_LIMITS, **choices, **limits}


settings = st.builds(
    settings_of,
    st.fixed_dictionaries({name: st.sampled_from(some) for name, some in CHOICES.items()}),
    st.sampled_from(({},) * 4 + LIMITS),
)


def plans(stock: int) -> st.SearchStrategy[Plan]:
    """Mostly as many worlds as a stock has cells; a failing one shrinks to a single world."""
    return st.builds(
        Plan,
        stock=st.just(stock),
        settings=settings,
        delay=st.sampled_from((0.0, 0.0, 3600.0)),
        worlds=st.sampled_from((1, 2, 4, 8, *[CELLS] * 28))
        .flatmap(lambda count: st.lists(worlds, min_size=count, max_size=count))
        .map(tuple),
    )
