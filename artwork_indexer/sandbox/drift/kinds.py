"""All kinds of drift, and all that only looks like drift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from artwork_indexer.sandbox.drift import (
    causes,
    index_documents,
    index_images,
    item_metadata,
    left,
    originals,
    pairs,
    strays,
    unreadable,
    variants,
    waiting,
    xml_documents,
)
from artwork_indexer.sandbox.drift.model import Drift, Planted
from artwork_indexer.sandbox.drift.stage import Stage

THEMES: Final = (
    index_documents,
    index_images,
    xml_documents,
    item_metadata,
    strays,
    originals,
    left,
    causes,
    waiting,
    unreadable,
    pairs,
)
DRIFTS: Final[tuple[Drift, ...]] = tuple(drift for theme in THEMES for drift in theme.DRIFTS)
VARIANTS: Final[tuple[Drift, ...]] = variants.VARIANTS
EVERYTHING: Final[tuple[Drift, ...]] = DRIFTS + VARIANTS

RELEASES: Final = 500
EVENTS: Final = 70
"""A world of this size has room for all of it, and some hundred entities that nothing touches."""


async def plant(stage: Stage, drifts: Iterable[Drift] = EVERYTHING) -> Mapping[str, Planted]:
    """Plant drifts, each on entities of its own; gives them by the names of the drifts.

    The database is migrated, and its event queue is left as it was found but for events that
    belong to a drift.
    """
    return {drift.name: await drift.plant(stage) for drift in drifts}
