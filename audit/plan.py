"""The repair events of one audit, in their order: copy, delete, index or deindex."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audit import catalogue_strays
from audit.findings import Finding, Repair
from audit.states import Expected


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """One event to enqueue. ``depends_on`` are places in the plan, counted from 0.

    ``proof`` is what a delete relies on: the owner's MBID, md5 and size.
    """

    entity_type: str
    action: str
    message: Mapping[str, object]
    depends_on: tuple[int, ...] = ()
    proof: Mapping[str, object] | None = None


@dataclass(slots=True)
class _Plan:
    entity_type: str
    events: list[PlannedEvent] = field(default_factory=list)

    def add(
        self,
        action: Repair,
        message: Mapping[str, object],
        depends_on: Sequence[int] = (),
        proof: Mapping[str, object] | None = None,
    ) -> int:
        """Returns its place."""
        self.events.append(
            PlannedEvent(self.entity_type, str(action), message, tuple(depends_on), proof)
        )
        return len(self.events) - 1


def make_plan(expected: Expected, findings: Sequence[Finding]) -> tuple[PlannedEvent, ...]:
    """The events that repair these findings, which are all to be repaired now."""
    plan = _Plan(expected.entity_type)
    gid = {"gid": expected.gid}
    by_repair = {repair: [f for f in findings if f.kind.repair is repair] for repair in Repair}
    arriving, leaving = _add_copies(plan, expected, by_repair[Repair.COPY])
    copies = arriving + [place for places in leaving.values() for place in places]
    deletes = [_add_delete(plan, expected, finding) for finding in by_repair[Repair.DELETE]]
    for owner, places in leaving.items():
        plan.add(Repair.INDEX, {"gid": owner}, places)
    indexed: list[int] = []
    if by_repair[Repair.INDEX] or arriving:
        indexed = [plan.add(Repair.INDEX, gid, copies + deletes)]
    if by_repair[Repair.DEINDEX]:
        plan.add(Repair.DEINDEX, gid, copies + deletes)
    if by_repair[Repair.UPDATE_METADATA]:
        plan.add(Repair.UPDATE_METADATA, gid, arriving)
    if by_repair[Repair.DERIVE]:
        plan.add(Repair.DERIVE, gid, indexed)
    return tuple(plan.events)


def _add_copies(
    plan: _Plan, expected: Expected, findings: Sequence[Finding]
) -> tuple[list[int], dict[str, list[int]]]:
    """The places of the copies to this entity, and of those to each owner."""
    arriving: list[int] = []
    leaving: dict[str, list[int]] = {}
    for finding in findings:
        details = finding.details
        if finding.kind is catalogue_strays.STRAY_NOT_COPIED:
            old, new = expected.gid, str(details["owner"])
        else:
            old, new = str(details["holder"]), expected.gid
        message = {
            "artwork_id": finding.image_id,
            "old_gid": old,
            "new_gid": new,
            "suffix": details["suffix"],
        }
        place = plan.add(Repair.COPY, message)
        (arriving if new == expected.gid else leaving.setdefault(new, [])).append(place)
    return arriving, leaving


def _add_delete(plan: _Plan, expected: Expected, finding: Finding) -> int:
    details = finding.details
    message = {
        "artwork_id": finding.image_id,
        "gid": expected.gid,
        "suffix": details["suffix"],
    }
    proof = {"owner": details["owner"], "md5": details["md5"], "size": details["size"]}
    return plan.add(Repair.DELETE, message, proof=proof)
