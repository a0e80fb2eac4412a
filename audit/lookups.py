"""What has to be looked up before an item can be judged: nothing if it is healthy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from artwork_indexer.index_json import Image
from audit import inventory
from audit.index_document import listed_ids
from audit.originals import changed
from audit.states import Actual, Content, Evidence, Expected, Item, Life, Missing


@dataclass(frozen=True, slots=True)
class Wanted:
    """``stray_ids`` need their owners, and what the items of those list under them.

    ``missing`` originals need to be looked for in the items of the MBIDs that redirect here;
    for ``changed`` ones an explanation has to be looked for.
    """

    stray_ids: frozenset[int] = frozenset()
    missing: tuple[Image, ...] = ()
    changed: frozenset[int] = frozenset()


NOTHING: Final = Wanted()


def wanted(expected: Expected, actual: Actual, evidence: Evidence) -> Wanted:
    """What :func:`audit.compare.compare` has to know besides the two states."""
    is_live = expected.life is Life.LIVE
    if isinstance(actual, Missing) and is_live:
        return Wanted(missing=expected.images)
    is_judged = expected.life is not Life.DARKENED and not expected.is_other_type
    if not isinstance(actual, Item) or not is_judged or expected.malformed:
        return NOTHING
    originals = inventory.take(expected.gid, actual.record.files).originals
    listed = listed_ids(actual.index.body) if isinstance(actual.index, Content) else frozenset()
    return Wanted(
        stray_ids=frozenset(originals.keys() | listed) - expected.image_ids,
        missing=tuple(image for image in expected.images if image.id not in originals),
        changed=frozenset(
            original.image_id for original in changed(expected, actual.record, evidence)
        ),
    )
