"""What came of a trial: planted against found, as data and as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from artwork_indexer.sandbox.drift.model import Course, Drift, Label, Subject
from audit.catalogue import BY_ID

HEALTHY: Final = frozenset({"clean", "legacy"})
Copies = Mapping[tuple[int, str], set[str]]
"""Files by image id and md5."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit's tables say about one entity at some moment.

    ``events`` are the actions it has enqueued so far, ``question`` what a person is asked.
    """

    status: str
    waits_for: str
    findings: frozenset[str]
    events: tuple[str, ...]
    audits: int
    question: str


@dataclass(frozen=True, slots=True)
class Row:
    """One planted entity: after the first pass, in report mode, and at the end."""

    drift: Drift
    role: str
    subject: Subject
    label: Label
    first: Audited
    last: Audited

    @property
    def course(self) -> Course:
        """What is right under the configuration of a trial."""
        return self.label.allowed

    @property
    def missed(self) -> frozenset[str]:
        """Planted and not found."""
        return self.label.findings - self.first.findings

    @property
    def invented(self) -> frozenset[str]:
        """Found and not planted."""
        return self.first.findings - self.label.findings

    @property
    def problems(self) -> list[str]:
        """What is not as the label says."""
        wrong = [f"{kind} was not found" for kind in sorted(self.missed)]
        wrong += [f"{kind} was found" for kind in sorted(self.invented)]
        if self.first.events:
            wrong.append("something was enqueued in report mode")
        if self.last.status != self.course.end:
            wrong.append(f"it is {self.last.status} at the end, not {self.course.end}")
        return wrong


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity that no drift has touched."""

    entity_type: str
    gid: str
    first: Audited
    last: Audited

    @property
    def is_left_alone(self) -> bool:
        """Nothing was found and nothing was done."""
        return (
            {self.first.status, self.last.status} <= HEALTHY
            and not self.first.findings
            and not self.last.events
        )


@dataclass(frozen=True, slots=True)
class Result:
    """All of it.

    ``repairs`` counts the events that audits have enqueued, by action and end state; ``lost``
    names images that are nowhere any more, ``stale`` files that are not as MusicBrainz wants them
    although their entity was mended; ``days`` is how long it took.
    """

    rows: tuple[Row, ...]
    neighbours: tuple[Neighbour, ...]
    lost: tuple[str, ...]
    stale: tuple[str, ...]
    repairs: Mapping[tuple[str, str], int]
    days: int

    @property
    def recall(self) -> float:
        """Share of the planted findings that were found."""
        planted = sum(len(row.label.findings) for row in self.rows)
        return 1 - sum(len(row.missed) for row in self.rows) / planted if planted else 1.0

    @property
    def precision(self) -> float:
        """Share of the found findings that were planted."""
        found = [audited.findings for audited in self._first]
        wrong = sum(len(row.invented) for row in self.rows)
        wrong += sum(len(one.first.findings) for one in self.neighbours)
        total = sum(map(len, found))
        return 1 - wrong / total if total else 1.0

    @property
    def _first(self) -> Iterable[Audited]:
        yield from (row.first for row in self.rows)
        yield from (one.first for one in self.neighbours)

    @property
    def questions(self) -> tuple[Row, ...]:
        """What waits for a person."""
        return tuple(row for row in self.rows if row.last.status == "manual_review")

    @property
    def problems(self) -> list[str]:
        """Everything that is not as it should be, in sentences."""
        wrong = [
            f"{row.drift.name} ({row.role}, {row.subject.entity_type} {row.subject.gid}): {problem}"
            for row in self.rows
            for problem in row.problems
        ]
        wrong += self._wrong_repairs()
        wrong += [
            f"{one.entity_type} {one.gid} was healthy and was not left alone"
            for one in self.neighbours
            if not one.is_left_alone
        ]
        return [*wrong, *self.stale, *(f"{file} is lost" for file in self.lost)]

    def _wrong_repairs(self) -> list[str]:
        """Entities of one drift may do each other's work, so their events count together."""
        done: dict[str, set[str]] = {}
        wanted: dict[str, set[str]] = {}
        for row in self.rows:
            done.setdefault(row.drift.name, set()).update(row.last.events)
            wanted.setdefault(row.drift.name, set()).update(row.course.events, row.course.more)
        return [
            f"{name}: enqueued {_listing(done[name])}, not {_listing(wanted[name])}"
            for name in done
            if done[name] != wanted[name]
        ]

    def by_row(self) -> list[tuple[str, int, int, int, int]]:
        """By row of the decision table: kinds of drift, entities, findings planted and found."""
        kinds: dict[str, set[str]] = {}
        counts: dict[str, Counter[str]] = {}
        for row in self.rows:
            for place in row.drift.rows:
                kinds.setdefault(place, set()).add(row.drift.name)
                planted = {kind for kind in row.label.findings if _is_of(kind, place)}
                counts.setdefault(place, Counter()).update(
                    entities=1, planted=len(planted), found=len(planted & row.first.findings)
                )
        return [
            (place, len(kinds[place]), one["entities"], one["planted"], one["found"])
            for place, one in sorted(
                counts.items(), key=lambda item: (int(item[0].strip("b")), item)
            )
        ]


def _is_of(kind: str, row: str) -> bool:
    """Whether a kind of finding belongs to a row; some stand beside the table."""
    rows = BY_ID[kind].rows
    return row in rows or not rows


def _listing(actions: set[str]) -> str:
    return ", ".join(sorted(actions)) or "nothing"
