"""``artwork-indexer audit findings`` and ``audit history``."""

from __future__ import annotations

import pytest

from artwork_indexer.cli import audit_findings
from audit.catalogue_item import XML_FIELDS
from tests.audit.cli_fixtures import Operator, seen
from tests.audit.queue_fixtures import ask, clean, deferred, limited, repair
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.cli_plugin"]

NOTHING_EVER = "00000000-0000-4000-8000-0000000000ff"


@pytest.fixture
def drifted(operator: Operator) -> Operator:
    """Two releases and an event with findings of three severities, and one clean release."""
    operator.entities.seed(3)
    operator.entities.seed_one(GIDS[3], entity_type="event")
    operator.judge(
        deferred("report-mode", seen("xml-title"), seen("xml-artists")),
        ask(seen("stray-unknown", "image 7", details={"md5": "abc"}), seen("xml-title")),
        clean(),
        deferred("report-mode", seen("xml-setlist"), seen("index-unknown-key", "index.json")),
        config=limited(mode="report"),
    )
    return operator


# findings


def test_the_gravest_come_first(drifted: Operator) -> None:
    rows = drifted.type("audit", "findings", "--json").json
    severities = [row["severity"] for row in rows]
    assert severities == ["data"] + 4 * ["content"] + ["format"]
    assert rows[0]["entity_type"] == "release"
    assert rows[0]["gid"] == GIDS[1]
    assert rows[0]["kind"] == "stray-unknown"
    assert rows[0]["details"] == {"md5": "abc"}


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (("--kind", "xml-title"), {"xml-title"}),
        (("--kind", "xml-title", "--kind", "xml-setlist"), {"xml-title", "xml-setlist"}),
        (("--severity", "data"), {"stray-unknown"}),
        (("--entity", "event"), {"xml-setlist", "index-unknown-key"}),
        (("--mbid", GIDS[0]), {"xml-title", "xml-artists"}),
        (("--mbid", GIDS[2]), set()),
        (("--entity", "event", "--severity", "content"), {"xml-setlist"}),
    ],
)
def test_each_filter_of_list_and_summary(
    drifted: Operator, arguments: tuple[str, ...], kinds: set[str]
) -> None:
    rows = drifted.type("audit", "findings", "--json", *arguments).json
    assert {row["kind"] for row in rows} == kinds
    summary = drifted.type("audit", "findings", "--json", "--summary", *arguments).json
    assert {row["kind"] for row in summary["kinds"]} == kinds
    assert summary["findings"] == len(rows)


def test_the_summary_counts_kinds_entities_and_fields(drifted: Operator) -> None:
    drifted.entities.run(
        "UPDATE artwork_indexer.audit_finding SET subject = subject || ' and more'"
    )
    drifted.entities.run(
        "INSERT INTO artwork_indexer.audit_finding"
        " (audit_entity_id, kind, subject, severity, digest, message, acknowledged)"
        " SELECT audit_entity_id, kind, 'image 8', severity, 'd', 'm', true"
        "   FROM artwork_indexer.audit_finding WHERE kind = 'stray-unknown'"
    )
    told = drifted.type("audit", "findings", "--summary", "--json").json
    assert [row["kind"] for row in told["kinds"]] == [
        "stray-unknown", "xml-title", "xml-artists", "xml-setlist", "index-unknown-key",
    ]  # fmt: skip
    assert told["kinds"][0] == {
        "kind": "stray-unknown",
        "severity": "data",
        "findings": 2,
        "entities": 1,
        "acknowledged": 1,
        "what": "an image nobody owns",
    }
    assert told["xml_fields"] == {
        **dict.fromkeys(XML_FIELDS, 0),
        "title": 2,
        "artists": 1,
        "setlist": 1,
    }
    text = drifted.type("audit", "findings", "--summary").out
    assert "content\txml-title\t2\t2\t\tthe document's title" in text.splitlines()
    assert text.endswith("title 2, artists 1, setlist 1\n")


def test_a_limit_says_that_there_is_more(drifted: Operator) -> None:
    ended = drifted.type("audit", "findings", "--limit", "2")
    assert len(ended.out.splitlines()) == 3
    assert "Only the first 2 are shown" in ended.err
    assert drifted.type("audit", "findings", "--limit", "6").err == ""


def test_a_pipe_gets_one_line_a_finding(drifted: Operator) -> None:
    drifted.entities.run(
        "UPDATE artwork_indexer.audit_finding SET message = E'two\\nlines\\tand \\x1b[31mred'"
        " WHERE kind = 'stray-unknown'"
    )
    header, first, *_ = drifted.type("audit", "findings").out.splitlines()
    assert header.split("\t") == list(audit_findings.LIST_COLUMNS)
    assert first.split("\t")[5] == "two lines and \\u001b[31mred"


def test_nothing_is_wrong(operator: Operator) -> None:
    assert operator.type("audit", "findings").out == "No such findings.\n"
    assert operator.type("audit", "findings", "--summary").out == "No such findings.\n"
    assert operator.type("audit", "findings", "--json").json == []


