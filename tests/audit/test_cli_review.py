"""``artwork-indexer review``."""

from __future__ import annotations

import getpass

import pytest

from tests.audit.cli_fixtures import Operator, seen
from tests.audit.queue_fixtures import ask, clean
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.cli_plugin"]

STRAY = "image 7: MusicBrainz has never known this id"
COMMENT = "image 8: comment 'a' at IA, 'b' in MusicBrainz"


@pytest.fixture
def asked(operator: Operator) -> Operator:
    """Three open reviews, the first with two reasons."""
    operator.entities.seed(2)
    operator.entities.seed_one(GIDS[2], entity_type="event")
    operator.judge(
        ask(
            seen("stray-unknown", "image 7", STRAY, details={"md5": "abc"}, image_id=7),
            seen("image-comment-wrong", "image 8", COMMENT, explanation=[COMMENT, "more of it"]),
        ),
        ask(seen("item-dark", "item")),
        ask(seen("item-missing", "item")),
    )
    return operator


def status(operator: Operator, number: int) -> str:
    return str(operator.type("review", "show", str(number), "--json").json["status"])


def test_the_oldest_come_first(asked: Operator) -> None:
    rows = asked.type("review", "list", "--json").json
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert rows[0]["reasons"] == [STRAY, COMMENT]
    assert (rows[2]["entity_type"], rows[2]["gid"], rows[2]["status"]) == ("event", GIDS[2], "open")
    _, first, *_ = asked.type("review", "list").out.splitlines()
    number, entity, gid, _, why = first.split("\t")
    assert (number, entity, gid, why) == ("1", "release", GIDS[0], f"{STRAY} (and 1 more)")


def test_filters_and_limit_of_the_list(asked: Operator) -> None:
    def ids(*arguments: str) -> list[int]:
        return [row["id"] for row in asked.type("review", "list", "--json", *arguments).json]

    assert ids("--entity", "event") == [3]
    assert ids("--kind", "item-dark") == [2]
    assert ids("--status", "resolved") == []
    asked.type("review", "resolve", "2")
    assert ids() == [1, 3]
    assert ids("--status", "resolved") == [2]
    ended = asked.type("review", "list", "--limit", "1")
    assert len(ended.out.splitlines()) == 2
    assert "The 1 oldest are shown; 2 reviews are in this state." in ended.err
    assert asked.type("review", "list", "--status", "wont_fix").out == "No wont fix reviews.\n"


def test_a_review_is_shown_with_evidence_and_links(asked: Operator) -> None:
    text = asked.type("review", "show", "1").out
    assert f"  {STRAY}\n  {COMMENT}\n" in text
    assert f"  data     {STRAY}  [stray-unknown]\n           md5: abc\n" in text
    assert f"  content  {COMMENT}  [image-comment-wrong]\n           more of it\n" in text
    assert f"https://musicbrainz.org/release/{GIDS[0]}/cover-art\n" in text
    assert f"https://archive.org/details/mbid-{GIDS[0]}\n" in text
    assert "-7_thumb500.jpg\n" in text
    assert "artwork-indexer review wont-fix 1 --notes" in text
    told = asked.type("review", "show", "1", "--json").json
    assert list(told["links"]) == ["MusicBrainz", "Internet Archive", "files", "image 7"]
    assert [row["kind"] for row in told["findings_now"]] == ["stray-unknown", "image-comment-wrong"]


def test_what_was_found_later_is_told_apart(asked: Operator) -> None:
    assert "also found by now" not in asked.type("review", "show", "1").out
    asked.entities.run(
        "INSERT INTO artwork_indexer.audit_finding"
        " (audit_entity_id, kind, subject, severity, digest, message)"
        " VALUES (1, 'xml-title', '', 'content', 'new', 'a title of late')"
    )
    assert "also found by now\n  content  a title of late  [xml-title]\n" in (
        asked.type("review", "show", "1").out
    )


def test_a_review_without_kept_evidence_has_links_all_the_same(operator: Operator) -> None:
    operator.entities.seed()
    operator.entities.run("SELECT artwork_indexer.ask_for_review(1, 'Event 5 failed', '{}')")
    text = operator.type("review", "show", "1").out
    assert "  Event 5 failed\n" in text
    assert "evidence" not in text.replace("about this evidence", "")
    assert f"https://archive.org/details/mbid-{GIDS[0]}\n" in text


def test_resolving_makes_the_entity_due(asked: Operator) -> None:
    ended = asked.type("review", "resolve", "1", "--notes", "asked the editor", "--by", "rob")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"Review 1 is resolved; release {GIDS[0]} is audited again soon.\n"
    told = asked.type("review", "show", "1", "--json").json
    assert (told["status"], told["resolution_notes"], told["resolved_by"]) == (
        "resolved",
        "asked the editor",
        "rob",
    )
    assert [claim.gid for claim in asked.claim(5)] == [GIDS[0]]
    assert "review resolve" not in asked.type("review", "show", "1").out


def test_wont_fix_acknowledges_what_was_found(asked: Operator) -> None:
    ended = asked.type("review", "wont-fix", "1", "--notes", "kept on purpose")
    assert ended.code == 0
    assert "closed as won't fix" in ended.out
    told = asked.type("review", "show", "1", "--json").json
    assert (told["status"], told["resolved_by"]) == ("wont_fix", getpass.getuser())
    assert {row["acknowledged"] for row in told["findings_now"]} == {True}
    assert "(won't fix)" in asked.type("audit", "history", GIDS[0]).out


def test_wont_fix_wants_a_reason(asked: Operator) -> None:
    for arguments in ((), ("--notes", "  ")):
        ended = asked.type("review", "wont-fix", "1", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "--notes" in ended.err
    assert status(asked, 1) == "open"


def test_a_review_is_closed_once(asked: Operator) -> None:
    asked.type("review", "wont-fix", "1", "--notes", "kept on purpose", "--by", "rob")
    for command in (("resolve", "1", "--notes", "no"), ("wont-fix", "1", "--notes", "no")):
        ended = asked.type("review", *command)
        assert ended.code == 1
        assert "Review 1 was closed as won't fix already" in ended.sentence
        assert ended.sentence.endswith("by rob; nothing was changed. Notes: kept on purpose")
    assert asked.entities.table("needs_manual_review", "id")[0]["resolution_notes"] == (
        "kept on purpose"
    )


def test_what_an_audit_closed_is_told_as_such(asked: Operator) -> None:
    asked.entities.make_due(GIDS[1])
    asked.judge(clean())
    ended = asked.type("review", "resolve", "2")
    assert ended.code == 1
    assert "by audit; nothing was changed. Notes: An audit found the matter gone" in ended.sentence


@pytest.mark.parametrize("command", ["show", "resolve", "wont-fix"])
def test_an_unknown_review_is_one_sentence(asked: Operator, command: str) -> None:
    notes = ("--notes", "x") if command == "wont-fix" else ()
    ended = asked.type("review", command, "999", *notes)
    assert ended.code == 1
    assert "There is no review 999" in ended.sentence
    for number in ("0", "first"):
        assert asked.type("review", command, number, *notes).code == 2


def test_what_people_wrote_cannot_steer_a_terminal(asked: Operator) -> None:
    asked.type("review", "resolve", "1", "--notes", "\x1b[2J gone", "--by", "\x1b]0;me\x07")
    told = [
        asked.type("review", "show", "1").out,
        asked.type("audit", "history", GIDS[0]).out,
        asked.type("review", "resolve", "1").err,
    ]
    assert all("\x1b" not in text and "\x07" not in text and "gone" in text for text in told)
