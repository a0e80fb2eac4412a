"""Classes of checks and lists, and reasons made of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.earlier_checks import CHECKS
from audit.seeding.img129_classes import DELETED, LISTS, MERGED, class_of, combined, reason
from tests.audit.seeding.img129_fixtures import ORIGINAL, URL


def test_every_check_of_2021_leads_to_a_class() -> None:
    names = {
        full.replace("<type>", "upc").replace("<key>", "types")
        for check in CHECKS
        for full in check.full_names
    }
    classes = {name: class_of(name) for name in names}
    assert None not in classes.values()
    listed = {known.name for known in LISTS.values()}
    assert listed <= {found.name for found in classes.values() if found}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("Item::exists", "manual_check"),
        ("Item::CAAIndex::is well-formed", "manual_check"),
        ("Item::CAAIndex::is present", "reindex_high_priority"),
        ("Item::CAAIndex::Image::unexpected image", "reindex_high_priority"),
        ("Item::CAAIndex::Image::unexpected key", "reindex"),
        ("Item::Files::mb_metadata.xml exists", "reindex"),
        ("Item::Files::500px thumbnail exists", "rederive_thumbnails"),
        ("Item::Metadata::missing external id::asin", "reindex_w_metadata"),
        ("Item::Metadata::item is noindex", "ia_set_noindex"),
        ("EmptyItem::Metadata::mediatype is image", "ia_set_mediatype"),
        ("EmptyItem::CAAIndex::is present", "unimportant"),
        ("EmptyItem::Files::index.json exists", "unimportant"),
        ("EmptyItem::CAAIndex::Image::order", "properly_empty"),
        ("MergedItem::images are absent", "merged_properly_delete"),
        ("DeletedItem::release url is absent", "deleted_properly_delete"),
        ("DeletedItem::test item", "skipped"),
        ("MergedItem::darkened", "darkened"),
    ],
)
def test_the_class_of_a_check_is_the_most_urgent_list_it_led_to(check: str, expected: str) -> None:
    found = class_of(check)
    assert found is not None
    assert found.name == expected


def test_told_of_twice_the_more_urgent_class_counts_and_all_checks_are_named() -> None:
    both = combined(reason(LISTS["reindex"], [URL]), reason(LISTS["manual_check"], [ORIGINAL]))
    assert both.text == f"img-129 manual_check: {URL}; {ORIGINAL}"
    assert both == combined(
        reason(LISTS["manual_check"], [ORIGINAL]), reason(LISTS["reindex"], [URL])
    )
    long = reason(LISTS["reindex"], [f"Item::{letter * 150}" for letter in "abc"])
    assert len(long.text) == 300
    assert long.text.endswith("…")


def test_of_classes_that_are_as_urgent_the_first_one_stays() -> None:
    pair = [reason(one, [ORIGINAL]) for one in (DELETED, MERGED)]
    assert DELETED.priority == MERGED.priority
    for one, other in (pair, pair[::-1]):
        assert combined(one, other).list_class is one.list_class


names_of_checks = st.lists(st.text("ab", min_size=1, max_size=150).map("InternalError::{}".format))


@given(st.lists(names_of_checks, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_told_of_in_whatever_parts_the_reason_is_that_of_all_checks(
    parts: list[list[str]], chance: random.Random
) -> None:
    of = LISTS["reindex"]
    names = sorted({name for part in parts for name in part})
    whole = f"img-129 reindex{': ' if names else ''}{'; '.join(names)}"
    reasons = [reason(of, part) for part in parts]
    chance.shuffle(reasons)
    while len(reasons) > 1:
        reasons.insert(0, combined(reasons.pop(), reasons.pop(chance.randrange(len(reasons)))))
    assert reasons == [reason(of, names)]
    assert reasons[0].text == (whole if len(whole) <= 300 else whole[:299] + "…")