def test_a_kind_that_is_none_is_corrected(operator: Operator) -> None:
    for command in (("audit", "findings"), ("audit", "export"), ("review", "list")):
        ended = operator.type(*command, "--kind", "xml-titel")
        assert ended.code == 2
        assert ended.sentence.endswith(
            "There is no kind of finding 'xml-titel'. Did you mean xml-title?"
        )
    ended = operator.type("audit", "findings", "--kind", "\x1b[31m?\n")
    assert (ended.code, "audit-reference.md" in ended.sentence) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [("--severity", "awful"), ("--entity", "artist"), ("--limit", "0"), ("--mbid", "nonsense")],
)
def test_bad_options_of_findings_end_with_2(operator: Operator, arguments: tuple[str, ...]) -> None:
    ended = operator.type("audit", "findings", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert arguments[1] in ended.err


# history


def test_an_mbid_alone_is_found_under_either_type(drifted: Operator) -> None:
    for entity_type, gid in (("release", GIDS[0]), ("event", GIDS[3])):
        told = drifted.type("audit", "history", gid, "--json").json
        assert (told["entity_type"], told["gid"], told["status"]) == (entity_type, gid, "deferred")
        assert drifted.type("audit", "history", entity_type, gid.upper(), "--json").json == told


def test_one_mbid_of_both_types_asks_for_the_type(drifted: Operator) -> None:
    drifted.entities.seed_one(GIDS[0], entity_type="event")
    ended = drifted.type("audit", "history", GIDS[0])
    assert (ended.code, "name the type" in ended.sentence) == (2, True)
    told = drifted.type("audit", "history", "event", GIDS[0], "--json").json
    assert told["status"] == "unchecked"


def test_an_entity_not_under_audit(operator: Operator) -> None:
    for command in ("history", "findings"):
        option = ("--mbid",) if command == "findings" else ()
        ended = operator.type("audit", command, *option, NOTHING_EVER)
        assert ended.code == 1
        assert f"artwork-indexer audit recheck release {NOTHING_EVER}" in ended.sentence


@pytest.mark.parametrize("words", [(), ("nonsense",), ("artist", GIDS[0]), (GIDS[0], GIDS[1])])
def test_history_wants_one_entity(operator: Operator, words: tuple[str, ...]) -> None:
    ended = operator.type("audit", "history", *words)
    assert (ended.code, ended.out) == (2, "")
    assert "MBID" in ended.sentence


def test_all_that_became_of_an_entity(operator: Operator) -> None:
    entities = operator.entities
    entities.seed()
    title = "mb_metadata.xml: title 'x' at IA, 'y' in MusicBrainz"
    why = ("title 'x' at IA, 'y' in MusicBrainz", "and so on")
    (first,) = operator.judge(repair(GIDS[0], seen("xml-title", message=title, explanation=why)))
    (event,) = first.events
    entities.fail(event, "HTTP 400: appears to be spam")

    told = operator.type("audit", "history", GIDS[0], "--json").json
    assert told["status"] == "manual_review"
    assert [finding["kind"] for finding in told["findings"]] == ["xml-title"]
    assert [review["status"] for review in told["reviews"]] == ["open"]
    (repaired,) = told["repairs"]
    assert (repaired["event"], repaired["action"], repaired["state"]) == (event, "index", "failed")
    assert repaired["failure_reason"] == "HTTP 400: appears to be spam"
    assert repaired["kinds"] == ["xml-title"]
    assert [past["verdict"] for past in told["audits"]] == ["repair_queue"]

    text = operator.type("audit", "history", GIDS[0]).out
    assert f"  content  {title}  [xml-title]\n           and so on\n" in text
    assert f"event {event}: index failed  (round 1: xml-title)" in text
    assert "HTTP 400: appears to be spam" in text
    assert "review 1: open" in text
    assert f"repair queue: repair  (events {event})" in text


def test_a_repair_whose_event_is_forgotten_still_tells_its_outcome(operator: Operator) -> None:
    operator.entities.seed()
    (first,) = operator.judge(repair(GIDS[0], seen("xml-title")))
    operator.entities.complete(*first.events)
    operator.entities.run("DELETE FROM artwork_indexer.event_queue")
    (repaired,) = operator.type("audit", "history", GIDS[0], "--json").json["repairs"]
    assert (repaired["state"], repaired["action"]) == ("completed", None)
    assert "event completed  (round 1" in operator.type("audit", "history", GIDS[0]).out


def test_the_newest_audit_comes_first_and_old_ones_are_cut(operator: Operator) -> None:
    operator.entities.seed()
    operator.entities.run(
        "INSERT INTO artwork_indexer.audit_history (audit_entity_id, audited_at, verdict, reason)"
        " SELECT id, now() - n * interval '1 day', 'deferred', 'number ' || n"
        "   FROM artwork_indexer.audit_entity, generate_series(1, 101) AS n"
    )
    audits = operator.type("audit", "history", GIDS[0], "--json").json["audits"]
    assert [past["reason"] for past in audits] == [f"number {n}" for n in range(1, 101)]
    assert "Older than the newest 100" in operator.type("audit", "history", GIDS[0]).out
