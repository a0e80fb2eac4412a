"""What holds for every state: drawn at random, and judged without looking at the code."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from artwork_indexer import messages
from artwork_indexer.archive import names
from artwork_indexer.index_json import Image
from audit.findings import Finding, Repair, Severity
from audit.states import (
    Absent,
    Actual,
    Content,
    Dark,
    Evidence,
    Expected,
    Holder,
    IndexFile,
    Lacks,
    Life,
    Listed,
    Matches,
    Missing,
    Owner,
    Surroundings,
    TooLarge,
    Unreadable,
    XmlFile,
)
from audit.verdict import DecideContext, Status, Verdict
from tests.audit.comparison_fixtures import (
    GID,
    NOW,
    OWNER,
    document,
    dump,
    expected,
    file,
    item,
    judge,
    kinds,
    look,
    with_index,
)
from tests.audit.comparison_fixtures import MERGED as MERGED_GID

IDS = st.integers(1, 40_000_000_000)
TYPES = st.sampled_from(["Front", "Back", "Booklet", "Medium", "Ünïcode", "Raw/Unedited"])
COMMENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
NOBODY = Surroundings(owners=defaultdict(lambda: None))
"""No image id is known to MusicBrainz."""


@st.composite
def images(draw: st.DrawFn) -> Image:
    return Image(
        id=draw(IDS),
        suffix=draw(st.sampled_from(["jpg", "png", "gif", "pdf"])),
        approved=draw(st.booleans()),
        front=draw(st.booleans()),
        back=draw(st.booleans()),
        comment=draw(COMMENTS),
        edit=draw(st.integers(1, 10**9)),
        types=tuple(draw(st.lists(TYPES, unique=True, max_size=4))),
    )


ENTITIES = st.builds(
    lambda listed, entity_type: expected(*listed, entity_type=entity_type),
    st.lists(images(), min_size=1, max_size=4, unique_by=lambda image: image.id),
    st.sampled_from(["release", "event"]),
)


@given(ENTITIES)
def test_a_healthy_entity_has_no_finding(wanted: Expected) -> None:
    for actual in (item(wanted), with_index(wanted, wanted.index_bytes)):
        comparison = look(wanted, actual)
        assert (comparison.findings, comparison.waits) == ((), ())
        assert judge(wanted, actual).status is Status.CLEAN


@given(ENTITIES, st.data())
def test_legitimate_variants_have_no_finding(wanted: Expected, data: st.DataObject) -> None:
    made = document(wanted)
    for entry in made["images"]:
        entry["types"] = data.draw(st.permutations(entry["types"]))
    meta = data.draw(
        st.fixed_dictionaries(
            {"collection": st.just([wanted.project.collection, "fav-x"]), "x": st.text()},
            optional={"noindex": st.just(["true"]), "creator": st.lists(st.text())},
        )
    )
    files = {
        "history/files/a.~2~": file(b""),
        f"mbid-{GID}-{wanted.images[0].id}_itemimage.jpg": file(b"", "derivative"),
    }
    assert kinds(look(wanted, with_index(wanted, dump(made), meta=meta, files=files))) == []


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a document."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        yield (*path, key)
        if isinstance(child, dict | list):
            yield from places(child, (*path, key))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def canonical(value: Any) -> str:
    """Tells true from 1 and 1 from 1.0."""
    return json.dumps(value, sort_keys=True)


@given(ENTITIES, st.data())
def test_any_single_mutation_is_found(wanted: Expected, data: st.DataObject) -> None:
    made = document(wanted)
    path = data.draw(st.sampled_from(list(places(made))))
    broken = copy.deepcopy(made)
    parent = broken
    for key in path[:-1]:
        parent = parent[key]
    newer_key = path[-1] in ("250", "500", "1200")
    if data.draw(st.booleans()):
        del parent[path[-1]]
        severity = Severity.FORMAT if newer_key else Severity.CONTENT
    else:
        parent[path[-1]] = data.draw(JSON)
        severity = Severity.CONTENT
    assume(canonical(broken) != canonical(made))
    comparison = look(wanted, with_index(wanted, dump(broken)), NOBODY)
    assert severity in {finding.kind.severity for finding in comparison.findings}


@given(ENTITIES, st.data())
def test_any_other_spelling_is_a_format(wanted: Expected, data: st.DataObject) -> None:
    text = wanted.index_bytes.decode()
    spaces = [at for at, character in enumerate(text) if character in "{}[]"]
    at = data.draw(st.sampled_from(spaces))
    outside = [at for at in spaces if json.loads(text[:at] + " " + text[at:]) == json.loads(text)]
    assume(at in outside)
    body = (text[:at] + data.draw(st.sampled_from([" ", "\n", "\t"])) + text[at:]).encode()
    assert kinds(look(wanted, with_index(wanted, body))) == ["index-other-bytes"]


@given(ENTITIES, st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_are_too_strange(wanted: Expected, body: bytes) -> None:
    assume(body != wanted.index_bytes)
    comparison = look(wanted, with_index(wanted, body), NOBODY)
    assert comparison.findings
    for finding in comparison.findings:
        stored = json.dumps([finding.subject, finding.message, finding.details])
        assert "\\u0000" not in stored.replace("\\\\u0000", "")
        assert not any("\ud800" <= character <= "\udfff" for character in json.loads(stored)[1])
        assert finding.message.isprintable()


@given(
    ENTITIES,
    st.dictionaries(
        st.sampled_from(["collection", "noindex", "mediatype", "uploader"]) | st.text(), JSON
    ),
    st.dictionaries(st.text(), st.just(file(b"x"))),
)
def test_no_metadata_and_no_names_are_too_strange(
    wanted: Expected, meta: dict[str, Any], files: dict[str, dict[str, str]]
) -> None:
    assume("index.json" not in files)
    comparison = look(wanted, item(wanted, meta=meta, files=files), NOBODY)
    for finding in comparison.findings:
        assert finding.message.isprintable()
        json.dumps(finding.details)


STRAYS = (24546038908, 1150627466, 77)
LISTED = Listed(file(b"stray")["md5"], len(b"stray"))
OWNER_ITEMS = st.sampled_from(
    [LISTED, Listed("0" * 32, 5), Listed(None, None), Lacks(), Dark(), Unreadable("x"), None]
)
OWNERS = st.none() | st.builds(
    Owner,
    st.sampled_from(["release", "event"]),
    st.sampled_from([OWNER, OWNER, OWNER, GID]),
    darkened=st.sampled_from([False, False, False, True]),
    suffix=st.sampled_from(["jpg", "jpg", "jpg", "png"]),
)


@st.composite
def states(draw: st.DrawFn) -> tuple[Expected, Actual, Surroundings]:
    """Any entity, with any combination of faults."""
    life = draw(st.sampled_from(list(Life)))
    listed = draw(st.lists(images(), max_size=3, unique_by=lambda image: image.id))
    wanted = expected(
        *(listed if life in (Life.LIVE, Life.DARKENED) else ()),
        life=life,
        open_events=draw(st.sampled_from([False, False, False, True])),
        malformed=draw(st.sampled_from([(), (), (), ("The row 5 is broken.",)])),
    )
    surroundings = Surroundings(
        owners=defaultdict(lambda: None, {number: draw(OWNERS) for number in STRAYS}),
        owner_items={
            number: answer for number in STRAYS if (answer := draw(OWNER_ITEMS)) is not None
        },
        holders={
            image.id: (Holder(MERGED_GID, answer),)
            for image in wanted.images
            if (answer := draw(OWNER_ITEMS)) is not None
        },
    )
    return wanted, draw(actuals(wanted)), surroundings


@st.composite
def actuals(draw: st.DrawFn, wanted: Expected) -> Actual:
    kind = draw(st.sampled_from(["item"] * 6 + ["missing", "dark", "unreadable"]))
    if kind != "item":
        others: dict[str, Actual] = {"missing": Missing(), "dark": Dark()}
        return others.get(kind, Unreadable("x"))
    strays = draw(st.lists(st.sampled_from(STRAYS), unique=True))
    files = {names.image(GID, number, "jpg"): file(b"stray") for number in strays}
    files |= draw(st.sampled_from([{}, {"odd.log": file(b"")}]))
    made = document(wanted)
    for number in draw(st.lists(st.sampled_from(STRAYS), unique=True)):
        made["images"].append({"id": number})
    indexes: list[IndexFile] = [
        Matches(),
        Absent(),
        TooLarge(10**9),
        Content(b"{"),
        Content(dump(made)),
    ]
    index = draw(st.sampled_from(indexes))
    documents: list[XmlFile] = [Matches(), Absent()]
    if not isinstance(index, Absent):
        files["index.json"] = file(b"")
    meta: list[dict[str, Any]] = [
        {},
        {},
        {"noindex": None},
        {"uploader": "x"},
        {"mediatype": "images"},
    ]
    originals = [names.image(GID, image.id, image.suffix) for image in wanted.images]
    lacking = wanted.life is Life.LIVE and originals and draw(st.booleans())
    return item(
        wanted,
        index=index,
        xml=draw(st.sampled_from(documents)),
        files=files,
        without=[draw(st.sampled_from(originals))] if lacking else [],
        meta=draw(st.sampled_from(meta)),
        tasks_pending=draw(st.sampled_from([False, False, False, True])),
        tasks_red=draw(st.sampled_from([False, False, False, True])),
    )


@st.composite
def contexts(draw: st.DrawFn) -> DecideContext:
    return DecideContext(
        now=NOW,
        evidence=Evidence(red_since=draw(st.none() | st.just(NOW.timestamp() - 90_000))),
        mode=draw(st.sampled_from(["repair", "repair", "report"])),
        deletions=draw(st.booleans()),
        derive=draw(st.booleans()),
        repair_item_metadata=draw(st.booleans()),
        format_budget=draw(st.booleans()),
    )


@given(states(), contexts())
def test_a_plan_never_stands_beside_a_question_or_a_doubt(
    state: tuple[Expected, Actual, Surroundings], context: DecideContext
) -> None:
    wanted, actual, surroundings = state
    comparison = look(wanted, actual, surroundings, context.evidence)
    verdict = judge(*state, context)
    if any(finding.kind.repair is Repair.REVIEW for finding in comparison.findings):
        assert not verdict.plan
        assert verdict.status in (Status.MANUAL_REVIEW, Status.DEFERRED)
    if comparison.waits:
        assert (verdict.status, verdict.plan, verdict.findings) == (Status.DEFERRED, (), None)
    if isinstance(actual, Unreadable):
        assert verdict.status is Status.DEFERRED
    if context.mode == "report":
        assert not verdict.plan
    assert bool(verdict.plan) is (verdict.status is Status.REPAIR_QUEUE)
    assert bool(verdict.reviews) is (verdict.status is Status.MANUAL_REVIEW)
    json.dumps(verdict.evidence.to_json())


@given(states(), contexts())
def test_every_plan_is_in_order_and_understood_by_the_handlers(
    state: tuple[Expected, Actual, Surroundings], context: DecideContext
) -> None:
    first = judge(*state, context)
    later = replace(context, evidence=first.evidence, now=NOW + timedelta(days=2))
    for verdict in (first, judge(*state, later)):
        done: list[str] = []
        for place, event in enumerate(verdict.plan):
            assert all(parent < place for parent in event.depends_on)
            check_message(event.action, event.message)
            done.append(event.action)
        ours = [event for event in verdict.plan if event.message.get("gid") == GID]
        for event in ours:
            if event.action in ("index", "deindex"):
                before = {verdict.plan[parent].action for parent in event.depends_on}
                assert before >= {"copy_image", "delete_image"} & set(done)


def check_message(action: str, message: Any) -> None:
    if action == "copy_image":
        messages.copy_message(message)
    elif action == "delete_image":
        messages.delete_message(message)
    else:
        messages.entity_message(message)


@given(states(), states(), contexts())
def test_only_what_two_audits_have_proven_is_deleted(
    one: tuple[Expected, Actual, Surroundings],
    other: tuple[Expected, Actual, Surroundings],
    context: DecideContext,
) -> None:
    first = judge(*one, context)
    assert not deletes(first)
    for state, hours in ((one, 23), (one, 25), (other, 25)):
        wanted, _, surroundings = state
        later = replace(context, evidence=first.evidence, now=NOW + timedelta(hours=hours))
        second = judge(*state, later)
        for number, proof in deletes(second):
            assert context.deletions
            assert context.mode == "repair"
            assert hours >= 24
            assert number not in wanted.image_ids
            owner = surroundings.owners[number]
            assert owner is not None
            assert (owner.gid, owner.entity_type, owner.darkened) == (OWNER, "release", False)
            assert surroundings.owner_items[number] == LISTED
            assert proof == {"owner": OWNER, "md5": LISTED.md5, "size": LISTED.size}
            assert number in copied(first)


def deletes(verdict: Verdict) -> list[tuple[int, Any]]:
    found = []
    for event in verdict.plan:
        if event.action == "delete_image":
            number = event.message["artwork_id"]
            assert isinstance(number, int)
            found.append((number, event.proof))
    return found


def copied(verdict: Verdict) -> set[int | None]:
    """The images that an audit saw at their owner's, byte by byte."""
    findings: tuple[Finding, ...] = verdict.findings or ()
    return {finding.image_id for finding in findings if finding.kind.id == "stray-copied"}


@given(states())
def test_darkness_is_never_written_to(state: tuple[Expected, Actual, Surroundings]) -> None:
    wanted, actual, surroundings = state
    dark = replace(wanted, life=Life.DARKENED)
    verdict = judge(dark, actual, surroundings)
    assert verdict.plan == ()
    is_waiting = isinstance(actual, Unreadable) or dark.open_events
    assert verdict.status is (Status.DEFERRED if is_waiting else Status.CLEAN)
