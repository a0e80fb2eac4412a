"""Labelled drift: states that a right audit finds, and what it does about each of them."""

from artwork_indexer.sandbox.drift.kinds import DRIFTS, EVERYTHING, VARIANTS, plant
from artwork_indexer.sandbox.drift.model import Course, Drift, Label, Planted, Subject
from artwork_indexer.sandbox.drift.stage import Site, Stage

__all__ = [
    "DRIFTS",
    "EVERYTHING",
    "VARIANTS",
    "Course",
    "Drift",
    "Label",
    "Planted",
    "Site",
    "Stage",
    "Subject",
    "plant",
]
