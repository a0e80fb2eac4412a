"""What the items of owners and of merged MBIDs say about images."""

from __future__ import annotations

import pytest

from artwork_indexer.errors import Overloaded
from artwork_indexer.index_json import Image
from artwork_indexer.sandbox.internet_archive import fault_kinds
from artwork_indexer.sandbox.internet_archive.populate import original_bytes
from audit.neighbours import read_holders, read_owner_items, read_versions
from audit.states import Dark, Holder, Lacks, Listed, Owner, OwnerItem, Unreadable
from tests.audit.actual_fixtures import GID, OTHER, Outside, expected, image

pytest_plugins = ["tests.audit.actual_plugin"]

THIRD = "41f27dcf-f012-4c91-afc0-0531e196bbda"


def owner(gid: str = OTHER, suffix: str = "jpg", entity_type: str = "release") -> Owner:
    return Owner(entity_type, gid, darkened=False, suffix=suffix)


def listed(of: Image) -> Listed:
    content = original_bytes(of)
    return Listed(content.md5, content.size)


async def says(outside: Outside, image_id: int = 7) -> OwnerItem:
    found = await read_owner_items(outside.remotes(), expected(), {image_id: owner()})
    return found[image_id]


async def test_one_request_for_each_owner(outside: Outside) -> None:
    outside.healthy(expected(image(7), image(8, "png"), gid=OTHER))
    owners = {7: owner(), 8: owner(suffix="png"), 9: owner(), 10: owner(THIRD)}
    found = await read_owner_items(outside.remotes(), expected(), owners)
    assert found == {
        7: listed(image(7)),
        8: listed(image(8, "png")),
        9: Lacks(),
        10: Lacks(),
    }
    targets = [entry.target for entry in outside.archive.journal]
    assert targets == [
        f"/metadata/mbid-{OTHER}",
        f"/metadata/mbid-{THIRD}",
        f"/details/mbid-{THIRD}",
    ]


async def test_images_that_no_other_item_of_this_archive_can_have(outside: Outside) -> None:
    owners = {7: None, 8: owner(entity_type="event"), 9: owner(GID)}
    assert await read_owner_items(outside.remotes(), expected(), owners) == {}
    assert outside.requests == []


async def test_another_suffix_is_another_file(outside: Outside) -> None:
    outside.healthy(expected(image(7, "png"), gid=OTHER))
    assert await says(outside) == Lacks()


async def test_dark_owner(outside: Outside) -> None:
    outside.healthy(expected(image(), gid=OTHER))
    outside.archive.darken(f"mbid-{OTHER}")
    assert await says(outside) == Dark()


async def test_nothing_is_believed_while_tasks_are_pending(outside: Outside) -> None:
    item = outside.healthy(expected(image(), gid=OTHER))
    outside.archive.submit(item, "archive.php", item.touch, submitter="x", delay=60)
    assert isinstance(await says(outside), Unreadable)
    assert isinstance(await says(outside, 8), Unreadable)


@pytest.mark.parametrize(
    "fault",
    [
        fault_kinds.status(500),
        fault_kinds.garbage(),
        fault_kinds.garbage('{"files": [], "metadata": {}}'),
        fault_kinds.edit_json({"files_count": 3}),
        fault_kinds.truncated(),
    ],
)
async def test_bad_answer_lacks_nothing(outside: Outside, fault: fault_kinds.Fault) -> None:
    outside.healthy(expected(image(), gid=OTHER))
    outside.archive.faults.add("GET", "/metadata/", fault, times=None)
    assert isinstance(await says(outside), Unreadable)


async def test_empty_record_of_an_owner_with_a_page(outside: Outside) -> None:
    outside.healthy(expected(image(), gid=OTHER))
    outside.archive.faults.add("GET", "/metadata/", fault_kinds.garbage("{}"))
    assert isinstance(await says(outside), Unreadable)


async def test_owner_that_does_not_answer_now(outside: Outside) -> None:
    outside.archive.faults.add("GET", "/metadata/", fault_kinds.slow_down())
    with pytest.raises(Overloaded):
        await says(outside)


async def test_missing_originals_are_looked_for_where_they_came_from(outside: Outside) -> None:
    outside.healthy(expected(image(7), gid=OTHER))
    wanted = expected(image(7), image(8), redirected_gids=[THIRD, OTHER])
    found = await read_holders(outside.remotes(), wanted, wanted.images)
    assert found == {
        7: (Holder(OTHER, listed(image(7))), Holder(THIRD, Lacks())),
        8: (Holder(OTHER, Lacks()), Holder(THIRD, Lacks())),
    }
    assert outside.requests == ["metadata", "metadata", "details"]


async def test_nothing_missing_is_not_looked_for(outside: Outside) -> None:
    wanted = expected(image(7), redirected_gids=[OTHER])
    assert await read_holders(outside.remotes(), wanted, ()) == {}
    assert await read_holders(outside.remotes(), expected(image()), (image(),)) == {7: ()}
    assert outside.requests == []


async def test_other_versions_are_looked_for_where_mbids_redirect_to_the_owner(
    outside: Outside,
) -> None:
    outside.healthy(expected(image(7), gid=THIRD))
    owners = {7: owner(), 8: owner(), 9: owner(GID)}
    assert await read_versions(outside.remotes(), owners, {OTHER: [THIRD]}) == {
        7: (Holder(THIRD, listed(image(7))),),
        8: (Holder(THIRD, Lacks()),),
        9: (),
    }
    assert len(outside.requests) == 1
