"""What a kind of drift is, and what a right audit does about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from audit.states import Evidence

if TYPE_CHECKING:
    from artwork_indexer.sandbox.drift.stage import Stage

ENTITY: Final = "entity"
"""The role of the entity in a drift that has only one."""


@dataclass(frozen=True, slots=True)
class Deferrals:
    """Earlier audits without a verdict: how often in a row, and since how many days."""

    reason: str
    count: int
    days: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A finding that a person has decided to leave as it is."""

    kind: str
    subject: str
    digest: str


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier audits, and people, left behind about an entity."""

    evidence: Evidence = field(default_factory=Evidence)
    deferrals: Deferrals | None = None
    acknowledged: tuple[Acknowledged, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """One entity that a drift concerns."""

    entity_type: str
    gid: str
    past: Past = field(default_factory=Past)


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of an entity under one configuration with ``mode=repair``.

    ``verdict`` and ``outcome`` (the first part of its reason, where that matters) are those of
    the first audit. ``events`` are the actions of the first plan, also where that has to wait
    for a second look; ``more`` what later audits of the entity add. ``end`` is the verdict when
    all repairs have run and the Internet Archive has settled.
    """

    verdict: str
    end: str
    events: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What a right audit makes of one entity.

    ``findings`` are the ids of the kinds that its first audit records, no more and no less.
    ``allowed`` is the course with ``deletions=yes``, ``derive=yes`` and a budget for older
    formats, ``careful`` the one with the defaults.
    """

    findings: frozenset[str]
    allowed: Course
    careful: Course


Planted = Mapping[str, Subject]
"""The entities of a drift by their roles."""
Plant = Callable[["Stage"], Awaitable[Planted]]


@dataclass(frozen=True, slots=True)
class Drift:
    """One kind of drift: how it is planted, and what is right for each entity it concerns.

    ``rows`` are rows of the decision table. ``labels`` have the roles that planting gives.
    """

    name: str
    title: str
    rows: tuple[str, ...]
    labels: Mapping[str, Label]
    plant: Plant = field(compare=False, repr=False)

    @property
    def findings(self) -> frozenset[str]:
        """The kinds of findings of all its entities."""
        return frozenset().union(*(label.findings for label in self.labels.values()))


def _same(findings: tuple[str, ...], course: Course) -> Label:
    return Label(frozenset(findings), course, course)


def mended(
    *findings: str,
    by: tuple[str, ...] = ("index",),
    more: tuple[str, ...] = (),
    end: str = "clean",
) -> Label:
    """A repair that needs nobody's leave."""
    return _same(findings, Course("repair_queue", end, by, more))


def older_form(*findings: str) -> Label:
    """The same meaning in an older form: repaired only within its own budget."""
    return Label(
        frozenset(findings),
        allowed=Course("repair_queue", "clean", ("index",)),
        careful=Course("clean", "clean"),
    )


def underived(*findings: str, by: tuple[str, ...] = ("derive",)) -> Label:
    """Thumbnails are missing: asked for only where that is allowed."""
    rest = tuple(action for action in by if action != "derive")
    return Label(
        frozenset(findings),
        allowed=Course("repair_queue", "clean", by),
        careful=Course("repair_queue", "clean", rest) if rest else Course("clean", "clean"),
    )


def asked(*findings: str, end: str = "manual_review", more: tuple[str, ...] = ()) -> Label:
    """A person has to decide, and until then nothing is done."""
    return _same(findings, Course("manual_review", end, more=more))


def recorded(*findings: str) -> Label:
    """Worth knowing, and nothing to do."""
    return _same(findings, Course("clean", "clean"))


def deleted(
    *findings: str, by: tuple[str, ...], more: tuple[str, ...] = (), end: str = "clean"
) -> Label:
    """A delete: allowed only with ``deletions=yes``, and then after a second look."""
    return Label(
        frozenset(findings),
        allowed=Course("deferred", end, by, more, outcome="second-look"),
        careful=Course("manual_review", "manual_review"),
    )


def moved_on(
    *findings: str, by: tuple[str, ...], more: tuple[str, ...], end: str = "clean"
) -> Label:
    """A copy that needs nobody's leave, and then a delete that does."""
    return Label(
        frozenset(findings),
        allowed=Course("repair_queue", end, by, more),
        careful=Course("repair_queue", "manual_review", by),
    )


def waits(outcome: str, *, end: str = "deferred", more: tuple[str, ...] = ()) -> Label:
    """No verdict yet, so nothing is recorded and nothing is done."""
    return _same((), Course("deferred", end, more=more, outcome=outcome))


def healthy(outcome: str = "clean") -> Label:
    """As it should be."""
    return _same((), Course("clean", "clean", outcome=outcome))


def legacy() -> Label:
    """Nothing is left of an entity that is not in MusicBrainz any more."""
    return _same((), Course("legacy", "legacy"))
