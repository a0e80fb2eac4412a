"""The last look at MusicBrainz, in the transaction that writes the verdicts.

The states were read some seconds ago and perhaps from a replica that lags. On the primary
they are read once more, and so are the owners of all images that a plan moves or deletes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from artwork_indexer.database import Connection
from audit import catalogue, owners
from audit import expected as expectations
from audit.findings import Repair
from audit.plan import PlannedEvent
from audit.queue import Audited
from audit.states import Expected, Owner


async def changed_since(
    connection: Connection, audits: Sequence[Audited], seen: Mapping[int, Expected]
) -> dict[int, str]:
    """The reasons not to write verdicts, by the id of the claim.

    ``seen`` are the states by the same ids; an audit without one judged nothing and stays.
    """
    judged = {audit.claim.id: seen[audit.claim.id] for audit in audits if audit.claim.id in seen}
    if not judged:
        return {}
    changed = await expectations.look_again(connection, judged.values())
    reasons = {
        claim: changed[state.entity_type, state.gid].id
        for claim, state in judged.items()
        if (state.entity_type, state.gid) in changed
    }
    wrong = await _wrong_owners(connection, audits)
    return dict.fromkeys(wrong, catalogue.DATABASE_CHANGED.id) | reasons


async def _wrong_owners(connection: Connection, audits: Sequence[Audited]) -> set[int]:
    """Claims whose plan relies on an owner of an image that is not the owner any more."""
    wrong = set()
    by_type = sorted(audits, key=_entity_type)
    for entity_type, group in groupby(by_type, key=_entity_type):
        relied = [
            (audit.claim.id, image_id, owner)
            for audit in group
            for image_id, owner in _relied_owners(audit.verdict.plan)
        ]
        if not relied:
            continue
        found = await owners.read_on(connection, entity_type, [image for _, image, _ in relied])
        wrong |= {
            claim
            for claim, image_id, owner in relied
            if not _is_owner(found[image_id], entity_type, owner)
        }
    return wrong


def _entity_type(audit: Audited) -> str:
    return audit.claim.entity_type


def _relied_owners(plan: Sequence[PlannedEvent]) -> Iterator[tuple[int, str]]:
    for event in plan:
        if event.action == Repair.COPY:
            yield _number(event.message["artwork_id"]), str(event.message["new_gid"])
        elif event.action == Repair.DELETE and event.proof is not None:
            yield _number(event.message["artwork_id"]), str(event.proof["owner"])


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _is_owner(owner: Owner | None, entity_type: str, gid: str) -> bool:
    return (
        owner is not None
        and owner.entity_type == entity_type
        and owner.gid == gid
        and not owner.darkened
    )
